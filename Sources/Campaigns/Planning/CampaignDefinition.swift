package import Diagnostics
package import Model
package import Segments
import Store
package import Templating
package import Workspace

/// Everything a campaign's files say, read and checked together: from the workspace when it is planned, from what the plan
/// froze when it goes out.
package struct CampaignDefinition: Sendable {
    package let name: String
    package let file: CampaignFile
    /// Of the same files: what messages say of the organisation is as frozen as their text.
    package let settings: Settings
    package let segment: SegmentPlan?
    package let excluded: [SegmentPlan]
    package let addresses: [EmailAddress]?
    package let template: MessageTemplate
    /// Those that the template asks about, by name.
    let askedSegments: [String: SegmentPlan]
    /// Attachments, and the pictures that its template names.
    package let enclosures: Enclosures
    /// What the checks say; no errors among them.
    package let warnings: [Diagnostic]

    /// Reads the campaign `name` and all it refers to through `files`. All mistakes are told at once.
    ///
    /// `vocabulary`: what the data holds; nil takes names as they come, as for a plan that was checked when it was made.
    package init(_ name: String, files: any FileSource, vocabulary: Vocabulary?) throws {
        let settings = try Self.settings(files)
        let path = CampaignFile.path(of: name)
        guard CampaignFile.isName(name), let bytes = try files.read(path) else {
            throw Self.unknown(name, files)
        }
        let source = SourceText(name: path, bytes: bytes)
        let file = try CampaignFile(reading: source, settings: settings)
        var mistakes: [Diagnostic] = []
        let segments = SegmentFiles(files)
        func plan(_ reference: Located<String>) throws -> SegmentPlan? {
            do {
                return try SegmentReference(reference, in: source).plan(segments, against: vocabulary)
            } catch let found as DiagnosticList {
                mistakes += found.items
            }
            return nil
        }
        segment = try file.segment.flatMap { try plan($0) }
        excluded = try file.exclude.compactMap { try plan($0) }
        do {
            addresses = try file.addresses.map { try Self.addresses($0, in: source, files) }
        } catch let found as DiagnosticList {
            mistakes += found.items
            addresses = nil
        }
        var compiled: MessageTemplate?
        do {
            compiled = try Self.template(file, files: files, vocabulary: vocabulary, settings: settings)
        } catch let found as DiagnosticList {
            mistakes += found.items
        }
        var asked: [String: SegmentPlan] = [:]
        for name in compiled?.segments ?? [] {
            do {
                asked[name] = try segments.plan(name, against: vocabulary)
            } catch let found as DiagnosticList {
                mistakes += found.items
            }
        }
        var loader = EnclosureLoader(files, file, settings)
        enclosures = try loader.load(pictures: compiled?.pictures ?? [:])
        mistakes += loader.found
        guard let compiled, !mistakes.contains(where: { $0.severity == .error }) else { throw DiagnosticList(mistakes) }
        self.name = name
        self.file = file
        self.settings = settings
        template = compiled
        askedSegments = asked
        let domain = file.from.value.address.asciiDomain
        if !settings.relays.isEmpty, settings.relays.carrying(fromDomain: domain).isEmpty {
            mistakes.append(
                Diagnostic(
                    .warning, "no relay carries mail from \(file.from.value.address.domain)", in: file.source, at: file.from.span,
                    hint: RelaySettings.hintForStrangers))
        }
        warnings = mistakes + (segment?.warnings ?? []) + excluded.flatMap(\.warnings) + compiled.warnings
    }

    package static func settings(_ files: any FileSource) throws -> Settings {
        guard let bytes = try files.read(WorkspaceFolder.settingsFile) else {
            throw UseError(.settings, "there is no \(WorkspaceFolder.settingsFile)", hint: "make a workspace with: pitwall init DIR")
        }
        return try Settings(reading: SourceText(name: WorkspaceFolder.settingsFile, bytes: bytes))
    }

    /// The campaigns of a workspace, by name.
    package static func names(_ files: any FileSource) throws -> [String] {
        try files.list(CampaignFile.folder).filter { $0.hasSuffix(".yaml") }.map {
            String($0.dropFirst(CampaignFile.folder.count + 1).dropLast(5))
        }
    }

    private static func unknown(_ name: String, _ files: any FileSource) -> UseError {
        let known = (try? names(files)) ?? []
        let hint = suggestion(for: name, among: known) ?? (known.isEmpty ? nil : "there are: \(known.joined(separator: ", "))")
        return UseError(.input, "there is no campaign \"\(name)\" (no \(CampaignFile.folder)/\(name).yaml)", hint: hint)
    }

    private static func addresses(_ reference: Located<String>, in source: SourceText, _ files: any FileSource) throws -> [EmailAddress] {
        guard let bytes = try files.read(reference.value) else {
            throw DiagnosticList([Diagnostic(.error, "there is no file \(reference.value)", in: source, at: reference.span)])
        }
        do {
            return try AddressList.read(bytes, name: reference.value)
        } catch let problem as ImportProblem {
            throw DiagnosticList([Diagnostic(.error, problem.message, in: source, at: reference.span, hint: problem.hint)])
        }
    }
}

/// A CSV file of addresses that narrows an audience.
enum AddressList {
    static func read(_ bytes: [UInt8], name: String) throws -> [EmailAddress] {
        guard !bytes.isEmpty else { throw ImportProblem.empty(path: name) }
        var reader = try CSVReader(bytes: bytes, name: name)
        var record = CSVRecord()
        guard try reader.next(&record) else { throw ImportProblem.empty(path: name) }
        let columns = try Columns(record.fields, path: name)
        guard let column = columns.index(of: "email") else {
            throw ImportProblem.missingColumn(path: name, column: "email", found: columns.names, canMap: false)
        }
        var addresses: [EmailAddress] = []
        while try reader.next(&record) {
            if let address = try? EmailAddress((record.field(column) ?? "").trimmingSpaces) { addresses.append(address) }
        }
        return addresses
    }
}

package import Database
package import Diagnostics
package import Model
package import Segments
package import Store
package import Workspace

/// A workspace that is being worked in: its files, its settings as they are now, its database.
package struct OpenWorkspace: Sendable {
    /// The folder, absolute.
    package let root: String
    package let files: any FileSource
    package let settings: Settings
    package let database: any SQLDatabase
    /// Absolute: the database's file, or for a server's, which has none, a name in the workspace's folder. The flight recorders, which
    /// are this machine's alone, lie beside it.
    package let databasePath: String
    /// Of the database's server, once it has been asked; of the machine where there is none.
    package let clock: SharedClock

    package init(
        root: String, files: any FileSource, settings: Settings, database: any SQLDatabase, databasePath: String,
        clock: SharedClock = SharedClock()
    ) {
        self.root = root
        self.files = files
        self.settings = settings
        self.database = database
        self.databasePath = databasePath
        self.clock = clock
    }

    package var contacts: ContactStore { ContactStore(database) }
    package var events: EventStore { EventStore(database) }
    package var consents: ConsentStore { ConsentStore(database) }
    package var campaigns: CampaignStore { CampaignStore(database) }
    package var ledger: Ledger { Ledger(database) }
    package var people: VocabularyStore { VocabularyStore(database) }

    /// A path of the settings, which is relative to the workspace unless it is absolute.
    package func path(_ setting: String) -> String {
        setting.hasPrefix("/") ? setting : "\(root)/\(setting)"
    }

    package var topicNames: [String] { settings.topics.map(\.name) }

    /// What segments may speak of.
    package func vocabulary() throws -> Vocabulary {
        var vocabulary = try people.vocabulary(topics: topicNames, segments: SegmentFiles(files).names())
        // Those that were planned once, and those that are only written yet: a follow-up may speak of its own campaign.
        vocabulary.campaigns = (vocabulary.campaigns ?? []) + (try CampaignDefinition.names(files))
        return vocabulary
    }

    /// Ends with the mistakes of a segment that show only in the data: an answer would mean nothing.
    package func refuseMistakes(in plan: SegmentPlan, at moment: Moment) throws {
        let mistakes = try database.read { try plan.mistakes(in: $0, at: moment) }
        if !mistakes.isEmpty { throw DiagnosticList(mistakes) }
    }

    /// Warnings about events that the segment asks for and that are no longer kept.
    package func shortfalls(of plan: SegmentPlan, at moment: Moment) throws -> [Diagnostic] {
        try database.read { try plan.shortfalls(in: $0, at: moment) }
    }

    /// The segments that could be answered no more as they are, if events were kept only since these times, by their name.
    package func segmentsShort(of coming: [String: Instant], at now: Instant) throws -> [String] {
        let moment = Moment.now(now, zone: settings.zone)
        let files = SegmentFiles(files)
        let vocabulary = try vocabulary()
        func isShort(_ plan: SegmentPlan) throws -> Bool {
            try database.read { session in
                let before = try plan.shortfalls(in: session, at: moment)
                return try plan.shortfalls(in: session, at: moment, coming: coming).count > before.count
            }
        }
        let segments = try files.names().filter { name in
            guard let plan = try? files.plan(name, against: vocabulary) else { return false }
            return try isShort(plan)
        }
        return segments + (try campaigns(asking: isShort))
    }
}

/// The segments of a workspace, by name.
package struct SegmentFiles: Sendable {
    package static let folder = "Segments"
    package static let ending = ".segment"

    private let files: any FileSource

    package init(_ files: any FileSource) {
        self.files = files
    }

    package func names() throws -> [String] {
        try files.list(Self.folder).filter { $0.hasSuffix(Self.ending) }.map {
            String($0.dropFirst(Self.folder.count + 1).dropLast(Self.ending.count))
        }
    }

    /// - Throws: where there is such a file, and no segment can be called that.
    package func source(_ name: String) throws -> SourceText? {
        let path = "\(Self.folder)/\(name)\(Self.ending)"
        guard CampaignFile.isName(name) else {
            guard try names().contains(name) else { return nil }
            throw DiagnosticList([
                Diagnostic(
                    .error, "no segment can be called \"\(name)\"", in: SourceText(name: path, text: ""),
                    hint: "letters, digits, - and _ make a name, and the file lies in \(Self.folder) itself")
            ])
        }
        return try files.read(path).map { SourceText(name: path, bytes: $0) }
    }

    /// Reads and checks the segment of this name; nil when there is none.
    package func plan(_ name: String, against vocabulary: Vocabulary?) throws -> SegmentPlan? {
        guard let source = try source(name) else { return nil }
        let syntax = try SegmentSyntax(parsing: source)
        return try SegmentPlan(syntax, named: name, against: vocabulary) { try self.source($0) }
    }

    /// Checks conditions that stand elsewhere than in a file of their own.
    package func plan(_ syntax: SegmentSyntax, against vocabulary: Vocabulary?) throws -> SegmentPlan {
        try SegmentPlan(syntax, against: vocabulary) { try self.source($0) }
    }

    /// Checks conditions from the command line.
    package func plan(where text: String, against vocabulary: Vocabulary?) throws -> SegmentPlan {
        try plan(try SegmentSyntax(where: text), against: vocabulary)
    }
}

/// A mistake of use that is none in a file: something that is not there, or not now.
package struct UseError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// What the command was told makes no sense.
        case usage
        /// The input or a name is wrong.
        case input
        /// The settings don't allow it.
        case settings
        /// Not now; it can be taken up again.
        case notNow
        /// Nothing can be written there.
        case cannotWrite
        /// A relay can't be reached or won't have us.
        case relay
    }

    package var kind: Kind
    package var message: String
    package var hint: String?

    package init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    package var description: String { hint.map { "\(message)\n  \($0)" } ?? message }
}

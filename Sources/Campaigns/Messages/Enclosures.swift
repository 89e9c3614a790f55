package import Diagnostics
package import Mail
package import Templating
package import Workspace

/// The files that a campaign's messages carry: attachments, and pictures within the page.
package struct Enclosures: Sendable {
    package let attachments: [Attachment]
    /// By the language of the variant that shows them; `""` is the template itself.
    package let pictures: [String: [Attachment]]

    /// Encoded, for each variant; variants that carry the same share the same bytes.
    func parts(boundary: String) -> [String: SharedParts] {
        var made: [(files: [Attachment], parts: SharedParts)] = []
        var result: [String: SharedParts] = [:]
        for (language, pictures) in pictures {
            let files = pictures + attachments
            if let known = made.first(where: { $0.files == files }) {
                result[language] = known.parts
            } else if let parts = SharedParts(files, boundary: boundary) {
                made.append((files, parts))
                result[language] = parts
            }
        }
        return result
    }
}

/// Reads what a campaign carries, and finds what cannot be carried. Every mistake is collected in ``found``.
package struct EnclosureLoader {
    package private(set) var found: [Diagnostic] = []

    private let files: any FileSource
    private let file: CampaignFile
    private let secrets: [String]
    /// It holds everybody's addresses.
    private let database: String

    /// As mail encodes it. Gmail and many others refuse more than 25 MB; a lot of company servers more than 10.
    static let largest = 25_000_000
    static let large = 10_000_000

    package init(_ files: any FileSource, _ file: CampaignFile, _ settings: Settings) {
        self.files = files
        self.file = file
        database = settings.database.hasPrefix("./") ? String(settings.database.dropFirst(2)) : settings.database
        secrets = [settings.keysFile] + settings.dkim.keys.map(\.keyFile) + settings.relays.compactMap(\.passwordFile)
    }

    package mutating func load(pictures named: [String: [MessagePicture]]) throws -> Enclosures {
        var attachments: [Attachment] = []
        var seen: Set<String> = []
        for reference in file.attachments {
            guard seen.insert(reference.value).inserted else {
                report("\(reference.value) is attached twice", file.source, reference.span)
                continue
            }
            guard let content = try content(reference.value, file.source, reference.span) else { continue }
            if let attachment = attachment(reference, content) { attachments.append(attachment) }
        }
        let invitations = zip(file.attachments, attachments).filter { if case .invitation = $1.role { true } else { false } }
        if invitations.count > 1 {
            report(
                "a message can carry one invitation, and there are \(invitations.count)", file.source, invitations[1].0.span,
                hint: "put all events of one invitation into one calendar file")
        }
        var pictures: [String: [Attachment]] = [:]
        for (language, list) in named.sorted(by: { $0.key < $1.key }) {
            pictures[language] = try list.compactMap { try picture($0) }
        }
        weigh(attachments, pictures)
        return Enclosures(attachments: attachments, pictures: pictures)
    }

    private mutating func attachment(_ reference: Located<String>, _ content: [UInt8]) -> Attachment? {
        guard reference.value.lowercased().hasSuffix(".ics") else { return Attachment(path: reference.value, content: content) }
        do throws(CalendarFile.Problem) {
            let calendar = try CalendarFile(content)
            let role = calendar.method.map { Attachment.Role.invitation(method: $0) } ?? .attachment
            return Attachment(path: reference.value, content: calendar.content, role: role)
        } catch {
            report("\(reference.value) \(error.rawValue)", file.source, reference.span)
            return nil
        }
    }

    private mutating func picture(_ picture: MessagePicture) throws -> Attachment? {
        guard Attachment.isPicture(picture.path) else {
            report(
                "\(picture.path) is no picture", picture.source, picture.span,
                hint: "files go with the message under attachments: of the campaign")
            return nil
        }
        guard let content = try content(picture.path, picture.source, picture.span) else { return nil }
        return Attachment(path: picture.path, content: content, role: .picture(contentID: picture.contentID))
    }

    private mutating func content(_ path: String, _ source: SourceText, _ span: Span?) throws -> [UInt8]? {
        let file = files.target(of: path)
        guard !secrets.contains(file), !file.hasPrefix("secrets/") else {
            report("\(path) is a secret and goes to nobody", source, span)
            return nil
        }
        guard !["", "-wal", "-shm", "-journal"].contains(where: { file == database + $0 }), !file.hasPrefix("\(database).flight") else {
            report("\(path) is the workspace's database and goes to nobody", source, span)
            return nil
        }
        do throws(WorkspaceError) {
            if let content = try files.read(path) { return content }
            report("there is no file \(path)", source, span, hint: try hint(for: path))
        } catch {
            report("\(error.path) \(error.message)", source, span, hint: error.hint)
        }
        return nil
    }

    /// The file of that name in another folder, else one whose name is nearly that.
    private func hint(for path: String) throws(WorkspaceError) -> String {
        let known = try files.list("").filter { !$0.hasPrefix("secrets/") }
        let name = path.split(separator: "/").last
        if let same = known.first(where: { $0.split(separator: "/").last == name }) { return "did you mean \"\(same)\"?" }
        return suggestion(for: path, among: known) ?? "paths are relative to the workspace"
    }

    private mutating func weigh(_ attachments: [Attachment], _ pictures: [String: [Attachment]]) {
        let size = SharedParts.size(of: attachments) + (pictures.values.map { SharedParts.size(of: $0) }.max() ?? 0)
        guard size > Self.large else { return }
        let span = file.attachments.first?.span ?? file.template.span
        let tenths = (size + 50_000) / 100_000
        let message = "attachments and pictures make each message \(tenths / 10).\(tenths % 10) MB larger, as mail encodes them"
        let hint = "put large files on a page and link to them"
        if size > Self.largest {
            report("\(message), and hardly any mail server takes more than 25 MB", file.source, span, hint: hint)
        } else {
            found.append(
                Diagnostic(.warning, "\(message), and many mail servers refuse more than 10 MB", in: file.source, at: span, hint: hint))
        }
    }

    private mutating func report(_ message: String, _ source: SourceText, _ span: Span?, hint: String? = nil) {
        found.append(Diagnostic(.error, message, in: source, at: span, hint: hint))
    }
}

import ArgumentParser
import Campaigns
import Foundation
import Mail
import Model
import Store
import Templating

struct PreviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview", abstract: "See what people would get, without sending anything.",
        discussion: """
            To the byte what `send` would hand over for the same plan, apart from Date. Uses the campaign's plan; makes one where
            there is none, or where files have changed since.
            """)

    @Argument(help: "The campaign's name.")
    var campaign: String

    @Option(name: .long, help: ArgumentHelp("The message to this person.", valueName: "email"))
    var to: String?

    @Option(name: .long, help: ArgumentHelp("The messages to this many of the plan's people.", valueName: "count"))
    var sample: Int?

    @Flag(name: .long, help: "The messages to all of them.")
    var all = false

    @Option(name: .long, help: ArgumentHelp("Write EMAIL.eml, .html and .txt into this folder.", valueName: "dir"), completion: .directory)
    var out: String?

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    @OptionGroup var workspace: WorkspaceOptions

    func validate() throws {
        if [to != nil, sample != nil, all].count(where: { $0 }) > 1 {
            throw ValidationError("--to, --sample and --all exclude each other")
        }
        if let sample, sample < 1 { throw ValidationError("--sample is at least 1") }
        if all, out == nil { throw ValidationError("--all needs --out DIR") }
    }

    func run() throws {
        let workspace = try workspace.open()
        let keys = try workspace.keys()
        let prepared = try plan(workspace, Sender(workspace, keys: keys, clock: Clock.now))
        let composer = try MessageComposer(prepared.definition, plan: prepared.plan, in: workspace, keys: keys, clock: Clock.now)
        if let out { try Files.makeFolder(out) }
        var shown: [JSONValue] = []
        var count = 0
        func look(_ contact: Contact) throws {
            guard let address = contact.email else { return }
            let (rendered, message) = try composer.make(Recipient(contact: contact, address: address))
            count += 1
            if let out { try write(rendered, message, to: "\(out)/\(Self.fileName(address))") }
            if json, !all {
                shown.append(
                    .object([
                        "to": .text("\(address)"), "subject": .text(rendered.subject), "preheader": .text(rendered.preheader),
                        "message_id": .text(message.messageID), "text": .text(String(decoding: rendered.text, as: UTF8.self)),
                    ]))
            } else if out == nil {
                show(rendered, message)
            }
        }
        try recipients(workspace, prepared.plan, look)
        if json {
            return Console.print(
                json: .object(["plan": .integer(prepared.plan.id.rawValue), "count": .integer(Int64(count)), "messages": .list(shown)]))
        }
        if let out {
            Console.print("\(Console.count(count, "message")) in \(out): open an .html file in a browser, an .eml file in a mail program.")
        } else {
            Console.print(
                Console.dim(
                    "nothing was sent. As files, with the HTML: pitwall preview \(campaign) --sample \(max(count, 1)) --out preview"))
        }
    }

    private func plan(_ workspace: OpenWorkspace, _ sender: Sender) throws -> Sender.Prepared {
        if let prepared = try sender.prepare(campaign, plan: nil) {
            let isUnderWay = try prepared.isResumed && workspace.ledger.hasUnfinished(prepared.campaign.id)
            if isUnderWay || prepared.changedFiles.isEmpty { return prepared }
        }
        let made = try Planner(workspace, forgotten: try workspace.forgotten()).plan(campaign, at: Clock.now())
        guard let prepared = try sender.prepare(campaign, plan: made.plan.id) else {
            throw UseError(.input, "\(campaign) could not be planned")
        }
        return prepared
    }

    private func recipients(_ workspace: OpenWorkspace, _ plan: PlanRecord, _ look: (Contact) throws -> Void) throws {
        guard let to else { return try workspace.campaigns.recipients(of: plan.id, limit: all ? nil : sample ?? 1, look) }
        let address = try Arguments.address(to)
        guard let contact = try workspace.contacts.contact(address) else {
            throw UseError(.input, "nobody with this address is known", hint: "people come in with: pitwall import contacts FILE")
        }
        let standing = try workspace.campaigns.standing(of: contact.id, in: plan.id)
        if standing?.isIn != true {
            let why = standing?.reason.flatMap { Obstacle(rawValue: $0)?.explanation(2) } ?? "are not in the segment"
            Console.error("\(Console.yellow("note:", on: .error)) would not get it: they \(why)")
        }
        try look(contact)
    }

    private func show(_ rendered: RenderedMessage, _ message: MailMessage) {
        Console.print(
            "\(Console.dim("To:     ")) \(message.to.name.isEmpty ? "\(message.to.address)" : "\(message.to.name) <\(message.to.address)>")"
        )
        Console.print(
            "\(Console.dim("From:   ")) \(message.from.name.isEmpty ? "\(message.from.address)" : "\(message.from.name) <\(message.from.address)>")"
        )
        Console.print("\(Console.dim("Subject:")) \(Console.bold(rendered.subject))")
        if !rendered.preheader.isEmpty { Console.print("\(Console.dim("        ")) \(Console.dim(rendered.preheader))") }
        Console.print()
        for line in String(decoding: rendered.text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            Console.print("  \(line)")
        }
        Console.print(Console.dim(String(repeating: "─", count: min(Console.width, 72))))
    }

    private func write(_ rendered: RenderedMessage, _ message: MailMessage, to path: String) throws {
        var bytes: [UInt8] = []
        message.write(into: &bytes)
        try Files.write(bytes, to: path + ".eml")
        try Files.write(rendered.html, to: path + ".html")
        try Files.write(rendered.text, to: path + ".txt")
    }

    /// The address as a file name: `/` and `%` are percent-encoded.
    static func fileName(_ address: EmailAddress) -> String {
        "\(address)".replacingOccurrences(of: "%", with: "%25").replacingOccurrences(of: "/", with: "%2F")
    }
}

enum Files {
    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw UseError(
                .cannotWrite, "the folder \(path) can't be made",
                hint: "check the permissions of the folder above it, and that no file has its name")
        }
    }

    /// Writes the whole file or none of it.
    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw UseError(.cannotWrite, "\(path) can't be written", hint: "check the folder's permissions and the room on its disk")
        }
    }
}

import ArgumentParser
import Campaigns
import Foundation
import Model
import Store
import Workspace

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring in contacts, events, consent, suppressions or bounces from a file.",
        discussion: """
            Lines that can't be imported are kept in a file beside the input, each with its reason; the rest is imported. Then it
            ends with 1, and with 65 where not one line could be. Those of people who asked to be forgotten, and events older than
            what is kept, are turned away as they should be, and don't count.
            The same file may be imported again: what is known already stays as it is. So may the file of rejected lines, once they
            are put right.
            """,
        subcommands: [Contacts.self, Events.self, Consents.self, Suppressions.self, Bounces.self])

    /// What all imports share.
    struct Common: ParsableArguments {
        @Argument(help: "The file to read.", completion: .file())
        var file: String

        @Flag(name: .long, help: "Say what would happen, and change nothing.")
        var dryRun = false

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions
    }

    struct Contacts: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "contacts",
            abstract: "People, from a CSV file.",
            discussion: """
                The columns email, external_id, first_name, last_name, language, timezone and company are known by name, in any
                case; every other column becomes an attribute, a number, true/false or a date where all its values are.
                A line needs an address or an external ID. Who was known by external ID alone gets the address that a line has for
                it; where the ID is that of somebody with another address, the line is rejected.
                Importing people grants no consent unless --topic, --consent and --source say so.
                """)

        @OptionGroup var common: Common

        @Option(name: .long, help: ArgumentHelp("A column that has another name in the file.", valueName: "column=name"))
        var map: [String] = []

        @Option(
            name: .long,
            help: ArgumentHelp("Since when what the file says of people is true; now, where it is left out.", valueName: "time"))
        var at: String?

        @Option(name: .long, help: "The topic that everybody in the file agreed to.")
        var topic: String?

        @Option(name: .long, help: ArgumentHelp("confirmed or pending.", valueName: "state"))
        var consent: String?

        @Option(name: .long, help: ArgumentHelp("Where and when they agreed: the proof.", valueName: "text"))
        var source: String?

        @Option(name: .long, help: ArgumentHelp("The words they agreed to.", valueName: "text"))
        var wording: String?

        func run() throws {
            let workspace = try common.workspace.open()
            var job = ContactImport(contacts: workspace.contacts, zone: workspace.settings.zone, now: Clock.now())
            job.map = try mapping()
            job.since = try at.map { try Arguments.instant($0, "--at", workspace.settings.zone) }
            if let since = job.since, since > job.now { throw UseError(.input, "--at is ahead: what people are by then is not known yet") }
            job.consent = try grant(workspace, at: job.now)
            job.forgotten = try workspace.forgotten()
            job.dryRun = common.dryRun
            try common.report("contact", "contacts", workspace) { try job.run(common.file, progress: $0) }
        }

        func validate() throws {
            if topic != nil || consent != nil, topic == nil || consent == nil {
                throw ValidationError("--topic and --consent go together: --topic newsletter --consent confirmed --source \"signup form\"")
            }
            if let consent, !["confirmed", "pending"].contains(consent) { throw ValidationError("--consent is confirmed or pending") }
        }

        private func mapping() throws -> [String: String] {
            var mapping: [String: String] = [:]
            for item in map {
                let parts = item.split(separator: "=", maxSplits: 1).map { String($0).trimmingSpaces }
                guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                    throw ValidationError("--map takes COLUMN=NAME, for example --map \"E-mail address=email\"")
                }
                mapping[parts[0]] = parts[1]
            }
            return mapping
        }

        private func grant(_ workspace: OpenWorkspace, at now: Instant) throws -> ConsentTemplate? {
            guard let topic, let consent, let state = Consent.State(word: consent) else { return nil }
            try requireTopic(topic, in: workspace)
            let source = source ?? ""
            if state == .confirmed, source.isEmpty { throw ImportProblem.confirmedWithoutSource }
            return ConsentTemplate(topic: topic, state: state, at: now, source: source, wording: wording)
        }
    }

    struct Events: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "events",
            abstract: "What people did, from lines of JSON or a CSV file.",
            discussion: """
                JSON lines: {"email": …, "event": …, "at": "2026-11-02T09:30:00Z", "properties": {…}, "id": …}
                CSV: the columns email, event, at, perhaps id and external_id; the rest are properties. An external_id may stand for
                the address. Of a person's events of one name no two have the same id.
                An event told twice is one, however late and in whatever order it comes. Events of people nobody knows are rejected
                unless pitwall.yaml says events: {unknown_contact: create}; so are times more than a day ahead or before 1990.
                """)

        @OptionGroup var common: Common

        func run() throws {
            let workspace = try common.workspace.open()
            var job = EventImport(events: workspace.events, zone: workspace.settings.zone, now: Clock.now())
            job.unknown = workspace.settings.unknownContact
            job.forgotten = try workspace.forgotten()
            job.dryRun = common.dryRun
            try common.report("event", "events", workspace) { try job.run(common.file, progress: $0) }
        }
    }

    struct Consents: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "consent", abstract: "Who agreed to what, from a CSV file with the columns email, topic, state, at, source.",
            discussion: "The state is pending, confirmed or withdrawn. Only a later, sourced confirmation undoes a withdrawal.")

        @OptionGroup var common: Common

        @Option(name: .long, help: "The topic, where the file has no such column.")
        var topic: String?

        @Option(name: .long, help: ArgumentHelp("Where people agreed, where the file does not say.", valueName: "text"))
        var source: String?

        @Option(name: .long, help: ArgumentHelp("The words they agreed to, where the file does not say.", valueName: "text"))
        var wording: String?

        func run() throws {
            let workspace = try common.workspace.open()
            if let topic { try requireTopic(topic, in: workspace) }
            var job = ConsentImport(
                contacts: workspace.contacts, consents: workspace.consents, topics: workspace.topicNames, zone: workspace.settings.zone,
                now: Clock.now())
            job.topic = topic
            job.source = source
            job.wording = wording
            job.forgotten = try workspace.forgotten()
            job.dryRun = common.dryRun
            try common.report("statement", "statements", workspace) { try job.run(common.file, progress: $0) }
        }
    }

    struct Suppressions: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "suppressions",
            abstract: "Addresses that must not be written to, from a CSV file with the column email.",
            discussion: """
                Further columns: reason (undeliverable: no mail at all; unsubscribed, complaint: no marketing; unsubscribed where
                there is none), at, source.
                """)

        @OptionGroup var common: Common

        @Option(name: .long, help: ArgumentHelp("Where the list comes from.", valueName: "text"))
        var source: String?

        func run() throws {
            let workspace = try common.workspace.open()
            var job = SuppressionImport(consents: workspace.consents, zone: workspace.settings.zone, now: Clock.now())
            job.source = source
            job.forgotten = try workspace.forgotten()
            job.dryRun = common.dryRun
            try common.report("suppression", "suppressions", workspace) { try job.run(common.file, progress: $0) }
        }
    }
}

private func requireTopic(_ topic: String, in workspace: OpenWorkspace) throws {
    guard !workspace.topicNames.contains(topic) else { return }
    throw ImportProblem.unknownTopic(topic, hint: Suggestions.topic(topic, in: workspace))
}

extension ImportCommand.Common {
    /// Runs the import with its time taken, and says what came of it.
    fileprivate func report(
        _ noun: String, _ plural: String, _ workspace: OpenWorkspace, _ job: ((Int) -> Void) throws -> ImportSummary
    ) throws {
        let started = Clock.now()
        let bar = ProgressLine(enabled: !json)
        let summary = try job { bar.show("\(Console.number($0)) lines read") }
        bar.clear()
        try workspace.noteWritten(by: summary, at: started)
        let seconds = Double(Clock.now().milliseconds - started.milliseconds) / 1000
        if json { printJSON(summary, seconds) } else { show(summary, seconds, noun, plural) }
        switch summary.ending {
        case .whole: break
        case .inPart: throw Code.found
        case .nothing: throw Code.input
        }
    }

    private func show(_ summary: ImportSummary, _ seconds: Double, _ noun: String, _ plural: String) {
        let verb = dryRun ? "Would add" : "Added"
        var line = "\(verb) \(Console.count(summary.added, noun, plural))"
        if summary.updated > 0 { line += ", \(dryRun ? "update" : "updated") \(Console.number(summary.updated))" }
        if summary.unchanged > 0 { line += ", \(Console.number(summary.unchanged)) known already" }
        Console.print("\(line); \(Console.count(summary.read, "line")) read in \(Console.duration(seconds)).")
        for note in summary.notes { Console.print(Console.dim("note: \(note)")) }
        guard summary.rejected > 0 else { return }
        Console.print(Console.yellow("\(Console.count(summary.rejected, "line")) rejected:"))
        for (reason, count) in summary.reasons.prefix(5) { Console.print("  \(Console.number(count)) × \(reason)") }
        let others = summary.reasons.dropFirst(5).reduce(0) { $0 + $1.count }
        if others > 0 { Console.print("  and \(Console.number(others)) for other reasons") }
        guard let file = summary.rejectedFile else { return }
        Console.print("  all of them, each with its reason: \(file)")
        guard summary.rejected > summary.turnedAway else { return }
        let kind = plural == "statements" ? "consent" : plural
        Console.print(Console.dim("  put right there what is wrong, then: pitwall import \(kind) FILE"))
    }

    private func printJSON(_ summary: ImportSummary, _ seconds: Double) {
        var object: JSONObject = [
            "read": .integer(Int64(summary.read)), "added": .integer(Int64(summary.added)), "updated": .integer(Int64(summary.updated)),
            "unchanged": .integer(Int64(summary.unchanged)), "rejected": .integer(Int64(summary.rejected)), "seconds": .real(seconds),
        ]
        object["rejected_file"] = summary.rejectedFile.map { .text($0) }
        if !summary.reasons.isEmpty {
            object["reasons"] = .object(JSONObject(summary.reasons.map { ($0.reason, .integer(Int64($0.count))) }))
        }
        Console.print(json: .object(object))
    }
}

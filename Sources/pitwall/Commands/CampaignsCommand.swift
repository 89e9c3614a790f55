import ArgumentParser
import Campaigns
import Diagnostics
import Model
import Store
import Workspace

struct CampaignsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "campaigns", abstract: "List campaigns, see how one stands, pause, resume or cancel it.",
        subcommands: [List.self, Status.self, Pause.self, Resume.self, Cancel.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The campaigns of the workspace and how they stand.")

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let records = try workspace.campaigns.campaigns()
            let names = try CampaignDefinition.names(workspace.files)
            var table = Table([
                ("campaign", .left), ("state", .left), ("to go", .right), ("accepted", .right), ("refused", .right), ("since", .left),
            ])
            var rows: [JSONValue] = []
            for name in Set(names + records.map(\.name)).sorted() {
                let record = records.first { $0.name == name }
                let counts = try record.map { try workspace.ledger.counts(of: $0.id) } ?? DeliveryCounts()
                let state = record?.state.rawValue ?? "draft"
                let rests = try record.map { try $0.state == .sending && !workspace.isBeingSent($0.id) } ?? false
                let shown = rests ? "sending, at rest" : state
                table.add(
                    name, names.contains(name) ? shown : "\(shown), file gone", Console.number(counts.remaining),
                    Console.number(counts.accepted),
                    Console.number(counts.refused), record.map { Console.time($0.changedAt, workspace.settings.zone) } ?? "")
                rows.append(.object(["name": .text(name), "state": .text(state), "counts": counts.json]))
            }
            if json { return Console.print(json: .object(["campaigns": .list(rows)])) }
            if table.rows.isEmpty { return Console.print("There are no campaigns yet: make Campaigns/NAME.yaml") }
            table.print()
        }
    }

    /// One campaign by name, as it is known to the ledger.
    struct Choice: ParsableArguments {
        @Argument(help: "The campaign's name.")
        var campaign: String

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func find(in workspace: OpenWorkspace) throws -> CampaignRecord {
            if let record = try workspace.campaigns.campaign(named: campaign) { return record }
            let names = try CampaignDefinition.names(workspace.files)
            if names.contains(campaign) {
                throw UseError(.input, "\(campaign) has not been planned yet", hint: "plan it with: pitwall plan \(campaign)")
            }
            throw UseError(
                .input, "there is no campaign \"\(campaign)\"",
                hint: suggestion(for: campaign, among: names) ?? (names.isEmpty ? nil : "there are: \(names.joined(separator: ", "))"))
        }

        func tell(_ state: CampaignState, _ words: String) {
            if json {
                Console.print(json: .object(["campaign": .text(campaign), "state": .text(state.rawValue)]))
            } else {
                Console.print(words)
            }
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "status", abstract: "How a campaign stands.")

        @OptionGroup var choice: Choice

        func run() throws {
            let workspace = try choice.workspace.open()
            let record = try choice.find(in: workspace)
            let counts = try workspace.ledger.counts(of: record.id)
            let plans = try workspace.plans(toTellOf: record.id)
            let isBeingSent = try workspace.isBeingSent(record.id)
            let senders = try workspace.ledger.senders(of: record.id)
            let nextRetry = counts.deferred > 0 ? try workspace.ledger.nextRetry(of: record.id) : nil
            if choice.json {
                return Console.print(
                    json: .object([
                        "campaign": .text(record.name), "state": .text(record.state.rawValue),
                        "reason": record.reason.map { .text($0) } ?? .null,
                        "plan": plans.shown.map { .integer($0.id.rawValue) } ?? .null,
                        "newer_plan": plans.newer.map { .integer($0.id.rawValue) } ?? .null, "being_sent": .bool(isBeingSent),
                        "counts": counts.json,
                        "progress": .list(workspace.progressPaths(of: record.id).compactMap { ProgressNote(path: $0).read() }),
                        "next_deferred_at": nextRetry.map { .text($0.canonical) } ?? .null,
                        "senders": .list(senders.map { $0.json(workspace) }),
                    ]))
            }
            let zone = workspace.settings.zone
            let isAtRest = record.state == .sending && !isBeingSent
            Console.print(
                "\(Console.bold(record.name)) \(isAtRest ? "was begun or resumed at" : "is \(record.state.rawValue) since") \(Console.time(record.changedAt, zone))"
                    + (record.reason.map { ": \($0)" } ?? ""))
            if isAtRest {
                let seeds = try workspace.ledger.counts(of: record.id, step: DeliveryKey.seedStep)
                let left = counts.remaining + counts.handed + seeds.remaining
                Console.print(Console.yellow("  it is not being sent now; \(Console.number(left)) left: pitwall send \(record.name)"))
            }
            for sentence in senders.sentences(workspace) { Console.print("  \(sentence)") }
            for path in workspace.progressPaths(of: record.id) {
                for line in ProgressNote(path: path).lines() { Console.print("  \(line)") }
            }
            if let plan = plans.shown {
                Console.print(
                    "  plan \(plan.id) of \(Console.time(plan.at, zone)): \(Console.count(plan.recipients, "recipient"))"
                        + (plan.activatedAt == nil ? ", not begun" : ""))
            }
            if let plan = plans.newer {
                Console.print(
                    Console.dim(
                        "  plan \(plan.id) of \(Console.time(plan.at, zone)) is newer and not begun: \(Console.count(plan.recipients, "recipient"))"
                    ))
            }
            for (word, count) in counts.words where count > 0 { Console.print("  \(Console.number(count)) \(word)") }
            if let due = nextRetry {
                Console.print("  the next deferred one may go at \(Console.time(due, zone)): pitwall send \(record.name)")
            }
            if counts.unknown > 0 { Console.print("  settle the unknown ones: pitwall resolve \(record.name) --as sent|unsent") }
        }
    }

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Stop sending; a send that is running ends within a second.")

        @OptionGroup var choice: Choice

        func run() throws {
            let workspace = try choice.workspace.open()
            let record = try choice.find(in: workspace)
            let moved = try workspace.campaigns.move(
                record.id, to: .paused, from: [.planned, .sending], reason: "paused by hand", at: Clock.now())
            guard moved || record.state == .paused else {
                throw UseError(.input, "\(record.name) is \(record.state.rawValue): there is nothing to pause")
            }
            choice.tell(.paused, "\(record.name) is paused. Go on with: pitwall campaigns resume \(record.name)")
        }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let a paused campaign go on.")

        @OptionGroup var choice: Choice

        func run() throws {
            let workspace = try choice.workspace.open()
            let record = try choice.find(in: workspace)
            let state: CampaignState = try workspace.campaigns.plans(of: record.id).contains { $0.activatedAt != nil } ? .sending : .planned
            guard try workspace.campaigns.move(record.id, to: state, from: [.paused], at: Clock.now()) else {
                throw UseError(
                    .input, "\(record.name) is not paused, but \(record.state.rawValue)",
                    hint: record.state == .sending ? "where it is not being sent now: pitwall send \(record.name)" : nil)
            }
            choice.tell(state, "\(record.name) may go on: pitwall send \(record.name)")
        }
    }

    struct Cancel: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "End a campaign for good: what is still to go is never sent.")

        @OptionGroup var choice: Choice

        @Flag(name: .shortAndLong, help: "Don't ask.")
        var yes = false

        func run() throws {
            let workspace = try choice.workspace.open()
            let record = try choice.find(in: workspace)
            guard record.state != .sent, record.state != .cancelled else {
                throw UseError(.input, "\(record.name) is \(record.state.rawValue) already")
            }
            let remaining = try workspace.ledger.counts(of: record.id).remaining
            if !yes, Console.isTerminal(.output), !choice.json {
                Console.write("Cancel \(record.name) for good, \(Console.count(remaining, "message")) unsent? [y/N] ", to: .error)
                guard ["y", "yes"].contains(readLine()?.trimmingSpaces.lowercased() ?? "") else {
                    throw UseError(.notNow, "nothing was changed")
                }
            }
            try workspace.campaigns.move(
                record.id, to: .cancelled, from: [.planned, .sending, .paused], reason: "cancelled by hand", at: Clock.now())
            let skipped = try workspace.ledger.skipRemaining(of: record.id, reason: .cancelled, at: Clock.now())
            // What a killed sender had in hand is settled now or never: nobody sends the campaign again.
            _ = try workspace.settleLeft(of: record, at: Clock.now())
            choice.tell(.cancelled, "\(record.name) is cancelled; \(Console.count(skipped, "message")) will not be sent.")
        }
    }
}

extension DeliveryCounts {
    var words: [(String, Int)] {
        [
            ("planned", planned), ("deferred", deferred), ("handed", handed), ("accepted", accepted), ("refused", refused),
            ("unknown", unknown), ("skipped", skipped),
        ]
    }

    var json: JSONValue {
        var object = JSONObject(words.map { ($0.0, .integer(Int64($0.1))) })
        if !skippedBy.isEmpty {
            object["skipped_by"] = .object(JSONObject(skippedBy.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) }))
        }
        return .object(object)
    }
}

import ArgumentParser
import Campaigns
import Database
import Diagnostics
import Model
import Segments
import Store
import Workspace

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "What people did: let old events fade, cut many into months.",
        subcommands: [Prune.self, Partition.self])

    struct Prune: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "prune",
            abstract: "Drop events that are older than they are to be kept.",
            discussion: """
                How long is said in pitwall.yaml:  retention: {page_viewed: 180 days, default: 540 days}
                What each person did in sum (how often, when first, when last) is kept for ever, and so is what the numbers of a property
                come to that is named for it:  summaries: {purchase: [amount]}
                Says what would go before it does, and which segments could no longer be answered as they are.
                """)

        @Flag(name: .long, help: "Say what would go, and drop nothing.")
        var dryRun = false

        @Flag(name: .shortAndLong, help: "Don't ask.")
        var yes = false

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let retention = workspace.settings.retention
            let lapsed = try workspace.events.lapsed(workspace.settings.summaries)
            guard !retention.isForever || !lapsed.isEmpty else {
                throw UseError(
                    .settings, "events are kept for ever: pitwall.yaml has no retention",
                    hint: "add how long to keep them:  retention: {page_viewed: 180 days, default: 540 days}")
            }
            let now = Clock.now()
            let fading = try workspace.events.fading(retention, at: now)
            try warnOfUnknownNames(retention, workspace)
            let coming = Dictionary(fading.map { ($0.name, $0.before) }, uniquingKeysWith: { $1 })
            let short = try workspace.segmentsShort(of: coming, at: now)
            if !json { show(fading, short, lapsed, workspace.settings.zone) }
            let total = fading.reduce(0) { $0 + $1.events }
            var dropped = 0
            if !dryRun, total > 0 || !lapsed.isEmpty {
                let those = [
                    total > 0 ? Console.count(total, "event") : nil, lapsed.isEmpty ? nil : Console.count(lapsed.count, "sum"),
                ]
                try Confirmation.require("Drop \(those.compactMap { $0 }.joined(separator: " and "))?", yes: yes)
                let bar = ProgressLine(enabled: !json)
                dropped = try workspace.events.prune(retention, at: now) {
                    bar.show("\(Console.number($0)) of \(Console.number(total)) dropped")
                }
                try workspace.events.drop(lapsed)
                bar.clear()
                if !json, total > 0 {
                    Console.print("\(Console.green("✓")) \(Console.count(dropped, "event")) dropped; what they come to in sum is kept.")
                }
            }
            if dryRun, total > 0, !json { Console.print(Console.dim("drop them with: pitwall events prune")) }
            if json { printJSON(fading, short, lapsed, dropped: dropped) }
        }

        private func show(_ fading: [FadingEvents], _ short: [String], _ lapsed: [LapsedSum], _ zone: Zone) {
            if !lapsed.isEmpty {
                let names = lapsed.map { "\($0.event).\($0.property) (\(Console.count($0.people, "person", "people")))" }
                Console.print(
                    Console.yellow("These sums are named in pitwall.yaml no longer, and would go: \(names.joined(separator: ", "))"))
                Console.print(
                    Console.dim(
                        "  a part of their events is gone, so that they can't be added up again; to keep them: summaries in pitwall.yaml"))
                Console.print()
            }
            guard !fading.isEmpty else { return Console.print("Nothing is older than it is to be kept.") }
            var table = Table([
                ("event", .left), ("kept for", .left), ("before", .left), ("events", .right), ("people", .right), ("oldest", .left),
                ("stay", .right),
            ])
            for row in fading {
                table.add(
                    row.name, "\(row.span)", "\(zone.date(at: row.before))", Console.number(row.events), Console.number(row.people),
                    row.oldest.map { "\(zone.date(at: $0))" } ?? "", Console.number(row.kept))
            }
            table.print()
            Console.print()
            guard !short.isEmpty else { return }
            Console.print(
                Console.yellow(
                    "These segments ask for what would go, and would leave it out from then on: \(short.joined(separator: ", "))"))
            Console.print(
                Console.dim("  ask in them for a shorter time, or keep the events longer; what each asks for: pitwall segments check NAME"))
            Console.print()
        }

        /// A name that no event has keeps nothing: it may be misspelt.
        private func warnOfUnknownNames(_ retention: Retention, _ workspace: OpenWorkspace) throws {
            let known = try workspace.vocabulary().events.keys.sorted()
            for name in retention.spans.keys.sorted() where !known.contains(name) {
                let advice = suggestion(for: name, among: known).map { "; \($0)" } ?? ""
                let word = Console.yellow("warning:", on: .error)
                Console.error("\(word) retention names \"\(name)\", and no such event has ever been recorded\(advice)")
            }
        }

        private func printJSON(_ fading: [FadingEvents], _ short: [String], _ lapsed: [LapsedSum], dropped: Int) {
            let rows = fading.map { row -> JSONValue in
                .object([
                    "event": .text(row.name), "before": .text(row.before.iso), "events": .integer(Int64(row.events)),
                    "people": .integer(Int64(row.people)), "kept": .integer(Int64(row.kept)),
                ])
            }
            Console.print(
                json: .object([
                    "dropped": .integer(Int64(dropped)), "events": .list(rows), "segments_short": .list(short.map { .text($0) }),
                    "sums_lapsed": .list(lapsed.map { .text("\($0.event).\($0.property)") }),
                ]))
        }
    }

    struct Partition: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "partition",
            abstract: "Cut the table of events into months (PostgreSQL).",
            discussion: """
                For those who have very many: a month that has faded is dropped at once instead of row by row, and a question about last week
                reads one month. Questions about one person look into every month that is kept, and take longer; docs/scaling.md has figures
                for both. Months are made as events come, so whoever imports must own the table from then on. Nothing else changes.
                The table is copied in one transaction, in which nobody else reads or writes events; until it ends they are there twice.
                """)

        @Flag(name: .shortAndLong, help: "Don't ask.")
        var yes = false

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            guard workspace.database.dialect.partitioning != nil else {
                throw UseError(
                    .settings,
                    "only PostgreSQL cuts tables into months, and this workspace's database is \(workspace.database.dialect.name)",
                    hint: "to move: pitwall database move --to postgres://USER@HOST/NAME")
            }
            try Confirmation.require("Copy all events into months? Nobody reads or writes events meanwhile.", yes: yes)
            let bar = ProgressLine(enabled: !json)
            bar.show("cutting the table of events into months")
            let result = try workspace.events.partition()
            bar.clear()
            switch result {
            case .done(let months, let events):
                tell(
                    months, events, "\(Console.green("✓")) \(Console.count(events, "event")) are in \(Console.count(months, "month")) now.")
            case .already(let months): tell(months, nil, "The table of events is cut already, into \(Console.count(months, "part")).")
            case .impossible: break
            }
        }

        private func tell(_ months: Int, _ events: Int?, _ sentence: String) {
            guard json else { return Console.print(sentence) }
            Console.print(json: .object(["months": .integer(Int64(months)), "events": events.map { .integer(Int64($0)) } ?? .null]))
        }
    }
}

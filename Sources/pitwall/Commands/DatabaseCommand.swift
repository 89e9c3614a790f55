import ArgumentParser
import Campaigns
import Database
import Model
import Store
import Workspace

struct DatabaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database", abstract: "The database itself: move it to another, look whether all in it fits together.",
        subcommands: [Move.self, Check.self])

    // MARK: - Moving

    struct Move: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "move",
            abstract: "Copy everything into another, empty database: from SQLite to PostgreSQL, or back.",
            discussion: """
                Nobody else writes while it runs, and it does not begin while a campaign is being sent. Table by table, what is there then is
                compared with what was there before, by count and checksum. Stopped or killed, it goes on where it was when it is run again.
                The database that is moved keeps what it holds and takes no changes any more. pitwall.yaml stays as it is: at the end it is said
                which line of it to change.
                """)

        @Option(
            name: .long,
            help: ArgumentHelp("Where to: postgres://USER@HOST/NAME, or a file.", valueName: "database"))
        var to: String

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open(toMove: true)
            for campaign in try workspace.campaigns.campaigns() {
                guard try workspace.isBeingSent(campaign.id) else { continue }
                throw UseError(
                    .notNow, "\(campaign.name) is being sent",
                    hint: "wait until it has ended, or stop it: pitwall campaigns pause \(campaign.name)")
            }
            let (target, path) = try self.workspace.openOther(to, root: workspace.root)
            guard path != workspace.databasePath else {
                throw UseError(.usage, "that is the database that is to be moved", hint: "name another with --to")
            }
            let started = Clock.now()
            let moved = try copy(from: workspace.database, to: target, named: Settings.hasPassword(to) ? "another database" : to)
            try target.close()
            let seconds = Double(Clock.now().milliseconds - started.milliseconds) / 1000
            if json {
                Console.print(json: report(moved, seconds))
            } else {
                tell(moved, seconds)
            }
        }

        private func copy(from source: any SQLDatabase, to target: any SQLDatabase, named name: String) throws -> [DatabaseMove.Moved] {
            let bar = ProgressLine(enabled: !json)
            defer { bar.clear() }
            return try DatabaseMove(from: source, to: target, named: name).run { table, step in
                switch step {
                case .copying(let rows): bar.show("\(table): \(Console.count(rows, "row")) copied")
                case .comparing: bar.show("\(table): comparing")
                }
            }
        }

        private func report(_ moved: [DatabaseMove.Moved], _ seconds: Double) -> JSONValue {
            let tables = moved.map { table -> JSONValue in
                .object([
                    "table": .text(table.table), "rows": .integer(Int64(table.sum.rows)), "checksum": .text(table.sum.checksum),
                    "altered": .integer(Int64(table.sum.altered)),
                ])
            }
            return .object(["tables": .list(tables), "seconds": .real(seconds)])
        }

        private func tell(_ moved: [DatabaseMove.Moved], _ seconds: Double) {
            var table = Table([("table", .left), ("rows", .right), ("checksum, here and there", .left)])
            for row in moved where row.sum.rows > 0 { table.add(row.table, Console.number(row.sum.rows), row.sum.checksum) }
            table.print()
            let rows = moved.reduce(0) { $0 + $1.sum.rows }
            Console.print()
            let all = "\(Console.count(rows, "row")) in \(Console.count(moved.count, "table"))"
            Console.print("\(Console.green("✓")) \(all) are the same there, after \(Console.duration(seconds)).")
            let altered = moved.reduce(0) { $0 + $1.sum.altered }
            if altered > 0 {
                let texts = "\(Console.count(altered, "text")) \(altered == 1 ? "holds" : "hold")"
                Console.print("\(texts) a NUL character, which that database has none for: U+FFFD (\u{FFFD}) stands in its place there.")
            }
            Console.print("Now change this line of \(WorkspaceFolder.settingsFile), before anything else is done in this workspace:")
            Console.print()
            Console.print("  database: \(Settings.hasPassword(to) ? "postgres://…" : to)")
            Console.print()
            Console.print(
                Console.dim(
                    "The old database is not deleted, and takes no changes any more. Start `pitwall serve` anew: until then it answers 503."
                ))
        }
    }

    // MARK: - Checking

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Look whether all that the database holds fits together, and name what does not.",
            discussion: """
                Rows that speak of somebody or something that is not there, states that no message has, summaries, sums and counts that are
                not what they add up. Changes nothing; ends with 1 where something was found. It reads everything, and may take minutes.
                """)

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let bar = ProgressLine(enabled: !json)
            let findings = try DatabaseCheck(workspace.database).run { name, done, all in
                bar.show("\(ProgressLine.bar(done, of: all, width: 20)) \(name)")
            }
            bar.clear()
            if json {
                let rows = findings.map { finding -> JSONValue in
                    .object([
                        "name": .text(finding.name), "what": .text(finding.what), "count": .integer(Int64(finding.count)),
                        "examples": .list(finding.examples.map { .text($0) }),
                    ])
                }
                Console.print(json: .object(["findings": .list(rows)]))
            } else if findings.isEmpty {
                Console.print("\(Console.green("✓")) All that is in the database fits together.")
            } else {
                for finding in findings {
                    let name = Console.dim("(\(finding.name))")
                    Console.print("\(Console.red("✗")) \(Console.number(finding.count)) \(finding.what) \(name)")
                    for example in finding.examples { Console.print(Console.dim("    \(example)")) }
                    let more = finding.count - finding.examples.count
                    if more > 0 { Console.print(Console.dim("    and \(Console.number(more)) more")) }
                }
            }
            if !findings.isEmpty { throw Code.found }
        }
    }
}

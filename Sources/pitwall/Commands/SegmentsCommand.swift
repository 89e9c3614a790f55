import ArgumentParser
import Campaigns
import Database
import Diagnostics
import Foundation
import Model
import Segments
import Store
import Workspace

struct SegmentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segments", abstract: "Who: list, check, count, show and explain segments.",
        subcommands: [
            List.self, Check.self, Count.self, Show.self, Explain.self, Funnel.self, Format.self, Names.self,
        ])

    /// When a segment is asked, and what was known by then.
    struct TimeOptions: ParsableArguments {
        @Option(name: .long, help: ArgumentHelp("As of this time: what is later does not count.", valueName: "time"))
        var at: String?

        @Option(name: .long, help: ArgumentHelp("As known at this time: what was learned later does not count.", valueName: "time"))
        var known: String?

        func moment(in workspace: OpenWorkspace) throws -> Moment {
            let zone = workspace.settings.zone
            let known = try known.map { try Arguments.instant($0, "--known", zone) }
            guard let at else { return known.map { Moment(at: Clock.now(), known: $0, zone: zone) } ?? .now(Clock.now(), zone: zone) }
            return Moment(at: try Arguments.instant(at, "--at", zone), known: known, zone: zone)
        }
    }

    /// A segment by name, or conditions written on the spot.
    struct Choice: ParsableArguments {
        @Argument(help: "The segment's name.")
        var name: String?

        @Option(name: .long, help: ArgumentHelp("Conditions, in place of a name.", valueName: "text"))
        var `where`: String?

        @OptionGroup var time: TimeOptions

        @OptionGroup var workspace: WorkspaceOptions

        func validate() throws {
            guard (name == nil) != (`where` == nil) else { throw ValidationError("give a segment's name, or --where TEXT") }
        }

        func plan(in workspace: OpenWorkspace) throws -> SegmentPlan {
            guard let text = `where` else { return try workspace.segment(name ?? "") }
            return try SegmentFiles(workspace.files).plan(where: text, against: try workspace.vocabulary())
        }

        static func unknown(_ name: String, _ names: [String]) -> UseError {
            if name.contains(where: { $0 == " " || $0 == "=" }) {
                return UseError(
                    .input, "\"\(name)\" is no name of a segment",
                    hint: "conditions stand behind --where, in quotes: --where 'country = \"IT\"'")
            }
            return UseError(
                .input, "there is no segment \"\(name)\" (no \(SegmentFiles.folder)/\(name)\(SegmentFiles.ending))",
                hint: suggestion(for: name, among: names) ?? (names.isEmpty ? nil : "there are: \(names.joined(separator: ", "))"))
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The segments of the workspace, with how many people are in each.")

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let files = SegmentFiles(workspace.files)
            let vocabulary = try workspace.vocabulary()
            var table = Table([("segment", .left), ("people", .right), ("title", .left)])
            var rows: [JSONValue] = []
            var warnings: [Diagnostic] = []
            let moment = Moment.now(Clock.now(), zone: workspace.settings.zone)
            for name in try files.names() {
                var row: JSONObject = ["name": .text(name)]
                do {
                    guard let plan = try files.plan(name, against: vocabulary) else { continue }
                    try workspace.refuseMistakes(in: plan, at: moment)
                    let count = try workspace.count(plan, at: moment)
                    table.add(name, Console.number(count), plan.syntax.title ?? "")
                    row["title"] = plan.syntax.title.map { .text($0) }
                    row["count"] = .integer(Int64(count))
                    let shortfalls = try workspace.shortfalls(of: plan, at: moment)
                    if !shortfalls.isEmpty { row["checks"] = .list(shortfalls.map(\.json)) }
                    warnings += shortfalls
                } catch let mistakes as DiagnosticList {
                    table.add(name, "—", "has mistakes: pitwall segments check \(name)")
                    row["error"] = .text(mistakes.items.first?.headline ?? "has mistakes")
                }
                rows.append(.object(row))
            }
            if json { return Console.print(json: .object(["segments": .list(rows)])) }
            if table.rows.isEmpty {
                return Console.print("There are no segments yet: make \(SegmentFiles.folder)/NAME\(SegmentFiles.ending)")
            }
            table.print()
            for warning in warnings { Console.error(Console.render(warning)) }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "check", abstract: "Look for mistakes in one segment or all.")

        @Argument(help: "The segment's name; all where it is left out.")
        var name: String?

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let files = SegmentFiles(workspace.files)
            let names = try files.names()
            if let name, !names.contains(name) { throw Choice.unknown(name, names) }
            let vocabulary = try workspace.vocabulary()
            var checks = Checks()
            for name in name.map({ [$0] }) ?? names {
                checks.looked += 1
                do {
                    guard let plan = try files.plan(name, against: vocabulary) else { continue }
                    let moment = Moment.now(Clock.now(), zone: workspace.settings.zone)
                    let inData = try workspace.database.read { session in
                        try plan.mistakes(in: session, at: moment) + plan.misspellings(in: session, at: moment)
                            + plan.shortfalls(in: session, at: moment)
                    }
                    checks.add(plan.warnings + plan.contradictions(at: moment) + inData)
                } catch let mistakes as DiagnosticList {
                    checks.add(mistakes.items)
                }
            }
            try checks.report("segment", json: json)
        }
    }

    struct Count: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "count", abstract: "How many people are in a segment.")

        @OptionGroup var choice: Choice

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        func run() throws {
            let workspace = try choice.workspace.open()
            let plan = try choice.plan(in: workspace)
            let moment = try choice.time.moment(in: workspace)
            try workspace.warn(of: plan, at: moment)
            let count = try workspace.count(plan, at: moment)
            let (unknowns, unheard) = try workspace.database.read { session in
                (try plan.unknowns(in: session, at: moment), try plan.unheard(in: session, at: moment))
            }
            if json {
                var facts: JSONObject = ["count": .integer(Int64(count))]
                if !unknowns.isEmpty {
                    facts["unknown"] = .object(JSONObject(unknowns.map { ($0.name, .integer(Int64($0.count))) }))
                }
                if !unheard.isEmpty { facts["later"] = .object(JSONObject(unheard.map { ($0.name, .integer(Int64($0.count))) })) }
                return Console.print(json: .object(facts))
            }
            Console.print("\(Console.bold(Console.number(count))) of \(Console.count(try workspace.contacts.count(), "person", "people"))")
            for unknown in unknowns where unknown.count > 0 {
                Console.print(
                    Console.dim(
                        "\(Console.number(unknown.count)) of them \(unknown.count == 1 ? "is" : "are") in because the \(unknown.name) is unknown"
                    ))
            }
            for later in unheard {
                let people = Console.count(later.count, "person", "people")
                Console.print(Console.dim("the \(later.name) of \(people) was heard of later, and counts as unknown at that time"))
            }
            if !unheard.isEmpty { Console.print(Console.dim("  since when it was so is said by: pitwall import contacts FILE --at TIME")) }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "The people in a segment.")

        enum Format: String, ExpressibleByArgument, CaseIterable {
            case table, csv, json
        }

        @OptionGroup var choice: Choice

        @Option(name: .long, help: "How many to show.")
        var limit: Int?

        @Option(name: .long, help: "table, csv or json.")
        var format = Format.table

        @Flag(name: .long, help: "The same as --format json.")
        var json = false

        func run() throws {
            let workspace = try choice.workspace.open()
            let plan = try choice.plan(in: workspace)
            let moment = try choice.time.moment(in: workspace)
            try workspace.warn(of: plan, at: moment)
            let condition = plan.sql(dialect: workspace.database.dialect, at: moment)
            let format = json ? Format.json : format
            var people = PeoplePrinter(format: format)
            try workspace.people.people(where: condition, limit: limit ?? (format == .table ? 20 : nil)) { people.add($0) }
            people.end()
        }
    }
}

extension OpenWorkspace {
    func count(_ plan: SegmentPlan, at moment: Moment) throws -> Int {
        try people.count(plan, at: moment)
    }
}

/// Prints people one by one, so that a million of them take no memory; a table waits for its widths.
private struct PeoplePrinter {
    private let format: SegmentsCommand.Show.Format
    private var table = Table([("email", .left), ("name", .left), ("language", .left), ("attributes", .left)])
    private var rows = 0

    init(format: SegmentsCommand.Show.Format) {
        self.format = format
        if format == .csv { Console.print("email,first_name,last_name,language,attributes") }
        if format == .json { Console.write("{\"people\":[", to: .output) }
    }

    mutating func add(_ contact: Contact) {
        rows += 1
        let email = contact.email.map { "\($0)" } ?? ""
        let names = [Contact.Standard.firstName, .lastName].map { contact.attributes[$0.rawValue]?.text ?? "" }
        var rest = contact.attributes
        for name in ["first_name", "last_name", "language"] { rest[name] = nil }
        switch format {
        case .table:
            let shown = rest.members.map { "\($0.name): \($0.value.text ?? $0.value.json)" }.joined(separator: ", ")
            let name = names.filter { !$0.isEmpty }.joined(separator: " ")
            table.add(email.isEmpty ? "(no address)" : email, name, contact.language ?? "", shown)
        case .csv:
            Console.print(([email] + names + [contact.language ?? "", rest.json]).map(Self.csv).joined(separator: ","))
        case .json:
            let person = JSONValue.object(["email": email.isEmpty ? .null : .text(email), "attributes": .object(contact.attributes)])
            Console.write((rows > 1 ? "," : "") + person.json, to: .output)
        }
    }

    func end() {
        switch format {
        case .table: if rows == 0 { Console.print("Nobody is in it.") } else { table.print() }
        case .csv: break
        case .json: Console.print("]}")
        }
    }

    private static func csv(_ field: String) -> String {
        field.contains { ",\"\n\r".contains($0) } ? "\"\(field.replacingOccurrences(of: "\"", with: "\"\""))\"" : field
    }
}

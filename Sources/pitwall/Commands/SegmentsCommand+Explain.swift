import ArgumentParser
import Campaigns
import Database
import Model
import Segments
import Store

extension SegmentsCommand {
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain",
            abstract: "Why a person is in a segment, or is not.",
            discussion: "Says of each clause whether it holds, and what that rests on.")

        @Argument(help: "The segment's name.")
        var name: String

        @Argument(help: "The person's address, or external:ID.")
        var email: String

        @OptionGroup var time: TimeOptions

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let person = try Arguments.person(email)
            let moment = try time.moment(in: workspace)
            let plan = try workspace.segment(name)
            guard let contact = try workspace.contacts.contact(person) else { throw ContactsCommand.nobody(person) }
            try workspace.warn(of: plan, at: moment)
            let explanation = try HistoryStore(workspace.database).explain(plan, of: contact, at: moment)
            if json { return Console.print(json: explanation.json) }
            let verdict = explanation.matches ? Console.green("is in") : Console.red("is not in")
            Console.print("\(Console.bold(Table.clean("\(person)"))) \(verdict) \(name).\n")
            for clause in explanation.clauses {
                Console.print("\(clause.holds ? Console.green("✓") : Console.red("✗")) \(Console.wrapped(clause.text))")
                Console.print(Console.dim("  \(Console.wrapped(Table.clean(clause.evidence)))"))
            }
        }
    }

    struct Funnel: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "funnel",
            abstract: "How many people remain after each clause of a segment.",
            discussion: "Clauses are taken in the order in which they are written; the one that loses most people is marked.")

        @OptionGroup var choice: Choice

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        func run() throws {
            let workspace = try choice.workspace.open()
            let moment = try choice.time.moment(in: workspace)
            let plan = try choice.plan(in: workspace)
            try workspace.warn(of: plan, at: moment)
            let funnel = try HistoryStore(workspace.database).funnel(plan, at: moment)
            if json { return Console.print(json: funnel.json) }
            var table = Table([("people", .right), ("lost", .right), ("", .left), ("clause", .left)])
            table.wrapsLast = Console.isTerminal(.output)
            table.add(Console.number(funnel.people), "", "", "everybody")
            let costliest = funnel.steps.count > 1 ? funnel.costliest : nil
            for (index, step) in funnel.steps.enumerated() {
                let mark = index == costliest ? "◀" : ""
                table.add(Console.number(step.remaining), Console.number(step.lost), mark, (index > 0 ? "and " : "") + step.text)
            }
            table.print()
            if costliest != nil { Console.print(Console.dim("◀ costs most")) }
        }
    }

    struct Names: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "names",
            abstract: "What segments can speak of: attributes, events and their properties.",
            discussion: """
                With the kinds of value that the data holds, and how many people have them. To find out how many, all people and all events
                are read once: about a second for each million.
                """)

        @Flag(name: .long, help: "Don't count who has each attribute and each property, which takes long where there are many events.")
        var quick = false

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let bar = ProgressLine(enabled: !json)
            let names = try NameStore(try workspace.open().database).names(counting: !quick) { bar.show("reading \($0)") }
            bar.clear()
            if json { return Console.print(json: names.json) }
            if names.attributes.isEmpty, names.events.isEmpty {
                return Console.print("Nothing is known of anybody yet: pitwall import contacts FILE")
            }
            var table = Table([("name", .left), ("holds", .left), ("people", .right), ("events", .right)])
            for value in names.attributes { table.add(Name(value.name).written, value.words, people(value), "") }
            for event in names.events {
                let name = Name(event.name).written
                table.add("did \(name)", "", Console.number(event.people), Console.number(event.events))
                for value in event.properties { table.add("  \(name).\(Name(value.name).written)", value.words, people(value), "") }
            }
            table.print()
        }

        private func people(_ value: KnownNames.Value) -> String { value.people.map { Console.number($0) } ?? "" }
    }
}

extension OpenWorkspace {
    /// The segment of this name, checked.
    func segment(_ name: String) throws -> SegmentPlan {
        let files = SegmentFiles(files)
        guard let plan = try files.plan(name, against: try vocabulary()) else {
            throw SegmentsCommand.Choice.unknown(name, try files.names())
        }
        return plan
    }

    /// Ends where an answer would mean nothing; what may not be meant goes to standard error.
    func warn(of plan: SegmentPlan, at moment: Moment) throws {
        try refuseMistakes(in: plan, at: moment)
        for warning in plan.warnings + plan.contradictions(at: moment) + (try shortfalls(of: plan, at: moment)) {
            Console.error(Console.render(warning))
        }
    }
}

import Campaigns
import Model
import Store
import Workspace

/// One view of a person, for the terminal.
struct PersonPage {
    private let record: PersonRecord
    private let zone: Zone

    init(_ record: PersonRecord, zone: Zone) {
        self.record = record
        self.zone = zone
    }

    func print() {
        printHead()
        guard record.isOfAPerson else {
            Console.print("  nobody is known by this address")
            printSuppressions()
            return printMessages()
        }
        section("Attributes", record.attributes.isEmpty) {
            var table = Table([("name", .left), ("value", .left), ("since", .left), ("from", .left)])
            for item in record.attributes {
                table.add(item.name, item.value.text ?? item.value.json, item.since.map(time) ?? "", item.source ?? "")
            }
            table.print()
        }
        section("Consent", record.consents.isEmpty) {
            var table = Table([("topic", .left), ("state", .left), ("at", .left), ("source", .left), ("text", .left)])
            let hasWords = record.consents.contains { $0.wording != nil }
            if !hasWords { table = Table([("topic", .left), ("state", .left), ("at", .left), ("source", .left)]) }
            for statement in record.consents {
                table.add(statement.topic, statement.state.word, time(statement.at), statement.source, statement.wording ?? "")
            }
            table.print()
        }
        printSuppressions()
        section("In segments", record.segments.isEmpty) { Console.print("  " + record.segments.joined(separator: ", ")) }
        section("Did", record.summaries.isEmpty) {
            var table = Table([("event", .left), ("times", .right), ("first", .left), ("last", .left)])
            for item in record.summaries { table.add(item.name, Console.number(item.count), time(item.first), time(item.last)) }
            table.print()
        }
        section("Last events", record.events.isEmpty) {
            var table = Table([("at", .left), ("event", .left), ("properties", .left)])
            for event in record.events { table.add(time(event.at), event.name, Self.line(event.properties)) }
            table.print()
        }
        printMessages()
    }

    private func printSuppressions() {
        section("Suppressed", record.suppressions.isEmpty) {
            var table = Table([("address", .left), ("reason", .left), ("at", .left), ("source", .left)])
            for entry in record.suppressions { table.add("\(entry.address)", entry.reason.rawValue, time(entry.at), entry.source) }
            table.print()
        }
    }

    private func printMessages() {
        section("Messages", record.messages.isEmpty) {
            var table = Table([("at", .left), ("campaign", .left), ("state", .left), ("reply", .left)])
            for entry in record.messages {
                table.add(entry.lastAt.map(time) ?? "", entry.campaign, entry.stateWord, entry.outcomeText)
            }
            table.print()
        }
        if !record.reports.isEmpty {
            section("Came back", false) {
                var table = Table([("at", .left), ("campaign", .left), ("what", .left), ("words", .left)])
                for report in record.reports { table.add(time(report.at), report.campaign ?? "", report.kind, report.reply) }
                table.print()
            }
        }
    }

    private func printHead() {
        let names = [Contact.Standard.firstName, .lastName].compactMap { record.contact.attributes[$0.rawValue]?.text }
        let address = record.contact.email.map { "\($0)" } ?? "no address"
        Console.print(Console.bold(Table.clean(address)) + (names.isEmpty ? "" : "  " + Table.clean(names.joined(separator: " "))))
        for further in record.addresses.dropFirst() { Console.print("  also \(further)") }
        for (system, id) in record.externalIDs {
            Console.print("  external ID\(system.isEmpty ? "" : " (\(Table.clean(system)))"): \(Table.clean(id))")
        }
    }

    private func section(_ title: String, _ isEmpty: Bool, _ body: () -> Void) {
        Console.print()
        Console.print(Console.dim(isEmpty ? "\(title): none" : title))
        if !isEmpty { body() }
    }

    private func time(_ instant: Instant) -> String { Console.time(instant, zone) }

    /// `amount: 12.5, category: shoes`.
    private static func line(_ properties: JSONObject) -> String {
        properties.members.map { "\($0.name): \($0.value.text ?? $0.value.json)" }.joined(separator: ", ")
    }
}

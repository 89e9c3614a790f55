import Database
import Diagnostics
import Model
import TestDatabases
import Testing

@testable import Segments

/// Asks one person in memory and in a database, and fails where the two differ.
enum Asking {
    static let rome = Zone("Europe/Rome") ?? .utc
    /// A day of 25 hours: the clocks go back at three.
    static let now = Instant(iso: "2026-10-25T11:00:00Z") ?? Instant(seconds: 0)
    static let day: Int64 = 86_400_000

    static func holds(
        _ text: String, of person: PersonHistory, at moment: Moment = .now(now, zone: rome), others: [PersonHistory] = []
    ) throws -> Bool {
        let plan = try SegmentPlan(try SegmentSyntax(where: text), against: nil)
        let standings = plan.standings(among: [person] + others, at: moment)
        let inMemory = plan.holds(for: person, at: moment, standings: standings)
        let database = try TestDatabase([person] + others)
        let sql = plan.sql(dialect: DatabaseKind.current.dialect, at: moment)
        #expect(try database.ids(where: sql).contains(person.contact.id) == inMemory, "\(text): \(sql)")
        return inMemory
    }

    static func person(_ id: Int64 = 7, _ events: [(ago: Int64, name: String, properties: JSONObject)] = []) -> PersonHistory {
        var person = PersonHistory(contact: Contact(id: ContactID(id)))
        person.events = events.map { event in
            let at = now.advanced(byMilliseconds: -event.ago)
            return Event(contact: person.contact.id, name: event.name, at: at, learnedAt: at, properties: event.properties)
        }
        return person
    }
}

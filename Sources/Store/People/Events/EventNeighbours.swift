import Database
import Model

/// The events of some places that are there: a place is one person, one name and one instant. Asked for all of them at once, and
/// carried on in memory as more are added, so that many events of one instant cost a server no question each.
struct EventNeighbours {
    struct Place: Hashable {
        var name: Int64
        var at: Int64
        var contact: Int64
    }

    private var last: [Place: Int64] = [:]
    private var said: [Place: Set<String>] = [:]

    private static let all = SQLBatch(
        [.int64("name_id"), .int64("at"), .int64("contact_id")],
        """
        SELECT r.n, e.id, e.properties FROM rows r JOIN event e ON e.name_id = r.name_id AND e.at = r.at AND e.contact_id = r.contact_id
        """)

    init(of places: Set<Place>, in session: any SQLSession) throws {
        let places = Array(places)
        try session.forEach(Self.all, places.map { [.integer($0.name), .integer($0.at), .integer($0.contact)] }) { row in
            let place = places[Int(row.integer(0))]
            last[place] = max(last[place] ?? 0, row.integer(1))
            said[place, default: []].insert(try row.isNull(2) ? "{}" : JSONObject(stored: row.text(2)).meaning)
        }
    }

    /// Whether one of them says the same, in these or other words: members in another order, `5.0` for `5`.
    func says(_ properties: JSONObject, at place: Place) -> Bool { said[place]?.contains(properties.meaning) ?? false }

    /// Takes one more, and returns the number that tells it from the others of its place.
    mutating func add(_ properties: JSONObject, at place: Place) -> Int64 {
        let number = last[place].map { $0 + 1 } ?? 0
        last[place] = number
        said[place, default: []].insert(properties.meaning)
        return number
    }
}

extension JSONObject {
    /// One text for all objects that say the same.
    fileprivate var meaning: String { JSONValue.object(plain).json }

    private var plain: JSONObject {
        JSONObject(distinct: members.map { ($0.name, Self.plain($0.value)) }.sorted { $0.0 < $1.0 })
    }

    private static func plain(_ value: JSONValue) -> JSONValue {
        switch value {
        case .real(let real): Int64(exactly: real).map { .integer($0) } ?? value
        case .list(let items): .list(items.map(plain))
        case .object(let object): .object(object.plain)
        default: value
        }
    }
}

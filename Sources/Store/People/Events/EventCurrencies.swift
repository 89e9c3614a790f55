import Database
import Model
import Segments

/// Notes in which currencies events of a name are. More than a few are as many as a segment asks about: whether there are two.
struct EventCurrencies {
    private static let enough = 100

    private var known: Set<String> = []
    private var fresh: [String] = []

    mutating func note(_ properties: JSONObject) {
        guard known.count < Self.enough, case .text(let currency) = properties[Currency.property], known.insert(currency).inserted else {
            return
        }
        fresh.append(currency)
    }

    mutating func write(of name: Int64, in session: any SQLSession) throws {
        for currency in fresh {
            try session.execute(
                "INSERT INTO event_currency (name_id, currency) VALUES (\(name), \(currency)) ON CONFLICT (name_id, currency) DO NOTHING")
        }
        fresh = []
    }

    /// A statement that notes them of all events, with all that it takes in its text.
    static func learning(_ dialect: any Dialect) -> String {
        let currency = dialect.jsonMember("e.properties", Currency.property)
        let kind = dialect.jsonKind("e.properties", Currency.property)
        let mention = dialect.jsonMentions("e.properties", JSONValue.text(Currency.property).json) ?? "1 = 1"
        return literal(
            """
            INSERT INTO event_currency (name_id, currency) SELECT DISTINCT e.name_id, \(currency) FROM event e \
            WHERE \(mention) AND \(kind) = 'text' ON CONFLICT (name_id, currency) DO NOTHING
            """)
    }

    /// The text with its arguments, which the program made, written in.
    private static func literal(_ sql: SQL) -> String {
        sql.arguments.reduce(into: sql.text) { text, argument in
            guard case .text(let value) = argument, let place = text.firstRange(of: "?") else { return }
            text.replaceSubrange(place, with: "'\(value)'")
        }
    }
}

import Database
import Model

/// What only memory can tell of people: whether their attributes are what the changes of them come to, and their address reads as the
/// key by which it is found. One pass over all of them.
struct PeopleCheck {
    private var attributes = DatabaseCheck.Finding(
        name: "attributes-differ", what: "people whose attributes are not what the changes of them come to", count: 0, examples: [])
    private var keys = DatabaseCheck.Finding(
        name: "address-key", what: "people who are not found under their own address", count: 0, examples: [])
    private var last: (id: Int64, known: JSONObject?, folded: JSONObject)?

    static func run(in session: any SQLSession) throws -> [DatabaseCheck.Finding] {
        var check = PeopleCheck()
        try session.forEach(
            """
            SELECT c.id, c.email, c.email_key, c.attributes, a.changes FROM contact c LEFT JOIN attribute_change a ON a.contact_id = c.id \
            ORDER BY c.id, a.at, a.learned_at
            """
        ) { check.look($0) }
        check.finishLast()
        return [check.attributes, check.keys].filter { $0.count > 0 }
    }

    private mutating func look(_ row: any SQLRow) {
        let id = row.integer(0)
        if last?.id != id {
            finishLast()
            last = (id, try? JSONObject(stored: row.text(3)), [:])
            if row.optionalText(1).flatMap({ (try? EmailAddress($0))?.key }) != row.optionalText(2) { Self.count(id, in: &keys) }
        }
        guard !row.isNull(4) else { return }
        guard let change = try? JSONObject(stored: row.text(4)), let folded = last?.folded else {
            last?.known = nil
            return
        }
        last?.folded = folded.merging(change).merged
    }

    private mutating func finishLast() {
        guard let (id, known, folded) = last else { return }
        let isSame = known.map { known in
            known.members.count == folded.members.count && known.members.allSatisfy { folded[$0.name] == $0.value }
        }
        if isSame != true { Self.count(id, in: &attributes) }
        last = nil
    }

    private static func count(_ id: Int64, in finding: inout DatabaseCheck.Finding) {
        finding.count += 1
        if finding.examples.count < DatabaseCheck.shown { finding.examples.append("contact \(id)") }
    }
}

import Database
import Model

/// Finds the people that events are about, or makes them: all of a batch together.
struct EventContacts {
    private let session: any SQLSession
    private let now: Instant
    /// By address, and by the ID that another system has for them; of those who are being made, a number below 0.
    private var byKey: [String: Int64] = [:]
    private var byExternalID: [String: Int64] = [:]
    private var ties: [(externalID: String, contact: Int64)] = []
    private var made: [EventStore.Entry] = []

    private static let findByExternalID = SQLBatch(
        [.text("external_id")],
        "SELECT r.n, x.contact_id FROM rows r JOIN contact_external_id x ON x.system = '' AND x.external_id = r.external_id")

    private static let add = SQLBatch(
        insertInto: "contact",
        [.int64("id"), .text("email"), .text("email_key"), .text("attributes"), .int64("created_at"), .int64("updated_at")],
        identity: ["id"])

    private static let tie = SQLBatch(
        insertInto: "contact_external_id", [.text("system"), .text("external_id"), .int64("contact_id")],
        unlessThere: ["system", "external_id"])

    init(session: any SQLSession, now: Instant) {
        self.session = session
        self.now = now
    }

    /// How many are new.
    private(set) var newContacts = 0

    /// Whose each event is; nil where nobody knows them and none is to be made.
    mutating func ids(of entries: [EventStore.Entry], making: Bool) throws -> [Int64?] {
        let keys = entries.map { $0.email?.key }
        try look(for: keys, entries)
        // The lines of one person usually come together.
        var last: (key: String, externalID: String?, id: Int64)?
        var ids: [Int64?] = []
        ids.reserveCapacity(entries.count)
        for (key, entry) in zip(keys, entries) {
            if let key, let last, last.key == key, last.externalID == entry.externalID {
                ids.append(last.id)
                continue
            }
            let id = known(key, entry.externalID) ?? (making ? make(entry, key) : nil)
            if let id, let key { last = (key, entry.externalID, id) }
            ids.append(id)
        }
        let first = try write()
        return ids.map { id in id.map { Self.number($0, from: first) } }
    }

    /// Of one who was being made, the number they got.
    private static func number(_ id: Int64, from first: Int64?) -> Int64 { id < 0 ? (first ?? 0) - id - 1 : id }

    private mutating func look(for keys: [String?], _ entries: [EventStore.Entry]) throws {
        let some = Self.each(keys)
        try session.forEach(ContactStore.idsByKey, some.map { [.text($0)] }) { byKey[some[Int($0.integer(0))]] = $0.integer(1) }
        let others = Self.each(entries.lazy.map(\.externalID))
        try session.forEach(Self.findByExternalID, others.map { [.text($0)] }) {
            byExternalID[others[Int($0.integer(0))]] = $0.integer(1)
        }
    }

    /// Each of them once, in their order.
    private static func each(_ names: some Sequence<String?>) -> [String] {
        var seen: Set<String> = []
        var all: [String] = []
        var last: String?
        for name in names where name != last {
            last = name
            if let name, seen.insert(name).inserted { all.append(name) }
        }
        return all
    }

    private mutating func known(_ key: String?, _ externalID: String?) -> Int64? {
        if let key, let id = byKey[key] {
            if let externalID { tie(externalID, to: id) }
            return id
        }
        guard let externalID, let id = byExternalID[externalID] else { return nil }
        return id
    }

    /// Who tells of an event by address and by the ID of another system says that both are one person's. What is known already stays.
    private mutating func tie(_ externalID: String, to contact: Int64) {
        guard byExternalID[externalID] == nil else { return }
        byExternalID[externalID] = contact
        ties.append((externalID, contact))
    }

    /// Somebody of whom nothing is known yet but that they did something.
    private mutating func make(_ entry: EventStore.Entry, _ key: String?) -> Int64? {
        guard key != nil || entry.externalID != nil else { return nil }
        made.append(entry)
        let id = -Int64(made.count)
        if let key { byKey[key] = id }
        if let externalID = entry.externalID { tie(externalID, to: id) }
        return id
    }

    /// Writes who is new and which IDs were told. Returns the first of the new people's numbers; nil where nobody is new.
    private mutating func write() throws -> Int64? {
        let first = made.isEmpty ? nil : try IDBlocks.take(made.count, of: .contact, in: session)
        let time = SQLValue.integer(now.milliseconds)
        if let first {
            try session.execute(
                Self.add,
                made.enumerated().map { place, entry in
                    [.integer(first + Int64(place)), .init(entry.email?.description), .init(entry.email?.key), .text("{}"), time, time]
                })
        }
        try session.execute(
            Self.tie, ties.map { [.text(""), .text($0.externalID), .integer(Self.number($0.contact, from: first))] })
        newContacts += made.count
        (made, ties) = ([], [])
        return first
    }
}

import Database
import Model
import Segments

/// Writes people within one transaction: one batch, once.
struct ContactWriter {
    private let now: Instant
    /// Since when what is said is true.
    private let since: Instant
    private let source: String
    private let session: any SQLSession
    private var facts = FactNotes()
    /// What is known of those who were there before, and what is to be written of it.
    private var attributes: [ContactID: JSONObject] = [:]
    private var deltas: [ContactID: JSONObject] = [:]
    private var changed: [ContactID] = []

    private static let contactColumns: [SQLBatch.Column] = [
        .int64("id"), .text("email"), .text("email_key"), .text("attributes"), .int64("created_at"), .int64("updated_at"),
    ]

    private static let insert = SQLBatch(insertInto: "contact", contactColumns, unlessThere: ["email_key"])

    /// Where somebody is known under a second address.
    private static let insertUnlessAlias = SQLBatch(
        contactColumns, identity: ["id"],
        """
        INSERT INTO contact (id, email, email_key, attributes, created_at, updated_at) \
        SELECT r.id, r.email, r.email_key, r.attributes, r.created_at, r.updated_at FROM rows r \
        WHERE NOT EXISTS (SELECT 1 FROM contact_alias a WHERE a.email_key = r.email_key) ON CONFLICT (email_key) DO NOTHING
        """)

    private static let find = SQLBatch(
        [.text("key")],
        """
        SELECT r.n, c.id, c.attributes FROM rows r JOIN contact c ON c.id = COALESCE((SELECT o.id FROM contact o WHERE o.email_key = r.key), \
        (SELECT a.contact_id FROM contact_alias a WHERE a.email_key = r.key))
        """)

    private static let findByID = SQLBatch(
        [.int64("id")], "SELECT r.n, c.id, c.attributes FROM rows r JOIN contact c ON c.id = r.id")

    private static let change = SQLBatch(
        insertInto: "attribute_change",
        [.int64("contact_id"), .int64("at"), .int64("learned_at"), .text("changes"), .text("source")],
        unlessThere: ["contact_id", "at", "learned_at"])

    init(session: any SQLSession, since: Instant, now: Instant, source: String) {
        self.session = session
        self.since = since
        self.now = now
        self.source = source
    }

    /// Says what became of each, in order.
    mutating func record(_ entries: [ContactStore.Entry]) throws -> [(id: ContactID, change: ContactStore.Change)] {
        let plain = try self.plain(entries)
        var results = [(id: ContactID, change: ContactStore.Change)](repeating: (ContactID(0), .nobody), count: entries.count)
        for (place, result) in zip(plain, try record(plain: plain.map { entries[$0] })) { results[place] = result }
        if plain.count < entries.count {
            let isPlain = Set(plain)
            let others = entries.indices.filter { !isPlain.contains($0) }
            for (place, result) in zip(others, try match(others.map { entries[$0] })) { results[place] = result }
        }
        try writeChanges()
        try writeFacts()
        return results
    }

    /// Those of which the address alone says who they are: the external ID, where there is one, is nobody's yet or theirs.
    private func plain(_ entries: [ContactStore.Entry]) throws -> [Int] {
        let named = entries.indices.filter { entries[$0].externalID != nil }
        var owners: [String: String?] = [:]
        try session.forEach(PersonMatcher.findByExternalID, named.map { [.init(entries[$0].externalID)] }) { row in
            guard let name = entries[named[Int(row.integer(0))]].externalID else { return }
            owners[name] = .some(row.optionalText(2))
        }
        return entries.indices.filter { place in
            guard let key = entries[place].key else { return false }
            guard let name = entries[place].externalID else { return true }
            if let owner = owners[name] { return owner == key }
            owners[name] = .some(key)
            return true
        }
    }

    private mutating func record(plain entries: [ContactStore.Entry]) throws -> [(id: ContactID, change: ContactStore.Change)] {
        guard !entries.isEmpty else { return [] }
        let first = try IDBlocks.take(entries.count, of: .contact, in: session)
        let isNew = try add(entries, from: first)
        let known = try find(entries.indices.filter { !isNew[$0] }, of: entries)
        var results: [(id: ContactID, change: ContactStore.Change)] = []
        results.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            if isNew[index] {
                facts.note(entry.stated)
                results.append((ContactID(first + Int64(index)), .added))
            } else {
                guard let id = known[index] else { throw DatabaseError(.other, "a contact was neither added nor found") }
                results.append((id, try update(id, with: entry.attributes) ? .updated : .unchanged))
            }
        }
        let names = zip(entries, results).compactMap { entry, result -> [SQLValue]? in
            entry.externalID.map { [.text(""), .text($0), .integer(result.id.rawValue)] }
        }
        try session.execute(PersonMatcher.tie, names)
        return results
    }

    /// Those of whom an external ID says who they are, or something else than the address.
    private mutating func match(_ entries: [ContactStore.Entry]) throws -> [(id: ContactID, change: ContactStore.Change)] {
        // A merge reads what is written.
        try writeChanges()
        attributes = [:]
        var matcher = PersonMatcher(session: session, now: now)
        let matches = try matcher.matches(
            entries.map { PersonMatcher.Name(email: $0.email, key: $0.key, externalID: $0.externalID) }, making: true)
        let found = entries.indices.filter { matches[$0].id != nil }
        try session.forEach(Self.findByID, found.map { [.integer(matches[$0].id ?? 0)] }) { row in
            let id = ContactID(row.integer(1))
            if attributes[id] == nil { attributes[id] = try JSONObject(stored: row.text(2)) }
        }
        var results: [(id: ContactID, change: ContactStore.Change)] = []
        for (entry, match) in zip(entries, matches) {
            guard let id = match.id.map({ ContactID($0) }) else {
                results.append((ContactID(0), match == .twoPeople ? .twoPeople : .nobody))
                continue
            }
            let isChanged = try update(id, with: entry.attributes)
            let change: ContactStore.Change =
                switch match {
                case .made: .added
                case .joined: .joined
                case .addressed: .updated
                case .known, .nobody, .twoPeople: isChanged ? .updated : .unchanged
                }
            results.append((id, change))
        }
        return results
    }

    /// Adds those whose address nobody has, with the IDs from `first` on.
    private func add(_ entries: [ContactStore.Entry], from first: Int64) throws -> [Bool] {
        // Most databases know nobody under a second address.
        let hasAliases = try session.first("SELECT 1 FROM contact_alias LIMIT 1") { _ in true } ?? false
        let time = SQLValue.integer(now.milliseconds)
        let isNew = try session.insertions(
            hasAliases ? Self.insertUnlessAlias : Self.insert,
            entries.enumerated().map { index, entry in
                [
                    .integer(first + Int64(index)), .init(entry.email?.description), .init(entry.key), .text(entry.statedJSON), time,
                    time,
                ]
            })
        try session.execute(
            Self.change,
            entries.indices.filter { isNew[$0] }.map { change(ContactID(first + Int64($0)), entries[$0].statedJSON) })
        return isNew
    }

    private func change(_ id: ContactID, _ json: String) -> [SQLValue] {
        [.integer(id.rawValue), .integer(since.milliseconds), .integer(now.milliseconds), .text(json), .text(source)]
    }

    /// Who some of the entries are, by their place.
    private mutating func find(_ places: [Int], of entries: [ContactStore.Entry]) throws -> [Int: ContactID] {
        var found: [Int: ContactID] = [:]
        try session.forEach(Self.find, places.map { [.init(entries[$0].key)] }) { row in
            let id = ContactID(row.integer(1))
            found[places[Int(row.integer(0))]] = id
            if attributes[id] == nil { attributes[id] = try JSONObject(stored: row.text(2)) }
        }
        return found
    }

    /// False where it makes no difference.
    private mutating func update(_ id: ContactID, with told: JSONObject) throws -> Bool {
        let known = attributes[id] ?? [:]
        let (merged, delta) = since < now ? try merging(told, into: known, of: id) : known.merging(told)
        guard !delta.isEmpty else { return false }
        attributes[id] = merged
        facts.note(delta)
        if deltas[id] == nil { changed.append(id) }
        deltas[id] = deltas[id]?.joined(by: delta) ?? delta
        // The history is read for each: what comes next may be about the same person.
        if since < now { try writeChanges() }
        return true
    }

    private mutating func writeChanges() throws {
        guard !changed.isEmpty else { return }
        try session.prepare("UPDATE contact SET attributes = ?, updated_at = ? WHERE id = ?").runAll(
            changed.map { [.text(attributes[$0]?.json ?? "{}"), .integer(now.milliseconds), .integer($0.rawValue)] })
        let isIn = try session.insertions(Self.change, changed.map { change($0, deltas[$0]?.json ?? "{}") })
        for (id, isIn) in zip(changed, isIn) where !isIn { try add(deltas[id] ?? [:], to: id) }
        (changed, deltas) = ([], [:])
    }

    /// Keeps which attributes were seen.
    private func writeFacts() throws {
        for (name, kind) in facts.all {
            try session.execute(
                "INSERT INTO attribute_fact (name, kind) VALUES (\(name), \(kind.rawValue)) ON CONFLICT (name, kind) DO NOTHING")
        }
    }
}

// MARK: - Consent

extension ContactWriter {
    private static let agreement = SQLBatch(
        insertInto: "consent", ConsentStore.columns, unlessThere: ["contact_id", "topic", "at", "state", "learned_at"])

    /// Who has withdrawn, and not agreed again.
    private static let withdrawn = SQLBatch(
        [.int64("contact_id"), .text("topic")],
        """
        SELECT r.n FROM rows r WHERE (SELECT k.state FROM consent k WHERE k.contact_id = r.contact_id AND k.topic = r.topic \
        AND k.state <> 0 ORDER BY k.at DESC, k.state DESC LIMIT 1) = 2
        """)

    /// Grants it to all of them; false of those who have withdrawn: a list does not undo that.
    func grant(_ template: ConsentTemplate, to people: [(id: ContactID, change: ContactStore.Change)]) throws -> [Bool] {
        func statement(_ id: ContactID) -> [SQLValue] {
            [
                .integer(id.rawValue), .text(template.topic), .integer(template.at.milliseconds), .integer(template.state.rawValue),
                .integer(now.milliseconds), .text(template.source), .init(template.wording),
            ]
        }
        // Of somebody new there is nothing to ask.
        try session.execute(Self.agreement, people.filter { $0.change == .added }.map { statement($0.id) })
        let known = people.indices.filter { ![.added, .nobody, .twoPeople].contains(people[$0].change) }
        let added = try session.prepare(ConsentStore.grant).runAll(known.map { statement(people[$0].id) })
        let asked = zip(known, added).filter { $1 == 0 }.map(\.0)
        var isGranted = [Bool](repeating: true, count: people.count)
        try session.forEach(Self.withdrawn, asked.map { [.integer(people[$0].id.rawValue), .text(template.topic)] }) {
            isGranted[asked[Int($0.integer(0))]] = false
        }
        return isGranted
    }
}

extension JSONObject {
    var withoutNulls: JSONObject {
        guard members.contains(where: { if case .null = $0.value { true } else { false } }) else { return self }
        return JSONObject(members.filter { $0.value != .null }.map { ($0.name, $0.value) })
    }
}

extension ContactWriter {
    /// What an object becomes by changes that were true in the past, and those of them that were not told of that time: what
    /// changed since stays as it is. What was known already of an earlier time is told anew: else what is true of a time in
    /// between, and comes later still, would be taken for the last that is known.
    private func merging(_ changes: JSONObject, into known: JSONObject, of id: ContactID) throws -> (merged: JSONObject, delta: JSONObject)
    {
        var then = JSONObject()
        var later: Set<String> = []
        var times: [String: Int64] = [:]
        try session.forEach("SELECT at, changes FROM attribute_change WHERE contact_id = \(id) ORDER BY at, learned_at") { row in
            let change = try JSONObject(stored: row.text(1))
            if row.integer(0) <= since.milliseconds {
                then = then.merging(change).merged
                for name in change.members.map(\.name) { times[name] = row.integer(0) }
            } else {
                later.formUnion(change.members.map(\.name))
            }
        }
        var delta = then.merging(changes).delta
        for (name, value) in changes.members where delta[name] == nil && then[name] == value {
            if let time = times[name], time < since.milliseconds { delta[name] = value }
        }
        return (known.merging(JSONObject(delta.members.filter { !later.contains($0.name) })).merged, delta)
    }

    /// A second change within one millisecond joins the first: the history loses neither.
    private func add(_ delta: JSONObject, to id: ContactID) throws {
        let place: SQL = "contact_id = \(id) AND at = \(since.milliseconds) AND learned_at = \(now.milliseconds)"
        let first = try session.first("SELECT changes FROM attribute_change WHERE \(place)") { try JSONObject(stored: $0.text(0)) }
        let both = first?.joined(by: delta) ?? delta
        try session.execute("UPDATE attribute_change SET changes = \(both.json), source = \(source) WHERE \(place)")
    }
}

extension JSONObject {
    /// Both changes as one, of which the later one counts.
    fileprivate func joined(by later: JSONObject) -> JSONObject {
        var both = self
        for (name, value) in later.members { both[name] = value }
        return both
    }

    /// The object with `changes` applied (`null` removes a member), and those of them that made a difference.
    func merging(_ changes: JSONObject) -> (merged: JSONObject, delta: JSONObject) {
        var merged = self
        var delta = JSONObject()
        for (name, value) in changes.members {
            if value == .null {
                guard merged[name] != nil else { continue }
                merged[name] = nil
            } else {
                guard merged[name] != value else { continue }
                merged[name] = value
            }
            delta[name] = value
        }
        return (merged, delta)
    }
}

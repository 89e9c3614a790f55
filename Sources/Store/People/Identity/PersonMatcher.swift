import Database
import Model

/// Says whose the lines of an import are, by address and by the ID that another system has for somebody, and writes what that
/// teaches: all of a batch together.
///
/// | address | external ID | whose it is |
/// |---|---|---|
/// | somebody's | nobody's | that person's, who has the ID from now on |
/// | nobody's | of somebody without an address | that person's, who has the address from now on |
/// | nobody's | of somebody with an address | of two people: ``Match/twoPeople`` |
/// | somebody's | of another without an address | both are one from now on (``ContactMerges``) |
/// | somebody's | of another with an address | of two people |
/// | nobody's | nobody's | of somebody new |
///
/// So a person keeps what they did before their address was known, and neither an ID nor an event ever passes silently from one to
/// another whom somebody writes to.
struct PersonMatcher {
    /// What a line calls a person.
    struct Name {
        var email: EmailAddress?
        /// Of the address.
        var key: String?
        var externalID: String?
    }

    enum Match: Hashable {
        case known(Int64)
        /// Known, and has an address from now on.
        case addressed(Int64)
        /// Known, and one with another now who had no address.
        case joined(Int64)
        case made(Int64)
        case nobody, twoPeople

        var id: Int64? {
            switch self {
            case .known(let id), .addressed(let id), .joined(let id), .made(let id): id
            case .nobody, .twoPeople: nil
            }
        }
    }

    private let session: any SQLSession
    private let now: Instant
    /// By address, and by the ID that another system has for them; of those who are being made, a number below 0.
    private var byKey: [String: Int64] = [:]
    private var byExternalID: [String: Int64] = [:]
    /// Those of the people with external IDs who have no address.
    private var unaddressed: Set<Int64> = []
    /// Who was taken for two until a line said that they are one.
    private var keepers: [Int64: Int64] = [:]

    private var made: [Name] = []
    private var ties: [(externalID: String, contact: Int64)] = []
    private var addressed: [(contact: Int64, name: Name)] = []
    private var joined: [(kept: Int64, other: Int64)] = []

    /// How many are new.
    private(set) var newContacts = 0

    static let findByExternalID = SQLBatch(
        [.text("external_id")],
        """
        SELECT r.n, x.contact_id, c.email_key FROM rows r JOIN contact_external_id x ON x.system = '' AND x.external_id = r.external_id \
        JOIN contact c ON c.id = x.contact_id
        """)

    private static let add = SQLBatch(
        insertInto: "contact",
        [.int64("id"), .text("email"), .text("email_key"), .text("attributes"), .int64("created_at"), .int64("updated_at")],
        identity: ["id"])

    static let tie = SQLBatch(
        insertInto: "contact_external_id", [.text("system"), .text("external_id"), .int64("contact_id")],
        unlessThere: ["system", "external_id"])

    init(session: any SQLSession, now: Instant) {
        self.session = session
        self.now = now
    }

    /// In their order; `making`: whoever nobody knows is somebody new.
    mutating func matches(_ names: [Name], making: Bool) throws -> [Match] {
        try look(for: names)
        // The lines of one person usually come together.
        var last: (name: Name, match: Match)?
        var matches: [Match] = []
        matches.reserveCapacity(names.count)
        for name in names {
            if let last, last.name.key == name.key, last.name.externalID == name.externalID {
                matches.append(last.match)
                continue
            }
            let match = match(name, making)
            matches.append(match)
            // Told again, somebody new is known.
            if let id = match.id { last = (name, .known(id)) } else { last = nil }
        }
        let first = try write()
        return matches.map { match in
            switch match {
            case .known(let id): .known(standing(id, from: first))
            case .addressed(let id): .addressed(standing(id, from: first))
            case .joined(let id): .joined(standing(id, from: first))
            case .made(let id): .made(standing(id, from: first))
            case .nobody, .twoPeople: match
            }
        }
    }

    private func standing(_ id: Int64, from first: Int64?) -> Int64 { Self.number(keeper(of: id), from: first) }

    /// Of one who was being made, the number they got.
    private static func number(_ id: Int64, from first: Int64?) -> Int64 { id < 0 ? (first ?? 0) - id - 1 : id }

    private func keeper(of id: Int64) -> Int64 {
        var id = id
        while let next = keepers[id] { id = next }
        return id
    }

    // MARK: - Whose it is

    private mutating func look(for names: [Name]) throws {
        let keys = Self.each(names.lazy.map(\.key))
        try session.forEach(ContactStore.idsByKey, keys.map { [.text($0)] }) { byKey[keys[Int($0.integer(0))]] = $0.integer(1) }
        let others = Self.each(names.lazy.map(\.externalID))
        try session.forEach(Self.findByExternalID, others.map { [.text($0)] }) {
            byExternalID[others[Int($0.integer(0))]] = $0.integer(1)
            if $0.isNull(2) { unaddressed.insert($0.integer(1)) }
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

    private mutating func match(_ name: Name, _ making: Bool) -> Match {
        let mine = name.key.flatMap { byKey[$0] }.map { keeper(of: $0) }
        let theirs = name.externalID.flatMap { byExternalID[$0] }.map { keeper(of: $0) }
        switch (mine, theirs) {
        case (nil, nil): return making ? make(name) : .nobody
        case (let mine?, nil):
            if let externalID = name.externalID { tie(externalID, to: mine) }
            return .known(mine)
        case (nil, let theirs?):
            guard let key = name.key else { return .known(theirs) }
            guard unaddressed.remove(theirs) != nil else { return .twoPeople }
            byKey[key] = theirs
            addressed.append((theirs, name))
            return .addressed(theirs)
        case (let mine?, let theirs?):
            if mine == theirs { return .known(mine) }
            guard unaddressed.remove(theirs) != nil else { return .twoPeople }
            keepers[theirs] = mine
            joined.append((mine, theirs))
            return .joined(mine)
        }
    }

    private mutating func tie(_ externalID: String, to contact: Int64) {
        byExternalID[externalID] = contact
        ties.append((externalID, contact))
    }

    /// Somebody of whom nothing is known yet.
    private mutating func make(_ name: Name) -> Match {
        guard name.key != nil || name.externalID != nil else { return .nobody }
        made.append(name)
        let id = -Int64(made.count)
        if let key = name.key { byKey[key] = id } else { unaddressed.insert(id) }
        if let externalID = name.externalID { tie(externalID, to: id) }
        return .made(id)
    }

    // MARK: - What that teaches

    /// Returns the first of the new people's numbers; nil where nobody is new.
    private mutating func write() throws -> Int64? {
        let first = made.isEmpty ? nil : try IDBlocks.take(made.count, of: .contact, in: session)
        let time = SQLValue.integer(now.milliseconds)
        if let first {
            try session.execute(
                Self.add,
                made.enumerated().map { place, name in
                    [.integer(first + Int64(place)), .init(name.email?.description), .init(name.key), .text("{}"), time, time]
                })
        }
        try session.execute(
            Self.tie, ties.map { [.text(""), .text($0.externalID), .integer(Self.number($0.contact, from: first))] })
        if !addressed.isEmpty {
            try session.prepare("UPDATE contact SET email = ?, email_key = ?, updated_at = ? WHERE id = ?").runAll(
                addressed.map { contact, name in
                    [.init(name.email?.description), .init(name.key), time, .integer(Self.number(contact, from: first))]
                })
        }
        // No message is under way to somebody without an address.
        let merges = ContactMerges(session: session, now: now)
        for (kept, other) in joined {
            _ = try merges.merge(ContactID(Self.number(kept, from: first)), ContactID(Self.number(other, from: first)))
        }
        newContacts += made.count
        return first
    }
}

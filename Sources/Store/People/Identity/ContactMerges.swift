import Database
package import Model

/// Two contacts that turned out to be one person, and what became of the other's rows.
package struct ContactMerge: Hashable, Sendable {
    package var id: Int64
    package var kept: ContactID
    package var other: ContactID
    package var otherEmail: EmailAddress?
    package var at: Instant
}

/// Why two contacts can't be made one, or not be parted.
package enum MergeProblem: Error, Hashable, Sendable {
    /// Both addresses are the same person's already.
    case samePerson
    /// A message to one of them is in the hands of a sender.
    case inHand
    case notMerged
    /// A later merge stands in the way.
    case notTheLast(later: EmailAddress?)
}

/// Makes one person of two and two of one again.
///
/// What the other did, said and was sent becomes the kept one's: events, statements of consent, changes of attributes, IDs of
/// other systems, messages. Statements are a log, so the latest holds, whoever it was told of. What can't move because the kept one
/// has the very same row stays where it is, under an ID that nobody has. Each row that moves is noted, and moves back.
///
/// Nobody becomes reachable by it: an address keeps its suppressions, who unsubscribed or complained under one address has done so
/// under both, and a topic that the kept one had not agreed to is not opened by the other's word.
extension ContactStore {
    package func merge(_ kept: ContactID, _ other: ContactID, at now: Instant) throws -> ContactMerge {
        try database.write { session in
            guard kept != other else { throw MergeProblem.samePerson }
            guard try !ContactMerges.isInHand([kept, other], in: session) else { throw MergeProblem.inHand }
            return try ContactMerges(session: session, now: now).merge(kept, other)
        }
    }

    /// Parts what was merged: the address is the one of the two that the person is not mainly known by, or the main one for
    /// the last merge.
    package func unmerge(_ address: EmailAddress, at now: Instant) throws -> ContactMerge {
        try database.write { session in
            let merge = try ContactMerges.standing(address, in: session)
            guard try !ContactMerges.isInHand([merge.kept, merge.other], in: session) else { throw MergeProblem.inHand }
            try ContactMerges(session: session, now: now).undo(merge)
            return merge
        }
    }

    /// Parts what was merged last into this person.
    package func unmerge(_ contact: ContactID, at now: Instant) throws -> ContactMerge {
        try database.write { session in
            guard let merge = try ContactMerges.all(of: contact, in: session).last else { throw MergeProblem.notMerged }
            guard try !ContactMerges.isInHand([merge.kept, merge.other], in: session) else { throw MergeProblem.inHand }
            try ContactMerges(session: session, now: now).undo(merge)
            return merge
        }
    }

    /// An address that somebody has beside the one they are written to.
    package struct FurtherAddress: Sendable {
        package var contact: ContactID
        /// The key of that one; nil where there is none.
        package var mainKey: String?
    }

    /// All of them, by key.
    package func furtherAddresses() throws -> [String: FurtherAddress] {
        try database.read { session in
            var all: [String: FurtherAddress] = [:]
            try session.forEach("SELECT a.email_key, a.contact_id, c.email_key FROM contact_alias a JOIN contact c ON c.id = a.contact_id")
            {
                all[$0.text(0)] = FurtherAddress(contact: ContactID($0.integer(1)), mainKey: $0.optionalText(2))
            }
            return all
        }
    }

    /// This person's ID and those of the contacts that were merged into them.
    package func everyID(of contact: ContactID) throws -> [ContactID] {
        try database.read { try ContactMerges.everyID(of: contact, in: $0) }
    }

    /// All addresses by which a person is known, the main one first.
    package func addresses(of contact: ContactID) throws -> [EmailAddress] {
        try database.read { session in
            let all: SQL = """
                SELECT email, 0 AS place FROM contact WHERE id = \(contact) AND email IS NOT NULL \
                UNION ALL SELECT email, 1 FROM contact_alias WHERE contact_id = \(contact) ORDER BY place, email
                """
            return try session.all(all) { try? EmailAddress($0.text(0)) }.compactMap { $0 }
        }
    }
}

struct ContactMerges {
    let session: any SQLSession
    let now: Instant

    /// Who has taken the place of a contact that is no more; nil where nobody has.
    static func keeper(of contact: ContactID, in session: any SQLSession) throws -> ContactID? {
        let next = try session.prepare("SELECT kept_id FROM contact_merge WHERE other_id = ? AND undone_at IS NULL")
        var keeper: ContactID?
        while let found = try next.first([.integer((keeper ?? contact).rawValue)], { ContactID($0.integer(0)) }) { keeper = found }
        return keeper
    }

    private static let next = SQLBatch(
        [.int64("id")], "SELECT r.n, m.kept_id FROM rows r JOIN contact_merge m ON m.other_id = r.id AND m.undone_at IS NULL")

    /// The same of many; who has no keeper is left out.
    static func keepers(of contacts: [ContactID], in session: any SQLSession) throws -> [ContactID: ContactID] {
        var keepers: [ContactID: ContactID] = [:]
        var asked = Array(Set(contacts).map { (contact: $0, keeper: $0) })
        while !asked.isEmpty {
            var found: [(contact: ContactID, keeper: ContactID)] = []
            try session.forEach(next, asked.map { [.integer($0.keeper.rawValue)] }) { row in
                let contact = asked[Int(row.integer(0))].contact
                keepers[contact] = ContactID(row.integer(1))
                found.append((contact, ContactID(row.integer(1))))
            }
            asked = found
        }
        return keepers
    }

    /// This contact and those that were merged into it, however long ago.
    static func everyID(of contact: ContactID, in session: any SQLSession) throws -> [ContactID] {
        var all = [contact]
        var index = 0
        while index < all.count {
            all += try Self.all(of: all[index], in: session).map(\.other)
            index += 1
        }
        return all
    }

    static func all(of contact: ContactID, in session: any SQLSession) throws -> [ContactMerge] {
        try merges("kept_id = \(contact)", in: session)
    }

    static func isInHand(_ contacts: [ContactID], in session: any SQLSession) throws -> Bool {
        let list = contacts.map { "\($0)" as SQL }.joined(separator: ", ")
        let sql: SQL = "SELECT count(*) FROM delivery WHERE contact_id IN (\(list)) AND handed_at IS NOT NULL AND state = 1"
        return try session.count(sql) > 0
    }

    /// The merge that a person means who names one of its addresses.
    static func standing(_ address: EmailAddress, in session: any SQLSession) throws -> ContactMerge {
        let byAlias = try merges("id IN (SELECT merge_id FROM contact_alias WHERE email_key = \(address.key))", in: session).last
        let byMain = try merges("kept_id IN (SELECT id FROM contact WHERE email_key = \(address.key))", in: session).last
        guard let merge = byAlias ?? byMain else { throw MergeProblem.notMerged }
        let further = try merges("other_id = \(merge.kept)", in: session).last
        if let further { throw MergeProblem.notTheLast(later: further.otherEmail) }
        if let last = try all(of: merge.kept, in: session).last, last.id != merge.id {
            throw MergeProblem.notTheLast(later: last.otherEmail)
        }
        return merge
    }

    private static func merges(_ condition: SQL, in session: any SQLSession) throws -> [ContactMerge] {
        try session.all(
            "SELECT id, kept_id, other_id, other_email, at FROM contact_merge WHERE undone_at IS NULL AND (\(condition)) ORDER BY id"
        ) {
            ContactMerge(
                id: $0.integer(0), kept: ContactID($0.integer(1)), other: ContactID($0.integer(2)),
                otherEmail: $0.optionalText(3).flatMap { try? EmailAddress($0) }, at: Instant(milliseconds: $0.integer(4)))
        }
    }

    /// The attributes as their history has them: the latest change of each.
    func fold(_ contact: ContactID) throws {
        var attributes = JSONObject()
        try session.forEach("SELECT changes FROM attribute_change WHERE contact_id = \(contact) ORDER BY at, learned_at") { row in
            attributes = attributes.merging(try JSONObject(stored: row.text(0))).merged
        }
        try session.execute(
            "UPDATE contact SET attributes = \(attributes.json), updated_at = \(now.milliseconds) WHERE id = \(contact)")
    }
}

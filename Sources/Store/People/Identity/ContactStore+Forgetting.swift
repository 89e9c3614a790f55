import Database
package import Model

/// What was erased of a person.
package struct Erasure: Hashable, Sendable {
    package var addresses: Int
    package var events: Int
    package var statements: Int
    package var messages: Int
}

extension ContactStore {
    /// Erases a person: who they were, what they did and said, under which addresses. The book of what was sent keeps its rows,
    /// without an address and without the servers' words, so that its counts stay true; so do the hashes of the addresses.
    ///
    /// What SQLite has deleted is still in its file until ``SQLDatabase/compact()`` has rewritten it.
    ///
    /// - Throws: ``MergeProblem/inHand``.
    package func forget(_ contact: ContactID, hash: (EmailAddress) -> String, at now: Instant) throws -> Erasure {
        let addresses = try addresses(of: contact)
        let hashes = addresses.map(hash)
        return try database.write { session in
            let ids = try ContactMerges.everyID(of: contact, in: session)
            guard try !ContactMerges.isInHand(ids, in: session) else { throw MergeProblem.inHand }
            return try PersonEraser(session: session, ids: ids, addresses: addresses, now: now).erase(hashes)
        }
    }

    package func forgottenHashes() throws -> Set<String> {
        try database.read { session in Set(try session.all("SELECT hash FROM contact_forgotten") { $0.text(0) }) }
    }
}

struct PersonEraser {
    let session: any SQLSession
    let ids: [ContactID]
    let addresses: [EmailAddress]
    let now: Instant

    /// Tables whose rows about a person go. A table with a contact or an address that is neither here nor among ``kept`` fails a test.
    static let dropped = [
        "event", "event_summary", "event_faded", "event_sum", "event_sum_faded", "event_given_id", "attribute_change", "consent",
        "contact_external_id", "plan_recipient",
        "contact_alias", "engagement",
    ]
    /// Tables that are treated one by one below.
    static let kept = ["contact", "contact_merge", "contact_merge_row", "suppression", "delivery", "attempt", "plan_source"]

    private var people: SQL { ids.map { "\($0)" as SQL }.joined(separator: ", ") }
    private var keys: SQL { addresses.isEmpty ? "NULL" : addresses.map { "\($0.key)" as SQL }.joined(separator: ", ") }

    /// The ways in which the addresses may stand somewhere, in lower case.
    private var spellings: [String] {
        Set(addresses.flatMap { [$0.description, $0.key, $0.wire] }.map { $0.lowercased() }).sorted()
    }

    func erase(_ hashes: [String]) throws -> Erasure {
        let events = try session.count("SELECT count(*) FROM event WHERE contact_id IN (\(people))")
        let statements = try session.count("SELECT count(*) FROM consent WHERE contact_id IN (\(people))")
        for table in Self.dropped {
            let first: SQL =
                switch table {
                case "event_summary", "event_faded": "name_id IN (SELECT id FROM event_name) AND "
                case "event_sum", "event_sum_faded": "sum_id IN (SELECT id FROM event_summed) AND "
                default: ""
                }
            try session.execute("DELETE FROM \(raw: table) WHERE \(first)contact_id IN (\(people))")
        }
        try session.execute("DELETE FROM contact_merge_row WHERE merge_id IN (SELECT id FROM contact_merge WHERE kept_id IN (\(people)))")
        try session.execute("DELETE FROM contact_merge WHERE kept_id IN (\(people)) OR other_id IN (\(people))")
        try session.execute("DELETE FROM suppression WHERE email_key IN (\(keys))")
        try session.execute("DELETE FROM contact WHERE id IN (\(people))")
        let messages = try eraseFromLedger()
        try eraseFromSources()
        let remember = try session.prepare("INSERT INTO contact_forgotten (hash, at) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING")
        for hash in hashes { try remember.run([.text(hash), .integer(now.milliseconds)]) }
        return Erasure(addresses: addresses.count, events: events, statements: statements, messages: messages)
    }

    /// A message that was still to go is not sent. Copies for seeds lie under no contact, but under their address.
    private func eraseFromLedger() throws -> Int {
        let written = spellings.isEmpty ? "NULL" : spellings.map { "\($0)" as SQL }.joined(separator: ", ")
        let whose: SQL = "(contact_id IN (\(people)) OR lower(email) IN (\(written)))"
        try session.execute(
            """
            UPDATE attempt SET reply = NULL WHERE EXISTS (SELECT 1 FROM delivery d WHERE d.campaign_id = attempt.campaign_id \
            AND d.step = attempt.step AND d.contact_id = attempt.contact_id AND d.entry = attempt.entry \
            AND (d.contact_id IN (\(people)) OR lower(d.email) IN (\(written))))
            """)
        try session.execute(
            """
            UPDATE delivery SET state = 5, reason = \(Obstacle.noAddress.rawValue), settled_at = \(now.milliseconds) \
            WHERE state = 0 AND \(whose)
            """)
        return try session.execute("UPDATE delivery SET email = NULL WHERE \(whose)")
    }

    /// A plan keeps the files it was made from; a list of addresses may be among them.
    private func eraseFromSources() throws {
        for spelling in spellings {
            let holders = try session.all(
                """
                SELECT plan_id, path, content FROM plan_source \
                WHERE instr(lower(CAST(content AS TEXT)), \(spelling)) > 0
                """
            ) { (plan: $0.integer(0), path: $0.text(1), content: $0.blob(2)) }
            for holder in holders {
                let content = Self.blanking(spelling, in: holder.content)
                if content == holder.content { continue }
                try session.execute(
                    "UPDATE plan_source SET content = \(SQLValue.blob(content)) WHERE plan_id = \(holder.plan) AND path = \(holder.path)")
            }
        }
    }

    /// The bytes with `spelling`, in whatever case, crossed out: as many `x` as it was long, so that nothing else moves. Where it is
    /// a part of a longer address that one is somebody else's, and stays.
    static func blanking(_ spelling: String, in content: [UInt8]) -> [UInt8] {
        func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
        let wanted = spelling.utf8.map(folded)
        guard !wanted.isEmpty, content.count >= wanted.count else { return content }
        var result = content
        var index = 0
        while index + wanted.count <= content.count {
            let place = index..<(index + wanted.count)
            if wanted.indices.allSatisfy({ folded(content[index + $0]) == wanted[$0] }), !isPart(place, of: content) {
                for byte in place { result[byte] = UInt8(ascii: "x") }
                index = place.upperBound
            } else {
                index += 1
            }
        }
        return result
    }

    /// Whether an address goes on before or after a place. A mark counts where a letter or a digit stands beyond it: a full stop
    /// after an address, and quotes and dashes around it, are the text's.
    private static func isPart(_ place: Range<Int>, of content: [UInt8]) -> Bool {
        func isWord(_ scalar: Unicode.Scalar?) -> Bool {
            guard let scalar else { return false }
            return scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
        // Four bytes are enough for any letter; of a further one that they cut only the other end is asked.
        let before = content[..<place.lowerBound].reversed().drop { ".-+'".utf8.contains($0) }.prefix(4).reversed()
        let after = content[place.upperBound...].drop { ".-".utf8.contains($0) }.prefix(4)
        return isWord(String(decoding: before, as: UTF8.self).unicodeScalars.last)
            || isWord(String(decoding: after, as: UTF8.self).unicodeScalars.first)
    }
}

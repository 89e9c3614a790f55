import Database
package import Model

/// What was erased of a person.
package struct Erasure: Hashable, Sendable {
    package var addresses = 0
    package var events = 0
    package var statements = 0
    package var messages = 0
    /// Plans that have not been carried out to the end and name the person in their texts or settings, as `welcome, plan 3`.
    package var plans: [String] = []

    package init(addresses: Int = 0, events: Int = 0, statements: Int = 0, messages: Int = 0) {
        self.addresses = addresses
        self.events = events
        self.statements = statements
        self.messages = messages
    }
}

extension ContactStore {
    /// Erases a person: who they were, what they did and said, under which addresses. The book of what was sent keeps its rows,
    /// without an address and without the servers' words, so that its counts stay true; so do the hashes of the addresses.
    ///
    /// What SQLite has deleted is still in its file until ``SQLDatabase/compact()`` has rewritten it.
    ///
    /// - Parameter hashID: Of what other systems call them; nil keeps no such hash.
    /// - Throws: ``MergeProblem/inHand``.
    package func forget(
        _ contact: ContactID, hash: (EmailAddress) -> String, hashID: ((String) -> String)? = nil, at now: Instant
    ) throws -> Erasure {
        let addresses = try addresses(of: contact)
        let hashes = addresses.map(hash) + (try hashID.map { try externalIDs(of: contact).map(\.id).map($0) } ?? [])
        return try database.write { session in
            let ids = try ContactMerges.everyID(of: contact, in: session)
            guard try !ContactMerges.isInHand(ids, in: session) else { throw MergeProblem.inHand }
            return try PersonEraser(session: session, ids: ids, addresses: addresses, now: now).erase(hashes)
        }
    }

    /// Erases what is kept under an address that nobody is known by: its place on the suppression list, the copies that a seed was
    /// sent, its lines in lists.
    package func forget(_ address: EmailAddress, hash: (EmailAddress) -> String, at now: Instant) throws -> Erasure {
        try database.write { session in
            try PersonEraser(session: session, ids: [], addresses: [address], now: now).erase([hash(address)])
        }
    }

    /// Crosses an address out of what plans keep, of those too that were not done when its person was forgotten.
    ///
    /// - Returns: the plans that still are not, as `welcome, plan 3`.
    package func crossOut(_ address: EmailAddress, at now: Instant) throws -> [String] {
        try database.write { session in
            try PersonEraser(session: session, ids: [], addresses: [address], now: now).eraseFromSources()
        }
    }

    /// Whether something is kept under an address, be it nobody's: a place on the suppression list, or a copy that a seed was sent.
    package func isNamed(_ address: EmailAddress) throws -> Bool {
        try database.read { session in
            let suppressed = try session.count("SELECT count(*) FROM suppression WHERE email_key = \(address.key)")
            return try suppressed > 0 || !SeedAddresses(session: session).written([address]).isEmpty
        }
    }

    /// Keeps in mind that lines about people were written to a file outside the workspace.
    package func noteWritten(_ path: String, at now: Instant) throws {
        _ = try database.write { session in
            try session.execute(
                "INSERT INTO written_file (path, at) VALUES (\(path), \(now.milliseconds)) ON CONFLICT (path) DO UPDATE SET at = excluded.at"
            )
        }
    }

    package func writtenFiles() throws -> [String] {
        try database.read { try $0.all("SELECT path FROM written_file ORDER BY path") { $0.text(0) } }
    }

    /// They are there no more.
    package func dropWritten(_ paths: [String]) throws {
        guard !paths.isEmpty else { return }
        try database.write { session in
            for path in paths { try session.execute("DELETE FROM written_file WHERE path = \(path)") }
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
        "contact_alias", "engagement", "report",
    ]
    /// Tables that are treated one by one below.
    static let kept = ["contact", "contact_merge", "contact_merge_row", "suppression", "delivery", "attempt", "plan_source"]

    /// A list may not be empty.
    private var people: SQL { ids.isEmpty ? "NULL" : ids.map { "\($0)" as SQL }.joined(separator: ", ") }
    private var keys: SQL { addresses.isEmpty ? "NULL" : addresses.map { "\($0.key)" as SQL }.joined(separator: ", ") }

    private var spellings: [String] { Self.spellings(of: addresses) }

    /// The ways in which addresses may stand somewhere, in lower case.
    private static func spellings(of addresses: [EmailAddress]) -> [String] {
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
        let plans = try eraseFromSources()
        let remember = try session.prepare("INSERT INTO contact_forgotten (hash, at) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING")
        for hash in hashes { try remember.run([.text(hash), .integer(now.milliseconds)]) }
        var erasure = Erasure(addresses: addresses.count, events: events, statements: statements, messages: messages)
        erasure.plans = plans
        return erasure
    }

    /// A message that was still to go is not sent. Copies for seeds lie under no contact, but under their address.
    private func eraseFromLedger() throws -> Int {
        // What a database takes for lower case ends with ASCII.
        let seeds = try SeedAddresses(session: session).written(addresses)
        let whose: SQL = "(contact_id IN (\(people)) OR lower(email) IN (\(list: spellings)) OR email IN (\(list: seeds)))"
        try session.execute(
            """
            UPDATE attempt SET reply = NULL WHERE EXISTS (SELECT 1 FROM delivery d WHERE d.campaign_id = attempt.campaign_id \
            AND d.step = attempt.step AND d.contact_id = attempt.contact_id AND d.entry = attempt.entry \
            AND (d.contact_id IN (\(people)) OR lower(d.email) IN (\(list: spellings)) OR d.email IN (\(list: seeds))))
            """)
        try session.execute(
            """
            UPDATE delivery SET state = 5, reason = \(Obstacle.noAddress.rawValue), settled_at = \(now.milliseconds) \
            WHERE state = 0 AND \(whose)
            """)
        return try session.execute("UPDATE delivery SET email = NULL WHERE \(whose)")
    }

    /// A plan keeps the files it was made from; a list of addresses may be among them.
    ///
    /// - Returns: plans whose texts and settings name the person and are still needed as they are: crossed out, an address would be wrong in
    ///   everybody's message, or the settings could not be read.
    func eraseFromSources() throws -> [String] {
        var needed: Set<String> = []
        for spelling in spellings { try eraseFromSources(mentioning: spelling, &needed) { _ in [spelling] } }
        let foreign = Set(addresses.filter { !$0.description.utf8.allSatisfy { $0 < 0x80 } }.map(\.key))
        if !foreign.isEmpty { try eraseFromSources(mentioning: "@", &needed) { Self.writings(of: foreign, in: $0) } }
        return needed.sorted()
    }

    private func eraseFromSources(mentioning text: String, _ needed: inout Set<String>, _ spellings: ([UInt8]) -> [String]) throws {
        let holders = try session.all(
            """
            SELECT s.plan_id, s.path, s.content, c.name, CASE WHEN c.state IN ('planned', 'sending', 'paused') THEN 1 ELSE 0 END \
            FROM plan_source s JOIN plan p ON p.id = s.plan_id JOIN campaign c ON c.id = p.campaign_id \
            WHERE \(session.dialect.bytesMention("s.content", text))
            """
        ) { (plan: $0.integer(0), path: $0.text(1), content: $0.blob(2), campaign: $0.text(3), isOpen: $0.integer(4) == 1) }
        for holder in holders {
            let content = spellings(holder.content).reduce(holder.content) { Self.blanking($1, in: $0) }
            if content == holder.content { continue }
            if holder.isOpen, Self.isTextOrSettings(holder.path) {
                needed.insert("\(holder.campaign), plan \(holder.plan)")
                continue
            }
            try session.execute(
                "UPDATE plan_source SET content = \(SQLValue.blob(content)) WHERE plan_id = \(holder.plan) AND path = \(holder.path)")
        }
    }

    /// Not a list of addresses, nor a segment.
    private static func isTextOrSettings(_ path: String) -> Bool {
        path == "pitwall.yaml" || path.hasPrefix("Campaigns/") || path.hasPrefix("Templates/")
    }

    /// How addresses that are not ASCII are written in a file, which no comparison of bytes finds: in capitals, or not composed. Longest
    /// first.
    static func writings(of keys: Set<String>, in content: [UInt8]) -> [String] {
        let words = String(decoding: content, as: UTF8.self).split { !($0.isLetter || $0.isNumber || "@.+-_'!#$%*^`{|}~".contains($0)) }
        let found = words.filter { word in word.utf8.contains { $0 >= 0x80 } }.compactMap { word in
            let written = String(word.drop { ".'".contains($0) }.reversed().drop { ".'".contains($0) }.reversed())
            return (try? EmailAddress(written)).flatMap { keys.contains($0.key) ? written : nil }
        }
        return Set(found).sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
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

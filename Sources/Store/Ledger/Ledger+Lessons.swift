import Database
package import Delivery
package import Model

/// What senders were taught, kept for the next one: holds and paces of relays and providers.
extension Ledger {
    /// Writes down what holds now; what is no longer so is taken out.
    package func note(_ memories: [SendingPolicy.Memory], forgetting gone: [String] = [], at now: Instant) throws {
        guard !memories.isEmpty || !gone.isEmpty else { return }
        try database.write { session in
            for memory in memories { try Self.note(memory, at: now, in: session) }
            for subject in gone { try session.execute("DELETE FROM lesson WHERE subject = \(subject)") }
        }
    }

    static func note(_ memory: SendingPolicy.Memory, at now: Instant, in session: any SQLSession) throws {
        func millionths(_ pace: Double?) -> SQLValue { pace.map { .integer(Int64(min($0 * 1e6, 1e15))) } ?? .null }
        try session.execute(
            """
            INSERT INTO lesson (subject, noted_at, held_until, pace, ceiling, words) VALUES (\(memory.subject), \(now.milliseconds), \
            \(memory.heldUntil?.milliseconds ?? 0), \(millionths(memory.pace)), \(millionths(memory.ceiling)), \(memory.words)) \
            ON CONFLICT (subject) DO UPDATE SET noted_at = excluded.noted_at, held_until = excluded.held_until, pace = excluded.pace, \
            ceiling = excluded.ceiling, words = excluded.words
            """)
    }

    /// What was noted at or after `since`.
    package func memories(since: Instant) throws -> [SendingPolicy.Memory] {
        try database.read { session in
            try session.all(
                "SELECT subject, held_until, pace, ceiling, words FROM lesson WHERE noted_at >= \(since.milliseconds) ORDER BY subject"
            ) { row in
                SendingPolicy.Memory(
                    subject: row.text(0), heldUntil: row.integer(1) > 0 ? Instant(milliseconds: row.integer(1)) : nil,
                    pace: row.optionalInteger(2).map { Double($0) / 1e6 }, ceiling: row.optionalInteger(3).map { Double($0) / 1e6 },
                    words: row.text(4))
            }
        }
    }
}

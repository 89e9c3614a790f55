import Database

/// IDs made by the program: a block of numbers is taken from the database, then used without asking again.
///
/// Small consecutive numbers rather than random ones: contact IDs stand in the key of every big table, where a random
/// 64-bit number takes 9 bytes and scatters the rows.
enum IDBlocks {
    enum Kind: String {
        case contact, merge, eventName = "event_name", eventSum = "event_sum", campaign, plan, sender
    }

    /// The first of `count` consecutive IDs that nobody else will get.
    static func take(_ count: Int, of kind: Kind, in session: any SQLSession) throws -> Int64 {
        let sql: SQL = """
            INSERT INTO id_block (kind, next) VALUES (\(kind.rawValue), \(1 + count)) \
            ON CONFLICT (kind) DO UPDATE SET next = id_block.next + \(count) RETURNING next
            """
        guard let next = try session.first(sql, { $0.integer(0) }) else {
            throw DatabaseError(.other, "no ID could be made for a \(kind.rawValue)")
        }
        return next - Int64(count)
    }
}

import GRDBSQLite

/// Finds who did one thing and then another among many rows in their order of time, as an aggregate function of a connection.
///
/// `pitwall_following(contact_id, at, second, 7200000, 0)` over rows in the order of `at` gives a JSON list of the numbers that have a row
/// with `second` 1 from a row with 0 on and less than so many milliseconds after it; with a last argument of 1, of those that have a row
/// with 0 and none such. To look for the second of each first in the index takes three to five times as long.
///
/// In that order little need be kept of a number. Where a second follows any first closely, it follows the last one so; and where one of
/// the firsts since the last second is left alone, the earliest of them is. Rows of one instant may come in any order.
enum SQLiteFollowing {
    static let name = "pitwall_following"

    static func add(to connection: OpaquePointer) {
        sqlite3_create_function_v2(
            connection, name, 5, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nil, nil, { take($0, $2) }, { finish($0) }, nil)
    }
}

/// SQLite hands out its memory, all zero.
private struct Group {
    var walk: Walk?
}

private final class Walk {
    private struct State {
        static let never = Int64.min

        /// When the first was that counts now, and when the last second.
        var first = never
        var second = never
        var isFound = false
    }

    private let within: Int64
    private let isNegated: Bool
    private var table = NumberTable<State>()

    init(within: Int64, isNegated: Bool) {
        self.within = within
        self.isNegated = isNegated
    }

    func add(_ id: Int64, at: Int64, isSecond: Bool) {
        let index = table.index(of: id, State())
        var state = table.values[index]
        guard !state.isFound else { return }
        if isSecond {
            state.second = at
            if state.first != State.never {
                let isFollowed = at &- state.first < within
                state.isFound = isFollowed != isNegated
                if isFollowed { state.first = State.never }
            }
        } else if state.second == at {
            state.isFound = !isNegated
        } else if !isNegated || state.first == State.never {
            state.first = at
        }
        table.values[index] = state
    }

    var found: [UInt8] {
        table.json { $0.isFound || isNegated && $0.first != State.never }
    }
}

private func take(_ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?) {
    guard let arguments, let id = arguments[0], let at = arguments[1], let second = arguments[2],
        let memory = sqlite3_aggregate_context(context, Int32(MemoryLayout<Group>.size))
    else { return }
    let group = memory.assumingMemoryBound(to: Group.self)
    if group.pointee.walk == nil {
        group.pointee.walk = Walk(within: sqlite3_value_int64(arguments[3]), isNegated: sqlite3_value_int64(arguments[4]) == 1)
    }
    group.pointee.walk?.add(sqlite3_value_int64(id), at: sqlite3_value_int64(at), isSecond: sqlite3_value_int64(second) == 1)
}

private func finish(_ context: OpaquePointer?) {
    let group = sqlite3_aggregate_context(context, 0)?.assumingMemoryBound(to: Group.self)
    let walk = group?.pointee.walk
    group?.deinitialize(count: 1)
    give(walk?.found, to: context)
}

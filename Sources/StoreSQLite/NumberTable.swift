import GRDBSQLite

/// Values by number: a hash table with open addresses, to group many rows by a person.
///
/// SQLite groups by sorting, and to sort is most of what such a question takes; see ``SQLiteCounting`` and ``SQLiteAmounts``.
struct NumberTable<Value> {
    private(set) var ids: [Int64] = []
    var values: [Value] = []
    /// Where each is, counted from 1; 0 is a free place. Their number is a power of two, and at most half of them are taken.
    private var places = [Int32](repeating: 0, count: 1024)

    /// Where the value of `id` is; it is made where there was none.
    mutating func index(of id: Int64, _ value: @autoclosure () -> Value) -> Int {
        let place = place(of: id)
        guard places[place] == 0 else { return Int(places[place]) - 1 }
        ids.append(id)
        values.append(value())
        places[place] = Int32(ids.count)
        if ids.count * 2 > places.count { grow() }
        return ids.count - 1
    }

    private func place(of id: Int64) -> Int {
        let mixed = UInt64(bitPattern: id) &* 0x9E37_79B9_7F4A_7C15
        var place = Int(truncatingIfNeeded: mixed >> 32) & (places.count - 1)
        while places[place] != 0, ids[Int(places[place]) - 1] != id { place = (place + 1) & (places.count - 1) }
        return place
    }

    private mutating func grow() {
        places = Array(repeating: 0, count: places.count * 4)
        for (index, id) in ids.enumerated() { places[place(of: id)] = Int32(index + 1) }
    }

    /// The numbers whose value passes, in their order, as a JSON list: `[3,17,20]`.
    func json(where passes: (Value) -> Bool) -> [UInt8] {
        let found = ids.indices.filter { passes(values[$0]) }.map { ids[$0] }.sorted()
        var json = [UInt8(ascii: "[")]
        json.reserveCapacity(found.count * 8 + 2)
        for id in found {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json.append(contentsOf: String(id).utf8)
        }
        json.append(UInt8(ascii: "]"))
        return json
    }
}

/// Gives the list as the result of an aggregate; NULL where nothing came, of which `json_each` makes no rows.
func give(_ json: [UInt8]?, to context: OpaquePointer?) {
    guard let json else { return sqlite3_result_null(context) }
    json.withUnsafeBytes { bytes in
        let text = bytes.bindMemory(to: CChar.self).baseAddress
        sqlite3_result_text64(
            context, text, UInt64(bytes.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self), UInt8(SQLITE_UTF8))
    }
}

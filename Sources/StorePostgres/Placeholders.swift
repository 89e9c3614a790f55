/// Statements are written with `?` and `?1`, as SQLite takes them; PostgreSQL numbers all of them: `$1`.
///
/// `INSERT INTO t VALUES (?, ?)` → `INSERT INTO t VALUES ($1, $2)`; what stands in quotes stays.
enum Placeholders {
    static func numbered(_ text: String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count + 32)
        var bytes = text.utf8.makeIterator()
        var next = bytes.next()
        var last = 0
        var quote: UInt8?
        while let byte = next {
            next = bytes.next()
            if let open = quote {
                if byte == open { quote = nil }
                result.append(byte)
                continue
            }
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                quote = byte
                result.append(byte)
            case UInt8(ascii: "?"):
                result.append(UInt8(ascii: "$"))
                if let digit = next, (0x30...0x39).contains(digit) { continue }
                last += 1
                result.append(contentsOf: String(last).utf8)
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

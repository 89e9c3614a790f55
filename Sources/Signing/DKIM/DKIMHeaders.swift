/// The header fields of a message, as signing sees them: where each stands, and its form that RFC 6376 section 3.4.2 calls relaxed.
package struct DKIMHeaders {
    private struct Field {
        /// In lower case, blanks before the colon left out.
        var name: [UInt8]
        var value: Range<Int>
        /// Signed already.
        var isTaken = false
    }

    private var fields: [Field] = []
    /// Where the body starts, after the empty line.
    package private(set) var bodyStart: Int

    package init(_ message: [UInt8]) {
        bodyStart = message.count
        var line = 0
        message.withUnsafeBufferPointer { bytes in
            while line < bytes.count {
                if bytes[line] == Self.cr, line + 1 < bytes.count, bytes[line + 1] == Self.lf {
                    bodyStart = line + 2
                    return
                }
                let end = Self.fieldEnd(bytes, line)
                if let colon = bytes[line..<end].firstIndex(of: UInt8(ascii: ":")) {
                    let name = bytes[line..<colon].lazy.filter { !Self.isBlank($0) }.map(Self.lowered)
                    fields.append(Field(name: Array(name), value: (colon + 1)..<end))
                }
                line = end
            }
        }
    }

    /// How many fields of this name there are; `name` is in lower case.
    package func count(of name: [UInt8]) -> Int { fields.count { $0.name == name } }

    /// Appends the lowest field of this name that was not taken before, relaxed, with its line end. Nothing where none is left:
    /// that is what signing a field once more than it occurs means (RFC 6376 section 5.4.2).
    package mutating func take(_ name: [UInt8], of message: [UInt8], into out: inout [UInt8]) {
        guard let index = fields.lastIndex(where: { !$0.isTaken && $0.name == name }) else { return }
        fields[index].isTaken = true
        out.append(contentsOf: name)
        out.append(UInt8(ascii: ":"))
        Self.relax(message[fields[index].value], into: &out)
        out.append(Self.cr)
        out.append(Self.lf)
    }

    /// A value on one line, its runs of blanks as one space, none at its ends.
    package static func relax(_ value: ArraySlice<UInt8>, into out: inout [UInt8]) {
        var blank = false
        var isEmpty = true
        for byte in value {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): blank = true
            // Only folds have line ends; the blanks after them are looked at next.
            case cr, lf: continue
            default:
                if blank, !isEmpty { out.append(UInt8(ascii: " ")) }
                blank = false
                isEmpty = false
                out.append(byte)
            }
        }
    }

    private static let cr = UInt8(ascii: "\r")
    private static let lf = UInt8(ascii: "\n")

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    /// Past the line end of the field that starts at `start`, its folded lines included.
    private static func fieldEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < bytes.count {
            guard bytes[index] == lf else {
                index += 1
                continue
            }
            index += 1
            if index >= bytes.count || !isBlank(bytes[index]) { return index }
        }
        return index
    }
}

import Database

/// What a table holds, whatever the order of its rows and whichever database keeps them: how many, and the sum of their hashes.
package struct TableSum: Hashable, Sendable {
    package private(set) var rows = 0
    private var sum: UInt64 = 0
    /// How many texts hold a character that the keeper has none for.
    package private(set) var altered = 0

    /// In hexadecimal.
    package var checksum: String {
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Whether both hold the same as the keeper keeps it.
    func agrees(with other: TableSum) -> Bool { rows == other.rows && sum == other.sum }

    /// - Parameter keeper: The dialect of the database that is to keep all of it, and may not keep every character.
    static func of(_ table: TableLayout, in session: any SQLSession, keeper: any Dialect) throws -> TableSum {
        var sum = TableSum()
        try session.forEach("SELECT \(raw: table.names) FROM \(raw: table.name)") { row in
            sum.add(try table.values(of: row, session.dialect), keeper)
        }
        return sum
    }

    mutating func add(_ values: [TableLayout.Value], _ keeper: any Dialect) {
        var hash = RowHash()
        for value in values {
            switch value {
            case .plain(.null): hash.add(0)
            case .plain(.integer(let number)):
                hash.add(1)
                withUnsafeBytes(of: number.littleEndian) { hash.add($0) }
            case .plain(.real(let number)): hash.add(2, number.description)
            case .plain(.text(let text)):
                let kept = keeper.storable(text)
                if kept.utf8.count != text.utf8.count || !kept.utf8.elementsEqual(text.utf8) { altered += 1 }
                hash.add(3, kept)
            case .plain(.blob(let bytes)):
                hash.add(4)
                bytes.withUnsafeBytes { hash.add($0) }
                withUnsafeBytes(of: bytes.count.littleEndian) { hash.add($0) }
            case .decimal(let number): hash.add(5, number.description)
            }
        }
        rows += 1
        sum &+= hash.value
    }
}

/// FNV-1a of 64 bits, its bits mixed at the end so that a sum of many says something.
private struct RowHash {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }

    mutating func add(_ bytes: UnsafeRawBufferPointer) { for byte in bytes { add(byte) } }

    /// The length goes in too: "ab" beside "c" is not "a" beside "bc".
    mutating func add(_ tag: UInt8, _ text: String) {
        add(tag)
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        withUnsafeBytes(of: text.utf8.count.littleEndian) { add($0) }
    }

    var value: UInt64 {
        var mixed = state
        mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ (mixed >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ (mixed >> 33)
    }
}

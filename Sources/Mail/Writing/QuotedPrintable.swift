import CBytes

/// Quoted-printable, RFC 2045 section 6.7: lines of at most 76 bytes, no blank before a line end, a soft break never
/// inside an escape or a UTF-8 character.
///
/// Line ends of all kinds but one come out as CRLF: a CR without LF is data and becomes `=0D`. A line that starts with
/// `From ` gets its F escaped, since mailboxes on disk put a `>` before it and break signatures.
package enum QuotedPrintable {
    /// Lines are written to a small buffer first: appending to an array byte by byte costs five times as much. With its margin it is 1 kB, which
    /// is as much as lies on the stack.
    private static let flushAt = 896

    package static func encode(_ bytes: [UInt8], into out: inout [UInt8]) {
        bytes.withUnsafeBufferPointer { input in
            // A line is at most 76 bytes and its end two; sixteen bytes are stored at a time.
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: flushAt + 128) { buffer in
                guard let source = input.baseAddress, let target = buffer.baseAddress else { return }
                var encoder = Encoder(input: source, count: input.count, output: target)
                var more = true
                while more {
                    more = encoder.encode(until: flushAt)
                    assert(encoder.written <= buffer.count)
                    out.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<encoder.written]))
                    encoder.written = 0
                }
            }
        }
    }

    private struct Encoder {
        let input: UnsafePointer<UInt8>
        let count: Int
        /// Holds a line and sixteen bytes more than `encode(until:)` is asked for.
        let output: UnsafeMutablePointer<UInt8>
        var index = 0
        var written = 0
        var column = 0

        /// Goes on until the input ends (false), or at least `limit` bytes are written and a line has just ended (true):
        /// every step ends at most one line, so the test at a line's start is never passed by.
        mutating func encode(until limit: Int) -> Bool {
            while index < count {
                if column == 0 {
                    if written >= limit { return true }
                    if input[index] == UInt8(ascii: "F"), startsWithFrom { escape(1) }
                }
                copyRun()
                if index < count { step() }
            }
            if column > 0 { escapeTrailingBlank() }
            return false
        }

        /// Copies bytes that stand for themselves, up to column 75.
        @inline(__always) private mutating func copyRun() {
            let copied = pitwall_copy_plain(output + written, input + index, count &- index, max(0, 75 &- column))
            index &+= copied
            written &+= copied
            column &+= copied
        }

        @inline(__always) private mutating func step() {
            let byte = input[index]
            switch byte {
            case UInt8(ascii: "\n"): endLine(1)
            case UInt8(ascii: "\r"):
                if index &+ 1 < count, input[index &+ 1] == UInt8(ascii: "\n") { endLine(2) } else { escape(1) }
            case 0x20...0x3C, 0x3E...0x7E, UInt8(ascii: "\t"):
                guard hasRoom(for: 1, then: 1) else { return softBreak() }
                put(byte)
                index &+= 1
            default: escape(characterLength)
            }
        }

        /// Writes the next `bytes` bytes as escapes, all on one line; ends the line instead where they do not fit.
        @inline(__always) private mutating func escape(_ bytes: Int) {
            guard hasRoom(for: bytes * 3, then: bytes) else { return softBreak() }
            for offset in 0..<bytes { putEscape(input[index &+ offset]) }
            index &+= bytes
        }

        @inline(__always) private mutating func putEscape(_ byte: UInt8) {
            // One store of four bytes, the last of them written over by what follows.
            let digits = UInt32(Characters.hexDigit(byte >> 4)) << 8 | UInt32(Characters.hexDigit(byte & 15)) << 16
            let escape = UInt32(UInt8(ascii: "=")) | digits
            UnsafeMutableRawPointer(output + written).storeBytes(of: escape.littleEndian, as: UInt32.self)
            written &+= 3
            column &+= 3
        }

        /// The 76th column is free only to what ends its line.
        @inline(__always) private func hasRoom(for width: Int, then consumed: Int) -> Bool {
            column &+ width <= 75 || (column &+ width == 76 && lineEnds(at: index &+ consumed))
        }

        private func lineEnds(at position: Int) -> Bool {
            guard position < count else { return true }
            if input[position] == UInt8(ascii: "\n") { return true }
            return input[position] == UInt8(ascii: "\r") && position &+ 1 < count && input[position &+ 1] == UInt8(ascii: "\n")
        }

        @inline(__always) private mutating func softBreak() {
            put(UInt8(ascii: "="))
            breakLine()
        }

        private mutating func endLine(_ consumed: Int) {
            if column > 0 { escapeTrailingBlank() }
            breakLine()
            index &+= consumed
        }

        @inline(__always) private mutating func breakLine() {
            put(UInt8(ascii: "\r"))
            put(UInt8(ascii: "\n"))
            column = 0
        }

        /// Mail systems strip blanks from line ends, so the last one of a line is escaped.
        private mutating func escapeTrailingBlank() {
            let last = output[written - 1]
            guard last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") else { return }
            written &-= 1
            column &-= 1
            if column &+ 3 > 76 { softBreak() }
            putEscape(last)
        }

        @inline(__always) private mutating func put(_ byte: UInt8) {
            output[written] = byte
            written &+= 1
            column &+= 1
        }

        /// The bytes of the UTF-8 character that starts here; 1 for what is none.
        @inline(__always) private var characterLength: Int {
            let length = Characters.utf8Length(input[index])
            guard index &+ length <= count else { return 1 }
            for position in index &+ 1..<index &+ max(1, length) where input[position] & 0xC0 != 0x80 { return 1 }
            return length
        }

        private var startsWithFrom: Bool {
            index &+ 5 <= count && input[index &+ 1] == UInt8(ascii: "r") && input[index &+ 2] == UInt8(ascii: "o")
                && input[index &+ 3] == UInt8(ascii: "m") && input[index &+ 4] == UInt8(ascii: " ")
        }
    }
}

import COpenSSL

/// SHA-256 of a body in the form that RFC 6376 section 3.4.4 calls relaxed, fed piece by piece: blanks at line ends and empty lines
/// at the end do not count, a run of blanks counts as one space.
///
/// What stays as it is goes to the hash where it lies, in runs as long as can be. Only CRLF is a line end.
///
/// ```swift
/// var body = RelaxedBody()
/// body.update(bytes)
/// let digest = body.finish()
/// ```
package struct RelaxedBody: ~Copyable {
    private var hash = SHA256()
    /// Line ends that count only when something follows them.
    private var lineEnds = 0
    /// A blank that counts only when something other than a line end follows it.
    private var blank = false
    /// The last piece ended between CR and LF, perhaps.
    private var carriageReturn = false
    private var isEmpty = true

    private static let space = UInt8(ascii: " ")
    private static let tab = UInt8(ascii: "\t")
    private static let cr = UInt8(ascii: "\r")
    private static let lf = UInt8(ascii: "\n")
    private static let manyLineEnds = Array(String(repeating: "\r\n", count: 32).utf8)

    package init() {}

    package mutating func update(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        let count = bytes.count
        var index = 0
        if carriageReturn {
            carriageReturn = false
            if base[0] == Self.lf {
                endLine(1)
                index = 1
            } else {
                emit(CollectionOfOne(Self.cr))
            }
        }
        /// Where that starts which is not yet given to the hash and goes there as it is.
        var run = index
        while index < count {
            index = Self.plainEnd(base, index, count)
            guard index < count else { break }
            let start = index
            if base[index] == Self.cr {
                while index &+ 1 < count, base[index] == Self.cr, base[index &+ 1] == Self.lf { index &+= 2 }
                if index == start {
                    // A CR alone is a character like another, unless the next piece starts with its LF.
                    if index &+ 1 < count {
                        index &+= 1
                        continue
                    }
                    emit(base, run, index)
                    carriageReturn = true
                    return
                }
                // Blanks right before it are gone; one before the run itself is still to come.
                if run == start { blank = false }
                if index < count, !Self.isBlank(base[index]), base[index] != Self.cr { continue }
                emit(base, run, start)
                endLine((index &- start) / 2)
            } else {
                while index < count, Self.isBlank(base[index]) { index &+= 1 }
                // One that is waiting, from the piece before, would make it two.
                let isFirst = !(blank && run == start)
                if isFirst, index &- start == 1, base[start] == Self.space, index < count, base[index] != Self.cr { continue }
                emit(base, run, start)
                blank = true
            }
            run = index
        }
        emit(base, run, count)
    }

    package mutating func update(_ bytes: [UInt8], from start: Int = 0) {
        bytes.withUnsafeBufferPointer { update(UnsafeBufferPointer(rebasing: $0[min(start, $0.count)...])) }
    }

    /// The digest; a body that holds anything ends in one line end, whatever it ended in.
    package mutating func finish() -> Digest {
        if carriageReturn { emit(CollectionOfOne(Self.cr)) }
        carriageReturn = false
        if !isEmpty { hash.update(Self.manyLineEnds.prefix(2)) }
        lineEnds = 0
        blank = false
        isEmpty = true
        return hash.finish()
    }

    private mutating func endLine(_ count: Int) {
        blank = false
        lineEnds &+= count
    }

    private mutating func emit(_ base: UnsafePointer<UInt8>, _ from: Int, _ to: Int) {
        guard from < to else { return }
        emit(UnsafeBufferPointer(start: base + from, count: to - from))
    }

    private mutating func emit(_ bytes: some Collection<UInt8>) {
        while lineEnds > 0 {
            let some = min(lineEnds, 32)
            hash.update(Self.manyLineEnds.prefix(some * 2))
            lineEnds -= some
        }
        if blank { hash.update(CollectionOfOne(Self.space)) }
        blank = false
        hash.update(bytes)
        isEmpty = false
    }

    @inline(__always) private static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// The first byte from `start` on that may have to be changed: a blank or a CR. Eight at a time, for attachments.
    @inline(__always) private static func plainEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var index = start
        while index &+ 8 <= count {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
            let ones: UInt64 = 0x0101_0101_0101_0101
            // The first of the bytes that are below 0x21; those above 0x7F are none of them.
            let low = (word &- ones &* 0x21) & ~word & (ones &* 0x80)
            if low != 0 {
                index &+= low.trailingZeroBitCount / 8
                if isBlank(base[index]) || base[index] == cr { return index }
                index &+= 1
            } else {
                index &+= 8
            }
        }
        while index < count, !isBlank(base[index]), base[index] != cr { index &+= 1 }
        return index
    }
}

import CBytes
import Glibc
package import Mail

/// Bytes on their way to the socket.
///
/// Two blocks of stable memory take turns: `front` is being sent and is never moved or grown, since after CURLE_AGAIN on
/// TLS the same bytes must be offered again at the same address; `back` takes what is written meanwhile. The blocks are kept, so
/// that a message costs one copy and no allocation.
///
/// What many messages share, their attachments, is never copied: it is offered from where it lies.
///
/// It knows where in its bytes each final dot stands, and says so before that dot is offered for the first time.
package struct SendBuffer: ~Copyable {
    struct Dot {
        /// Where the dot itself stands, and where its line ends.
        var position: Int
        var end: Int
        var isAnnounced = false
    }

    private struct Block {
        var base: UnsafeMutablePointer<UInt8>
        var count = 0
        var capacity: Int
        var dots: [Dot] = []
        /// In the order of their positions; at each, `bytes` come before the block's own bytes go on.
        var insertions: [(position: Int, bytes: SharedBytes)] = []
    }

    /// At most so much is offered at once: of a large body only the last piece makes its message uncertain.
    static let largestOffer = 65_536
    private static let startCapacity = 16_384
    /// A block that one large message has blown up is given back afterwards.
    private static let keptCapacity = 1 << 20

    private var front: Block
    private var back: Block
    private var sent = 0
    /// Of the insertion at `sent`.
    private var sentOfInsertion = 0

    package init() {
        front = Block(base: .allocate(capacity: Self.startCapacity), capacity: Self.startCapacity)
        back = Block(base: .allocate(capacity: Self.startCapacity), capacity: Self.startCapacity)
    }

    deinit {
        front.base.deallocate()
        back.base.deallocate()
    }

    package var isEmpty: Bool { sent == front.count && back.count == 0 }

    /// What to offer to the socket next, the same bytes at the same address until `took` says that they are gone; nil
    /// where there is nothing. `holdsDot` is true the first time a final dot is among them.
    package mutating func offer() -> (bytes: UnsafeRawBufferPointer, holdsDot: Bool)? {
        if sent == front.count {
            guard back.count > 0 else { return nil }
            turn()
        }
        if let insertion = front.insertions.first, insertion.position == sent {
            let bytes = insertion.bytes.bytes
            let end = min(bytes.count, sentOfInsertion + Self.largestOffer)
            return (UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[sentOfInsertion..<end])), false)
        }
        let end = min(front.count, sent + Self.largestOffer, front.insertions.first?.position ?? .max)
        var holdsDot = false
        for index in front.dots.indices where !front.dots[index].isAnnounced && front.dots[index].position < end {
            front.dots[index].isAnnounced = true
            holdsDot = true
        }
        return (UnsafeRawBufferPointer(start: front.base + sent, count: end - sent), holdsDot)
    }

    /// The socket took `count` bytes of the last offer. True where the end of a final dot's line was among them.
    package mutating func took(_ count: Int) -> Bool {
        if let insertion = front.insertions.first, insertion.position == sent {
            sentOfInsertion = min(sentOfInsertion + max(count, 0), insertion.bytes.count)
            if sentOfInsertion == insertion.bytes.count {
                front.insertions.removeFirst()
                sentOfInsertion = 0
            }
            return false
        }
        let before = sent
        sent = min(sent + max(count, 0), front.count)
        return front.dots.contains { $0.end > before && $0.end <= sent }
    }

    private mutating func turn() {
        swap(&front, &back)
        sent = 0
        back.count = 0
        back.dots.removeAll(keepingCapacity: true)
        back.insertions.removeAll()
        if back.capacity > Self.keptCapacity {
            back.base.deallocate()
            back.base = .allocate(capacity: Self.startCapacity)
            back.capacity = Self.startCapacity
        }
    }

    private mutating func reserve(_ count: Int) {
        guard back.capacity - back.count < count else { return }
        let capacity = max(back.capacity * 2, back.count + count)
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        memcpy(grown, back.base, back.count)
        back.base.deallocate()
        back.base = grown
        back.capacity = capacity
    }

    mutating func append(_ text: StaticString) {
        reserve(text.utf8CodeUnitCount)
        memcpy(back.base + back.count, text.utf8Start, text.utf8CodeUnitCount)
        back.count += text.utf8CodeUnitCount
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    mutating func append(_ number: Int) {
        append(String(number))
    }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(bytes.count)
        memcpy(back.base + back.count, source, bytes.count)
        back.count += bytes.count
    }

    /// A lone dot, where a server waits for a message that must not exist.
    mutating func appendLoneDot() {
        append(".\r\n")
    }

    /// A whole message with dots stuffed (RFC 5321 section 4.5.2) and the final dot.
    ///
    /// Dots are doubled after every LF, also after one without its CR: no message of ours has those, but servers exist that
    /// take LF.CRLF for the end of a message.
    ///
    /// - Parameter tail: what follows `body`, which then ends a line; dots need no doubling in it.
    package mutating func append(message body: [UInt8], tail: SharedBytes? = nil) {
        body.withUnsafeBufferPointer { bytes in
            // With what some dots and the end take, so that a large one is not moved for them.
            reserve(bytes.count + 64)
            if bytes.first == UInt8(ascii: ".") { append(".") }
            var rest = bytes[...]
            while let start = UnsafeBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
                reserve(rest.count)
                let copied = pitwall_copy_to_dot(back.base + back.count, start, rest.count)
                back.count += copied
                rest = rest.dropFirst(copied)
                if !rest.isEmpty { append(".") }
            }
            if bytes.count < 2 || bytes[bytes.count - 2] != 0x0D || bytes[bytes.count - 1] != 0x0A { append("\r\n") }
        }
        if let tail, tail.count > 0 { back.insertions.append((back.count, tail)) }
        back.dots.append(Dot(position: back.count, end: back.count + 3))
        append(".\r\n")
    }
}

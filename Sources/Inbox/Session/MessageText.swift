import Foundation
import NIOCore

/// Reads the text of a message between DATA and the final dot (RFC 5321 section 4.5.2).
///
/// A message ends at CRLF.CRLF and nowhere else: servers that also took LF.LF or LF.CRLF let one client's text become
/// another's message (SMTP smuggling, 2023). So a line starts only after CRLF, a lone CR or LF is a fault of the message,
/// and a faulty message is read to its true end before it is refused.
struct MessageText {
    enum Fault: Equatable {
        case tooLarge, loneCarriageReturn, loneLineFeed, longLine
    }

    private(set) var content: [UInt8] = []
    private(set) var fault: Fault?
    private var size = 0
    private var atLineStart = true
    private let sizeLimit: Int
    private let lineLimit: Int

    init(sizeLimit: Int, lineLimit: Int, expecting: Int = 0) {
        self.sizeLimit = sizeLimit
        self.lineLimit = lineLimit
        content.reserveCapacity(min(max(expecting, 4096), 1 << 20))
    }

    /// Takes what it can from `input`; true once the final dot has been read. What stays in `input` is less than a line.
    mutating func read(_ input: inout ByteBuffer) -> Bool {
        var ended = false
        var used = 0
        input.withUnsafeReadableBytes { bytes in
            var at = 0
            /// Start of the bytes that are to be kept as they are: whole runs of lines are copied at once.
            var run = 0
            while at < bytes.count, !ended {
                guard let lineFeed = bytes.firstIndex(of: 0x0A, from: at) else { break }
                let closed = lineFeed > at && bytes[lineFeed - 1] == 0x0D
                if atLineStart, bytes[at] == UInt8(ascii: ".") {
                    keep(bytes, run..<at)
                    ended = closed && lineFeed == at + 2
                    run = ended ? lineFeed + 1 : at + 1
                    at += 1
                }
                if !ended { check(bytes, at..<(closed ? lineFeed - 1 : lineFeed), closed: closed) }
                at = lineFeed + 1
                atLineStart = closed
            }
            // A line that will not end: it is a fault already, so it need not be kept whole. Its last byte may be a CR.
            if !ended, bytes.count - at > lineLimit + 2 {
                fault = fault ?? .longLine
                atLineStart = false
                at = bytes.count - 1
            }
            keep(bytes, run..<max(run, at))
            used = at
        }
        input.moveReaderIndex(forwardBy: used)
        return ended
    }

    private mutating func check(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, closed: Bool) {
        if !closed {
            fault = fault ?? .loneLineFeed
        } else if line.count > lineLimit {
            fault = fault ?? .longLine
        }
        if let found = bytes.firstIndex(of: 0x0D, from: line.lowerBound), found < line.upperBound {
            fault = fault ?? .loneCarriageReturn
        }
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        size += range.count
        if size > sizeLimit {
            fault = .tooLarge
            content = []
        } else {
            content.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }
}

extension UnsafeRawBufferPointer {
    /// `memchr`: a mail is searched for its line ends once, and this is most of what reading it costs.
    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        guard start < count, let base = baseAddress, let found = memchr(base + start, Int32(byte), count - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}

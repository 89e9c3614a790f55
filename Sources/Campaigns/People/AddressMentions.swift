import Foundation
package import Model

/// The files of a workspace that name a person: lists, rejected lines, outboxes. They are their owner's, and erasing a person leaves
/// them as they are; so it says which they are.
///
///     AddressMentions(of: [ada]).files(in: "/home/anna/news", besides: "/home/anna/news/pitwall.sqlite")   // ["people.csv"]
package struct AddressMentions {
    private struct Needle {
        var bytes: [UInt8]
        /// Where its @ is.
        var at: Int
    }

    private let needles: [Needle]

    package init(of addresses: [EmailAddress]) {
        needles = Set(addresses.flatMap { [$0.description, $0.key, $0.wire] }).compactMap { spelling in
            let bytes = spelling.utf8.map(Self.folded)
            return bytes.firstIndex(of: 0x40).map { Needle(bytes: bytes, at: $0) }
        }
    }

    /// By path below `root`, in order. What begins with a dot is not looked at, nor is what begins with `database`.
    package func files(in root: String, besides database: String) -> [String] {
        let base = URL(fileURLWithPath: root).standardizedFileURL
        let keys: Set<URLResourceKey> = [.isRegularFileKey]
        guard let all = FileManager.default.enumerator(at: base, includingPropertiesForKeys: Array(keys), options: .skipsHiddenFiles) else {
            return []
        }
        var found: [String] = []
        for case let url as URL in all {
            let path = url.standardizedFileURL.path
            guard (try? url.resourceValues(forKeys: keys))?.isRegularFile == true, !path.hasPrefix(database) else { continue }
            let name = String(path.dropFirst(base.path.count + 1))
            if isNamed(name) || names(path) { found.append(name) }
        }
        return found.sorted()
    }

    /// Names of messages in an outbox begin with a number.
    private func isNamed(_ name: String) -> Bool {
        let file = name.utf8.reversed().prefix { $0 != UInt8(ascii: "/") }.reversed().map(Self.folded)
        return holds(file) || holds(Array(file.drop { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }))
    }

    private func names(_ path: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? handle.close() }
        // An address may lie across the edge of two pieces.
        let overlap = (needles.map(\.bytes.count).max() ?? 0) + 2
        var kept: [UInt8] = []
        while let data = try? handle.read(upToCount: 1 << 20), !data.isEmpty {
            let piece = kept + data.map(Self.folded)
            if holds(piece) { return true }
            kept = Array(piece.suffix(overlap))
        }
        return false
    }

    /// Goes from one @ to the next: there are few.
    private func holds(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            var next = base
            while let hit = memchr(next, 0x40, base + bytes.count - next) {
                let at = UnsafeRawPointer(hit) - base
                if needles.contains(where: { Self.stands($0, around: at, in: bytes) }) { return true }
                next = base + at + 1
            }
            return false
        }
    }

    private static func stands(_ needle: Needle, around at: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        let start = at - needle.at
        let end = start + needle.bytes.count
        guard start >= 0, end <= bytes.count, bytes[start..<end].elementsEqual(needle.bytes) else { return false }
        return (start == 0 || !goesOn(bytes[start - 1], "._%+-'")) && (end == bytes.count || !goesOn(bytes[end], "-_"))
    }

    /// Whether an address would go on with this byte, so that what was found is a part of somebody else's.
    private static func goesOn(_ byte: UInt8, _ marks: String) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80 || marks.utf8.contains(byte)
    }

    private static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

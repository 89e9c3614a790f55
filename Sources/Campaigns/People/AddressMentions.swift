import Foundation
package import Model

/// The files of a workspace that name a person: lists, rejected lines, outboxes. They are their owner's, and erasing a person leaves
/// them as they are; so it says which they are.
///
///     AddressMentions(of: [ada]).find(in: "/home/anna/news", besides: "/home/anna/news/pitwall.sqlite").named   // ["people.csv"]
///
/// What another system calls them may be a number that means many things. Such files may name them: those in which it stands for
/// itself and, where it is short, external IDs are spoken of.
package struct AddressMentions {
    package struct Found: Hashable, Sendable {
        /// By path below the workspace, others by their whole path, in order.
        package var named: [String] = []
        package var mayBeNamed: [String] = []
    }

    private struct Needle {
        var bytes: [UInt8]
        /// Where its @ is.
        var at: Int
    }

    private let needles: [Needle]

    private let externalIDs: [[UInt8]]

    package init(of addresses: [EmailAddress], externalIDs: [String] = []) {
        needles = Set(addresses.flatMap { [$0.description, $0.key, $0.wire] }).compactMap { spelling in
            let bytes = spelling.utf8.map(Self.folded)
            return bytes.firstIndex(of: 0x40).map { Needle(bytes: bytes, at: $0) }
        }
        self.externalIDs = Set(externalIDs).filter { !$0.isEmpty }.map { Array($0.utf8) }
    }

    /// What begins with a dot is not looked at, nor is what begins with `database`.
    ///
    /// - Parameter others: files elsewhere, by their whole path; those that are not there are passed over.
    package func find(in root: String, besides database: String, and others: [String] = []) -> Found {
        let base = URL(fileURLWithPath: root).standardizedFileURL
        let keys: Set<URLResourceKey> = [.isRegularFileKey]
        var paths: [(path: String, name: String)] = others.map { ($0, $0) }
        if let all = FileManager.default.enumerator(at: base, includingPropertiesForKeys: Array(keys), options: .skipsHiddenFiles) {
            for case let url as URL in all {
                let path = url.standardizedFileURL.path
                guard (try? url.resourceValues(forKeys: keys))?.isRegularFile == true, !path.hasPrefix(database) else { continue }
                paths.append((path, String(path.dropFirst(base.path.count + 1))))
            }
        }
        var found = Found()
        for (path, name) in paths where FileManager.default.fileExists(atPath: path) {
            switch isNamed(name) ? .surely : mention(in: path) {
            case .surely: found.named.append(name)
            case .perhaps: found.mayBeNamed.append(name)
            case nil: break
            }
        }
        return Found(named: found.named.sorted(), mayBeNamed: found.mayBeNamed.sorted())
    }

    /// Names of messages in an outbox begin with a number.
    private func isNamed(_ name: String) -> Bool {
        let file = name.utf8.reversed().prefix { $0 != UInt8(ascii: "/") }.reversed().map(Self.folded)
        return holds(file) || holds(Array(file.drop { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }))
    }

    private enum Mention {
        case surely, perhaps
    }

    private static let words = ["external_id", "external id", "external-id", "externalid"].map { Array($0.utf8) }
    /// Of an external ID that means nothing else.
    private static let long = 6

    private func mention(in path: String) -> Mention? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        // What is looked for may lie across the edge of two pieces.
        let overlap = ((needles.map(\.bytes) + externalIDs + Self.words).map(\.count).max() ?? 0) + 2
        var kept: [UInt8] = []
        var (hasShort, hasLong, hasWord) = (false, false, false)
        var next = try? handle.read(upToCount: 1 << 20)
        while let data = next, !data.isEmpty {
            next = try? handle.read(upToCount: 1 << 20)
            // What ends at the edge is asked of the next piece too, which says how it goes on.
            let ends = Ends(first: kept.isEmpty, last: next?.isEmpty ?? true)
            let piece = kept + data
            let folded = piece.map(Self.folded)
            if holds(folded) { return .surely }
            if !externalIDs.isEmpty {
                for id in externalIDs where Self.holds(id, in: piece, aloneWithin: ends) {
                    if id.count < Self.long { hasShort = true } else { hasLong = true }
                }
                hasWord = hasWord || Self.words.contains { Self.holds($0, in: folded) }
            }
            kept = Array(piece.suffix(overlap))
        }
        return hasLong || hasShort && hasWord ? .perhaps : nil
    }

    /// Whether a piece is the first of its file, and the last.
    private struct Ends {
        var first: Bool
        var last: Bool
    }

    /// - Parameter ends: Only where no word goes on before or after it, be it in another piece.
    private static func holds(_ text: [UInt8], in bytes: [UInt8], aloneWithin ends: Ends? = nil) -> Bool {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let first = text.first else { return false }
            var next = base
            while let hit = memchr(next, Int32(first), base + bytes.count - next) {
                let start = UnsafeRawPointer(hit) - base
                let end = start + text.count
                guard end <= bytes.count else { return false }
                next = base + start + 1
                guard bytes[start..<end].elementsEqual(text) else { continue }
                guard let ends else { return true }
                let begins = start == 0 ? ends.first : !isWord(bytes[start - 1])
                if begins, end == bytes.count ? ends.last : !isWord(bytes[end]) { return true }
            }
            return false
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool { goesOn(folded(byte), "._-@") }

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

/// Finds a text in others, in time that grows with both and not with their product (Knuth, Morris and Pratt).
struct ByteSearch {
    private let needle: [UInt8]
    /// For each place of the needle: how much of its start stands right before that place.
    private let overlaps: [Int32]

    var count: Int { needle.count }

    init(_ text: String) {
        self.init(needle: Array(text.utf8))
    }

    private init(needle: [UInt8]) {
        self.needle = needle
        var overlaps = [Int32](repeating: 0, count: needle.count)
        var matched = 0
        for index in needle.indices.dropFirst() {
            while matched > 0, needle[index] != needle[matched] { matched = Int(overlaps[matched - 1]) }
            if needle[index] == needle[matched] { matched += 1 }
            overlaps[index] = Int32(truncatingIfNeeded: matched)
        }
        self.overlaps = overlaps
    }

    /// Offsets count bytes.
    func first(in text: String) -> Int? {
        var text = text
        return text.withUTF8 { first(in: $0, from: 0) }
    }

    func first(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start + needle.count <= bytes.count else { return nil }
        guard let head = needle.first else { return start }
        var matched = 0
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if matched == 0, byte != head { continue }
            while matched > 0, byte != needle[matched] { matched = Int(overlaps[matched - 1]) }
            if byte == needle[matched] { matched += 1 }
            if matched == needle.count { return index - matched }
        }
        return nil
    }

    func last(in text: String) -> Int? {
        if needle.isEmpty { return text.utf8.count }
        let backwards = ByteSearch(needle: needle.reversed())
        let found = Array(text.utf8.reversed()).withUnsafeBufferPointer { backwards.first(in: $0, from: 0) }
        return found.map { text.utf8.count - $0 - needle.count }
    }
}

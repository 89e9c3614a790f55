/// The work of the text filters, on bytes.
extension Output {
    mutating func strip(_ text: String, start: Bool, end: Bool) {
        text.withBytes { bytes in
            var first = 0
            var last = bytes.count
            if start { while first < last, bytes[first].isSpace { first += 1 } }
            if end { while last > first, bytes[last - 1].isSpace { last -= 1 } }
            append(UnsafeBufferPointer(rebasing: bytes[first..<last]))
        }
    }

    /// Every run of blanks becomes one, and none is left at the ends.
    mutating func squish(_ text: String) {
        text.withBytes { bytes in
            var owesBlank = false
            var isEmpty = true
            for byte in bytes {
                if byte.isSpace {
                    owesBlank = !isEmpty
                } else {
                    if owesBlank { append(.space) }
                    append(byte)
                    owesBlank = false
                    isEmpty = false
                }
            }
        }
    }

    /// A line ends with `\n` or `\r\n`.
    mutating func append(_ text: String, replacingNewlinesBy replacement: String) {
        text.withBytes { bytes in
            var start = 0
            for index in bytes.indices where bytes[index] == .newline {
                let end = index > start && bytes[index - 1] == 0x0D ? index - 1 : index
                append(UnsafeBufferPointer(rebasing: bytes[start..<end]))
                append(replacement)
                start = index + 1
            }
            append(UnsafeBufferPointer(rebasing: bytes[start...]))
        }
    }

    mutating func append(_ text: String, replacing place: Int?, of length: Int, by replacement: String) {
        guard let place else {
            append(text)
            return
        }
        text.withBytes { bytes in
            append(UnsafeBufferPointer(rebasing: bytes[..<place]))
            append(replacement)
            append(UnsafeBufferPointer(rebasing: bytes[(place + length)...]))
        }
    }

    /// False where it would grow beyond `limit`.
    mutating func append(_ text: String, replacingAll search: ByteSearch, by replacement: String, limit: Int) -> Bool {
        text.withBytes { bytes in
            var start = 0
            while let place = search.first(in: bytes, from: start) {
                guard count + place - start + replacement.utf8.count <= limit else { return false }
                append(UnsafeBufferPointer(rebasing: bytes[start..<place]))
                append(replacement)
                start = place + search.count
                if search.count == 0 {
                    // Nothing stands before and after every character.
                    guard start < bytes.count else { break }
                    repeat {
                        append(bytes[start])
                        start += 1
                    } while start < bytes.count && bytes[start].continuesCharacter
                }
            }
            guard count + bytes.count - start <= limit else { return false }
            append(UnsafeBufferPointer(rebasing: bytes[start...]))
            return true
        }
    }

    /// The first words with one space between them and the ellipsis; the whole text as it is where nothing follows them.
    mutating func append(_ text: String, words: Int, ellipsis: String) {
        text.withBytes { bytes in
            let mark = count
            var index = 0
            var found = 0
            while true {
                while index < bytes.count, bytes[index].isSpace { index += 1 }
                if found == words || index == bytes.count { break }
                let start = index
                while index < bytes.count, !bytes[index].isSpace { index += 1 }
                if found > 0 { append(.space) }
                append(UnsafeBufferPointer(rebasing: bytes[start..<index]))
                found += 1
                if found == words, index < bytes.count {
                    append(ellipsis)
                    return
                }
            }
            truncate(to: mark)
            append(bytes)
        }
    }
}

extension String {
    /// Where the code point of this number starts, nil past the end.
    func utf8Offset(ofScalar number: Int) -> Int? {
        if number > utf8.count { return nil }
        var text = self
        return text.withUTF8 { bytes in
            var seen = 0
            for index in bytes.indices where !bytes[index].continuesCharacter {
                if seen == number { return index }
                seen += 1
            }
            return seen == number ? bytes.count : nil
        }
    }

    var scalarCount: Int {
        var text = self
        return text.withUTF8 { bytes in
            var count = 0
            for byte in bytes where !byte.continuesCharacter { count += 1 }
            return count
        }
    }
}

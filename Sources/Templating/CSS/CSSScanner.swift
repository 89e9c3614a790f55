/// Walks over CSS byte by byte: comments, strings, escapes, brackets. It makes nothing of what it finds, takes any bytes,
/// and never goes back.
struct CSSScanner {
    let bytes: [UInt8]
    let end: Int

    init(_ bytes: [UInt8], end: Int) {
        self.bytes = bytes
        self.end = min(end, bytes.count)
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    static func isName(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80 || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private func isComment(at index: Int, within limit: Int) -> Bool {
        index + 1 < limit && bytes[index] == UInt8(ascii: "/") && bytes[index + 1] == UInt8(ascii: "*")
    }

    private func endOfComment(from start: Int, within limit: Int) -> Int {
        var index = start + 2
        while index + 1 < limit {
            if bytes[index] == UInt8(ascii: "*"), bytes[index + 1] == UInt8(ascii: "/") { return index + 2 }
            index += 1
        }
        return limit
    }

    /// Behind blanks and comments.
    ///
    /// - Parameter comments: HTML's `<!--` and `-->`, which may stand around rules, go too.
    func afterBlanks(from start: Int, within limit: Int, comments: Bool = false) -> Int {
        var index = start
        while index < limit {
            if Self.isBlank(bytes[index]) {
                index += 1
            } else if isComment(at: index, within: limit) {
                index = endOfComment(from: index, within: limit)
            } else if comments, bytes[index..<limit].starts(with: [0x3C, 0x21, 0x2D, 0x2D]) {
                index += 4
            } else if comments, bytes[index..<limit].starts(with: [0x2D, 0x2D, 0x3E]) {
                index += 3
            } else {
                break
            }
        }
        return index
    }

    func endOfName(from start: Int, within limit: Int) -> Int {
        var index = start
        while index < limit, Self.isName(bytes[index]) { index += 1 }
        return index
    }

    /// Behind a string, comment or escape that starts here, or behind this byte.
    private func step(_ index: Int, within limit: Int) -> Int {
        switch bytes[index] {
        case UInt8(ascii: "\\"): return min(index + 2, limit)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return endOfString(from: index, within: limit)
        case UInt8(ascii: "/") where isComment(at: index, within: limit): return endOfComment(from: index, within: limit)
        default: return index + 1
        }
    }

    /// A string ends with its line, closed or not.
    private func endOfString(from start: Int, within limit: Int) -> Int {
        var index = start + 1
        while index < limit {
            if bytes[index] == bytes[start] { return index + 1 }
            if bytes[index] == 0x0A { return index }
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return limit
    }

    /// `url(` without a quote: everything to `)` is the address.
    private func endOfAddress(from start: Int, within limit: Int) -> Int? {
        guard start + 3 < limit, bytes[start] | 0x20 == UInt8(ascii: "u"), bytes[start + 1] | 0x20 == UInt8(ascii: "r"),
            bytes[start + 2] | 0x20 == UInt8(ascii: "l"), bytes[start + 3] == UInt8(ascii: "(")
        else { return nil }
        var index = start + 4
        while index < limit, Self.isBlank(bytes[index]) { index += 1 }
        guard index < limit, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "'") else { return nil }
        while index < limit {
            if bytes[index] == UInt8(ascii: ")") { return index + 1 }
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return limit
    }

    /// The first of these bytes that stands in no string, comment, parenthesis or square bracket; the limit if there is none.
    func end(from start: Int, within limit: Int, at stops: [UInt8]) -> Int {
        var index = start
        var depth = 0
        while index < limit {
            let byte = bytes[index]
            if depth == 0, stops.contains(byte) { return index }
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth = max(0, depth - 1)
            default: break
            }
            index = endOfAddress(from: index, within: limit) ?? step(index, within: limit)
        }
        return limit
    }

    /// The closing brace of a block, or the limit.
    func endOfBlock(from start: Int, within limit: Int) -> Int {
        var index = start
        var depth = 1
        while index < limit {
            switch bytes[index] {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
            index = endOfAddress(from: index, within: limit) ?? step(index, within: limit)
        }
        return limit
    }

    /// All brackets and strings that open are closed.
    func isBalanced(_ range: Range<Int>) -> Bool {
        var open: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "("): open.append(UInt8(ascii: ")"))
            case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
            case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
                guard open.popLast() == byte else { return false }
            default: break
            }
            if let next = endOfAddress(from: index, within: range.upperBound) {
                guard bytes[next - 1] == UInt8(ascii: ")") else { return false }
                index = next
                continue
            }
            let next = step(index, within: range.upperBound)
            let isString = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
            if isString, next - index < 2 || bytes[next - 1] != byte { return false }
            if byte == UInt8(ascii: "\\"), next - index < 2 { return false }
            index = next
        }
        return open.isEmpty
    }

    /// The bytes without comments and without blanks around them; other blanks are one blank each.
    func text(_ range: Range<Int>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            if Self.isBlank(bytes[index]) || isComment(at: index, within: range.upperBound) {
                index = afterBlanks(from: index, within: range.upperBound)
                if !out.isEmpty { out.append(0x20) }
                continue
            }
            let next = min(endOfAddress(from: index, within: range.upperBound) ?? step(index, within: range.upperBound), range.upperBound)
            out += bytes[index..<next]
            index = next
        }
        while out.last == 0x20 { out.removeLast() }
        return out
    }

    /// Behind the last byte that is neither blank nor part of a comment.
    func endOfText(_ range: Range<Int>) -> Int {
        var index = range.lowerBound
        var last = index
        while index < range.upperBound {
            if Self.isBlank(bytes[index]) || isComment(at: index, within: range.upperBound) {
                index = afterBlanks(from: index, within: range.upperBound)
            } else {
                index = min(endOfAddress(from: index, within: range.upperBound) ?? step(index, within: range.upperBound), range.upperBound)
                last = index
            }
        }
        return last
    }

    /// Takes `!important` off a value that has it.
    static func dropImportant(_ value: inout [UInt8]) -> Bool {
        let word = Array("important".utf8)
        guard value.count > word.count, zip(value.suffix(word.count), word).allSatisfy({ $0 | 0x20 == $1 }) else { return false }
        var rest = value.dropLast(word.count)
        while rest.last == 0x20 { rest = rest.dropLast() }
        guard rest.last == UInt8(ascii: "!") else { return false }
        rest = rest.dropLast()
        while rest.last == 0x20 { rest = rest.dropLast() }
        value = Array(rest)
        return true
    }
}

extension SafeBlock {
    /// The part of an address that a value stands in, which it must not leave.
    enum Place: Int {
        /// Letters, digits, dots and hyphens are all that is let through.
        case host
        /// Also behind the beginning of an address whose form is not known.
        case path
        /// Or a fragment.
        case query
        /// The address of `mailto:`, the number of `tel:`.
        case recipient

        /// - Parameter text: what the author wrote before the value.
        /// - Returns: nil where that is nothing: the value is the address, or the beginning of it.
        init?(behind text: [UInt8]) {
            let text = text.drop { $0 <= 0x20 }
            guard !text.isEmpty else { return nil }
            if text.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) {
                self = .query
                return
            }
            let scheme = text.prefix { $0 != UInt8(ascii: ":") }
            if scheme.count < text.count, ["mailto", "tel"].contains(String(decoding: scheme, as: UTF8.self).lowercased()) {
                self = .recipient
                return
            }
            let slash = UInt8(ascii: "/")
            let rest = scheme.count < text.count && !scheme.contains(slash) ? text[(scheme.endIndex + 1)...] : text
            let authority = rest.starts(with: [slash, slash]) ? rest.dropFirst(2) : nil
            self = authority.map { !$0.contains(slash) } ?? false ? .host : .path
        }

        /// RFC 3986 section 2: everything but unreserved characters is percent-encoded.
        func encoded(_ value: [UInt8]) -> [UInt8] {
            // A step up or no step, however it is encoded (WHATWG URL, section 4.1).
            if self == .path, value == [UInt8(ascii: ".")] || value == Array("..".utf8) { return [] }
            var out: [UInt8] = []
            for byte in value {
                let isWord = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80
                if isWord || passes(byte) {
                    out.append(byte)
                } else if self != .host {
                    out += [UInt8(ascii: "%"), HTMLEscaping.hexDigits[Int(byte >> 4)], HTMLEscaping.hexDigits[Int(byte & 15)]]
                }
            }
            return out
        }

        private func passes(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "."): true
            case UInt8(ascii: "_"), UInt8(ascii: "~"): self != .host
            case UInt8(ascii: "@"), UInt8(ascii: "+"): self == .recipient
            default: false
            }
        }
    }
}

/// What an author wrote of an address before each of its marks, branch by branch.
struct AddressPrefix {
    private let bytes: [UInt8]
    private let marks: Marks
    private var position: Int
    private var text: [UInt8] = []
    /// What stood before each open condition, and the longest of what its branches so far ended with.
    private var open: [(entry: [UInt8], longest: [UInt8])] = []

    init(_ bytes: [UInt8], _ range: Range<Int>, _ marks: Marks) {
        self.bytes = bytes
        self.marks = marks
        position = range.lowerBound
    }

    private static let opening: Set<String> = ["if", "unless", "case", "for", "tablerow", "ifchanged", "capture"]

    /// To be asked for each mark of the address in turn.
    mutating func text(upTo mark: Marks.Found) -> [UInt8] {
        text += bytes[position..<mark.range.lowerBound]
        position = mark.range.upperBound
        let before = text
        guard let name = marks.tagName(mark.index) else { return before }
        if Self.opening.contains(name) {
            open.append((text, text))
        } else if ["else", "elsif", "elseif", "when"].contains(name), let last = open.indices.last {
            if text.count > open[last].longest.count { open[last].longest = text }
            text = open[last].entry
        } else if name.hasPrefix("end"), Self.opening.contains(String(name.dropFirst(3))), let group = open.popLast() {
            if group.longest.count > text.count { text = group.longest }
        }
        return before
    }
}

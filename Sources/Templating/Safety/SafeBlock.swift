/// Blocks that the program puts around what a template writes at places where escaping is not enough, and what it lets
/// through there when a message is rendered.
///
/// The text they see is escaped HTML. What is not let through leaves nothing, or a link that leads nowhere.
enum SafeBlock: String, CaseIterable {
    /// A whole address: `href="{{ contact.url }}"`.
    case address = "safe_address"
    /// A value within a style: `style="color: {{ contact.colour }}"`. With the argument 1 it stands within `url(…)`.
    case style = "safe_style"
    /// A value within an address, behind its beginning: `href="https://example.com/?n={{ contact.name }}"`. The argument is its ``Place``.
    case part = "safe_part"

    // MARK: Addresses

    enum Scheme: Equatable {
        /// `https` of `https://example.com`, in lower case.
        case named(String)
        /// `/page`, `page?x=1`, `#part`: nothing that comes later can make a scheme of it.
        case none
        /// `java`: what comes later may.
        case open
        /// Written in a way that nobody needs: a character reference within the scheme.
        case hidden
    }

    private static let schemes: Set<String> = ["http", "https", "mailto", "tel", "cid"]

    /// What a browser takes for the scheme: it skips blanks and controls in front, and tabs and line ends anywhere
    /// (WHATWG URL, section 4.4).
    static func scheme(of address: some Sequence<UInt8>) -> Scheme {
        var name: [UInt8] = []
        var bytes = address.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case 0x09, 0x0A, 0x0D: continue
            case 0...0x20 where name.isEmpty: continue
            case UInt8(ascii: "a")...UInt8(ascii: "z"): name.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): name.append(byte | 0x20)
            case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): name.append(byte)
            case UInt8(ascii: ":"): return name.isEmpty ? .none : .named(String(decoding: name, as: UTF8.self))
            case UInt8(ascii: "&"):
                var reference: [UInt8] = []
                while let next = bytes.next(), next != UInt8(ascii: ";"), reference.count < 8 { reference.append(next) }
                return escapes.contains(String(decoding: reference, as: UTF8.self)) ? .none : .hidden
            default: return .none
            }
        }
        return .open
    }

    private static let escapes: Set<String> = ["amp", "lt", "gt", "quot", "#39"]

    static func isAllowed(_ scheme: Scheme) -> Bool {
        switch scheme {
        case .named(let name): schemes.contains(name)
        case .none, .open: true
        case .hidden: false
        }
    }

    /// An address that data begins leads somewhere only if it says where: `//example.com` and `page.html` do not.
    static func isSafe(address: [UInt8]) -> Bool {
        if case .named(let name) = scheme(of: address) { return schemes.contains(name) }
        let start = address.first { $0 > 0x20 }
        return start == nil || start == UInt8(ascii: "#")
    }

    // MARK: Styles

    /// Letters, digits and what numbers, colours and names of fonts need: nothing that ends a value or begins a function.
    static func isSafe(style: [UInt8]) -> Bool {
        style.allSatisfy { byte in
            isWord(byte) || byte == 0x20 || [UInt8(ascii: "#"), UInt8(ascii: "%"), UInt8(ascii: ".")].contains(byte)
                || [UInt8(ascii: ","), UInt8(ascii: "+")].contains(byte)
        }
    }

    /// A web address without quotes, brackets, blanks and backslashes.
    static func isSafe(styleAddress: [UInt8]) -> Bool {
        let plain = String(decoding: styleAddress, as: UTF8.self).replacing("&amp;", with: "&").utf8
        guard plain.allSatisfy({ isWord($0) || ":/.~%?&=#+,@!".utf8.contains($0) }) else { return false }
        return [.named("http"), .named("https"), .none, .open].contains(scheme(of: styleAddress))
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80 || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}

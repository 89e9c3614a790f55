import CIdn2
import Foundation

/// An address that mail can be sent to: `local@domain` by RFC 5321 section 4.1.2, internationalised by RFC 6531.
///
/// The local part is a dot-string; quoted local parts and address literals (`"a b"@example.com`, `a@[192.0.2.1]`) are
/// refused: they are legal, nobody's newsletter needs them, and they are how a second recipient gets smuggled in. What is
/// accepted holds no space, no control character and none of `<>()[]\,;:"`, so it can stand in an SMTP command and in a
/// header as it is.
package struct EmailAddress: Hashable, Sendable {
    /// As given, in composed form (NFC, RFC 6532 section 3.1): who types `ü` on one system and `u¨` on another is one person.
    /// Case is kept.
    package let local: String
    /// In Unicode, in lower case; as it was written where that is not how its ASCII form reads by IDNA 2008.
    package let domain: String
    /// What goes on the wire: the domain's ASCII form (`xn--…`).
    package let asciiDomain: String

    package enum Problem: String, Error, Sendable {
        case empty = "is empty"
        case noAt = "has no @"
        case emptyLocal = "has nothing before the @"
        case badLocal = "has a character before the @ that cannot be there"
        case dots = "has a dot at the wrong place before the @"
        case longLocal = "has more than 64 bytes before the @"
        case quotedLocal = "has a quoted part before the @, which is not supported"
        case literal = "has a number instead of a domain, which is not supported"
        case badDomain = "has a domain that cannot exist"
        case noTopLevel = "has a domain without a dot"
        case long = "is longer than 254 bytes"
    }

    package init(_ text: some StringProtocol) throws(Problem) {
        try self.init(parsing: String(text))
    }

    private init(parsing text: String) throws(Problem) {
        guard !text.isEmpty else { throw .empty }
        guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { throw .noAt }
        let before = text[..<at]
        let after = text[text.utf8.index(after: at)...]
        guard !before.isEmpty else { throw .emptyLocal }
        if before.utf8.first == UInt8(ascii: "\"") { throw .quotedLocal }
        if after.utf8.first == UInt8(ascii: "[") { throw .literal }
        var written = String(before)
        var isASCII = true
        if let problem = written.withUTF8({ Self.problem(ofLocal: $0, isASCII: &isASCII) }) { throw problem }
        if isASCII {
            local = written
        } else {
            try Self.check(scalars: written.unicodeScalars)
            local = written.precomposedStringWithCanonicalMapping
            guard local.utf8.count <= 64 else { throw .longLocal }
        }
        (domain, asciiDomain) = try Self.domain(String(after))
        guard local.utf8.count + 1 + asciiDomain.utf8.count <= 254 else { throw .long }
    }

    /// True where the address needs a server that offers SMTPUTF8 (RFC 6531).
    package var needsSMTPUTF8: Bool { !local.utf8.allSatisfy { $0 < 0x80 } }

    /// What goes between `<` and `>` in SMTP commands and in headers.
    package var wire: String { local + "@" + asciiDomain }

    /// Two addresses with the same key are one person. Case never tells two mailboxes apart in practice, whatever RFC
    /// 5321 allows, and a list that holds both `Ada@` and `ada@` would mail Ada twice.
    package var key: String {
        var text = local
        return text.withUTF8 { $0.allSatisfy { $0 < 0x80 && !Self.isCapital($0) } } ? wire : "\(local.lowercased())@\(asciiDomain)"
    }

    private static func problem(ofLocal local: UnsafeBufferPointer<UInt8>, isASCII: inout Bool) -> Problem? {
        guard local.count <= 64 else { return .longLocal }
        var previous = UInt8(ascii: ".")
        for byte in local {
            if byte == UInt8(ascii: ".") {
                if previous == byte { return .dots }
            } else if byte >= 0x80 {
                isASCII = false
            } else if !isAtomText(byte) {
                return .badLocal
            }
            previous = byte
        }
        return previous == UInt8(ascii: ".") ? .dots : nil
    }

    /// Outside ASCII, what no mailbox has: controls, spaces, marks that change direction, unassigned code points.
    private static func check(scalars: some Sequence<Unicode.Scalar>) throws(Problem) {
        for scalar in scalars where scalar.value >= 0x80 {
            switch scalar.properties.generalCategory {
            case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate:
                throw .badLocal
            default: if scalar == "\u{FFFD}" { throw .badLocal }
            }
        }
    }

    /// RFC 5322 section 3.2.3, `atext`.
    private static func isAtomText(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "^")...UInt8(ascii: "`"),
            UInt8(ascii: "{")...UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func domain(_ text: String) throws(Problem) -> (unicode: String, ascii: String) {
        guard !text.isEmpty, text.utf8.count <= 1000 else { throw .badDomain }
        var copy = text
        let marks = copy.withUTF8 { Marks($0) }
        if marks.holdsNUL { throw .badDomain }
        let ascii: String
        let unicode: String
        if marks.isASCII {
            ascii = marks.hasCapital ? text.lowercased() : text
            unicode = marks.hasHyphen && ascii.contains("xn--") ? try shown(ascii) : ascii
        } else {
            ascii = try converted(text, pitwall_idn2_to_ascii).lowercased()
            unicode = try converted(ascii, pitwall_idn2_to_unicode)
        }
        try check(asciiDomain: ascii)
        return (unicode, ascii)
    }

    /// What one look at each byte of a domain tells: an import takes it for every line.
    private struct Marks {
        var isASCII = true
        var holdsNUL = false
        var hasCapital = false
        var hasHyphen = false

        init(_ bytes: UnsafeBufferPointer<UInt8>) {
            for byte in bytes {
                if byte >= 0x80 { isASCII = false }
                if byte == 0 { holdsNUL = true }
                if isCapital(byte) { hasCapital = true }
                if byte == UInt8(ascii: "-") { hasHyphen = true }
            }
        }
    }

    /// A name that nobody could have registered may hide anything: it is shown as it was written.
    private static func shown(_ ascii: String) throws(Problem) -> String {
        let unicode = try converted(ascii, pitwall_idn2_to_unicode)
        return (try? converted(unicode, pitwall_idn2_to_ascii)) == ascii ? unicode : ascii
    }

    private static func converted(
        _ text: String, _ convert: (UnsafePointer<CChar>?) -> UnsafeMutablePointer<CChar>?
    ) throws(Problem) -> String {
        guard let result = convert(text) else { throw .badDomain }
        defer { pitwall_idn2_free(result) }
        return String(cString: result)
    }

    /// RFC 1035 section 2.3.1 with the letters, digits and hyphens of host names; `localhost` is let through for trying
    /// things out.
    private static func check(asciiDomain: String) throws(Problem) {
        var text = asciiDomain
        if let problem = text.withUTF8({ problem(of: $0) }) { throw problem }
        if !text.withUTF8({ $0.contains(UInt8(ascii: ".")) }), asciiDomain != "localhost" { throw .noTopLevel }
    }

    /// One look at each byte: an import checks a domain for every line.
    private static func problem(of domain: UnsafeBufferPointer<UInt8>) -> Problem? {
        guard domain.count <= 253 else { return .badDomain }
        var start = 0
        var hasLetter = false
        for index in 0...domain.count {
            if index < domain.count, domain[index] != UInt8(ascii: ".") {
                let byte = domain[index]
                guard isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "-") else { return .badDomain }
                if !isDigit(byte) { hasLetter = true }
                continue
            }
            guard (1...63).contains(index - start), domain[start] != UInt8(ascii: "-"), domain[index - 1] != UInt8(ascii: "-") else {
                return .badDomain
            }
            if index == domain.count, !hasLetter { return .literal }
            start = index + 1
            hasLetter = false
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") }
    private static func isCapital(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}

extension EmailAddress: CustomStringConvertible {
    /// The address as people read it. Never put it in an error or a log: see `redacted`.
    package var description: String { "\(local)@\(domain)" }

    /// What may stand in an error or a log: `a…@example.com`.
    package var redacted: String { "\(local.prefix(1))…@\(domain)" }
}

/// An address with the name shown beside it, as in `Pitwall <news@example.com>`.
package struct Mailbox: Hashable, Sendable {
    package var name: String
    package var address: EmailAddress

    package init(name: String = "", address: EmailAddress) {
        self.name = name
        self.address = address
    }

    /// Reads `Name <address>`, `"Name, with comma" <address>` or a bare address.
    package init(_ text: String) throws(EmailAddress.Problem) {
        let trimmed = text.trimmingSpaces
        guard trimmed.hasSuffix(">"), let open = trimmed.lastIndex(of: "<") else {
            self.init(address: try EmailAddress(trimmed))
            return
        }
        var name = trimmed[..<open].trimmingSpaces
        if name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") {
            name = Self.unescaped(name.dropFirst().dropLast())
        }
        self.init(name: name, address: try EmailAddress(trimmed[trimmed.index(after: open)...].dropLast()))
    }

    /// The text of a quoted string, RFC 5322 section 3.2.4.
    private static func unescaped(_ quoted: Substring) -> String {
        var text = ""
        var escaped = false
        for character in quoted {
            if character == "\\", !escaped {
                escaped = true
            } else {
                text.append(character)
                escaped = false
            }
        }
        return text
    }
}

extension StringProtocol {
    /// Without spaces, tabs and line ends at both ends.
    package var trimmingSpaces: String {
        // Most texts have nothing to trim, and an import asks this of every field.
        let whole = String(self)
        guard let first = whole.utf8.first, let last = whole.utf8.last else { return whole }
        if first > 0x20, first < 0x7F, last > 0x20, last < 0x7F { return whole }
        return whole.trimmed
    }
}

extension String {
    /// As for any text, without a copy where there is nothing to trim.
    package var trimmingSpaces: String {
        guard let first = utf8.first, let last = utf8.last else { return self }
        return first > 0x20 && first < 0x7F && last > 0x20 && last < 0x7F ? self : trimmed
    }

    fileprivate var trimmed: String {
        var rest = self[...]
        while let first = rest.unicodeScalars.first, first.properties.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.unicodeScalars.last, last.properties.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }
}

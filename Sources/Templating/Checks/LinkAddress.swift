import Diagnostics
import Workspace

/// Looks at the address of a link as a person would: does it lead anywhere?
///
/// ```swift
/// LinkAddress("https:/shop.example".utf8).problem   // this address lacks its //: did you mean "https://shop.example"?
/// ```
///
/// Mail programs open `http`, `https`, `mailto`, `tel`, `sms` and `cid` (RFC 2392), and each of them few others. A web address is a scheme,
/// `//` and a host of labels as DNS takes them (RFC 1035 section 2.3.1, with the underscore that many hosts have, and letters beyond
/// ASCII, which browsers translate). Where Liquid stands, marked by ``Marks``, anything may stand.
struct LinkAddress {
    struct Problem: Equatable {
        var message: String
        var hint: String?
        /// Else it is a warning.
        var isError = false
    }

    private static let schemes = ["http", "https", "mailto", "tel", "sms", "cid"]
    /// Schemes that do nothing in a mail.
    private static let useless: Set<String> = ["javascript", "vbscript", "file", "about", "blob"]

    private let text: String
    private let hasMarks: Bool

    /// - Parameter address: as it stands between the quotes, marks included.
    init(_ address: some Collection<UInt8>) {
        text = String(decoding: address, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        hasMarks = !Marks.marks(in: text).isEmpty
    }

    var problem: Problem? {
        guard !text.isEmpty, text != "#" else { return Problem(message: "this link leads nowhere", hint: "write its address") }
        if text.hasPrefix("#") || Marks.mark(in: Array(text.utf8), at: 0) != nil { return nil }
        if Self.isPlaceholder(text) {
            return Problem(message: "this placeholder is of another program: the link leads nowhere", hint: "write the address, or {{ … }}")
        }
        guard let (scheme, rest) = Self.scheme(of: text) else {
            if Self.isOwnMachine(text.prefix { !"/:?#".contains($0) }) { return Self.own }
            let isPath = text.hasPrefix("/")
            return Problem(
                message: "this link has no scheme and leads nowhere",
                hint: isPath ? "write the whole address" : meant(text.contains("@") && !text.contains("/") ? "mailto:" : "https://", text))
        }
        if Self.useless.contains(scheme) {
            return Problem(message: "mail programs remove links that start with \(scheme):", hint: "link to a page", isError: true)
        }
        switch scheme {
        case "http", "https": return web(scheme, rest)
        case "mailto": return mail(rest)
        case "tel", "sms": return phone(scheme, rest)
        case "cid": return nil
        default: return unknown(scheme, rest)
        }
    }

    private func unknown(_ scheme: String, _ rest: Substring) -> Problem {
        let message = "mail programs do not open links that start with \(scheme):"
        guard let near = nearest(scheme, among: Self.schemes) else {
            return Problem(message: message, hint: "link to a page: https://…")
        }
        let isWeb = near.hasPrefix("http")
        return Problem(message: message, hint: meant(near + (isWeb ? "://" : ":"), isWeb ? Self.withoutSlashes(rest) : rest))
    }

    /// Long addresses, and those that hold Liquid, are not repeated.
    private func meant(_ start: String, _ rest: some StringProtocol) -> String {
        "did you mean \"\(start)\(hasMarks || rest.utf8.count > 80 ? "…" : String(rest))\"?"
    }

    private static func withoutSlashes(_ text: Substring) -> Substring { text.drop { $0 == "/" || $0 == "\\" } }

    // MARK: Web

    private func web(_ scheme: String, _ rest: Substring) -> Problem? {
        guard rest.hasPrefix("//") else {
            let bare = Self.withoutSlashes(rest)
            if bare.isEmpty { return Problem(message: "this link leads nowhere", hint: "write its address") }
            return Problem(message: "this address lacks its // and leads nowhere", hint: meant("\(scheme)://", bare))
        }
        let authority = rest.dropFirst(2).prefix { !"/?#\\".contains($0) }
        let after = rest.dropFirst(2 + authority.count)
        var host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        if host.hasPrefix("[") { return Self.isOwnMachine(host) ? Self.own : nil }
        var port: Substring?
        if let colon = host.firstIndex(of: ":") {
            port = host[host.index(after: colon)...]
            host = host[..<colon]
        }
        if host.isEmpty {
            let bare = Self.withoutSlashes(after)
            let hint = bare.isEmpty || "?#".contains(bare.first ?? "?") ? "write its address" : meant("\(scheme)://", bare)
            return Problem(message: "this address names no host and leads nowhere", hint: hint)
        }
        if host == "http" || host == "https", after.hasPrefix("//") {
            return Problem(message: "this address starts twice", hint: meant("\(host)://", Self.withoutSlashes(after)))
        }
        if Self.isOwnMachine(host) { return Self.own }
        if !Marks.marks(in: String(authority)).isEmpty { return nil }
        let name = host.removingPercents ?? String(host)
        guard Self.isHost(name) else {
            let fixed = Self.repaired(name)
            let hint = fixed.map { meant("\(scheme)://", "\($0)\(after)") } ?? "a host is written shop.example"
            return Problem(message: "\"\(name.prefix(60))\" is no name of a host", hint: hint)
        }
        if let port, UInt16(port) == nil, !port.isEmpty {
            return Problem(message: "\"\(port.prefix(20))\" is no port", hint: "leave it out: \(scheme)://\(host)")
        }
        return nil
    }

    private static let own = Problem(
        message: "this link leads to the reader's own machine", hint: "write the address that your readers can reach")

    /// Loopback and the unspecified address, in all the ways that browsers read (WHATWG URL, section 3.5: `127.1`, `0x7f000001`, `2130706433`).
    private static func isOwnMachine(_ host: Substring) -> Bool {
        var name = host.lowercased()
        if name.hasPrefix("[") {
            return ["[::1]", "[::]"].contains { name.hasPrefix($0) } || name.hasPrefix("[::ffff:127.") || name.hasPrefix("[::ffff:7f")
        }
        while name.hasSuffix(".") { name.removeLast() }
        if RelaySettings.isLoopback(name) { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return false }
        let numbers = parts.compactMap { part -> UInt32? in
            if part.hasPrefix("0x") { return UInt32(part.dropFirst(2), radix: 16) }
            return part.count > 1 && part.hasPrefix("0") ? UInt32(part, radix: 8) : UInt32(part)
        }
        guard numbers.count == parts.count else { return false }
        // The last number fills what is left of the four bytes.
        let first = numbers.count == 1 ? numbers[0] >> 24 : numbers[0]
        return first == 127 || first == 0
    }

    private static func isHost(_ name: String) -> Bool {
        var labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        return name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.unicodeScalars.allSatisfy {
                        $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_".unicodeScalars.contains($0)
                            || (!$0.isASCII && !$0.properties.isWhitespace)
                    }
            }
    }

    /// `shop,example` and `shop..example` are slips of the finger.
    private static func repaired(_ name: String) -> String? {
        let fixed = name.replacing(",", with: ".").replacing(";", with: ".").split(separator: ".").joined(separator: ".")
            .filter { !$0.isWhitespace }
        return fixed.isEmpty || !isHost(fixed) ? nil : fixed
    }

    // MARK: The rest

    private func mail(_ rest: Substring) -> Problem? {
        let address = rest.prefix { $0 != "?" }
        // `mailto:?subject=…` lets the reader choose whom to write to.
        if address.isEmpty {
            return address.count < rest.count - 1
                ? nil : Problem(message: "this link leads nowhere", hint: "write whom to write to: mailto:shop@example.com")
        }
        if !Marks.marks(in: String(address)).isEmpty { return nil }
        let parts = address.split(separator: ",", omittingEmptySubsequences: false)
        let isRight = parts.allSatisfy { part in
            let part = part.replacing("%40", with: "@")
            let at = part.firstIndex(of: "@")
            return at.map { $0 > part.startIndex && Self.isHost(part[part.index(after: $0)...].removingPercents ?? "") } ?? false
        }
        return isRight
            ? nil : Problem(message: "\"\(address.prefix(60))\" is no e-mail address", hint: "it is written mailto:shop@example.com")
    }

    private func phone(_ scheme: String, _ rest: Substring) -> Problem? {
        let number = rest.prefix { $0 != "?" && $0 != ";" }
        if !Marks.marks(in: String(rest)).isEmpty || (scheme == "sms" && number.count < rest.count - 1) { return nil }
        if number.isEmpty { return Problem(message: "this link leads nowhere", hint: "write the number: \(scheme):+390391234567") }
        return number.contains(where: \.isNumber)
            ? nil : Problem(message: "\"\(number.prefix(40))\" is no phone number", hint: "it is written \(scheme):+390391234567")
    }

    /// RFC 3986 section 3.1.
    private static func scheme(of address: String) -> (name: String, rest: Substring)? {
        guard let colon = address.firstIndex(of: ":") else { return nil }
        let scheme = address[..<colon]
        let rest = address[address.index(after: colon)...]
        let isScheme =
            scheme.first?.isLetter == true && scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-".contains($0)) }
        // `example.com:8080` is a host and a port; `localhost:80` too.
        return isScheme && scheme != "localhost" ? (scheme.lowercased(), rest) : nil
    }

    /// `*|UNSUB|*`, `%%unsubscribe%%`, `[[link]]`, `<%= url %>`: another program would fill it in, this one does not.
    private static func isPlaceholder(_ address: String) -> Bool {
        let kinds = [("*|", "|*"), ("%%", "%%"), ("[[", "]]"), ("<%", "%>"), ("${", "}")]
        return kinds.contains { address.hasPrefix($0.0) && address.count > 4 && address.dropFirst(2).contains($0.1) }
    }
}

extension StringProtocol {
    /// `m%C3%BCnchen` as it was before; nil where that is no text.
    fileprivate var removingPercents: String? {
        var bytes: [UInt8] = []
        var rest = Substring(self).utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

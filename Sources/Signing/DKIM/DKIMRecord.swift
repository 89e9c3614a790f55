import Mail

/// The DNS record that receivers look a signature's key up in (RFC 6376 section 3.6.1), written and read.
///
/// ```swift
/// DKIMRecord.name(domain: "example.com", selector: "s1")   // s1._domainkey.example.com
/// DKIMRecord.value(of: key)                                // v=DKIM1; k=rsa; p=MIIBIjANBg…
/// ```
package enum DKIMRecord {
    package static func name(domain: String, selector: String) -> String { "\(selector)._domainkey.\(domain)" }

    package static func value(of key: DKIMKey) -> String {
        "v=DKIM1; k=\(key.algorithm.rawValue); p=\(Base64.encoded(key.publicBytes))"
    }

    /// A TXT record is made of strings of at most 255 bytes, which readers put together without anything between them.
    package static func strings(_ value: String) -> [String] {
        var strings: [String] = []
        var rest = value[...]
        while !rest.isEmpty {
            strings.append(String(rest.prefix(255)))
            rest = rest.dropFirst(255)
        }
        return strings
    }

    /// As a zone file has it.
    package static func zoneLine(domain: String, selector: String, key: DKIMKey) -> String {
        let quoted = strings(value(of: key)).map { "\"\($0)\"" }
        let text = quoted.count == 1 ? quoted[0] : "( \(quoted.joined(separator: "\n    ")) )"
        return "\(name(domain: domain, selector: selector)). IN TXT \(text)"
    }

    package enum Comparison: Hashable, Sendable {
        case same
        /// Another key.
        case differs
        /// An empty `p=`: the key was taken back.
        case revoked
        /// No DKIM record at all.
        case malformed
    }

    /// What a record, its strings put together, says of a key.
    package static func compare(_ record: String, with key: DKIMKey) -> Comparison {
        var tags: [String: String] = [:]
        for part in record.split(separator: ";") {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let name = part[..<equals].filter { !$0.isWhitespace }
            tags[name] = part[part.index(after: equals)...].filter { !$0.isWhitespace }
        }
        guard let published = tags["p"], tags["v"].map({ $0 == "DKIM1" }) ?? true else { return .malformed }
        if published.isEmpty { return .revoked }
        let kind = tags["k"]?.lowercased() ?? DKIMKey.Algorithm.rsa.rawValue
        return kind == key.algorithm.rawValue && Base64.decode(published) == key.publicBytes ? .same : .differs
    }
}

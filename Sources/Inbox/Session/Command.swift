/// A command line of SMTP, split into its parts.
struct Command {
    enum Verb: String {
        case ehlo, helo, mail, rcpt, data, rset, noop, quit, vrfy, help, expn, auth, starttls, bdat, turn, etrn
    }

    var verb: Verb?
    var argument: Substring

    /// Nil where the line holds a control character or is no UTF-8: nothing that SMTP has a word for.
    init?(_ line: some Collection<UInt8>) {
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }), let text = String(validating: line, as: UTF8.self) else {
            return nil
        }
        let word = text.prefix { $0 != " " }
        verb = Verb(rawValue: word.lowercased())
        argument = text[word.endIndex...].drop { $0 == " " }
        while argument.last == " " { argument.removeLast() }
    }

    /// The path of MAIL or RCPT and the parameters after it.
    struct Path: Equatable {
        /// Without the angle brackets; empty for `<>`.
        var address: String
        var parameters: [(name: String, value: String?)]

        static func == (a: Path, b: Path) -> Bool {
            a.address == b.address && a.parameters.elementsEqual(b.parameters) { $0 == $1 }
        }
    }

    /// Reads `FROM:<ada@example.com> SIZE=9000`; nil for what is not that.
    func path(after keyword: String) -> Path? {
        guard argument.prefix(keyword.count).lowercased() == keyword else { return nil }
        var rest = argument.dropFirst(keyword.count).drop { $0 == " " }
        guard rest.first == "<" else { return nil }
        rest.removeFirst()
        guard let end = Self.endOfPath(rest) else { return nil }
        let address = String(rest[..<end])
        let after = rest[rest.index(after: end)...]
        guard after.isEmpty || after.first == " " else { return nil }
        let parameters = after.split(separator: " ").map { word in
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: parts[0].uppercased(), value: parts.count == 2 ? String(parts[1]) : nil)
        }
        return Path(address: address, parameters: parameters)
    }

    /// A `>` inside a quoted local part does not end the path.
    private static func endOfPath(_ text: Substring) -> Substring.Index? {
        var quoted = false
        var escaped = false
        for index in text.indices {
            let character = text[index]
            if escaped {
                escaped = false
            } else if quoted, character == "\\" {
                escaped = true
            } else if character == "\"" {
                quoted.toggle()
            } else if !quoted {
                if character == ">" { return index }
                if character == " " || character == "<" { return nil }
            }
        }
        return nil
    }
}

extension Command.Path {
    /// Good enough to be kept: `local@domain`, or the postmaster, whom every server must take (RFC 5321 section 4.5.1).
    var isRecipient: Bool {
        guard address.utf8.count <= 512 else { return false }
        if address.lowercased() == "postmaster" { return true }
        guard let at = address.lastIndex(of: "@") else { return false }
        return at != address.startIndex && address.index(after: at) != address.endIndex
    }

    var isSender: Bool { address.isEmpty || isRecipient }
    var isASCII: Bool { address.utf8.allSatisfy { $0 < 0x80 } }
}

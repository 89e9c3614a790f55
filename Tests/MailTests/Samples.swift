import Mail
import Model

/// Values that have broken mail programs, and messages made of them.
enum Samples {
    static let date = Instant(milliseconds: 1_793_611_800_000)
    static let long = String(repeating: "x", count: 2000)
    static let family = "👨‍👩‍👧‍👦"

    static let texts: [String] = [
        "", " ", "Spring is here", "È primavera", "  two  blanks  ", "a\tb", "Caffè, città e perché",
        "日本語の件名はとても長いので折り返す必要があります。これは二行目になります。", "\(family) \(family)\(family)\(family)\(family)\(family)",
        "Ciao\r\nBcc: victim@example.org", "a\nb", "a\rb", "a\0b", "a\u{2028}b\u{2029}c", "a\u{85}b", "esc \u{1B}[31m red",
        "\u{202E}reversed\u{202C} text", "\u{2068}isolated\u{2069}", "=?UTF-8?Q?fake?=", "half =? of it ?=",
        "plain =?utf-8?b?QQ==?= inside",
        long, "start \(long) end", "è\(long)", "💡" + long, String(repeating: "è", count: 2000), String(repeating: "word ", count: 400),
        String(repeating: "città ", count: 100), String(repeating: "x", count: 69), String(repeating: "x", count: 70),
        String(repeating: "ab ", count: 30) + "è" + String(repeating: " cd", count: 30), "shalom שלום \u{200F}!",
        "e\u{301}e\u{301}e\u{301}",
        "\u{FEFF}bom", "a@b.example", "<b>", "\"quoted\"", "back\\slash", "comma, semi; colon:", "(comment)", "trailing\\", "\"", "''",
        "a.b",
        "Dr. Who", "O'Neill & Söhne", "_under_score_", "100 % = everything?", "\u{1F1EE}\u{1F1F9}", "ß", "undisclosed-recipients:;", ";",
        ",",
        "x <y@example.org>, z", ".", "From me", "\u{0}\u{0}\u{0}", "\r\n\r\n<html>", "\u{7F}", "tail \r\n", "tail è \r\n ", "a\u{A0}b",
        "?=", "=?", "\"=?UTF-8?Q?a?=\"", "ends with backslash è\\",
    ]

    static let bodies: [String] = oddBodies + bodiesAroundTheLineLimit

    private static let oddBodies: [String] = [
        "", " ", "\n", "\r\n", "Ciao\n", "no line end", "   \n\t\n  ", "trailing blank \ntrailing tab\t\n", ".", ".\n..\n.a\n", "\n\n\n",
        "From here\nFrom there\n", "a\rb", "a\r\nb\rc\nd", "\r", "\r\r\n", "100 = 100", "===", "=\n=\r\n=", "caffè ☕️ \(family)\n", long,
        long + "\n" + long, String(repeating: "è", count: 30_000), String(repeating: "\(family) ", count: 2000),
        String(repeating: " ", count: 500), String(repeating: "x ", count: 500), String(repeating: "x\t", count: 500) + "\n",
        "\u{0}\u{1}\u{7F}", "--=_boundary\n--=_boundary--\n", "<p style=\"a=b\">\(family)</p>\r\n", "\u{2028}\u{85}",
        String(repeating: "line of text that ends in a blank \n", count: 300), String(repeating: "=", count: 20_000), "-- \nsignature\n",
    ]

    private static let bodiesAroundTheLineLimit = (70...80).flatMap { width in
        ["", "\n", " \n", "\t", "=", "è\n", "\r\n", "\r", " From x\n", "From \n", "\(family)\n"].map {
            String(repeating: "a", count: width) + $0
        }
    }

    static func message(
        subject: String = "Spring", name: String = "", to: String = "ada@example.org", text: String = "Ciao\n", html: String? = nil,
        headers: [MailHeader] = []
    ) throws -> MailMessage {
        MailMessage(
            from: Mailbox(name: name, address: try EmailAddress("news@example.com")),
            to: Mailbox(name: name, address: try EmailAddress(to)),
            replyTo: Mailbox(name: name, address: try EmailAddress("hello@example.com")), subject: subject, date: date,
            messageID: "abc123@example.com", headers: headers, text: Array(text.utf8), html: html.map { Array($0.utf8) },
            boundary: "boundary")
    }

    static func bytes(_ message: MailMessage) -> [UInt8] {
        var out: [UInt8] = []
        message.write(into: &out)
        return out
    }

    /// What a header's value should read as.
    static func shown(_ text: String) -> String { String(decoding: headerText(text), as: UTF8.self) }

    /// What a body should read as: LF and CRLF are both line ends and come out as CRLF.
    static func body(_ text: String) -> String {
        String(decoding: crlf(Array(text.utf8)), as: UTF8.self)
    }

    private static func crlf(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n"), out.last != UInt8(ascii: "\r") { out.append(UInt8(ascii: "\r")) }
            out.append(byte)
        }
        return out
    }
}

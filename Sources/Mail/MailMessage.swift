package import Model

/// One message as RFC 5322 and MIME want it, and the only way from values to its bytes.
///
/// A message with HTML is `multipart/alternative`, the text first; one without is `text/plain`; ``SharedParts`` says how attachments
/// and pictures stand around them. Whatever its values hold,
/// none of them can add a header or a recipient: every header goes through one writer, which lets no control character
/// out. Writing the same message twice gives the same bytes.
///
/// ```swift
/// let message = MailMessage(
///     from: try Mailbox("Pitwall <news@example.com>"), to: try Mailbox("Ada <ada@example.org>"), subject: "È primavera",
///     date: now, messageID: "k3v…@example.com", text: Array("Ciao Ada\n".utf8), html: nil, boundary: "k3v…")
/// var bytes: [UInt8] = []
/// message.write(into: &bytes)
/// ```
package struct MailMessage: Sendable {
    package var from: Mailbox
    package var to: Mailbox
    package var replyTo: Mailbox?
    package var subject: String
    package var date: Instant
    /// `local@domain`, without the angle brackets.
    package var messageID: String
    /// What is not written from the values above: `List-Unsubscribe`, `Feedback-ID`.
    package var headers: [MailHeader]
    /// UTF-8; lines end as they like. A text without a last line end gets one when it stands alone.
    package var text: [UInt8]
    package var html: [UInt8]?
    /// Letters, digits, `-`, `_` and `.`; other bytes are dropped. It cannot occur in a body whatever it is, since it is
    /// written after `=_`, which quoted-printable never produces.
    package var boundary: String
    /// What all messages of the campaign carry beside text and page.
    package var parts: SharedParts?

    package init(
        from: Mailbox, to: Mailbox, replyTo: Mailbox? = nil, subject: String, date: Instant, messageID: String,
        headers: [MailHeader] = [], text: [UInt8], html: [UInt8]? = nil, boundary: String,
        parts: SharedParts? = nil
    ) {
        self.from = from
        self.to = to
        self.replyTo = replyTo
        self.subject = subject
        self.date = date
        self.messageID = messageID
        self.headers = headers
        self.text = text
        self.html = html
        self.boundary = boundary
        self.parts = parts
    }

    /// True where a header holds an address outside ASCII: such a message needs a server that offers SMTPUTF8.
    package var needsSMTPUTF8: Bool {
        from.address.needsSMTPUTF8 || to.address.needsSMTPUTF8 || replyTo?.address.needsSMTPUTF8 == true
    }

    /// Appends the whole message: CRLF line ends, the last line ended, dots not doubled.
    package func write(into out: inout [UInt8]) {
        writeHead(into: &out)
        if let parts { out.append(contentsOf: parts.tail.bytes) }
    }

    /// Appends the message up to where ``parts`` goes on with its tail.
    package func writeHead(into out: inout [UInt8]) {
        if out.isEmpty { out.reserveCapacity(2048 + (text.count + (html?.count ?? 0)) * 9 / 8) }
        writeHeaders(into: &out)
        if let parts {
            write(before: parts, into: &out)
        } else if let html {
            let boundary = Array("--=_".utf8) + Self.allowed(boundary)
            out.append(contentsOf: "Content-Type: multipart/alternative;\r\n boundary=\"".utf8)
            out.append(contentsOf: boundary.dropFirst(2))
            out.append(contentsOf: "\"\r\n\r\n".utf8)
            Self.write("plain", text, after: boundary, into: &out)
            Self.write("html", html, after: boundary, into: &out)
            out.append(contentsOf: boundary)
            out.append(contentsOf: "--\r\n".utf8)
        } else {
            Self.write("plain", text, into: &out)
            if out.last != UInt8(ascii: "\n") { out.append(contentsOf: "\r\n".utf8) }
        }
    }

    /// Text and page, as the first of what `parts` goes on with. Without a page the text stands in its place.
    private func write(before parts: SharedParts, into out: inout [UInt8]) {
        if parts.hasAttachments { parts.delimiters.open(.mixed, into: &out) }
        parts.delimiters.open(.alternative, into: &out)
        if html != nil {
            Self.write("plain", text, into: &out)
            out.append(contentsOf: "\r\n".utf8)
            parts.delimiters.next(.alternative, into: &out)
        }
        if parts.hasPictures { parts.delimiters.open(.related, into: &out) }
        if let html { Self.write("html", html, into: &out) } else { Self.write("plain", text, into: &out) }
        out.append(contentsOf: "\r\n".utf8)
    }

    private func writeHeaders(into out: inout [UInt8]) {
        var writer = HeaderWriter(taking: &out)
        writer.mailbox("From", from)
        if let replyTo { writer.mailbox("Reply-To", replyTo) }
        writer.mailbox("To", to)
        writer.text("Subject", subject)
        writer.date("Date", date)
        writer.angle("Message-ID", messageID)
        for header in headers { writer.write(header) }
        writer.write(.mimeVersion)
        writer.giveBack(to: &out)
    }

    private static func write(_ subtype: StaticString, _ body: [UInt8], after boundary: [UInt8], into out: inout [UInt8]) {
        out.append(contentsOf: boundary)
        out.append(contentsOf: "\r\n".utf8)
        write(subtype, body, into: &out)
        out.append(contentsOf: "\r\n".utf8)
    }

    private static func write(_ subtype: StaticString, _ body: [UInt8], into out: inout [UInt8]) {
        out.append(contentsOf: "Content-Type: text/".utf8)
        out.append(contentsOf: UnsafeBufferPointer(start: subtype.utf8Start, count: subtype.utf8CodeUnitCount))
        out.append(contentsOf: "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".utf8)
        QuotedPrintable.encode(body, into: &out)
    }

    /// RFC 2046 section 5.1.1 allows 70 bytes and more signs than these.
    static func allowed(_ boundary: String) -> ArraySlice<UInt8> {
        let bytes = Array(boundary.utf8)
        return (bytes.allSatisfy(isAllowed) ? bytes : bytes.filter(isAllowed)).prefix(64)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        Characters.isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
}

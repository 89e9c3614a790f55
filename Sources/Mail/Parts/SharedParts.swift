/// The pictures, the invitation and the attachments of a campaign, encoded once for all its messages.
///
/// They stand after everything that differs from person to person, so that a message is a head of its own and a tail that all share:
///
/// ```text
/// multipart/mixed               where there are attachments
///   multipart/alternative
///     text/plain
///     multipart/related         where there are pictures
///       text/html               ← the head ends here
///       image/png               inline, Content-ID
///     text/calendar; method=…   the invitation
///   application/pdf             attachment, Base64
/// ```
///
/// Their boundaries are the same in all messages; `=_` starts each, which neither quoted-printable nor Base64 produces.
package struct SharedParts: Sendable {
    /// From the end of the page to the end of the message: CRLF line ends, no line that starts with a dot.
    package let tail: SharedBytes

    let hasAttachments: Bool
    let hasPictures: Bool
    let delimiters: Delimiters

    enum Level: UInt8 {
        case mixed = 0x6D
        case alternative = 0x61
        case related = 0x72
    }

    /// - Parameter boundary: letters, digits, `-`, `_` and `.`, other bytes are dropped; of all of the campaign's messages.
    /// - Returns: nil where there is nothing to carry.
    package init?(_ files: [Attachment], boundary: String) {
        guard !files.isEmpty else { return nil }
        let delimiters = Delimiters(boundary: Array("=_".utf8) + MailMessage.allowed(boundary))
        self.delimiters = delimiters
        let pictures = files.filter { if case .picture = $0.role { true } else { false } }
        let attached = files.filter { if case .picture = $0.role { false } else { true } }
        hasPictures = !pictures.isEmpty
        hasAttachments = !attached.isEmpty
        var out: [UInt8] = []
        out.reserveCapacity(files.reduce(1024) { $0 + $1.content.count * 2 })
        for picture in pictures { delimiters.part(.related, into: &out) { Self.write(picture: picture, into: &$0) } }
        if hasPictures { delimiters.close(.related, into: &out) }
        for file in attached {
            guard case .invitation(let method) = file.role else { continue }
            delimiters.part(.alternative, into: &out) { Self.write(invitation: file, method, into: &$0) }
        }
        delimiters.close(.alternative, into: &out)
        for file in attached { delimiters.part(.mixed, into: &out) { Self.write(attachment: file, into: &$0) } }
        if hasAttachments { delimiters.close(.mixed, into: &out) }
        tail = SharedBytes(out)
    }

    /// How many bytes they add to each message.
    package var size: Int { tail.count }

    /// What `files` will add to each message, near enough to judge by without encoding them.
    package static func size(of files: [Attachment]) -> Int {
        files.reduce(0) { sum, file in
            let encoded = file.content.count / 57 * 78 + 400
            if case .invitation = file.role { return sum + encoded * 2 }
            return sum + encoded
        }
    }

    // MARK: - Parts

    private static func write(picture: Attachment, into out: inout [UInt8]) {
        write(type: Attachment.mediaType(of: picture.name), named: picture.name, into: &out)
        if case .picture(let id) = picture.role { out.append(contentsOf: "\r\nContent-ID: <\(id)>".utf8) }
        write(disposition: "inline", picture, into: &out)
    }

    private static func write(invitation: Attachment, _ method: String, into out: inout [UInt8]) {
        out.append(contentsOf: "Content-Type: text/calendar; charset=utf-8; method=\(method)".utf8)
        write(content: invitation.content, into: &out)
    }

    private static func write(attachment: Attachment, into out: inout [UInt8]) {
        var type = Attachment.mediaType(of: attachment.name)
        // As text/calendar a second time, it would be a second invitation.
        if case .invitation = attachment.role { type = "application/ics" }
        if type.hasPrefix("text/"), String(validating: attachment.content, as: UTF8.self) != nil { type += "; charset=utf-8" }
        write(type: type, named: attachment.name, into: &out)
        write(disposition: "attachment", attachment, into: &out)
    }

    private static func write(type: String, named name: String, into out: inout [UInt8]) {
        out.append(contentsOf: "Content-Type: \(type)".utf8)
        PartParameter.write("name", name, into: &out)
    }

    private static func write(disposition: String, _ file: Attachment, into out: inout [UInt8]) {
        out.append(contentsOf: "\r\nContent-Disposition: \(disposition)".utf8)
        PartParameter.write("filename", file.name, into: &out)
        write(content: file.content, into: &out)
    }

    /// 57 bytes are 76 columns.
    private static func write(content: [UInt8], into out: inout [UInt8]) {
        out.append(contentsOf: "\r\nContent-Transfer-Encoding: base64\r\n\r\n".utf8)
        var start = 0
        while start < content.count {
            let end = min(start + 57, content.count)
            Base64.encode(content[start..<end], into: &out)
            out.append(UInt8(ascii: "\r"))
            out.append(UInt8(ascii: "\n"))
            start = end
        }
    }
}

/// The lines between the parts of a message, one boundary a level.
struct Delimiters: Sendable {
    let boundary: [UInt8]

    /// `Content-Type: multipart/…`, as a header of the message or of a part, the empty line after it, and the first delimiter.
    func open(_ level: SharedParts.Level, into out: inout [UInt8]) {
        let type =
            switch level {
            case .mixed: "mixed"
            case .alternative: "alternative"
            case .related: "related; type=\"text/html\""
            }
        out.append(contentsOf: "Content-Type: multipart/\(type);\r\n boundary=\"".utf8)
        appendBoundary(level, to: &out)
        out.append(contentsOf: "\"\r\n\r\n".utf8)
        next(level, into: &out)
    }

    /// The delimiter before another part of this level.
    func next(_ level: SharedParts.Level, into out: inout [UInt8]) {
        out.append(contentsOf: "--".utf8)
        appendBoundary(level, to: &out)
        out.append(contentsOf: "\r\n".utf8)
    }

    /// A part with the delimiter before it.
    func part(_ level: SharedParts.Level, into out: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
        next(level, into: &out)
        write(&out)
        out.append(contentsOf: "\r\n".utf8)
    }

    func close(_ level: SharedParts.Level, into out: inout [UInt8]) {
        out.append(contentsOf: "--".utf8)
        appendBoundary(level, to: &out)
        out.append(contentsOf: "--\r\n".utf8)
    }

    private func appendBoundary(_ level: SharedParts.Level, to out: inout [UInt8]) {
        out.append(contentsOf: boundary)
        out.append(level.rawValue)
    }
}

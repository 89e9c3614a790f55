/// What a person wants to see of a message: its headers, its HTML and its plain text.
///
/// Reads anything: what is no MIME is shown as text, what is too deep or has too many parts is left out.
struct KeptMail {
    private(set) var fields: [(name: String, value: String)] = []
    private(set) var html: String?
    private(set) var text: String?
    /// Names of parts that are neither.
    private(set) var attachments: [String] = []

    private static let mostParts = 100
    private static let deepest = 10
    private var parts = 0

    init(_ bytes: [UInt8]) {
        let part = MailPart(bytes[...])
        fields = part.fields
        read(part, depth: 0)
    }

    var subject: String { header("subject") ?? "" }
    var sender: String { header("from") ?? "" }
    var recipient: String { header("to") ?? "" }

    /// The first field of that name, with encoded words decoded.
    func header(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name }.map { EncodedWords.decoded($0.value) }
    }

    private mutating func read(_ part: MailPart, depth: Int) {
        parts += 1
        guard parts <= Self.mostParts, depth <= Self.deepest else { return }
        if part.type.hasPrefix("multipart/"), let boundary = part.parameters["boundary"], !boundary.isEmpty {
            for piece in part.pieces(boundary: boundary, most: Self.mostParts) { read(MailPart(piece), depth: depth + 1) }
        } else if part.isAttachment {
            attachments.append(EncodedWords.decoded(part.fileName ?? part.type))
        } else if part.type == "text/html" {
            html = html ?? part.decodedText
        } else if part.type.hasPrefix("text/") {
            text = text ?? part.decodedText
        } else {
            attachments.append(EncodedWords.decoded(part.fileName ?? part.type))
        }
    }
}

/// One part of a message: header fields and the bytes after them.
struct MailPart {
    private(set) var fields: [(name: String, value: String)] = []
    private(set) var type = "text/plain"
    private(set) var parameters: [String: String] = [:]
    private let body: ArraySlice<UInt8>
    private var encoding = ""
    private var disposition = ""
    private var dispositionParameters: [String: String] = [:]

    init(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        var unfolded: [UInt8] = []
        var fields: [(name: String, value: String)] = []
        func take() {
            if let colon = unfolded.firstIndex(of: UInt8(ascii: ":")), colon > 0 {
                let value = String(decoding: unfolded[(colon + 1)...], as: UTF8.self)
                fields.append((String(decoding: unfolded[..<colon], as: UTF8.self), Self.trimmed(value)))
            }
            unfolded = []
        }
        while !rest.isEmpty {
            let line = Self.line(&rest)
            if line.isEmpty { break }
            if line.first == 0x20 || line.first == 0x09, !unfolded.isEmpty {
                unfolded.append(contentsOf: line)
            } else {
                take()
                unfolded = Array(line)
            }
        }
        take()
        self.fields = fields
        body = rest
        for (name, value) in fields {
            switch name.lowercased() {
            case "content-type": (type, parameters) = Self.parameters(of: value)
            case "content-transfer-encoding": encoding = value.lowercased()
            case "content-disposition": (disposition, dispositionParameters) = Self.parameters(of: value)
            default: break
            }
        }
    }

    var isAttachment: Bool { disposition == "attachment" }
    var fileName: String? { dispositionParameters["filename"] ?? parameters["name"] }

    var decodedText: String {
        let bytes: [UInt8] =
            switch encoding {
            case "quoted-printable": TransferDecoding.quotedPrintable(body)
            case "base64": TransferDecoding.base64(body)
            default: Array(body)
            }
        return TransferDecoding.text(bytes, charset: parameters["charset"] ?? "utf-8")
    }

    /// What stands between the delimiter lines of `boundary` (RFC 2046 section 5.1.1).
    func pieces(boundary: String, most: Int) -> [ArraySlice<UInt8>] {
        let delimiter = Array("--\(boundary)".utf8)
        var found: [ArraySlice<UInt8>] = []
        var start: Int?
        var rest = body
        while !rest.isEmpty, found.count < most {
            let at = rest.startIndex
            let line = Self.line(&rest)
            guard line.starts(with: delimiter) else { continue }
            let after = line.dropFirst(delimiter.count)
            let isLast = after.starts(with: "--".utf8)
            guard isLast || after.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
            if let start { found.append(body[start..<max(start, at)]) }
            start = isLast ? nil : rest.startIndex
            if isLast { break }
        }
        if let start, found.count < most { found.append(body[start...]) }
        return found
    }

    /// The next line without its end, which may be CRLF or LF: files get edited.
    private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
        var line = rest[..<end]
        rest = end < rest.endIndex ? rest[(end + 1)...] : rest[rest.endIndex...]
        if line.last == 0x0D { line.removeLast() }
        return line
    }

    /// `text/html; charset="utf-8"` → the value in lower case and its parameters.
    static func parameters(of field: String) -> (String, [String: String]) {
        var pieces: [String] = [""]
        var quoted = false
        for character in field {
            if character == "\"" {
                quoted.toggle()
            } else if character == ";", !quoted {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
        var parameters: [String: String] = [:]
        for piece in pieces.dropFirst() {
            let sides = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { continue }
            parameters[trimmed(String(sides[0])).lowercased()] = trimmed(String(sides[1]))
        }
        return (trimmed(pieces[0]).lowercased(), parameters)
    }

    private static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}

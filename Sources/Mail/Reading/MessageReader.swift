/// A message read back: its headers unfolded and decoded, its parts decoded. For showing messages to people; it takes what
/// it can from anything and never fails.
///
/// ```swift
/// let message = MessageReader(bytes)
/// message.header("subject")   // "È primavera"
/// message.html?.text          // "<p>Ciao…"
/// ```
package struct MessageReader: Sendable {
    package struct Header: Hashable, Sendable {
        package var name: String
        /// On one line, encoded words decoded.
        package var value: String
    }

    /// A part that holds no other parts.
    package struct Part: Hashable, Sendable {
        package var headers: [Header]
        /// In lower case, such as `text/html`.
        package var type: String
        package var charset: String
        /// Decoded from quoted-printable or Base64.
        package var body: [UInt8]

        package var text: String { MessageReader.text(of: body, charset: charset) }
    }

    package let headers: [Header]
    package let parts: [Part]

    /// More parts, or parts deeper in one another, are left out: a message from outside must not take all memory.
    private static let mostParts = 100
    private static let deepest = 10

    package init(_ message: [UInt8]) {
        var parts: [Part] = []
        let (headers, body) = Self.split(message[...])
        self.headers = headers
        Self.collect(headers, body, depth: 0, into: &parts)
        self.parts = parts
    }

    /// The first header of that name, whatever its case.
    package func header(_ name: String) -> String? { Self.header(name, in: headers) }

    package var text: Part? { parts.first { $0.type == "text/plain" } }
    package var html: Part? { parts.first { $0.type == "text/html" } }

    private static func header(_ name: String, in headers: [Header]) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }

    private static func collect(_ headers: [Header], _ body: ArraySlice<UInt8>, depth: Int, into parts: inout [Part]) {
        guard parts.count < mostParts else { return }
        let type = HeaderValue(header("content-type", in: headers) ?? "text/plain")
        if type.value.hasPrefix("multipart/"), let boundary = type.parameters["boundary"], !boundary.isEmpty, depth < deepest {
            for piece in pieces(of: body, boundary: Array("--\(boundary)".utf8)) {
                let (inner, rest) = split(piece)
                collect(inner, rest, depth: depth + 1, into: &parts)
            }
            return
        }
        let encoding = header("content-transfer-encoding", in: headers)?.lowercased()
        let decoded =
            switch encoding {
            case "quoted-printable": TransferDecoding.quotedPrintable(body)
            case "base64": TransferDecoding.base64(body)
            default: Array(body)
            }
        parts.append(Part(headers: headers, type: type.value, charset: type.parameters["charset"] ?? "utf-8", body: decoded))
    }

    /// Headers up to the first empty line, and what follows it.
    private static func split(_ message: ArraySlice<UInt8>) -> ([Header], ArraySlice<UInt8>) {
        var headers: [Header] = []
        var field: [UInt8] = []
        var rest = message
        while !rest.isEmpty {
            let line = takeLine(&rest)
            if let first = line.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t"), !field.isEmpty {
                field += line
                continue
            }
            finish(&field, into: &headers)
            if line.isEmpty { break }
            field = Array(line)
        }
        finish(&field, into: &headers)
        return (headers, rest)
    }

    private static func finish(_ field: inout [UInt8], into headers: inout [Header]) {
        defer { field = [] }
        guard let colon = field.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = String(decoding: field[..<colon], as: UTF8.self)
        let value = EncodedWord.decode(trimmed(field[(colon + 1)...]))
        headers.append(Header(name: String(decoding: trimmed(Array(name.utf8)[...]), as: UTF8.self), value: value))
    }

    /// A line without its end, which may be CRLF or LF.
    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        let line = rest[..<end]
        rest = rest[min(end + 1, rest.endIndex)...]
        return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = bytes.firstIndex { $0 > 0x20 } ?? bytes.endIndex
        let end = bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? start
        return bytes[start..<max(start, end)]
    }

    /// What lies between the delimiter lines; the line end before a delimiter belongs to it (RFC 2046 section 5.1.1).
    private static func pieces(of body: ArraySlice<UInt8>, boundary: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start: Int?
        var rest = body
        while !rest.isEmpty, pieces.count < mostParts {
            let lineStart = rest.startIndex
            let line = takeLine(&rest)
            guard line.starts(with: boundary) else { continue }
            let after = line.dropFirst(boundary.count)
            let closes = after.starts(with: [UInt8(ascii: "-"), UInt8(ascii: "-")])
            guard closes || after.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) else { continue }
            if let start { pieces.append(withoutLineEnd(body[start..<max(start, lineStart)])) }
            start = rest.startIndex
            if closes { return pieces }
        }
        if let start, start < body.endIndex { pieces.append(body[start...]) }
        return pieces
    }

    private static func withoutLineEnd(_ piece: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard piece.last == UInt8(ascii: "\n") else { return piece }
        let shorter = piece.dropLast()
        return shorter.last == UInt8(ascii: "\r") ? shorter.dropLast() : shorter
    }

    /// UTF-8 where it is that; else Latin-1, in which any byte is a character.
    static func text(of bytes: [UInt8], charset: String) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return ["utf-8", "utf8"].contains(charset.lowercased())
            ? String(decoding: bytes, as: UTF8.self) : String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}

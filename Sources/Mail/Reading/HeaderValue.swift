/// A structured header's value and its parameters: `text/plain; charset="utf-8"`.
struct HeaderValue {
    /// In lower case.
    var value: String
    /// Names in lower case; the first of a name counts.
    var parameters: [String: String] = [:]

    init(_ text: String) {
        var pieces: [String] = [""]
        var quoted = false
        var escaped = false
        for character in text {
            if escaped {
                pieces[pieces.count - 1].append(character)
                escaped = false
            } else if quoted, character == "\\" {
                escaped = true
            } else if character == "\"" {
                quoted.toggle()
            } else if character == ";", !quoted {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
        value = Self.trimmed(pieces[0]).lowercased()
        for piece in pieces.dropFirst() {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            let name = Self.trimmed(piece[..<equals]).lowercased()
            if parameters[name] == nil { parameters[name] = Self.trimmed(piece[piece.index(after: equals)...]) }
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(decoding: MessageReader.trimmed(Array(text.utf8)[...]), as: UTF8.self)
    }
}

/// Writes one `DKIM-Signature` field, folded to 78 columns between tags, header names and pieces of the signature.
struct DKIMFieldWriter {
    static let name = "DKIM-Signature"
    private static let width = 78

    private(set) var bytes = Array("\(name):".utf8)
    private var column = name.utf8.count + 1

    /// What stands after the name and its colon.
    var value: ArraySlice<UInt8> { bytes[(Self.name.utf8.count + 1)...] }

    mutating func tag(_ name: String, _ value: String) {
        word("\(name)=\(value);")
    }

    /// A list, parted by colons.
    mutating func tag(_ name: String, _ values: [String]) {
        for (index, value) in values.enumerated() {
            let piece = (index == 0 ? "\(name)=" : "") + value + (index == values.count - 1 ? ";" : ":")
            index == 0 ? word(piece) : add(piece)
        }
    }

    /// The last tag, without its value: in this form the field itself is signed.
    mutating func open(_ name: String) {
        word("\(name)=")
    }

    mutating func finish(_ value: String) {
        var rest = value[...]
        while !rest.isEmpty {
            if column >= Self.width { fold() }
            let piece = rest.prefix(Self.width - column)
            append(String(piece))
            rest = rest.dropFirst(piece.count)
        }
        append("\r\n")
    }

    /// After a space, or on a new line.
    private mutating func word(_ text: String) {
        if column + 1 + text.utf8.count > Self.width { fold() } else { append(" ") }
        append(text)
    }

    private mutating func add(_ text: String) {
        if column + text.utf8.count > Self.width { fold() }
        append(text)
    }

    private mutating func fold() {
        append("\r\n ")
        column = 1
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        column += text.utf8.count
    }
}

/// The fields of a submitted form, of either encoding that HTML and RFC 8058 use. Reads bytes from anyone: what it can't read
/// it leaves out, and it is bounded by the size of the body.
struct FormBody {
    private(set) var fields: [(name: String, value: String)] = []

    enum Encoding: Equatable {
        case urlEncoded
        case multipart(boundary: String)

        /// Nil for any other type. Without a type, a form is taken for URL-encoded: some senders of one-click leave it out.
        init?(contentType: String?) {
            guard let contentType, !contentType.isEmpty else {
                self = .urlEncoded
                return
            }
            let parts = contentType.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmingBlanks }
            switch parts.first?.lowercased() {
            case "application/x-www-form-urlencoded": self = .urlEncoded
            case "multipart/form-data":
                guard let parameter = parts.dropFirst().first(where: { $0.lowercased().hasPrefix("boundary=") }) else { return nil }
                let boundary = parameter.dropFirst("boundary=".count).filter { $0 != "\"" }
                guard (1...70).contains(boundary.utf8.count) else { return nil }
                self = .multipart(boundary: boundary)
            default: return nil
            }
        }
    }

    init(_ bytes: [UInt8], encoding: Encoding) {
        switch encoding {
        case .urlEncoded: fields = Self.urlEncoded(bytes)
        case .multipart(let boundary): fields = Self.multipart(bytes, delimiter: Array("--\(boundary)".utf8))
        }
    }

    func first(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// RFC 8058 section 3.1. Mail providers are not all careful about case.
    var isOneClick: Bool { fields.contains { $0.name.lowercased() == "list-unsubscribe" && $0.value.lowercased() == "one-click" } }

    private static func urlEncoded(_ bytes: [UInt8]) -> [(name: String, value: String)] {
        bytes.split(separator: UInt8(ascii: "&")).map { pair in
            let sides = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(sides[0]), sides.count == 2 ? decoded(sides[1]) : "")
        }
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        var out: [UInt8] = []
        var rest = bytes.filter { $0 != 0x0D && $0 != 0x0A }[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                out.append(0x20)
            } else if byte == UInt8(ascii: "%"), let value = hexByte(rest.prefix(2)) {
                out.append(value)
                rest = rest.dropFirst(2)
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Two hexadecimal digits and nothing else: `UInt8(_:radix:)` would also take `+1`.
    private static func hexByte(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }) else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// RFC 7578, for short fields: files are read past.
    private static func multipart(_ bytes: [UInt8], delimiter: [UInt8]) -> [(name: String, value: String)] {
        var fields: [(String, String)] = []
        var name: String?
        var value: [[UInt8]] = []
        var inHeaders = false
        for line in lines(bytes) {
            if line.starts(with: delimiter) {
                if let name { fields.append((name, String(decoding: Array(value.joined(separator: [0x0D, 0x0A])), as: UTF8.self))) }
                (name, value, inHeaders) = (nil, [], true)
                if line.dropFirst(delimiter.count).starts(with: "--".utf8) { break }
            } else if inHeaders {
                if line.isEmpty { inHeaders = false } else { name = fieldName(line) ?? name }
            } else {
                value.append(line)
            }
        }
        return fields
    }

    private static func fieldName(_ line: [UInt8]) -> String? {
        let text = String(decoding: line, as: UTF8.self)
        guard text.lowercased().hasPrefix("content-disposition:") else { return nil }
        for part in text.split(separator: ";").map({ $0.trimmingBlanks }) where part.lowercased().hasPrefix("name=") {
            return String(part.dropFirst("name=".count).filter { $0 != "\"" })
        }
        return nil
    }

    private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            line.last == 0x0D ? Array(line.dropLast()) : Array(line)
        }
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        var rest = self
        while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return String(rest)
    }
}

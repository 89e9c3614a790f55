/// A value as data files and attributes hold it: what JSON can say, with whole numbers kept whole.
///
/// Points in time and days are text in one canonical form (``Instant/canonical``, ``CivilDate``), so that they compare as
/// text in any database.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case real(Double)
    case text(String)
    case list([JSONValue])
    /// Members in the order in which they were written; a later member of the same name has replaced an earlier one.
    case object(JSONObject)
}

/// The members of a JSON object, in order. Objects are small: look-up is linear.
package struct JSONObject: Hashable, Sendable {
    package private(set) var members: [(name: String, value: JSONValue)] = []

    package init() {}

    /// Of two members of one name the later value stays, in the place of the earlier.
    package init(_ members: some Sequence<(String, JSONValue)>) {
        self.init(list: Array(members))
    }

    /// `members` whose names are known to differ: the columns of a file.
    package init(distinct members: [(name: String, value: JSONValue)]) {
        self.members = members
    }

    /// Not generic: every line of an import and every message makes one.
    private init(list members: [(String, JSONValue)]) {
        // Hashing pays only for objects that nobody should send.
        var places: [String: Int] = [:]
        self.members.reserveCapacity(members.count)
        for (name, value) in members {
            if self.members.count < 32 {
                self[name] = value
                continue
            }
            if places.isEmpty { for (place, member) in self.members.enumerated() { places[member.name] = place } }
            if let place = places[name] {
                self.members[place].value = value
            } else {
                places[name] = self.members.count
                self.members.append((name, value))
            }
        }
    }

    package var isEmpty: Bool { members.isEmpty }
    package var names: [String] { members.map(\.name) }

    package subscript(name: String) -> JSONValue? {
        get { members.first { $0.name == name }?.value }
        set {
            if let index = members.firstIndex(where: { $0.name == name }) {
                if let newValue { members[index].value = newValue } else { members.remove(at: index) }
            } else if let newValue {
                members.append((name, newValue))
            }
        }
    }

    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.members.count == b.members.count && a.members.allSatisfy { b[$0.name] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(members.count)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }

    package var text: String? { if case .text(let text) = self { text } else { nil } }

    /// Whether the character zero is in a text or a name within it: no database of servers keeps that.
    package var holdsNUL: Bool {
        switch self {
        case .text(let text): text.utf8.contains(0)
        case .list(let items): items.contains(where: \.holdsNUL)
        case .object(let object): object.members.contains { $0.name.utf8.contains(0) || $0.value.holdsNUL }
        case .null, .bool, .integer, .real: false
        }
    }

    package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
}

extension JSONValue {
    /// The number that `text` spells canonically, or nil.
    ///
    /// Only what would be printed back the same is a number: `184`, `-3`, `12.5`, not `00184`, `+39…`, `1e3`, `12.50` or
    /// anything past 15 significant digits. A postal code or a phone number stays text.
    package init?(canonicalNumber text: some StringProtocol) {
        self.init(canonical: String(text))
    }

    /// The number that `text` is in a table, where money stands as `12.50` and `100.00`: canonical but for zeros at its end.
    package init?(tableNumber text: some StringProtocol) {
        var kept = Substring(text)
        guard kept.utf8.count <= 24, kept.utf8.contains(UInt8(ascii: ".")), kept.utf8.last == UInt8(ascii: "0") else {
            self.init(canonicalNumber: text)
            return
        }
        while kept.utf8.last == UInt8(ascii: "0") { kept.removeLast() }
        if kept.utf8.last == UInt8(ascii: ".") { kept.removeLast() }
        self.init(canonicalNumber: kept == "-0" ? "0" : kept)
    }

    private init?(canonical text: String) {
        guard let first = text.utf8.first, text.utf8.count <= 17, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            return nil
        }
        let bytes = Array(text.utf8)
        let digits = first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes[...]
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0"),
            parts.allSatisfy({ $0.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }), parts.reduce(0, { $0 + $1.count }) <= 15
        else { return nil }
        if parts.count == 2 {
            // The last test: 0.00001 would be printed as 1e-05.
            guard let last = parts[1].last, last != UInt8(ascii: "0"), let value = Double(text), "\(value)" == text
            else { return nil }
            self = .real(value)
        } else {
            guard let value = Int64(text), !(value == 0 && first == UInt8(ascii: "-")) else { return nil }
            self = .integer(value)
        }
    }
}

extension JSONValue {
    /// JSON on one line, members in order, `/` not escaped. A real that is not finite is `null`, as JSON has no other word.
    package var json: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(240)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    package func write(to out: inout [UInt8]) {
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): out.append(contentsOf: String(value).utf8)
        case .real(let value): Self.write(value, to: &out)
        case .text(let text): Self.write(text, to: &out)
        case .list(let items):
            out.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                item.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let object): object.write(to: &out)
        }
    }

    private static func write(_ value: Double, to out: inout [UInt8]) {
        guard value.isFinite else { return out.append(contentsOf: "null".utf8) }
        out.append(contentsOf: "\(value)".utf8)
    }

    /// RFC 8259 section 7. What needs no escape, which is nearly everything, is copied in runs.
    static func write(_ text: String, to out: inout [UInt8]) {
        var text = text
        out.append(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            var start = 0
            for index in bytes.indices {
                let byte = bytes[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
                escape(byte, to: &out)
                start = index + 1
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
        }
        out.append(UInt8(ascii: "\""))
    }

    private static func escape(_ byte: UInt8, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x0A: out.append(UInt8(ascii: "n"))
        case 0x0D: out.append(UInt8(ascii: "r"))
        case 0x09: out.append(UInt8(ascii: "t"))
        case 0..<0x20:
            out.append(contentsOf: "u00".utf8)
            out.append(contentsOf: (byte < 16 ? "0" : "").utf8)
            out.append(contentsOf: String(byte, radix: 16).utf8)
        default: out.append(byte)
        }
    }
}

extension JSONObject {
    package var json: String { JSONValue.object(self).json }

    package func write(to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            JSONValue.write(member.name, to: &out)
            out.append(UInt8(ascii: ":"))
            member.value.write(to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }
}

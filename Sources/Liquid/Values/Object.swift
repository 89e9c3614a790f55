/// Named values in the order in which they were given; the last of two with the same name counts.
///
/// The names live in a ``Keys`` that many objects may share: make it once for a table of contacts, and each row costs
/// only its values.
///
/// ```swift
/// let keys = Object.Keys(["email", "first_name"])
/// let ada = Object(keys, ["ada@example.com", "Ada"])
/// ```
package struct Object: Sendable {
    private let storage: Storage

    /// Both in one place, so that copying an object is one reference count.
    private final class Storage: Sendable {
        let keys: Keys
        let values: [Value]

        init(keys: Keys, values: [Value]) {
            self.keys = keys
            self.values = values
        }
    }

    package init(_ pairs: some Sequence<(String, Value)>) {
        var names: [String] = []
        var values: [Value] = []
        var places: [String: Int] = [:]
        for (name, value) in pairs {
            if let place = places[name] {
                values[place] = value
            } else {
                places[name] = names.count
                names.append(name)
                values.append(value)
            }
        }
        storage = Storage(keys: Keys(unique: names), values: values)
    }

    /// Values in the order of `keys`; missing ones are `nil`, surplus ones are dropped.
    package init(_ keys: Keys, _ values: [Value]) {
        let missing = keys.names.count - values.count
        if missing == 0 {
            storage = Storage(keys: keys, values: values)
        } else if missing > 0 {
            storage = Storage(keys: keys, values: values + Array(repeating: .null, count: missing))
        } else {
            storage = Storage(keys: keys, values: Array(values.prefix(keys.names.count)))
        }
    }

    package var count: Int { storage.values.count }
    package var isEmpty: Bool { storage.values.isEmpty }
    package var names: [String] { storage.keys.names }
    package var values: [Value] { storage.values }

    package subscript(name: String) -> Value? {
        value(of: Name(name))
    }

    func value(of name: borrowing Name) -> Value? {
        let place = storage.keys.place(of: name)
        return place < 0 ? nil : storage.values[place]
    }

    func pair(at place: Int) -> Value {
        .array([.string(storage.keys.names[place]), storage.values[place]])
    }
}

/// A key with its hash: a template's are made when it is parsed, so that reading a field compares numbers.
struct Name: Hashable, Sendable {
    let text: String
    let code: UInt64

    init(_ text: String) {
        self.text = text
        code = Self.code(of: text)
    }

    /// FNV-1a, which is quick on short names. Where it collides, the texts decide.
    static func code(of text: String) -> UInt64 {
        var code: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            code = (code ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return code
    }

    static func == (a: Name, b: Name) -> Bool { a.code == b.code && a.text == b.text }
    func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension Object {
    /// The names of an object's fields, and where each stands.
    package final class Keys: Sendable {
        package let names: [String]
        private let codes: [UInt64]
        /// Only where scanning the codes would be slow. Its hashing is seeded: data cannot choose keys that collide.
        private let places: [String: Int]

        private static let scanned = 24

        /// A name that comes twice keeps both places, and the first is found.
        package convenience init(_ names: [String]) {
            self.init(unique: names)
        }

        fileprivate init(unique names: [String]) {
            self.names = names
            if names.count > Self.scanned {
                codes = []
                places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            } else {
                codes = names.map(Name.code)
                places = [:]
            }
        }

        /// -1 where there is no such name.
        func place(of name: borrowing Name) -> Int {
            if names.count > Self.scanned { return places[name.text] ?? -1 }
            for place in codes.indices where codes[place] == name.code && names[place] == name.text {
                return place
            }
            return -1
        }
    }
}

extension Object: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }
}

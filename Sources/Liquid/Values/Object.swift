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
    ///
    /// SAFETY: everything is written in `init` and never again. The values are plain memory, so that a template reads one
    /// where it lies: going through an array counts references at each step of a path, on memory that threads share.
    private final class Storage: @unchecked Sendable {
        let keys: Keys
        let start: UnsafeMutablePointer<Value>
        let count: Int

        /// As many values as there are keys: missing ones are `nil`, surplus ones are dropped.
        init(keys: Keys, values: [Value]) {
            self.keys = keys
            count = keys.names.count
            start = .allocate(capacity: max(1, count))
            let given = min(count, values.count)
            values.withUnsafeBufferPointer { buffer in
                if let first = buffer.baseAddress { start.initialize(from: first, count: given) }
            }
            if given < count { (start + given).initialize(repeating: .null, count: count - given) }
        }

        deinit {
            start.deinitialize(count: count)
            start.deallocate()
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
        storage = Storage(keys: keys, values: values)
    }

    package var count: Int { storage.count }
    package var isEmpty: Bool { storage.count == 0 }
    package var names: [String] { storage.keys.names }
    package var values: [Value] { Array(UnsafeBufferPointer(start: storage.start, count: storage.count)) }

    package subscript(name: String) -> Value? {
        value(of: Name(name))
    }

    func value(of name: borrowing Name) -> Value? {
        place(of: name)?.pointee
    }

    /// Where the value lies, which is good as long as the object is there.
    @inline(__always)
    func place(of name: borrowing Name) -> UnsafePointer<Value>? {
        let place = storage.keys.place(of: name)
        return place < 0 ? nil : UnsafePointer(storage.start + place)
    }

    /// `index` counts from 0 and is below ``count``.
    func value(at index: Int) -> Value { storage.start[index] }

    func pair(at index: Int) -> Value {
        .array([.string(storage.keys.names[index]), storage.start[index]])
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
        text.withBytes { bytes in
            var code: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in bytes {
                code = (code ^ UInt64(byte)) &* 0x100_0000_01b3
            }
            return code
        }
    }

    static func == (a: Name, b: Name) -> Bool { a.code == b.code && a.text == b.text }
    func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension Object {
    /// The names of an object's fields, and where each stands.
    ///
    /// SAFETY: everything is written in `init` and never again.
    package final class Keys: @unchecked Sendable {
        package let names: [String]
        /// Of the names, in the same order.
        private let codes: UnsafeMutablePointer<UInt64>
        private let count: Int
        /// Only where scanning the codes would be slow. Its hashing is seeded: data cannot choose keys that collide.
        private let places: [String: Int]

        private static let scanned = 64

        /// A name that comes twice keeps both places, and the first is found.
        package convenience init(_ names: [String]) {
            self.init(unique: names)
        }

        fileprivate init(unique names: [String]) {
            self.names = names
            count = names.count
            codes = .allocate(capacity: max(1, count))
            for (place, name) in names.enumerated() { (codes + place).initialize(to: Name.code(of: name)) }
            places =
                count > Self.scanned
                ? Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first }) : [:]
        }

        deinit {
            codes.deallocate()
        }

        /// -1 where there is no such name.
        @inline(__always)
        func place(of name: borrowing Name) -> Int {
            if count > Self.scanned { return places[name.text] ?? -1 }
            for place in 0..<count where codes[place] == name.code {
                if names[place] == name.text { return place }
            }
            return -1
        }
    }
}

extension Object: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }
}

import Model

/// One record of a CSV file: its fields without their quotes, and the line on which it starts.
struct CSVRecord {
    fileprivate(set) var line = 0
    fileprivate var bytes: [UInt8] = []
    fileprivate var ends: [Int] = []
    fileprivate(set) var encoding = TextEncoding.utf8

    var count: Int { ends.count }

    /// Nil past the last field.
    func field(_ index: Int) -> String? {
        slice(index).map { encoding.string($0) }
    }

    /// The field without blanks and line ends around it.
    func trimmed(_ index: Int) -> String? {
        guard var bytes = slice(index) else { return nil }
        while let first = bytes.first, first == 0x20 || (0x09...0x0D).contains(first) { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || (0x09...0x0D).contains(last) { bytes.removeLast() }
        guard let first = bytes.first, let last = bytes.last else { return "" }
        // Outside ASCII there are more blanks than these.
        return first < 0x80 && last < 0x80 ? encoding.string(bytes) : encoding.string(bytes).trimmingSpaces
    }

    func slice(_ index: Int) -> ArraySlice<UInt8>? {
        guard index < ends.count else { return nil }
        return bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    var fields: [String] { (0..<count).compactMap { field($0) } }

    /// No attribute may hold one.
    var holdsNUL: Bool { bytes.withUnsafeBufferPointer { $0.contains(0) } }

    fileprivate var isUTF8: Bool {
        bytes.withUnsafeBufferPointer { all in
            all.allSatisfy { $0 < 0x80 } || String(validating: all, as: UTF8.self) != nil
        }
    }

    /// A record of one empty field is an empty line.
    var isEmpty: Bool { ends.isEmpty || (ends.count == 1 && ends[0] == 0) }
}

/// How a file's bytes spell text. Everything but UTF-8 is taken for Windows-1252, which holds Latin-1.
enum TextEncoding: Sendable {
    case utf8, windows1252

    func string(_ bytes: ArraySlice<UInt8>) -> String {
        switch self {
        case .utf8: return String(decoding: bytes, as: UTF8.self)
        case .windows1252:
            var text = ""
            for byte in bytes { text.unicodeScalars.append(Self.scalar(byte)) }
            return text
        }
    }

    private static func scalar(_ byte: UInt8) -> Unicode.Scalar {
        (0x80..<0xA0).contains(byte) ? (high[Int(byte) - 0x80] ?? Unicode.Scalar(byte)) : Unicode.Scalar(byte)
    }

    /// 0x80 to 0x9F; nil where the code page has no character.
    private static let high: [Unicode.Scalar?] = [
        "€", nil, "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", nil, "Ž", nil,
        nil, "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", nil, "ž", "Ÿ",
    ]
}

/// Reads CSV as spreadsheets write it (RFC 4180 and its relatives): a BOM, commas, semicolons or tabs, LF, CRLF or CR,
/// quotes that hold separators and line ends, doubled quotes.
struct CSVReader: ~Copyable {
    private var file: ByteFile
    private let path: String
    private let separator: UInt8
    private let encoding: TextEncoding?
    private var line = 1

    /// `encoding` nil: each record is read as UTF-8 if it is, else as Windows-1252.
    /// `separator` nil: whichever of comma, semicolon, tab and bar is most frequent in the first line.
    init(path: String, encoding: TextEncoding? = nil, separator: UInt8? = nil) throws(ImportProblem) {
        try self.init(ByteFile(path: path), path: path, encoding: encoding, separator: separator)
    }

    /// Reads bytes that are in memory already; `name` is what mistakes call them.
    init(bytes: [UInt8], name: String) throws(ImportProblem) {
        try self.init(ByteFile(bytes: bytes), path: name, encoding: nil, separator: nil)
    }

    private init(_ opened: consuming ByteFile, path: String, encoding: TextEncoding?, separator: UInt8?) throws(ImportProblem) {
        var file = opened
        while file.end - file.position < 4096, file.refill() {}
        try file.throwFailure(path: path)
        let start = file.buffer[file.position..<file.end]
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) { throw .utf16(path: path) }
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { file.consume(3) }
        self.path = path
        self.encoding = encoding
        self.separator = separator ?? Self.separator(of: file.buffer[file.position..<file.end])
        self.file = file
    }

    /// Reads a file to its end and keeps nothing: a quote that is never closed, or a record too long, is found before the first
    /// line is written anywhere.
    static func proveReadable(_ path: String) throws(ImportProblem) {
        var reader = try CSVReader(path: path)
        var record = CSVRecord()
        while try reader.next(&record) {}
    }

    /// Reads the next record that is not an empty line; false at the end.
    mutating func next(_ record: inout CSVRecord) throws(ImportProblem) -> Bool {
        repeat {
            guard try read(&record) else { return false }
        } while record.isEmpty
        return true
    }

    private mutating func read(_ record: inout CSVRecord) throws(ImportProblem) -> Bool {
        while true {
            if file.position == file.end, !file.refill() {
                try file.throwFailure(path: path)
                return false
            }
            record.bytes.removeAll(keepingCapacity: true)
            record.ends.removeAll(keepingCapacity: true)
            record.line = line
            record.encoding = encoding ?? .utf8
            let result = Self.parse(file.buffer, from: file.position, to: file.end, atEnd: file.atEnd, separator: separator, into: &record)
            switch result {
            case .record(let length, let lines):
                if encoding == nil, !record.isUTF8 { record.encoding = .windows1252 }
                file.consume(length)
                line += lines
                return true
            case .needsMore:
                if !file.refill(), !file.atEnd { throw .longRecord(path: path, line: line) }
                try file.throwFailure(path: path)
            case .openQuote: throw .openQuote(path: path, line: line)
            }
        }
    }

    private enum Parsed {
        case record(length: Int, lines: Int)
        case needsMore
        case openQuote
    }

    private static func parse(_ buffer: [UInt8], from start: Int, to end: Int, atEnd: Bool, separator: UInt8, into record: inout CSVRecord)
        -> Parsed
    {
        buffer.withUnsafeBufferPointer { bytes in
            var index = start
            var lines = 0
            while true {
                if index < end, bytes[index] == UInt8(ascii: "\"") {
                    index += 1
                    while true {
                        let from = index
                        while index < end, bytes[index] != UInt8(ascii: "\"") {
                            if bytes[index] == 0x0A || (bytes[index] == 0x0D && (index + 1 >= end || bytes[index + 1] != 0x0A)) {
                                lines += 1
                            }
                            index += 1
                        }
                        record.bytes.append(contentsOf: bytes[from..<index])
                        guard index < end else { return atEnd ? .openQuote : .needsMore }
                        index += 1
                        if index >= end, !atEnd { return .needsMore }
                        guard index < end, bytes[index] == UInt8(ascii: "\"") else { break }
                        record.bytes.append(UInt8(ascii: "\""))
                        index += 1
                    }
                }
                let from = index
                while index < end, bytes[index] != separator, bytes[index] != 0x0A, bytes[index] != 0x0D { index += 1 }
                record.bytes.append(contentsOf: bytes[from..<index])
                guard index < end else {
                    guard atEnd else { return .needsMore }
                    record.ends.append(record.bytes.count)
                    return .record(length: index - start, lines: lines)
                }
                record.ends.append(record.bytes.count)
                if bytes[index] == separator {
                    index += 1
                    continue
                }
                if bytes[index] == 0x0D {
                    if index + 1 >= end, !atEnd { return .needsMore }
                    if index + 1 < end, bytes[index + 1] == 0x0A { index += 1 }
                }
                return .record(length: index + 1 - start, lines: lines + 1)
            }
        }
    }

    private static func separator(of start: ArraySlice<UInt8>) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var quoted = false
        for byte in start {
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            if quoted { continue }
            if byte == 0x0A || byte == 0x0D { break }
            counts[byte, default: 0] += 1
        }
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")]
        return candidates.max { counts[$0, default: 0] < counts[$1, default: 0] }.flatMap { counts[$0] != nil ? $0 : nil }
            ?? UInt8(ascii: ",")
    }
}

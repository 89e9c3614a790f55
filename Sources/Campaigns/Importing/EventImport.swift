package import Model
package import Store

/// Imports what people did: lines of JSON `{"email", "event", "at", "properties", "id"}`, or CSV with the columns email,
/// event, at, perhaps id, and the rest as properties. The same line twice is one event.
package struct EventImport {
    package var events: EventStore
    package var zone: Zone
    package var now: Instant
    package var dryRun = false

    private static let batch = 20_000

    package init(events: EventStore, zone: Zone, now: Instant) {
        self.events = events
        self.zone = zone
        self.now = now
    }

    package func run(_ path: String, progress: (Int) -> Void = { _ in }) throws -> ImportSummary {
        path.lowercased().hasSuffix(".csv") ? try runCSV(path, progress: progress) : try runJSON(path, progress: progress)
    }

    private func runJSON(_ path: String, progress: (Int) -> Void) throws -> ImportSummary {
        var lines = try LineReader(path: path)
        var rejects = Rejects(beside: path, header: nil, dry: dryRun)
        var summary = ImportSummary()
        var batch: [(line: Int, text: [UInt8], entry: EventStore.Entry)] = []
        var line: [UInt8] = []
        func write(_ rejects: inout Rejects) throws {
            for (item, result) in zip(batch, try record(batch.map(\.entry))) {
                switch result {
                case .added: summary.added += 1
                case .known: summary.unchanged += 1
                case .noContact: try rejects.reject(line: item.line, text: String(decoding: item.text, as: UTF8.self), Self.noContact)
                }
            }
            batch.removeAll(keepingCapacity: true)
            progress(summary.read)
        }
        while try lines.next(&line) {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            summary.read += 1
            switch entry(json: line) {
            case .success(let entry): batch.append((lines.number, line, entry))
            case .failure(let reason): try rejects.reject(line: lines.number, text: String(decoding: line, as: UTF8.self), reason.text)
            }
            if batch.count == Self.batch { try write(&rejects) }
        }
        try write(&rejects)
        rejects.report(into: &summary)
        return summary
    }

    private func runCSV(_ path: String, progress: (Int) -> Void) throws -> ImportSummary {
        var reader = try CSVReader(path: path)
        var record = CSVRecord()
        guard try reader.next(&record) else { throw ImportProblem.empty(path: path) }
        let columns = try Columns(record.fields, path: path)
        for needed in ["email", "event", "at"] where columns.index(of: needed) == nil {
            throw ImportProblem.missingColumn(path: path, column: needed, found: columns.names)
        }
        try CSVReader.proveReadable(path)
        var rejects = Rejects(beside: path, header: columns.names, dry: dryRun)
        var summary = ImportSummary()
        var batch: [(record: CSVRecord, entry: EventStore.Entry)] = []
        func write(_ rejects: inout Rejects) throws {
            for (item, result) in zip(batch, try self.record(batch.map(\.entry))) {
                switch result {
                case .added: summary.added += 1
                case .known: summary.unchanged += 1
                case .noContact: try rejects.reject(item.record, Self.noContact)
                }
            }
            batch.removeAll(keepingCapacity: true)
            progress(summary.read)
        }
        while try reader.next(&record) {
            summary.read += 1
            switch entry(record, columns) {
            case .success(let entry): batch.append((record, entry))
            case .failure(let reason): try rejects.reject(record, reason.text)
            }
            if batch.count == Self.batch { try write(&rejects) }
        }
        try write(&rejects)
        rejects.report(into: &summary)
        return summary
    }

    private static let noContact = "nobody with this address is known: import contacts first"

    private func record(_ entries: [EventStore.Entry]) throws -> [EventStore.Result] {
        dryRun ? entries.map { _ in .added } : try events.record(entries, at: now)
    }

    private func entry(json line: [UInt8]) -> Result<EventStore.Entry, RejectReason> {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: line)
        } catch {
            return .failure(RejectReason(text: error.description))
        }
        guard case .object(let object) = value else { return .failure(RejectReason(text: "not a JSON object")) }
        let properties: JSONObject
        switch object["properties"] {
        case nil, .null: properties = [:]
        case .object(let members): properties = members
        default: return .failure(RejectReason(text: "\"properties\" is not an object"))
        }
        let given: String?
        switch object["id"] {
        case .text(let text): given = text
        case .integer(let number): given = String(number)
        default: given = nil
        }
        return entry(
            email: object["email"]?.text ?? "", name: object["event"]?.text ?? "", at: object["at"]?.text ?? "", properties: properties,
            id: given)
    }

    private func entry(_ record: CSVRecord, _ columns: Columns) -> Result<EventStore.Entry, RejectReason> {
        guard record.count <= columns.names.count else {
            return .failure(RejectReason(text: "has \(record.count) fields where the first line names \(columns.names.count)"))
        }
        var known: [String: String] = [:]
        var properties = JSONObject()
        for (index, meaning) in columns.meanings.enumerated() {
            guard let text = record.field(index)?.trimmingSpaces, !text.isEmpty else { continue }
            switch meaning {
            case "email", "event", "at", "id": known[meaning] = text
            default: properties[meaning] = JSONValue(canonicalNumber: text) ?? .text(text)
            }
        }
        return entry(
            email: known["email"] ?? "", name: known["event"] ?? "", at: known["at"] ?? "", properties: properties, id: known["id"])
    }

    /// What a segment can name, and a JSON path can reach.
    private static func isName(_ text: String) -> Bool {
        text.count <= 64 && !text.unicodeScalars.contains { $0.value < 0x20 || $0 == "`" || $0 == "\"" || $0 == "\\" }
    }

    private func entry(email: String, name: String, at: String, properties: JSONObject, id: String?) -> Result<
        EventStore.Entry, RejectReason
    > {
        let address: EmailAddress
        do {
            address = try EmailAddress(email.trimmingSpaces)
        } catch {
            return .failure(RejectReason(text: "the address \(error.rawValue)"))
        }
        guard !name.isEmpty else { return .failure(RejectReason(text: "the event has no name")) }
        guard Self.isName(name) else {
            return .failure(RejectReason(text: "the event's name is too long or holds a quote, a backslash or a control character"))
        }
        guard properties.names.allSatisfy({ Self.isName($0) }) else {
            return .failure(RejectReason(text: "a property's name is too long or holds a quote, a backslash or a control character"))
        }
        guard let instant = zone.instant(reading: at) else {
            return .failure(RejectReason(text: at.isEmpty ? "the event has no time" : "the time is not one: \(at.prefix(40))"))
        }
        return .success(EventStore.Entry(email: address, name: name, at: instant, properties: properties, givenID: id))
    }
}

/// Lines of a file, without their ends.
struct LineReader: ~Copyable {
    private var file: ByteFile
    private let path: String
    private(set) var number = 0

    init(path: String) throws(ImportProblem) {
        var file = try ByteFile(path: path)
        while file.end - file.position < 4, file.refill() {}
        try file.throwFailure(path: path)
        let start = file.buffer[file.position..<file.end]
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) { throw .utf16(path: path) }
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { file.consume(3) }
        if file.position == file.end { throw .empty(path: path) }
        self.path = path
        self.file = file
    }

    mutating func next(_ line: inout [UInt8]) throws(ImportProblem) -> Bool {
        var searched = 0
        while true {
            let start = file.position
            if let end = file.buffer[(start + searched)..<file.end].firstIndex(of: 0x0A) {
                line.replaceSubrange(line.startIndex..., with: file.buffer[start..<end])
                file.consume(end + 1 - start)
                number += 1
                return true
            }
            searched = file.end - start
            if file.refill() { continue }
            try file.throwFailure(path: path)
            guard file.atEnd else { throw .longRecord(path: path, line: number + 1) }
            guard searched > 0 else { return false }
            line.replaceSubrange(line.startIndex..., with: file.buffer[file.position..<file.end])
            file.consume(searched)
            number += 1
            return true
        }
    }
}

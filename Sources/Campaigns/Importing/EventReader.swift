import Diagnostics
import Model
import Segments
import Store

/// A line of a file of events.
enum EventLine: Sendable {
    case json(number: Int, bytes: [UInt8])
    case table(CSVRecord)
}

/// The lines of a file of events, whichever kind it is.
struct EventLines: ~Copyable {
    /// Nil for lines of JSON.
    let columns: Columns?
    private var json: LineReader?
    private var table: CSVReader?

    init(_ path: String) throws {
        if path.lowercased().hasSuffix(".csv") {
            var reader = try CSVReader(path: path)
            let columns = try Self.columns(&reader, path)
            try CSVReader.proveReadable(path)
            self.init(columns: columns, json: nil, table: reader)
        } else {
            self.init(columns: nil, json: try LineReader(path: path), table: nil)
        }
    }

    private init(columns: Columns?, json: consuming LineReader?, table: consuming CSVReader?) {
        self.columns = columns
        self.json = json
        self.table = table
    }

    private static func columns(_ reader: inout CSVReader, _ path: String) throws -> Columns {
        var record = CSVRecord()
        guard try reader.next(&record) else { throw ImportProblem.empty(path: path) }
        let columns = try Columns(record.fields, path: path)
        for needed in ["event", "at"] where columns.index(of: needed) == nil {
            throw ImportProblem.missingColumn(path: path, column: needed, found: columns.names, canMap: false)
        }
        guard columns.index(of: "email") != nil || columns.index(of: "external_id") != nil else {
            throw ImportProblem.missingColumn(path: path, column: "email", found: columns.names, canMap: false)
        }
        return columns
    }

    /// Nil at the end. Blank lines of JSON are none.
    mutating func next() throws -> EventLine? {
        var record = CSVRecord()
        if let more = try table?.next(&record) { return more ? .table(record) : nil }
        var line: [UInt8] = []
        while try json?.next(&line) ?? false {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            return .json(number: json?.number ?? 0, bytes: Self.payload(of: line))
        }
        return nil
    }

    /// A line that an earlier import rejected has its number and the reason before it.
    private static func payload(of line: [UInt8]) -> [UInt8] {
        guard let first = line.first, (0x30...0x39).contains(first) else { return line }
        let parts = line.split(separator: 0x09, maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? Array(parts[2]) : line
    }
}

/// Makes events of lines, or says why there is none in one.
struct EventReader: Sendable {
    let columns: Columns?
    let zone: Zone
    let now: Instant
    let forgotten: ForgottenPeople

    /// Clocks are off, and a local time may be taken for one in Greenwich; more than that is a mistake.
    static let ahead: Int64 = 86_400_000
    /// Before it a time is what a clock says that was never set (1900, 1904, 1970, 1980), not when somebody did something.
    private static let earliest = CivilDate(year: 1990, month: 1, day: 1)

    func entry(_ line: EventLine) -> Result<EventStore.Entry, RejectReason> {
        switch line {
        case .json(_, let bytes): entry(json: bytes)
        case .table(let record): columns.map { entry(record, $0) } ?? .failure(RejectReason(text: "not a line of a table"))
        }
    }

    /// What a line says, before anybody has looked whether it can be.
    private struct Written {
        var email: String?
        var externalID: String?
        var name: String?
        var at: String?
        var id: String?
        var properties = JSONObject()
    }

    private func entry(json line: [UInt8]) -> Result<EventStore.Entry, RejectReason> {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: line, strictly: true)
        } catch {
            return .failure(RejectReason(text: error.description))
        }
        guard case .object(let object) = value else { return .failure(RejectReason(text: "not a JSON object")) }
        guard !(Self.mayHoldNUL(line) && value.holdsNUL) else { return .failure(.holdsNUL) }
        do throws(RejectReason) {
            return entry(try Self.written(object))
        } catch {
            return .failure(error)
        }
    }

    private static let zero = Array("\\u0000".utf8)

    /// Whether JSON spells a zero in it, or a backslash before the same letters.
    private static func mayHoldNUL(_ line: [UInt8]) -> Bool {
        var rest = line[...]
        while let backslash = rest.firstIndex(of: zero[0]) {
            if rest[backslash...].starts(with: zero) { return true }
            rest = rest[(backslash + 1)...]
        }
        return false
    }

    private static let members = ["email", "external_id", "event", "at", "id", "properties"]

    /// Whatever is there has to be understood: a property in the wrong place would be lost unseen.
    private static func written(_ object: JSONObject) throws(RejectReason) -> Written {
        var written = Written()
        for (name, value) in object.members {
            guard members.contains(name) else {
                let place = suggestion(for: name, among: members) ?? "what is known of the event goes into \"properties\""
                throw RejectReason(text: "unknown member \"\(name.prefix(40))\": \(place)")
            }
            if value == .null { continue }
            switch name {
            case "email": written.email = try text(value, name)
            case "external_id": written.externalID = try textOrNumber(value, name)
            case "event": written.name = try text(value, name)
            case "at":
                guard let text = value.text else {
                    throw RejectReason(text: "the time is no text: write it like \"2026-11-02T09:30:00Z\"")
                }
                written.at = text
            case "id": written.id = try textOrNumber(value, name)
            default:
                guard case .object(let members) = value else { throw RejectReason(text: "\"properties\" is not an object") }
                written.properties = members
            }
        }
        return written
    }

    private static func text(_ value: JSONValue, _ name: String) throws(RejectReason) -> String {
        guard let text = value.text else { throw RejectReason(text: "\"\(name)\" is no text") }
        return text
    }

    private static func textOrNumber(_ value: JSONValue, _ name: String) throws(RejectReason) -> String {
        switch value {
        case .text(let text): return text
        case .integer(let number): return String(number)
        default: throw RejectReason(text: "\"\(name)\" is neither a text nor a whole number")
        }
    }

    private func entry(_ record: CSVRecord, _ columns: Columns) -> Result<EventStore.Entry, RejectReason> {
        guard record.count <= columns.names.count else {
            return .failure(RejectReason(text: "has \(record.count) fields where the first line names \(columns.names.count)"))
        }
        guard !record.holdsNUL else { return .failure(.holdsNUL) }
        var written = Written()
        for (index, meaning) in columns.meanings.enumerated() {
            guard meaning != Columns.remark, let text = record.field(index)?.trimmingSpaces, !text.isEmpty else { continue }
            switch meaning {
            case "email": written.email = text
            case "external_id": written.externalID = text
            case "event": written.name = text
            case "at": written.at = text
            case "id": written.id = text
            default: written.properties[meaning] = Self.value(text)
            }
        }
        return entry(written)
    }

    private static func value(_ text: String) -> JSONValue {
        switch text {
        case "true": true
        case "false": false
        default: JSONValue(tableNumber: text) ?? .text(text)
        }
    }

    /// A time of day in any of the forms that an event's own may have is kept as the instant it is: else no segment could compare it.
    private func timed(_ properties: JSONObject) -> JSONObject {
        var timed = properties
        for (name, value) in properties.members {
            guard case .text(let text) = value, (16...35).contains(text.utf8.count) else { continue }
            let bytes = Array(text.utf8)
            guard bytes[4] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T") || bytes[10] == 0x20, bytes[13] == UInt8(ascii: ":"),
                let instant = zone.instant(reading: text)
            else { continue }
            timed[name] = .text(instant.canonical)
        }
        return timed
    }

    private func entry(_ written: Written) -> Result<EventStore.Entry, RejectReason> {
        let externalID = written.externalID.flatMap { $0.isEmpty ? nil : $0 }
        let address: EmailAddress?
        do {
            let text = written.email?.trimmingSpaces ?? ""
            address = text.isEmpty && written.externalID?.isEmpty == false ? nil : try EmailAddress(text)
        } catch {
            return .failure(RejectReason(text: "the address \(error.rawValue)"))
        }
        if forgotten.contains(address, externalID: written.externalID) { return .failure(ForgottenPeople.reason) }
        guard let name = written.name, !name.isEmpty else { return .failure(RejectReason(text: "the event has no name")) }
        guard Self.isName(name) else {
            return .failure(
                RejectReason(
                    text: "the event's name is too long, has a blank at an end, or holds a quote, a backslash or a control character"))
        }
        guard written.properties.members.allSatisfy({ Self.isName($0.name) }) else {
            return .failure(
                RejectReason(
                    text:
                        "a property's name is empty or too long, has a blank at an end, or holds a quote, a backslash or a control character"
                ))
        }
        if let reason = Self.tooLong(written) { return .failure(reason) }
        guard let text = written.at, !text.isEmpty else { return .failure(RejectReason(text: "the event has no time")) }
        guard let at = zone.instant(reading: text) else {
            return .failure(RejectReason(text: "the time is not one: \(text.prefix(40))"))
        }
        guard at <= now.advanced(byMilliseconds: Self.ahead) else {
            return .failure(RejectReason(text: "the time is more than a day ahead: \(text.prefix(40))"))
        }
        guard at.milliseconds >= Self.earliest.daysSinceEpoch * 86_400_000 else {
            return .failure(RejectReason(text: "the time is before 1990: \(text.prefix(40))"))
        }
        return .success(
            EventStore.Entry(
                email: address, externalID: externalID, name: name, at: at, properties: timed(written.properties),
                givenID: written.id))
    }

    private static func tooLong(_ written: Written) -> RejectReason? {
        if let id = written.externalID, id.utf8.count > TextLimit.id { return .tooLong("external ID", TextLimit.id) }
        if let id = written.id, id.utf8.count > TextLimit.id { return .tooLong("event's ID", TextLimit.id) }
        guard let currency = written.properties[Currency.property]?.text, currency.utf8.count > TextLimit.currency else { return nil }
        return .tooLong("currency", TextLimit.currency)
    }

    /// What a segment can name, and a JSON path can reach.
    private static func isName(_ text: String) -> Bool {
        (text.utf8.count <= 64 || text.utf8.count <= TextLimit.name && text.count <= 64) && text.first?.isWhitespace == false
            && text.last?.isWhitespace == false
            && !text.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "`") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
    }
}

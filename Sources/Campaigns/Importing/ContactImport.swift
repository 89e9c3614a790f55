package import Model
package import Store
import Synchronization

/// Imports people from a CSV file, known by address, by the ID that another system has for them, or by both
/// (``PersonMatcher`` in the store says who is who).
///
/// Two passes: the first learns the encoding and what kind of value each column holds, the second writes, in transactions of
/// ``batch`` lines. A file that was imported in part is imported again without harm: what is known already is left as it is.
package struct ContactImport {
    package var contacts: ContactStore
    package var zone: Zone
    package var now: Instant
    /// Since when what the file says is true; nil for now. What was told of a later time stays as it is.
    package var since: Instant?
    /// Columns by their name in the file → the name they get.
    package var map: [String: String] = [:]
    /// Granted to everybody in the file; nil grants nothing.
    package var consent: ConsentTemplate?
    package var forgotten = ForgottenPeople.none
    package var dryRun = false

    private static let batch = 10_000

    package init(contacts: ContactStore, zone: Zone, now: Instant) {
        self.contacts = contacts
        self.zone = zone
        self.now = now
    }

    /// `progress` gets the number of lines read so far, now and then.
    package func run(_ path: String, progress: (Int) -> Void = { _ in }) throws -> ImportSummary {
        let survey = try Survey(path: path, map: map, zone: zone)
        guard survey.columns.index(of: "email") != nil || survey.columns.index(of: "external_id") != nil else {
            throw ImportProblem.missingColumn(path: path, column: "email", found: survey.columns.names, canMap: true)
        }
        let builder = EntryBuilder(survey: survey, zone: zone)
        var reader = try CSVReader(path: path, encoding: survey.encoding)
        var account = Account(Rejects(beside: path, header: survey.columns.names, dry: dryRun))
        if survey.encoding == .windows1252 { account.summary.notes.append("the file is not UTF-8: read as Windows-1252 (Latin-1)") }
        var record = CSVRecord()
        guard try reader.next(&record) else { throw ImportProblem.empty(path: path) }
        var seen = SeenPeople(furtherAddresses: try contacts.furtherAddresses())
        var batch: [PersonLine] = []
        var writing: BatchWriting?
        // What was read before a mistake that ends the import is kept.
        defer { writing?.join() }
        while try reader.next(&record) {
            account.summary.read += 1
            switch builder.entry(record).flatMap(refusingForgotten) {
            case .success(let entry):
                switch seen.place(of: entry, record) {
                case .new: batch.append(PersonLine(entry, record))
                case .later: break
                case .again(let reason): try account.rejects.reject(record, reason)
                }
            case .failure(let reason): try account.rejects.reject(record, reason)
            }
            if batch.count == Self.batch {
                try account.add(writing)
                writing = BatchWriting(batch, of: self)
                batch.removeAll(keepingCapacity: true)
                progress(account.summary.read)
            }
        }
        let (others, repeated) = seen.later()
        for record in repeated { try account.rejects.reject(record, SeenPeople.twice) }
        try account.add(writing)
        writing = BatchWriting(batch + others, of: self)
        try account.add(writing)
        return account.close()
    }

    private func refusingForgotten(_ entry: ContactStore.Entry) -> Result<ContactStore.Entry, RejectReason> {
        forgotten.contains(entry.email, externalID: entry.externalID) ? .failure(ForgottenPeople.reason) : .success(entry)
    }
}

/// What became of all lines.
private struct Account: ~Copyable {
    var summary = ImportSummary()
    var rejects: Rejects
    private var withdrawn = 0
    private var joined = 0

    init(_ rejects: consuming Rejects) {
        self.rejects = rejects
    }

    /// Waits for the batch and counts what came of it.
    mutating func add(_ batch: BatchWriting?) throws {
        guard let batch else { return }
        for (item, result) in zip(batch.items, try batch.finish()) {
            if result.staysWithdrawn { withdrawn += 1 }
            switch result.change {
            case .added: summary.added += 1
            case .updated: summary.updated += 1
            case .unchanged: summary.unchanged += 1
            case .joined:
                summary.updated += 1
                joined += 1
            case .twoPeople: if let record = item.record { try rejects.reject(record, .twoPeople) }
            case .nobody: if let record = item.record { try rejects.reject(record, EntryBuilder.nameless) }
            }
        }
    }

    consuming func close() -> ImportSummary {
        rejects.report(into: &summary)
        if joined > 0 {
            summary.notes.append(
                joined == 1
                    ? "1 person was known twice, by address and by external ID: they are one now"
                    : "\(joined) people were known twice, by address and by external ID: they are one each now")
        }
        if withdrawn > 0 {
            summary.notes.append(
                "\(withdrawn) had withdrawn their consent and stay so; a later opt-in is imported with: pitwall import consent")
        }
        return summary
    }
}

/// One batch on its way into the database, on a thread of its own, while the next is being read.
private final class BatchWriting: Sendable {
    typealias Results = [(id: ContactID, change: ContactStore.Change, staysWithdrawn: Bool)]

    let items: [PersonLine]
    private let outcome = Mutex<Result<Results, any Error>?>(nil)
    private let thread = Mutex<WorkerThread?>(nil)

    init(_ items: [PersonLine], of job: ContactImport) {
        self.items = items
        let made = WorkerThread("pitwall-import") { [self] in
            let written = Result {
                try job.contacts.record(
                    items.map(\.entry), consent: job.consent, since: job.since, at: job.now, source: "import", rehearsing: job.dryRun)
            }
            outcome.withLock { $0 = written }
        }
        thread.withLock { $0 = made }
    }

    /// Waits for its end.
    func join() {
        thread.withLock { $0 }?.join()
    }

    /// Waits for its end.
    func finish() throws -> Results {
        join()
        return try outcome.withLock { $0 }?.get() ?? []
    }
}

/// The first pass over a file of people.
private struct Survey {
    var columns: Columns
    var kinds: [ColumnKind]
    var encoding: TextEncoding

    init(path: String, map: [String: String], zone: Zone) throws {
        var reader = try CSVReader(path: path)
        var record = CSVRecord()
        guard try reader.next(&record) else { throw ImportProblem.empty(path: path) }
        var encoding = record.encoding
        columns = try Columns(record.fields, map: map, path: path)
        var kinds = [ColumnKind](repeating: ColumnKind(), count: record.count)
        while try reader.next(&record) {
            if record.encoding == .windows1252 { encoding = .windows1252 }
            for index in 0..<min(record.count, kinds.count) where kinds[index].isOpen {
                guard let text = record.trimmed(index) else { continue }
                kinds[index].see(text, zone: zone)
            }
        }
        self.encoding = encoding
        self.kinds = kinds
    }
}

private struct EntryBuilder {
    let survey: Survey
    let zone: Zone
    private let emailColumn: Int?
    private let roles: [Role]

    private enum Role {
        case externalID, language, standard, attribute
        /// A column of the file of rejected lines that says why they were.
        case remark
    }

    static let nameless = RejectReason(text: "the line has neither an address nor an external ID")

    init(survey: Survey, zone: Zone) {
        self.survey = survey
        self.zone = zone
        emailColumn = survey.columns.index(of: "email")
        roles = survey.columns.meanings.map { name in
            switch name {
            case Columns.remark: .remark
            case "external_id": .externalID
            case Contact.Standard.language.rawValue: .language
            default: Contact.Standard(rawValue: name) != nil ? .standard : .attribute
            }
        }
    }

    func entry(_ record: CSVRecord) -> Result<ContactStore.Entry, RejectReason> {
        let columns = survey.columns
        guard record.count <= columns.names.count else {
            return .failure(RejectReason(text: "has \(record.count) fields where the first line names \(columns.names.count)"))
        }
        let written = emailColumn.flatMap { record.trimmed($0) } ?? ""
        var address: EmailAddress?
        do {
            // Who has no address may be known by an external ID.
            if !written.isEmpty || columns.index(of: "external_id") == nil { address = try EmailAddress(written) }
        } catch {
            return .failure(RejectReason(text: "the address \(error.rawValue)"))
        }
        guard !record.holdsNUL else { return .failure(.holdsNUL) }
        var members: [(name: String, value: JSONValue)] = []
        members.reserveCapacity(record.count)
        var externalID: String?
        for index in 0..<record.count where index != emailColumn {
            guard let text = record.trimmed(index), !text.isEmpty else { continue }
            let name = columns.meanings[index]
            switch roles[index] {
            case .remark: break
            case .externalID: externalID = text
            case .language: members.append((name, .text(Self.language(text))))
            case .standard: members.append((name, .text(text)))
            case .attribute: members.append((name, survey.kinds[index].value(text, zone: zone)))
            }
        }
        guard address != nil || externalID != nil else { return .failure(Self.nameless) }
        if let externalID, externalID.utf8.count > TextLimit.id { return .failure(.tooLong("external ID", TextLimit.id)) }
        return .success(ContactStore.Entry(email: address, externalID: externalID, attributes: JSONObject(distinct: members)))
    }

    /// `it_IT` and `IT` are `it-it` and `it`.
    private static func language(_ text: String) -> String {
        let lower = text.lowercased()
        return lower.utf8.contains(UInt8(ascii: "_")) ? String(lower.map { $0 == "_" ? "-" : $0 }) : lower
    }
}

extension String {
    /// 64 bits that are the same on every run (FNV-1a).
    var stableHash: UInt64 {
        var text = self
        return text.withUTF8 { bytes in
            bytes.reduce(into: 0xCBF2_9CE4_8422_2325) { $0 = ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }
    }
}

package import Model
package import Store
import Synchronization

/// Imports people from a CSV file.
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
        guard let emailColumn = survey.columns.index(of: "email") else {
            throw ImportProblem.missingColumn(path: path, column: "email", found: survey.columns.names, canMap: true)
        }
        let builder = EntryBuilder(survey: survey, emailColumn: emailColumn, zone: zone)
        var reader = try CSVReader(path: path, encoding: survey.encoding)
        var rejects = Rejects(beside: path, header: survey.columns.names, dry: dryRun)
        var summary = ImportSummary()
        if survey.encoding == .windows1252 { summary.notes.append("the file is not UTF-8: read as Windows-1252 (Latin-1)") }
        var record = CSVRecord()
        guard try reader.next(&record) else { throw ImportProblem.empty(path: path) }
        var seen: Set<UInt64> = []
        var batch: [ContactStore.Entry] = []
        var withdrawn = 0
        var writing: BatchWriting?
        // What was read before a mistake that ends the import is kept.
        defer { writing?.join() }
        while try reader.next(&record) {
            summary.read += 1
            switch builder.entry(record) {
            case .success(let entry):
                guard !forgotten.contains(entry.email) else {
                    try rejects.reject(record, ForgottenPeople.reason)
                    continue
                }
                guard seen.insert(entry.email.key.stableHash).inserted else {
                    try rejects.reject(record, RejectReason(text: "this address is in the file already"))
                    continue
                }
                batch.append(entry)
            case .failure(let reason): try rejects.reject(record, reason)
            }
            if batch.count == Self.batch {
                try writing?.finish(into: &summary, &withdrawn)
                writing = BatchWriting(batch, of: self)
                batch.removeAll(keepingCapacity: true)
                progress(summary.read)
            }
        }
        try writing?.finish(into: &summary, &withdrawn)
        writing = BatchWriting(batch, of: self)
        try writing?.finish(into: &summary, &withdrawn)
        rejects.report(into: &summary)
        if withdrawn > 0 {
            summary.notes.append(
                "\(withdrawn) had withdrawn their consent and stay so; a later opt-in is imported with: pitwall import consent")
        }
        return summary
    }
}

/// One batch on its way into the database, on a thread of its own, while the next is being read.
private final class BatchWriting: Sendable {
    private enum Outcome: Sendable {
        case written(added: Int, updated: Int, unchanged: Int, withdrawn: Int)
        case failed(any Error)
    }

    private let outcome: Mutex<Outcome?>
    private let thread: Mutex<WorkerThread?>

    init(_ batch: [ContactStore.Entry], of job: ContactImport) {
        outcome = Mutex(nil)
        thread = Mutex(nil)
        let made = WorkerThread("pitwall-import") { [self] in
            do {
                let counts = try Self.write(batch, of: job)
                outcome.withLock { $0 = counts }
            } catch {
                outcome.withLock { $0 = .failed(error) }
            }
        }
        thread.withLock { $0 = made }
    }

    /// Waits for its end.
    func join() {
        thread.withLock { $0 }?.join()
    }

    /// Waits for its end and counts what was written.
    func finish(into summary: inout ImportSummary, _ withdrawn: inout Int) throws {
        join()
        switch outcome.withLock({ $0 }) {
        case .written(let added, let updated, let unchanged, let left):
            summary.added += added
            summary.updated += updated
            summary.unchanged += unchanged
            withdrawn += left
        case .failed(let error): throw error
        case nil: break
        }
    }

    private static func write(_ batch: [ContactStore.Entry], of job: ContactImport) throws -> Outcome {
        var counts: [ContactStore.Change: Int] = [:]
        var withdrawn = 0
        let results = try job.contacts.record(
            batch, consent: job.consent, since: job.since, at: job.now, source: "import", rehearsing: job.dryRun)
        for result in results {
            counts[result.change, default: 0] += 1
            if result.staysWithdrawn { withdrawn += 1 }
        }
        return .written(
            added: counts[.added] ?? 0, updated: counts[.updated] ?? 0, unchanged: counts[.unchanged] ?? 0, withdrawn: withdrawn)
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
    let emailColumn: Int
    let zone: Zone
    private let roles: [Role]

    private enum Role {
        case externalID, language, standard, attribute
        /// A column of the file of rejected lines that says why they were.
        case remark
    }

    init(survey: Survey, emailColumn: Int, zone: Zone) {
        self.survey = survey
        self.emailColumn = emailColumn
        self.zone = zone
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
        let address: EmailAddress
        do {
            address = try EmailAddress(record.trimmed(emailColumn) ?? "")
        } catch {
            return .failure(RejectReason(text: "the address \(error.rawValue)"))
        }
        guard !record.holdsNUL else { return .failure(RejectReason(text: "a field holds a NUL character")) }
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

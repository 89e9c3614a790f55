import Diagnostics
package import Model
package import Store

/// Imports statements of will: CSV with the columns email, topic, state, at, source, and text: the words they agreed to.
package struct ConsentImport {
    package var contacts: ContactStore
    package var consents: ConsentStore
    package var topics: [String]
    package var zone: Zone
    package var now: Instant
    /// For lines that name none.
    package var source: String?
    package var topic: String?
    package var wording: String?
    package var forgotten = ForgottenPeople.none
    package var dryRun = false

    package init(contacts: ContactStore, consents: ConsentStore, topics: [String], zone: Zone, now: Instant) {
        self.contacts = contacts
        self.consents = consents
        self.topics = topics
        self.zone = zone
        self.now = now
    }

    package func run(_ path: String, progress: (Int) -> Void = { _ in }) throws -> ImportSummary {
        let needed = topic == nil ? ["email", "topic", "state"] : ["email", "state"]
        var outlived = 0
        var summary = try importTable(path, needed: needed, dryRun: dryRun, progress: progress) { row in
            statement(row)
        } write: { statements, rejecting in
            var people = try contacts.identifiers(of: statements.map { $0.value.address.key })
            try remember(statements.map(\.value), knownAs: &people)
            var known: [Consent] = []
            for (row, statement) in statements {
                guard let id = people[statement.address.key] else {
                    try rejecting(row, RejectReason(text: "nobody with this address is known: import contacts first"))
                    continue
                }
                known.append(
                    Consent(
                        contact: id, topic: statement.topic, state: statement.state, at: statement.at, learnedAt: now,
                        source: statement.source, wording: statement.wording))
            }
            outlived += try consents.outlived(known)
            let new = dryRun ? known.count : try consents.record(known)
            return (new, known.count - new)
        }
        if outlived > 0 {
            summary.notes.append(
                """
                \(outlived) withdrew before a list or a form that was dated by its arrival granted them consent, and \
                \(outlived == 1 ? "consents" : "consent") still; a line without `at` withdraws as of now
                """)
        }
        return summary
    }

    /// Whoever has withdrawn is kept even where nobody knew them: the list that brings them in tomorrow must not be believed.
    private func remember(_ statements: [Statement], knownAs people: inout [String: ContactID]) throws {
        let strangers = statements.filter { $0.state == .withdrawn && people[$0.address.key] == nil }
        guard !dryRun else {
            for stranger in strangers { people[stranger.address.key] = ContactID(0) }
            return
        }
        let entries = strangers.map { ContactStore.Entry(email: $0.address, attributes: [:]) }
        for (stranger, added) in zip(strangers, try contacts.record(entries, at: now, source: "consent import")) {
            people[stranger.address.key] = added.id
        }
    }

    /// What a line says, of an address that may be nobody's.
    private struct Statement {
        var address: EmailAddress
        var topic: String
        var state: Consent.State
        var at: Instant
        var source: String
        var wording: String?
    }

    private func statement(_ row: TableRow) -> Result<Statement, RejectReason> {
        let name = row["topic"] ?? topic ?? ""
        guard topics.contains(name) else {
            let advice = suggestion(for: name, among: topics).map { ", \($0)" } ?? ""
            return .failure(RejectReason(text: "there is no such topic in pitwall.yaml: \(name)\(advice)"))
        }
        guard let state = Consent.State(word: row["state"] ?? "") else {
            return .failure(RejectReason(text: "the state is none of pending, confirmed, withdrawn: \(row["state"] ?? "")"))
        }
        let source = row["source"] ?? source ?? ""
        guard state != .confirmed || !source.isEmpty else {
            return .failure(RejectReason(text: "a confirmed consent needs its source"))
        }
        guard let at = row["at"].map({ zone.instant(reading: $0) }) ?? now else {
            return .failure(RejectReason(text: "the time is not one: \(row["at"] ?? "")"))
        }
        // A withdrawal counts from when it is told.
        guard state == .withdrawn || at <= now.advanced(byMilliseconds: EventReader.ahead) else {
            return .failure(RejectReason(text: "the time is more than a day ahead: \(row["at"] ?? "")"))
        }
        return row.address.flatMap { forgotten.contains($0) ? .failure(ForgottenPeople.reason) : .success($0) }.map {
            Statement(address: $0, topic: name, state: state, at: at, source: source, wording: row["text"] ?? wording)
        }
    }
}

/// Imports addresses that must not be written to: CSV with the columns email, and perhaps reason, at, source.
package struct SuppressionImport {
    package var consents: ConsentStore
    package var zone: Zone
    package var now: Instant
    package var source: String?
    package var forgotten = ForgottenPeople.none
    package var dryRun = false

    package init(consents: ConsentStore, zone: Zone, now: Instant) {
        self.consents = consents
        self.zone = zone
        self.now = now
    }

    package func run(_ path: String, progress: (Int) -> Void = { _ in }) throws -> ImportSummary {
        try importTable(path, needed: ["email"], dryRun: dryRun, progress: progress) { row -> Result<Suppression, RejectReason> in
            guard let reason = SuppressionReason(rawValue: row["reason"]?.lowercased() ?? SuppressionReason.unsubscribed.rawValue) else {
                return .failure(RejectReason(text: "the reason is none of undeliverable, unsubscribed, complaint: \(row["reason"] ?? "")"))
            }
            guard let at = row["at"].map({ zone.instant(reading: $0) }) ?? now else {
                return .failure(RejectReason(text: "the time is not one: \(row["at"] ?? "")"))
            }
            return row.address.flatMap {
                forgotten.contains($0) ? .failure(ForgottenPeople.reason) : .success($0)
            }.map {
                Suppression(address: $0, reason: reason, at: at, learnedAt: now, source: row["source"] ?? source ?? "import")
            }
        } write: { entries, _ in
            let new = dryRun ? entries.count : try consents.suppress(entries.map(\.value))
            return (new, entries.count - new)
        }
    }
}

/// A line of a table by the names of its columns; empty fields are nil.
struct TableRow {
    fileprivate var columns: Columns
    fileprivate var record: CSVRecord

    subscript(name: String) -> String? {
        guard let index = columns.index(of: name), let text = record.field(index)?.trimmingSpaces, !text.isEmpty else { return nil }
        return text
    }

    var address: Result<EmailAddress, RejectReason> {
        do {
            return .success(try EmailAddress(self["email"] ?? ""))
        } catch {
            return .failure(RejectReason(text: "the address \(error.rawValue)"))
        }
    }
}

/// Reads a table, turns each line into a value or a reason against it, and writes the values in batches.
///
/// `write` says how many of them were new and how many said nothing new; it may reject lines that turn out to be wrong.
private func importTable<Value>(
    _ path: String, needed: [String], dryRun: Bool, progress: (Int) -> Void,
    value: (TableRow) throws -> Result<Value, RejectReason>,
    write: ([(row: TableRow, value: Value)], _ rejecting: (TableRow, RejectReason) throws -> Void) throws -> (new: Int, unchanged: Int)
) throws -> ImportSummary {
    var reader = try CSVReader(path: path)
    var record = CSVRecord()
    guard try reader.next(&record) else { throw ImportProblem.empty(path: path) }
    let columns = try Columns(record.fields, path: path)
    for name in needed where columns.index(of: name) == nil {
        throw ImportProblem.missingColumn(path: path, column: name, found: columns.names, canMap: false)
    }
    try CSVReader.proveReadable(path)
    var rejects = Rejects(beside: path, header: columns.names, dry: dryRun)
    var summary = ImportSummary()
    var batch: [(row: TableRow, value: Value)] = []
    func flush() throws {
        guard !batch.isEmpty else { return }
        let written = try write(batch) { row, reason in try rejects.reject(row.record, reason) }
        summary.added += written.new
        summary.unchanged += written.unchanged
        batch.removeAll(keepingCapacity: true)
        progress(summary.read)
    }
    while try reader.next(&record) {
        summary.read += 1
        guard record.count <= columns.names.count else {
            try rejects.reject(
                record, RejectReason(text: "has \(record.count) fields where the first line names \(columns.names.count)"))
            continue
        }
        let row = TableRow(columns: columns, record: record)
        switch try value(row) {
        case .success(let value): batch.append((row, value))
        case .failure(let reason): try rejects.reject(record, reason)
        }
        if batch.count == 10_000 { try flush() }
    }
    try flush()
    rejects.report(into: &summary)
    return summary
}

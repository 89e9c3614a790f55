package import Model
package import Store
import Synchronization

/// Imports what people did: lines of JSON `{"email", "event", "at", "properties", "id"}`, or CSV with the columns email,
/// event, at, perhaps id and external_id, and the rest as properties. The same line twice is one event, in whatever order and
/// however late it comes.
///
/// What is not taken in is kept in a file beside the input, each line with its reason: a line that is none, an event of
/// somebody nobody knows (unless ``unknown`` says to make a contact), a time more than a day ahead or before 1990, an event
/// older than what is kept of its kind, a person who asked to be forgotten.
package struct EventImport: Sendable {
    package var events: EventStore
    package var zone: Zone
    package var now: Instant
    package var unknown = UnknownContact.reject
    package var forgotten = ForgottenPeople.none
    package var dryRun = false

    /// In memory twice at most: one batch is read while the one before is written.
    private static let batch = 50_000

    package init(events: EventStore, zone: Zone, now: Instant) {
        self.events = events
        self.zone = zone
        self.now = now
    }

    /// `progress` gets the number of lines read so far, now and then.
    package func run(_ path: String, progress: (Int) -> Void = { _ in }) throws -> ImportSummary {
        var lines = try EventLines(path)
        let reader = EventReader(columns: lines.columns, zone: zone, now: now, forgotten: forgotten)
        var account = Account(Rejects(beside: path, header: lines.columns?.names, dry: dryRun))
        var batch: [EventBatch.Item] = []
        var writing: EventBatch?
        // What was read before a mistake that ends the import is kept.
        defer { writing?.join() }
        while let line = try lines.next() {
            account.summary.read += 1
            switch reader.entry(line) {
            case .success(let entry): batch.append(EventBatch.Item(line: line, entry: entry))
            case .failure(let reason): try account.reject(line, reason)
            }
            if batch.count == Self.batch {
                try account.add(writing)
                writing = EventBatch(batch, of: self)
                batch.removeAll(keepingCapacity: true)
                progress(account.summary.read)
            }
        }
        try account.add(writing)
        writing = EventBatch(batch, of: self)
        try account.add(writing)
        return account.close()
    }
}

/// What became of all lines.
private struct Account: ~Copyable {
    var summary = ImportSummary()
    private var rejects: Rejects
    private var newContacts = 0
    private var contradicting = 0

    init(_ rejects: consuming Rejects) {
        self.rejects = rejects
    }

    mutating func reject(_ line: EventLine, _ reason: RejectReason) throws {
        switch line {
        case .json(let number, let bytes): try rejects.reject(line: number, text: String(decoding: bytes, as: UTF8.self), reason)
        case .table(let record): try rejects.reject(record, reason)
        }
    }

    /// Waits for the batch and counts what came of it.
    mutating func add(_ batch: EventBatch?) throws {
        guard let batch else { return }
        let (results, made) = try batch.finish()
        newContacts += made
        for (item, result) in zip(batch.items, results) {
            switch result {
            case .added: summary.added += 1
            case .known: summary.unchanged += 1
            case .contradicting:
                summary.unchanged += 1
                contradicting += 1
            case .noContact: try reject(item.line, .unknown(item.entry.email, item.entry.externalID))
            case .twoPeople: try reject(item.line, .twoPeople)
            case .faded: try reject(item.line, RejectReason(text: "it is older than what is kept of this event", isRule: true))
            }
        }
    }

    consuming func close() -> ImportSummary {
        rejects.report(into: &summary)
        if newContacts > 0 {
            summary.notes.append(
                newContacts == 1
                    ? "1 person was not known and is a new contact, without consent to anything"
                    : "\(newContacts) people were not known and are new contacts, without consent to anything")
        }
        if contradicting > 0 {
            let one = "1 event that is known by its id says"
            let them = contradicting == 1 ? one : "\(contradicting) events that are known by their id say"
            summary.notes.append("\(them) something else than the first time: what was told first stays")
        }
        return summary
    }
}

/// One batch on its way into the database, on a thread of its own, while the next is being read.
private final class EventBatch: Sendable {
    struct Item: Sendable {
        var line: EventLine
        var entry: EventStore.Entry
    }

    private typealias Outcome = Result<(results: [EventStore.Result], newContacts: Int), any Error>

    let items: [Item]
    private let outcome = Mutex<Outcome?>(nil)
    private let thread = Mutex<WorkerThread?>(nil)

    init(_ items: [Item], of job: EventImport) {
        self.items = items
        let made = WorkerThread("pitwall-import") { [self] in
            let written = Result { try Self.write(items.map(\.entry), job) }
            outcome.withLock { $0 = written }
        }
        thread.withLock { $0 = made }
    }

    func join() {
        thread.withLock { $0 }?.join()
    }

    func finish() throws -> (results: [EventStore.Result], newContacts: Int) {
        join()
        return try outcome.withLock { $0 }?.get() ?? ([], 0)
    }

    private static func write(_ entries: [EventStore.Entry], _ job: EventImport) throws -> (
        results: [EventStore.Result], newContacts: Int
    ) {
        try job.events.record(entries, unknown: job.unknown, at: job.now, rehearsing: job.dryRun)
    }
}

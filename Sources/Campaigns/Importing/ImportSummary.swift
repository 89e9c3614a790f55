import Foundation
import Model

/// What an import did.
package struct ImportSummary: Sendable {
    package var read = 0
    package var added = 0
    package var updated = 0
    /// Said nothing new.
    package var unchanged = 0
    package var rejected = 0
    /// Those of the rejected lines that are as they should be, and are turned away by a rule: a person who asked to be forgotten, an
    /// event that is older than what is kept.
    package var turnedAway = 0
    /// Where the rejected lines are, each with its reason.
    package var rejectedFile: String?
    /// The most frequent reasons first.
    package var reasons: [(reason: String, count: Int)] = []
    /// Things worth knowing that are no mistakes.
    package var notes: [String] = []

    package init() {}

    /// How the import ended.
    package var ending: Ending {
        let mistakes = rejected - turnedAway
        if mistakes == 0 { return .whole }
        return mistakes == read ? .nothing : .inPart
    }

    package enum Ending: Hashable, Sendable {
        case whole
        /// Some lines are wrong, and were rejected.
        case inPart
        /// No line could be taken in.
        case nothing
    }
}

/// Why a line is not taken in.
struct RejectReason: Error {
    var text: String
    /// The line is as it should be, and stays out by a rule.
    var isRule = false
}

extension RejectReason {
    static let holdsNUL = RejectReason(text: "a field holds a NUL character")

    static func tooLong(_ what: String, _ limit: Int) -> RejectReason {
        RejectReason(text: "the \(what) is longer than \(limit) bytes")
    }

    /// Which of the two it is about, nobody can know; see `PersonMatcher` in the store.
    static let twoPeople = RejectReason(
        text: """
            the external ID is that of somebody with another address: if both are one person, leave the ID out here, then: \
            pitwall contacts merge ADDRESS external:ID
            """)

    /// Nobody has this address, this ID of another system, or either.
    static func unknown(_ email: EmailAddress?, _ externalID: String?) -> RejectReason {
        let name =
            switch (email, externalID) {
            case (_, nil): "address"
            case (nil, _): "external ID"
            default: "address or external ID"
            }
        return RejectReason(text: "nobody with this \(name) is known: import contacts first")
    }
}

/// Collects rejected lines in a file beside the input: `people.csv` → `people.rejected.csv`.
///
/// The file is written only when something is rejected, and a stale one of an earlier run is removed.
struct Rejects: ~Copyable {
    /// What stands before the columns of the input.
    static let columns = ["line", "reason"]

    private let path: String
    private let header: String
    private let dry: Bool
    private var handle: FileHandle?
    private var reasons: [String: Int] = [:]
    private(set) var count = 0
    private var turnedAway = 0

    /// `header`: the first line of a CSV file, nil for lines of JSON.
    init(beside input: String, header: [String]?, dry: Bool) {
        let url = URL(fileURLWithPath: input)
        let name = url.deletingPathExtension().lastPathComponent
        let ending = url.pathExtension.isEmpty ? "txt" : url.pathExtension
        path = url.deletingLastPathComponent().appendingPathComponent("\(name).rejected.\(ending)").path
        self.header = header.map { Self.csv(Self.columns + $0) } ?? ""
        self.dry = dry
        if !dry { try? FileManager.default.removeItem(atPath: path) }
    }

    mutating func reject(_ record: borrowing CSVRecord, _ reason: RejectReason) throws(ImportProblem) {
        try add(Self.csv([String(record.line), reason.text] + record.fields), reason)
    }

    /// A line of JSON, kept as it was, behind its number and reason.
    mutating func reject(line: Int, text: String, _ reason: RejectReason) throws(ImportProblem) {
        try add("\(line)\t\(reason.text)\t\(text)\n", reason)
    }

    private mutating func add(_ text: String, _ reason: RejectReason) throws(ImportProblem) {
        count += 1
        if reason.isRule { turnedAway += 1 }
        // A reason may name a value; the summary counts what stands before it.
        reasons[reason.text.split(separator: ":").first.map { String($0) } ?? reason.text, default: 0] += 1
        if dry { return }
        do {
            if handle == nil {
                guard FileManager.default.createFile(atPath: path, contents: Data(header.utf8), attributes: [.posixPermissions: 0o600]),
                    let made = FileHandle(forWritingAtPath: path)
                else { throw ImportProblem.cannotWrite(path: path, reason: String(cString: strerror(errno))) }
                handle = made
                try made.seekToEnd()
            }
            try handle?.write(contentsOf: Data(text.utf8))
        } catch let problem as ImportProblem {
            throw problem
        } catch {
            throw .cannotWrite(path: path, reason: "\(error.localizedDescription)")
        }
    }

    func report(into summary: inout ImportSummary) {
        summary.rejected = count
        summary.turnedAway = turnedAway
        summary.rejectedFile = handle == nil ? nil : path
        summary.reasons = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    private static func csv(_ fields: [String]) -> String {
        fields.map { field in
            field.contains { ",\"\n\r".contains($0) }
                ? "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : field
        }.joined(separator: ",") + "\n"
    }
}

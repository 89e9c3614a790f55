/// Why a file can't be imported at all. A bad line is no such thing: it is rejected, and the rest goes on.
package enum ImportProblem: Error, Sendable {
    case cannotRead(path: String, reason: String)
    case cannotWrite(path: String, reason: String)
    case empty(path: String)
    case utf16(path: String)
    case openQuote(path: String, line: Int)
    case longRecord(path: String, line: Int)
    /// `canMap`: the import has a setting that gives columns other names.
    case missingColumn(path: String, column: String, found: [String], canMap: Bool)
    case badColumn(path: String, number: Int, reason: String)
    case duplicateColumn(path: String, name: String)
    case unknownMapping(column: String, found: [String])
    case unknownTopic(String, hint: String?)
    case confirmedWithoutSource
}

extension ImportProblem: CustomStringConvertible {
    package var description: String { hint.map { "\(message)\n  \($0)" } ?? message }

    package var message: String {
        switch self {
        case .cannotRead(let path, let reason): "\(path) can't be read: \(reason)"
        case .cannotWrite(let path, let reason): "\(path) can't be written: \(reason)"
        case .empty(let path): "\(path) is empty"
        case .utf16(let path): "\(path) is in UTF-16"
        case .openQuote(let path, let line): "\(path):\(line): a quote that opens in this record is never closed"
        case .longRecord(let path, let line): "\(path):\(line): a record longer than 4 MB"
        case .missingColumn(let path, let column, let found, _):
            "\(path) has no column \"\(column)\"; it has \(found.map { "\"\($0)\"" }.joined(separator: ", "))"
        case .badColumn(let path, let number, let reason): "\(path): the name of column \(number) \(reason)"
        case .duplicateColumn(let path, let name): "\(path) has two columns \"\(name)\""
        case .unknownMapping(let column, let found):
            "--map names a column \"\(column)\" that is not there; there are \(found.map { "\"\($0)\"" }.joined(separator: ", "))"
        case .unknownTopic(let topic, _): "there is no topic \"\(topic)\" in pitwall.yaml"
        case .confirmedWithoutSource: "a confirmed consent needs its source"
        }
    }

    package var hint: String? {
        switch self {
        case .cannotRead: "check the path and its permissions"
        case .cannotWrite: "rejected lines are kept in a file beside the input: make the folder writable, or copy the input elsewhere"
        case .empty: "a table names its columns in the first line; of events, a line of JSON each will do"
        case .utf16: "save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\")"
        case .openQuote: "close it, or double the quotes inside: \"\""
        case .longRecord: "is a quote missing further up?"
        case .missingColumn(_, let column, let found, let canMap):
            "name it in the first line" + (canMap ? ", or say which it is: --map \"\(found.first ?? "COLUMN")=\(column)\"" : "")
        case .badColumn: "give it a name of letters, digits, spaces, - and _"
        case .duplicateColumn: "rename one of them"
        case .unknownMapping: nil
        case .unknownTopic(_, let hint): hint ?? "add it under `topics:`"
        case .confirmedWithoutSource: "say where people agreed: --source \"signup form on example.com, 2026\""
        }
    }
}

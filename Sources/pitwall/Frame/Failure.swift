import ArgumentParser
import Campaigns
import Database
import Diagnostics
import Foundation
import Inbox
import Liquid
import SMTP
import Signing
import Store
import Workspace

/// What programs that call this one go by (`sysexits.h`, and two of our own).
enum Code {
    /// Something was found wrong.
    static let found = ExitCode(1)
    static let usage = ExitCode(64)
    static let input = ExitCode(65)
    static let relay = ExitCode(69)
    static let cannotWrite = ExitCode(73)
    /// Stopped part-way; can be taken up again.
    static let resumable = ExitCode(75)
    static let settings = ExitCode(78)
}

/// The one place that turns errors into words on standard error and an exit code.
enum Failure {
    static func end(with error: any Error) -> Never {
        guard let (text, code) = explain(error) else { Pitwall.exit(withError: error) }
        if !text.isEmpty { Console.error(text) }
        Foundation.exit(code.rawValue)
    }

    /// Nil for what the argument parser explains itself: usage and help.
    private static func explain(_ error: any Error) -> (String, ExitCode)? {
        switch error {
        case let list as DiagnosticList: (list.items.map(Console.render).joined(separator: "\n\n"), code(of: list.items))
        case let diagnostic as Diagnostic: (Console.render(diagnostic), code(of: [diagnostic]))
        case let use as UseError: (headed(use.message, use.hint), code(of: use))
        case let problem as ImportProblem: (headed(problem.message, problem.hint), code(of: problem))
        case let failure as DatabaseError: (headed(failure.message, failure.hint), code(of: failure))
        case let missing as WorkspaceError: (headed("\(missing.path): \(missing.message)", missing.hint), Code.input)
        case let signing as SigningError: (headed(signing.message, signing.hint), Code.settings)
        case let relay as RelayError: (headed("\(relay)", relay.hint), Code.relay)
        case let inbox as InboxError: (headed(inbox.message, inbox.hint), Code.cannotWrite)
        case let recorder as FlightRecorder.Problem: explain(recorder)
        default: nil
        }
    }

    private static func explain(_ problem: FlightRecorder.Problem) -> (String, ExitCode) {
        switch problem {
        case .inUse:
            (headed("\(problem)", "see which with: pitwall campaigns list"), Code.resumable)
        case .cannotOpen:
            (headed("\(problem)", "it lies beside the database: check the folder's permissions and the disk"), Code.cannotWrite)
        }
    }

    private static func headed(_ message: String, _ hint: String?) -> String {
        "\(Console.red("error:", on: .error)) \(message)" + (hint.map { "\n  \($0)" } ?? "")
    }

    private static func code(of items: [Diagnostic]) -> ExitCode {
        items.contains { $0.source.name == WorkspaceFolder.settingsFile } ? Code.settings : Code.input
    }

    private static func code(of use: UseError) -> ExitCode {
        switch use.kind {
        case .usage: Code.usage
        case .input: Code.input
        case .settings: Code.settings
        case .notNow: Code.resumable
        case .cannotWrite: Code.cannotWrite
        case .relay: Code.relay
        }
    }

    private static func code(of problem: ImportProblem) -> ExitCode {
        if case .cannotWrite = problem { Code.cannotWrite } else { Code.input }
    }

    private static func code(of failure: DatabaseError) -> ExitCode {
        switch failure.code {
        case .full, .cannotOpen, .readOnly: Code.cannotWrite
        case .busy, .lost, .inDoubt: Code.resumable
        case .damaged, .newerSchema, .unfit: Code.settings
        case .constraint, .other: Code.cannotWrite
        }
    }
}

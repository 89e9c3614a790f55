import Campaigns
import Foundation
import Model

/// Asks before something that can't be taken back, on a terminal; elsewhere `--yes` has to say so.
enum Confirmation {
    /// - Throws: where the answer is no, or nobody can be asked.
    static func require(_ question: String, yes: Bool) throws {
        if yes { return }
        guard Console.isTerminal(.output), isatty(STDIN_FILENO) == 1 else {
            throw UseError(.usage, "nothing was done, since nobody can be asked here", hint: "say it with --yes")
        }
        Console.write("\(question) [y/N] ", to: .error)
        guard ["y", "yes"].contains(readLine()?.trimmingSpaces.lowercased() ?? "") else {
            throw UseError(.notNow, "nothing was done")
        }
    }
}

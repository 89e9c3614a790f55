import ArgumentParser
import Campaigns
import Diagnostics
import Foundation
import Model
import Segments
import Workspace

extension SegmentsCommand {
    struct Format: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fmt", abstract: "Write segments in their canonical form: one clause a line, comments kept.")

        @Argument(help: "The segment's name; all where it is left out.")
        var name: String?

        @Flag(name: .long, help: "Change nothing; end with 1 where a file would change.")
        var check = false

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let disk = try DiskFiles(root: try workspace.root())
            let files = SegmentFiles(disk)
            let names = try files.names()
            if let name, !names.contains(name) { throw Choice.unknown(name, names) }
            var changed: [String] = []
            var mistakes: [Diagnostic] = []
            for name in name.map({ [$0] }) ?? names {
                do {
                    guard let source = try files.source(name) else { continue }
                    let formatted = try SegmentSyntax(parsing: source).formatted
                    guard Array(formatted.utf8) != source.bytes else { continue }
                    changed.append(source.name)
                    if !check { try Self.write(formatted, to: "\(disk.root)/\(source.name)") }
                } catch let list as DiagnosticList {
                    mistakes += list.items
                }
            }
            try report(changed, of: name == nil ? names.count : 1, mistakes)
        }

        private func report(_ changed: [String], of count: Int, _ mistakes: [Diagnostic]) throws {
            if json {
                Console.print(
                    json: .object([
                        "looked": .integer(Int64(count)), "changed": .list(changed.map { .text($0) }),
                        "checks": .list(mistakes.map(\.json)),
                    ]))
            } else {
                for path in changed { Console.print(check ? "\(path) would change" : path) }
                for item in mistakes { Console.error(Console.render(item) + "\n") }
                if changed.isEmpty, mistakes.isEmpty { Console.print("\(Console.green("✓")) \(Console.count(count, "segment")) in form.") }
            }
            if !mistakes.isEmpty { throw Code.input }
            if check, !changed.isEmpty { throw Code.found }
        }

        /// Whole or not at all.
        private static func write(_ text: String, to path: String) throws(DiagnosticList) {
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            } catch {
                throw DiagnosticList([
                    Diagnostic("the file can't be written", in: SourceText(name: path, text: ""), hint: "check its permissions")
                ])
            }
        }
    }
}

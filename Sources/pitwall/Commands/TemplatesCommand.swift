import ArgumentParser
import Campaigns
import Diagnostics
import Foundation
import Liquid
import Model
import Templating
import Workspace

struct TemplatesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "templates", abstract: "What: list, check and render templates.", subcommands: [List.self, Check.self, Render.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "The templates of the workspace.")

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let library = try workspace.templates()
            var table = Table([("template", .left), ("languages", .left)])
            var rows: [JSONValue] = []
            for name in try library.names() {
                let languages = (try? library.load(name))?.languages ?? []
                table.add(name, languages.joined(separator: ", "))
                rows.append(.object(["name": .text(name), "languages": .list(languages.map { .text($0) })]))
            }
            if json { return Console.print(json: .object(["templates": .list(rows)])) }
            if table.rows.isEmpty { return Console.print("There are no templates yet: make Templates/NAME.md") }
            table.print()
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "check", abstract: "Look for mistakes in one template or all.")

        @Argument(help: "The template's name; all where it is left out.")
        var name: String?

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let library = try workspace.templates()
            let names = try library.names()
            if let name, !names.contains(name) {
                throw UseError(.input, "there is no template \"\(name)\"", hint: suggestion(for: name, among: names))
            }
            var checks = Checks()
            for name in name.map({ [$0] }) ?? names {
                checks.looked += 1
                do {
                    checks.add(try library.load(name).warnings)
                } catch {
                    checks.add(error.items)
                }
            }
            try checks.report("template", json: json)
        }
    }

    struct Render: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "render",
            abstract: "Render one file with data, to standard output. Needs no workspace.",
            discussion: "A partial NAME is found in --partials DIR as NAME or NAME.liquid.")

        enum Mode: String, ExpressibleByArgument, CaseIterable {
            case html, text
        }

        @Argument(help: "The template.", completion: .file())
        var file: String

        @Option(name: .long, help: ArgumentHelp("The data: a JSON object.", valueName: "file"), completion: .file())
        var data: String?

        @Option(name: .customLong("as"), help: "text: as it is; html: every value escaped unless `| raw`.")
        var mode = Mode.text

        @Option(name: .long, help: ArgumentHelp("Where partials are.", valueName: "dir"), completion: .directory)
        var partials: String?

        func run() throws {
            let source = SourceText(name: file, bytes: try Self.read(file))
            var values = JSONValue.object([:])
            if let data {
                do {
                    values = try JSONValue(parsing: try Self.read(data))
                } catch {
                    throw UseError(.input, "\(data): \((error as? JSONError)?.description ?? "\(error)")")
                }
            }
            let files: any FileSource = try partials.map { try DiskFiles(root: $0) } ?? FrozenFiles([:])
            Console.write(
                try StandaloneTemplate.render(
                    source, data: values, mode: mode == .html ? .html : .text, partials: files, now: Clock.now()), to: .output)
        }

        private static func read(_ path: String) throws -> [UInt8] {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw UseError(.input, "\(path) can't be read", hint: "check the path and its permissions")
            }
            return Array(data)
        }
    }
}

import ArgumentParser
import Campaigns
import Foundation
import Model
import Signing
import Workspace

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a workspace in an empty or new folder.",
        discussion: "With Templates/, Segments/, Campaigns/, a small first newsletter, the topics newsletter and offers, and a keys file.")

    @Argument(help: "The folder; this one where it is left out.", completion: .directory)
    var dir = "."

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    func run() throws {
        let manager = FileManager.default
        let root = URL(fileURLWithPath: dir).standardizedFileURL.path
        if let entries = try? manager.contentsOfDirectory(atPath: root), !entries.filter({ $0 != ".git" }).isEmpty {
            throw UseError(.input, "\(root) is not empty", hint: "name a new folder: pitwall init news")
        }
        for (path, text) in Scaffold.files {
            let target = "\(root)/\(path)"
            let folder = URL(fileURLWithPath: target).deletingLastPathComponent().path
            do {
                try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw UseError(.cannotWrite, "\(folder) can't be made", hint: "check the permissions of the folder above it")
            }
            try Files.write(Array(text.utf8), to: target)
        }
        try manager.createDirectory(atPath: "\(root)/secrets", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        _ = try Keys.create(at: "\(root)/secrets/keys")
        if json { return Console.print(json: .object(["workspace": .text(root), "files": .list(Scaffold.files.map { .text($0.path) })])) }
        Console.print("\(Console.green("✓")) A workspace in \(root):")
        for (path, _) in Scaffold.files { Console.print("  \(path)") }
        Console.print(Console.dim("  secrets/keys   (keep it: links in messages are signed with it)"))
        Console.print()
        Console.print("next:")
        if dir != "." { Console.print("  cd \(dir)") }
        Console.print("  edit pitwall.yaml: your organisation's name and address")
        Console.print("  pitwall import contacts people.csv --topic newsletter --consent confirmed --source \"signup form\"")
        Console.print("  pitwall plan welcome && pitwall preview welcome")
    }
}

import ArgumentParser
import Campaigns
import Foundation
import Model
import Signing
import Workspace

struct DKIMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dkim", abstract: "Make keys that sign mail, and show the DNS records they need.",
        discussion: """
            A signature (DKIM) tells receivers that the mail is really yours; the big mailbox providers refuse bulk mail without one.
            The private key stays on this machine; its public half goes into the DNS of the domain that mail is from.
            """,
        subcommands: [New.self, Show.self])
}

extension DKIMCommand {
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new", abstract: "Make a key.",
            discussion: """
                Written to secrets/dkim-DOMAIN-SELECTOR.pem, readable by you only. An RSA key is what every receiver can check; an
                Ed25519 key may stand beside one, under another selector. To change a key, make one under a new selector, publish
                it, put it into pitwall.yaml, and take the old record away a week later.
                """)

        @Argument(help: "The domain that mail is from, such as example.com.")
        var domain: String

        @Option(name: .long, help: ArgumentHelp("The key's name in DNS, such as s1 or 2026-11.", valueName: "name"))
        var selector: String

        @Option(name: .long, help: ArgumentHelp("rsa or ed25519.", valueName: "kind"))
        var algorithm = DKIMKey.Algorithm.rsa

        @Option(name: .long, help: ArgumentHelp("The length of an RSA key: 2048 to 8192.", valueName: "count"))
        var bits = DKIMKey.goodRSA

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func validate() throws {
            guard DKIMSettings.isDomain(domain) else {
                throw ValidationError("\"\(domain)\" is no domain: write it like example.com, and one outside ASCII as xn--…")
            }
            guard DKIMSettings.isSelector(selector) else {
                throw ValidationError("\"\(selector)\" is no selector: letters, digits, hyphens and dots, such as s1")
            }
            guard (DKIMKey.goodRSA...8192).contains(bits) else { throw ValidationError("--bits is 2048 to 8192") }
        }

        func run() throws {
            let root = try workspace.root()
            let domain = domain.lowercased()
            let file = "secrets/dkim-\(domain)-\(selector).pem"
            try Secrets.prepare(in: root)
            let key = try DKIMKey.generate(algorithm, bits: bits)
            try key.create(at: "\(root)/\(file)")
            let shown = ShownKey(domain: domain, selector: selector, file: file, key: key)
            if json { return Console.print(json: shown.json) }
            let kind = algorithm == .rsa ? "RSA key of \(bits) bits" : "Ed25519 key"
            Console.print("\(Console.green("✓")) \(Console.bold(file)): a new \(kind), readable by you only. Keep a copy in a safe place.")
            Console.print()
            shown.print()
            Console.print("next:")
            Console.print(
                "  1. Publish the record where the DNS of \(domain) is kept. A form asks for the name and the text, without quotes.")
            Console.print("  2. Add the key to pitwall.yaml:")
            Console.print(Console.dim("       dkim:"))
            Console.print(Console.dim("         - {domain: \(domain), selector: \(selector), key_file: \(file)}"))
            if algorithm == .ed25519 {
                Console.print("     beside an RSA key of the same domain: many receivers cannot check Ed25519 yet.")
            }
            Console.print("  3. When the record is out (minutes to hours): pitwall doctor")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show the DNS records of the keys in pitwall.yaml.")

        @Argument(help: "Of this domain only.")
        var domain: String?

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let root = try workspace.root()
            let settings = try CampaignDefinition.settings(try DiskFiles(root: root))
            let known = settings.dkim.keys
            let keys = known.filter { domain == nil || $0.domain == domain?.lowercased() }
            guard !keys.isEmpty else {
                if known.isEmpty, settings.dkim.relaySigns {
                    throw UseError(.settings, "pitwall.yaml says dkim: relay: the relay signs, and its keys are there")
                }
                let names = Set(known.map(\.domain)).sorted().joined(separator: ", ")
                throw UseError(
                    .settings, domain.map { "pitwall.yaml has no DKIM key for \($0)" } ?? "pitwall.yaml has no DKIM keys",
                    hint: known.isEmpty ? "make one with: pitwall dkim new DOMAIN --selector s1" : "there are keys for: \(names)")
            }
            let shown = try keys.map { key in
                let path = key.keyFile.hasPrefix("/") ? key.keyFile : "\(root)/\(key.keyFile)"
                return ShownKey(domain: key.domain, selector: key.selector, file: key.keyFile, key: try DKIMKey(contentsOf: path))
            }
            if json { return Console.print(json: .object(["keys": .list(shown.map(\.json))])) }
            for key in shown { key.print() }
            Console.print("next: publish what is not in the DNS yet, then see whether it is the same with: pitwall doctor")
            Console.print(Console.dim("A DMARC record, _dmarc.\(shown[0].domain) TXT \"v=DMARC1; p=none\", is asked for beside it."))
        }
    }
}

extension DKIMKey.Algorithm: ExpressibleByArgument {}

/// A key and its DNS record, for people and programs.
private struct ShownKey {
    var domain: String
    var selector: String
    var file: String
    var key: DKIMKey

    private var kind: String { key.algorithm == .rsa ? "rsa, \(key.bits) bits" : key.algorithm.rawValue }

    func print() {
        Console.print("\(Console.bold(DKIMRecord.name(domain: domain, selector: selector)))  \(Console.dim("TXT, \(kind), \(file)"))")
        for warning in key.warnings { Console.print(Console.yellow("  ! \(warning)")) }
        Console.print()
        for line in DKIMRecord.zoneLine(domain: domain, selector: selector, key: key).split(separator: "\n") { Console.print("\(line)") }
        Console.print()
    }

    var json: JSONValue {
        let value = DKIMRecord.value(of: key)
        return .object([
            "domain": .text(domain), "selector": .text(selector), "algorithm": .text(key.algorithm.rawValue),
            "bits": .integer(Int64(key.bits)), "key_file": .text(file), "name": .text(DKIMRecord.name(domain: domain, selector: selector)),
            "value": .text(value), "strings": .list(DKIMRecord.strings(value).map { .text($0) }),
            "warnings": .list(key.warnings.map { .text($0) }),
        ])
    }
}

/// The folder for what nobody else may see, kept out of git.
private enum Secrets {
    static func prepare(in root: String) throws {
        let folder = "\(root)/secrets"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw UseError(.cannotWrite, "\(folder) can't be made", hint: "check the permissions of the workspace")
        }
        let ignored = (try? String(contentsOfFile: "\(root)/.gitignore", encoding: .utf8)) ?? ""
        let lines = ignored.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        let isIgnored = ["secrets/", "secrets", "/secrets/", "/secrets"].contains { lines.contains($0) }
        if !isIgnored, !FileManager.default.fileExists(atPath: "\(folder)/.gitignore") {
            try Files.write(Array("*\n".utf8), to: "\(folder)/.gitignore")
        }
    }
}

import Foundation
import Mail
import Model

/// Two programs that check signatures and were not written here. Public keys come from a list: nobody is asked in the DNS.
enum Verifiers {
    static let hasDkimpy = runs(["python3", "-c", "import dkim, nacl"])
    static let hasOpenDKIM = runs(["opendkim", "-V"])

    static let noDkimpy = "dkimpy (PyPI, with ed25519) is not there: scripts/test.sh installs it"
    static let noOpenDKIM = "OpenDKIM (Debian: opendkim) is not there"

    struct Trouble: Error, CustomStringConvertible {
        var description: String
    }

    /// What dkimpy says of each message: one letter a signature, from the top, `+` for a good one.
    static func dkimpy(_ messages: [[UInt8]], records: [String: String]) throws -> [String] {
        let input = JSONValue.object([
            "records": .object(JSONObject(records.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })),
            "messages": .list(messages.map { .text(Base64.encoded($0)) }),
        ])
        let output = try inFolder { folder in
            let file = folder.appendingPathComponent("input.json")
            try Data(input.json.utf8).write(to: file)
            return try run(["python3", "-c", program, file.path])
        }
        guard case .list(let verdicts) = try JSONValue(parsing: Array(output.utf8)) else { throw Trouble(description: output) }
        return verdicts.map { $0.text ?? "" }
    }

    private static let program = """
        import base64, json, sys, dkim
        given = json.load(open(sys.argv[1]))
        records = {name.encode() + b".": text.encode() for name, text in given["records"].items()}
        def look(name, timeout=5): return records.get(name if isinstance(name, bytes) else name.encode())
        def check(raw):
            message = dkim.DKIM(raw, minkey=1024)
            count = len([h for h in message.headers if h[0].lower() == b"dkim-signature"])
            verdict = ""
            for index in range(count):
                try: verdict += "+" if dkim.DKIM(raw, minkey=1024).verify(index, dnsfunc=look) else "-"
                except dkim.DKIMException as error: verdict += "!"
            return verdict
        print(json.dumps([check(base64.b64decode(m)) for m in given["messages"]]))
        """

    /// What OpenDKIM says of each message: all it looked at is good, or its words.
    static func openDKIM(_ messages: [[UInt8]], records: [String: String]) throws -> [String] {
        try inFolder { folder in
            let keys = folder.appendingPathComponent("keys")
            try Data(records.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined().utf8).write(to: keys)
            let settings = folder.appendingPathComponent("opendkim.conf")
            try Data("Mode v\nTestPublicKeys \(keys.path)\nSyslog no\n".utf8).write(to: settings)
            var names: [String] = []
            for (index, message) in messages.enumerated() {
                let name = folder.appendingPathComponent("\(index).eml")
                try Data(message).write(to: name)
                names.append(name.path)
            }
            return try names.map { name in
                let said = try run(["opendkim", "-x", settings.path, "-t", name], anyStatus: true)
                return said.contains("verification") && said.contains("succeeded") && !said.contains("failed") ? "+" : said
            }
        }
    }

    private static func inFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-verify-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    private static func runs(_ words: [String]) -> Bool { (try? run(words)) != nil }

    private static func run(_ words: [String], anyStatus: Bool = false) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        var environment = ProcessInfo.processInfo.environment
        // Debian keeps daemons where only root looks.
        environment["PATH"] = (environment["PATH"] ?? "/usr/bin") + ":/usr/sbin"
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: bytes, as: UTF8.self)
        guard anyStatus || process.terminationStatus == 0 else { throw Trouble(description: text) }
        return text
    }
}

import Foundation
import Testing

@Suite(.enabled(if: Tools.hasPython, Comment(rawValue: Missing.python)))
struct `Keys that sign mail` {
    /// A name server that knows some TXT records and says on which port.
    private static let nameServer = """
        import json, socket, struct, sys
        records = json.loads(sys.argv[1])
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        print("port", s.getsockname()[1], flush=True)
        while True:
            q, who = s.recvfrom(4096)
            i, labels = 12, []
            while q[i]: labels.append(q[i + 1:i + 1 + q[i]].decode()); i += q[i] + 1
            strings = records.get(".".join(labels))
            data = b"".join(bytes([len(t)]) + t.encode() for t in strings or [])
            answer = b"\\xc0\\x0c\\0\\x10\\0\\x01\\0\\0\\0\\x3c" + struct.pack(">H", len(data)) + data if strings else b""
            s.sendto(q[:2] + (b"\\x81\\x80" if strings else b"\\x81\\x83") + struct.pack(">HHHH", 1, 1 if strings else 0, 0, 0) + q[12:i + 5] + answer, who)
        """

    private static func bench(_ algorithms: [(String, String)], people: Int = 0) throws -> (Workbench, [Facts]) {
        let bench = try Workbench(people: people)
        var lines = "dkim:\n"
        let made = try algorithms.map { selector, algorithm in
            let ending = try bench.pitwall("dkim", "new", "Example.com", "--selector", selector, "--algorithm", algorithm, "--json")
            guard ending.status == 0 else { throw Trouble(ending.errors) }
            lines += "  - {domain: example.com, selector: \(selector), key_file: \(ending.facts.text("key_file") ?? "")}\n"
            return ending.facts
        }
        if !algorithms.isEmpty { try bench.edit("pitwall.yaml") { $0 + lines } }
        return (bench, made)
    }

    @Test func `a new key is kept for its owner only, out of git, and its record is shown`() throws {
        let (bench, made) = try Self.bench([("s1", "rsa"), ("e1", "ed25519")])
        let path = "\(bench.root)/secrets/dkim-example.com-s1.pem"
        #expect(made[0].text("key_file") == "secrets/dkim-example.com-s1.pem")
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try bench.read(".gitignore").contains("secrets/"))
        #expect(!bench.exists("secrets/.gitignore"))
        #expect(made[0].text("name") == "s1._domainkey.example.com")
        #expect(made[0].text("value")?.hasPrefix("v=DKIM1; k=rsa; p=MII") == true)
        #expect((made[0].list("strings") as? [String])?.joined() == made[0].text("value"))

        let shown = try bench.pitwall("dkim", "show", "--json")
        #expect(shown.facts.objects("keys").map { $0.text("value") } == made.map { $0.text("value") })
        let words = try bench.pitwall("dkim", "show", "example.com").output
        #expect(words.contains("s1._domainkey.example.com. IN TXT ( \"v=DKIM1; k=rsa; p="))
        #expect(words.contains("next:"))
        #expect(words.split(separator: "\"").allSatisfy { $0.utf8.count <= 255 })

        let again = try bench.pitwall("dkim", "new", "example.com", "--selector", "s1")
        #expect(again.status == 78)
        #expect(again.errors.contains("there is a file already"))
    }

    @Test func `a workspace that git does not know gets its secrets ignored`() throws {
        let bench = try Workbench()
        try FileManager.default.removeItem(atPath: "\(bench.root)/.gitignore")
        let ending = try bench.pitwall("dkim", "new", "example.com", "--selector", "s1")
        #expect(ending.status == 0)
        #expect(ending.output.contains("key_file: secrets/dkim-example.com-s1.pem"))
        #expect(try bench.read("secrets/.gitignore") == "*\n")
    }

    @Test func `no keys are told, and so is the domain that was meant`() throws {
        let (bench, _) = try Self.bench([])
        #expect(try bench.pitwall("dkim", "show").status == 78)
        let (other, _) = try Self.bench([("s1", "rsa")])
        let ending = try other.pitwall("dkim", "show", "example.org")
        #expect(ending.status == 78)
        #expect(ending.errors.contains("there are keys for: example.com"))
    }

    @Test func `doctor says whether the DNS has the key`() throws {
        let (bench, made) = try Self.bench([("s1", "rsa"), ("s2", "rsa"), ("e1", "ed25519"), ("e2", "ed25519")])
        let records = [
            "s1._domainkey.example.com": made[0].list("strings") ?? [], "s2._domainkey.example.com": made[0].list("strings") ?? [],
            "e1._domainkey.example.com": ["v=DKIM1; p="],
        ]
        let json = String(decoding: try JSONSerialization.data(withJSONObject: records), as: UTF8.self)
        let server = try Program("python3", ["-c", Self.nameServer, json])
        let port = try server.until("port") { server.output.split(separator: "\n").first { $0.hasPrefix("port ") }?.dropFirst(5) }
        let found = try bench.pitwall("doctor", "--json", environment: ["PITWALL_DNS": "127.0.0.1:\(port)"]).facts.objects("findings")
        func finding(_ selector: String) -> String {
            let match = found.first { $0.text("subject") == "DKIM \(selector) of example.com" }
            return "\(match?.text("health") ?? ""): \(match?.text("text") ?? "")"
        }
        #expect(finding("s1") == "good: s1._domainkey.example.com has this key")
        #expect(finding("s2").hasPrefix("bad: s2._domainkey.example.com has another key"))
        #expect(finding("e1").hasPrefix("bad: e1._domainkey.example.com says that its key was taken back"))
        #expect(finding("e2").hasPrefix("bad: e2._domainkey.example.com has no DKIM record"))
        // A port where nobody listens.
        let offline = try bench.pitwall("doctor", "--json", environment: ["PITWALL_DNS": "127.0.0.1:1"]).facts.objects("findings")
        #expect(offline.contains { $0.text("health") == "poor" && $0.text("text")?.hasPrefix("no name server answers (offline?)") == true })
    }

    @Test func `a key that cannot sign stops a send before it begins`() throws {
        let (bench, _) = try Self.bench([("e1", "ed25519")], people: 2)
        let ending = try bench.send(through: "smtp://127.0.0.1:1")
        #expect(ending.status == 78)
        #expect(ending.errors.contains("Ed25519 key only"))
        #expect(try bench.log().isEmpty)
    }

    @Test(.enabled(if: Tools.hasWitness, Comment(rawValue: Missing.witness)))
    func `what arrives is signed, carries its files, and is what the log says`() throws {
        let (bench, _) = try Self.bench([("s1", "rsa"), ("e1", "ed25519")], people: 20)
        try bench.write("docs/prices.pdf", String(repeating: "price list ", count: 50_000))
        try bench.campaign("attachments: [docs/prices.pdf]")
        let witness = try Witness()
        #expect(try bench.pitwall("preview", "welcome", "--all", "--out", "before").status == 0)
        #expect(try bench.send(through: witness.url).status == 0)
        let log = Dictionary(try bench.log().map { ($0.text("email") ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        #expect(witness.arrivals.count == 20)
        for arrival in witness.arrivals { #expect(arrival.sha == log[arrival.to]?.text("sha256")) }
        let arrived = try Python.examine(witness.kept)
        #expect(arrived.count == 20)
        #expect(arrived.values.allSatisfy { $0.list("defects")?.isEmpty == true })
        for (name, preview) in try Python.examine("\(bench.root)/before") {
            #expect(preview.text("content_sha256") == log[String(name.dropLast(4))]?.text("content_sha256"))
        }
    }
}

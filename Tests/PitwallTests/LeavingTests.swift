import Foundation
import Testing

@Suite(.enabled(if: Tools.hasWitness, Comment(rawValue: Missing.witness)))
struct `Leaving` {
    /// `pitwall serve --only web` on any free port, and a way to ask it.
    private struct Pages {
        let program: Program
        let port: Int

        init(_ bench: Workbench) throws {
            let program = try bench.start("serve", "--only", "web", "--port", "0")
            port = try program.until("the pages' port") {
                program.errors.split(separator: "http://127.0.0.1:").dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) }
            }
            self.program = program
        }

        /// The status of a GET, or of a one-click POST as a mail provider makes it (RFC 8058).
        func ask(_ path: String, oneClick: Bool) throws -> Int {
            let ending = try Python.run(
                """
                import sys, urllib.request, urllib.error
                body = b"List-Unsubscribe=One-Click" if sys.argv[2] == "post" else None
                try: print(urllib.request.urlopen(sys.argv[1], data=body, timeout=30).status)
                except urllib.error.HTTPError as error: print(error.code)
                """, "http://127.0.0.1:\(port)\(path)", oneClick ? "post" : "get")
            return Int(ending.output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        }
    }

    /// The path of the unsubscribe link in a person's message.
    private static func path(in bench: Workbench, of address: String) throws -> String {
        try bench.pitwall("preview", "welcome", "--to", address, "--out", "look")
        let message = try bench.read("look/\(address).eml")
        guard let header = message.split(separator: "List-Unsubscribe: <").dropFirst().first?.split(separator: ">").first,
            let path = header.replacing("\r\n", with: "").replacing(" ", with: "").split(separator: ":8080").last
        else { throw Trouble("no List-Unsubscribe in \(message.prefix(800))") }
        return String(path)
    }

    private static func consent(of address: String, in bench: Workbench) throws -> [String] {
        try bench.pitwall("contacts", "show", address, "--json").facts.objects("consents").compactMap { $0.text("state") }
    }

    @Test func `looking changes nothing, one click withdraws, and the next send skips who left`() throws {
        let bench = try Workbench(people: 20)
        let pages = try Pages(bench)
        try bench.pitwall("plan", "welcome")
        let leaver = Workbench.address(13)
        let path = try Self.path(in: bench, of: leaver)
        #expect(!path.contains("reader13"))
        #expect(try pages.ask(path, oneClick: false) == 200)
        #expect(try Self.consent(of: leaver, in: bench) == ["confirmed"])
        #expect(try pages.ask(path, oneClick: true) == 200)
        #expect(try Self.consent(of: leaver, in: bench).contains("withdrawn"))
        let forged = path.dropLast(8) + (path.dropLast(7).last == "A" ? "B" : "A") + path.suffix(7)
        #expect(try pages.ask(String(forged), oneClick: true) == 404)
        let witness = try Witness()
        let sent = try bench.send(through: witness.url)
        #expect(sent.status == 0)
        #expect(witness.recipients.count == 19)
        #expect(!witness.recipients.contains(leaver))
        #expect(sent.facts.int("skipped") == 1)
        pages.program.signal(SIGTERM)
        #expect(pages.program.wait().status == 0)
    }

    @Test func `who leaves while a send runs is skipped from then on`() throws {
        let bench = try Workbench(people: 400)
        let pages = try Pages(bench)
        try bench.campaign("send: {rate: 100/s}")
        try bench.pitwall("plan", "welcome")
        let leaver = Workbench.address(399)
        let path = try Self.path(in: bench, of: leaver)
        let witness = try Witness()
        let sender = try bench.start("send", "welcome", "--yes", "--json", "--relay", witness.url)
        try witness.until(1)
        #expect(try pages.ask(path, oneClick: true) == 200)
        let sent = sender.wait()
        #expect(sent.status == 0)
        #expect(!witness.recipients.contains(leaver))
        #expect(witness.recipients.count == 399)
        #expect(sent.facts.int("skipped") == 1)
        #expect(try bench.log("skipped").first?.text("reason") == "no_consent")
    }
}

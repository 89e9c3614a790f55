import Foundation
import Testing

/// Relays, limits and what servers teach, as a user of the program sees them.
@Suite(.enabled(if: Tools.hasWitness, Comment(rawValue: Missing.witness)), .timeLimit(.minutes(3)))
struct `Relays and limits` {
    private func relays(_ lines: String..., in bench: Workbench) throws {
        try bench.edit("pitwall.yaml") { text in
            let head = text.components(separatedBy: "relays:")[0]
            let tail = text.components(separatedBy: "topics:").dropFirst().joined(separator: "topics:")
            return head + "relays:\n" + lines.map { "  - \($0)\n" }.joined() + "topics:" + tail
        }
    }

    private func byRelay(_ bench: Workbench) throws -> [String: Int] {
        try bench.log("accepted").reduce(into: [:]) { $0[$1.text("relay") ?? "", default: 0] += 1 }
    }

    @Test func `where one relay is not there the other carries its share, and the log says which it was`() throws {
        let bench = try Workbench(people: 200)
        let witness = try Witness()
        try relays("{name: gone, url: 'smtp://127.0.0.1:1'}", "{name: works, url: '\(witness.url)'}", in: bench)
        let sent = try bench.pitwall("send", "welcome", "--yes", "--json")
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(sent.facts.int("accepted") == 200)
        #expect(witness.recipients.count == 200 && witness.twice.isEmpty)
        #expect(try byRelay(bench) == ["works": 200])
    }

    @Test func `a relay that stands by gets nothing as long as the other works`() throws {
        let bench = try Workbench(people: 300)
        let main = try Witness(), spare = try Witness()
        try relays("{name: main, url: '\(main.url)'}", "{name: spare, url: '\(spare.url)', standby: true}", in: bench)
        #expect(try bench.pitwall("send", "welcome", "--yes", "--json").status == 0)
        #expect(try byRelay(bench) == ["main": 300])
        #expect(spare.arrivals.isEmpty)
    }

    @Test func `two relays share a campaign by weight and nobody gets it twice`() throws {
        let bench = try Workbench(people: 600)
        let big = try Witness(), small = try Witness()
        try relays("{name: big, url: '\(big.url)', weight: 2}", "{name: small, url: '\(small.url)'}", in: bench)
        #expect(try bench.pitwall("send", "welcome", "--yes", "--json").status == 0)
        #expect(big.recipients.union(small.recipients).count == 600)
        #expect(big.recipients.isDisjoint(with: small.recipients))
        let share = try byRelay(bench)
        #expect((320...480).contains(share["big"] ?? 0), "\(share)")
    }

    @Test func `mail goes through the relay that is named for its sender's domain`() throws {
        let bench = try Workbench(people: 5)
        let witness = try Witness()
        let named = "{name: shop, url: '\(witness.url)', match: {from_domain: shop.example}}"
        try relays(named, in: bench)
        let refused = try bench.pitwall("send", "welcome", "--yes")
        #expect(refused.status == 78)
        #expect(refused.errors.contains("no relay carries mail from") && refused.errors.contains("match"))
        let other = try Witness()
        try relays(named, "{name: rest, url: '\(other.url)'}", in: bench)
        #expect(try bench.pitwall("send", "welcome", "--yes", "--json").status == 0)
        #expect(try byRelay(bench) == ["rest": 5])
    }

    @Test func `a limit of the workspace holds, status says what holds a send back, and JSON tells it line by line`() throws {
        let bench = try Workbench(people: 60)
        let witness = try Witness()
        try bench.edit("pitwall.yaml") { $0 + "\nlimits: [15/s]\n" }
        let sender = try bench.start("send", "welcome", "--yes", "--json", "--progress", "json", "--relay", witness.url)
        try witness.until(16)
        let status = try bench.pitwall("campaigns", "status", "welcome")
        #expect(status.output.contains("of 60"), "\(status.output)")
        let sent = sender.wait()
        #expect(sent.status == 0)
        let lines = sent.lines
        #expect(lines.count >= 3)
        #expect(lines.dropLast().allSatisfy { $0.int("total") == 60 && ($0.int("done") == 0 || $0.text("bottleneck") != nil) })
        #expect(lines.last?.int("accepted") == 60)
        #expect(lines.last?.text("ended") == "complete")
        // Sixty at fifteen a second: three seconds at least after the first fifteen.
        #expect((lines.last?["seconds"] as? Double ?? 0) >= 2.9)
        #expect(!bench.exists("pitwall.sqlite.flight/campaign-1.progress"))
    }

    @Test func `an address that the server denies is suppressed with its words, until a person lifts that`() throws {
        let bench = try Workbench(people: 50)
        let witness = try Witness("--refuse", "reader7@")
        #expect(try bench.send(through: witness.url).facts.int("refused") == 1)
        let shown = try bench.pitwall("contacts", "show", "reader7@example.org").output
        #expect(shown.contains("undeliverable") && shown.contains("550 5.1.1 no such user"), "\(shown)")
        let plan = try bench.pitwall("plan", "welcome", "--json")
        #expect(plan.facts.int("excluded.suppressed") == 1)
        let lifted = try bench.pitwall("contacts", "lift", "reader7@example.org")
        #expect(lifted.status == 0 && lifted.output.contains("may be written to again"))
        #expect(try bench.pitwall("contacts", "lift", "reader7@example.org").status == 65)
        #expect(try bench.pitwall("plan", "welcome", "--json").facts.int("excluded.suppressed") == nil)
    }

    @Test func `what is put off longer than give_up is given up, and the summary says so`() throws {
        let bench = try Workbench(people: 20)
        let witness = try Witness("--defer", "reader3@")
        try bench.edit("pitwall.yaml") { $0 + "\ngive_up: 1 minute\n" }
        let sent = try bench.pitwall("send", "welcome", "--yes", "--relay", witness.url)
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(
            sent.output.contains("put off by their server until they were given up") || sent.output.contains("given up"), "\(sent.output)")
        #expect(try bench.pitwall("campaigns", "status", "welcome", "--json").facts.int("counts.skipped") == 1)
    }
}

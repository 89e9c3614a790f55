import Foundation
import Testing

@Suite(.enabled(if: Tools.hasWitness, Comment(rawValue: Missing.witness)))
struct `A sender that is cut off` {
    /// Connections of one relay where the settings don't say.
    static let connections = 10

    @Test func `killed six times, it repeats nobody and forgets nobody`() throws {
        let bench = try Workbench(people: 3000)
        let witness = try Witness()
        var generator = Seeded(state: 20_261_122)
        var kills = 0
        for round in 1...6 {
            let sender = try bench.start("send", "welcome", "--yes", "--json", "--relay", witness.url)
            // A random message is the moment, so that the kill falls into the sending on a machine of any speed.
            let goal = witness.arrivals.count + Int.random(in: 1...(round * 60), using: &generator)
            _ = try? sender.until("arrival \(goal)") { witness.arrivals.count >= goal ? true : nil }
            if !sender.hasEnded { kills += 1 }
            sender.signal(SIGKILL)
            _ = sender.wait()
        }
        #expect(kills == 6)
        let last = try bench.sendToTheEnd(through: witness.url)
        #expect([0, 1].contains(last.status), "\(last.errors)")
        #expect(witness.twice.isEmpty)
        let unknown = try bench.addresses("unknown")
        #expect(unknown.count <= kills * Self.connections)
        let accepted = try bench.addresses("accepted")
        #expect(accepted.count + unknown.count == 3000)
        #expect(accepted.isDisjoint(with: unknown))
        #expect(accepted.isSubset(of: witness.recipients))
        // Whoever did not get it is one of those that are named as unknown.
        #expect(Set((0..<3000).map { Workbench.address($0) }).subtracting(witness.recipients).isSubset(of: unknown))
        let entries = Dictionary(try bench.log("accepted").map { ($0.text("email") ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        #expect(witness.arrivals.allSatisfy { entries[$0.to] == nil || entries[$0.to]?.text("sha256") == $0.sha })
    }

    @Test func `cancelled after it was killed, nothing stays in hand`() throws {
        let bench = try Workbench(people: 60)
        let witness = try Witness("--final-delay", "1")
        let sender = try bench.start("send", "welcome", "--yes", "--relay", witness.url)
        try witness.until(1)
        sender.signal(SIGKILL)
        _ = sender.wait()
        func counts() throws -> Facts { try bench.pitwall("campaigns", "status", "welcome", "--json").facts.object("counts") }
        #expect(try counts().int("handed") ?? 0 > 0)
        #expect(try bench.pitwall("campaigns", "cancel", "welcome", "--yes").status == 0)
        let cancelled = try counts()
        #expect(cancelled.int("handed") == 0 && cancelled.int("planned") == 0)
        #expect((1...Self.connections).contains(cancelled.int("unknown") ?? 0))
        let resolved = try bench.pitwall("resolve", "welcome", "--as", "unsent")
        #expect(resolved.output.contains("welcome was cancelled: they are not sent"), "\(resolved.output)")
        #expect(try counts().int("deferred") == 0 && counts().int("unknown") == 0)
    }

    @Test func `what a plan left goes by the plan that replaced it, and by no other`() throws {
        let bench = try Workbench(people: 30)
        let witness = try Witness()
        #expect(try bench.send(through: witness.url, "--limit", "10").status == 75)
        #expect(try bench.pitwall("plan", "welcome").status == 0)
        #expect(try bench.send(through: witness.url, "--plan", "2", "--limit", "10").status == 75)
        let old = try bench.send(through: witness.url, "--plan", "1")
        #expect(old.status == 65)
        #expect(old.errors.contains("plan 1 of welcome has been replaced: plan 2 was begun after it"), "\(old.errors)")
        #expect(witness.recipients.count == 20)
        #expect(try bench.send(through: witness.url).status == 0)
        #expect(witness.recipients.count == 30 && witness.twice.isEmpty)
    }

    @Test func `keys that mail was sent with are not made anew`() throws {
        let bench = try Workbench(people: 20)
        let witness = try Witness()
        #expect(try bench.send(through: witness.url, "--limit", "10").status == 75)
        try FileManager.default.removeItem(atPath: bench.root + "/secrets/keys")
        let refused = try bench.send(through: witness.url)
        #expect(refused.status == 78)
        #expect(refused.errors.contains("mail was sent with them"), "\(refused.errors)")
        #expect(!bench.exists("secrets/keys") && witness.recipients.count == 10)
    }

    @Test func `a link to the database is the same database`() throws {
        let bench = try Workbench(people: 100)
        let witness = try Witness("--final-delay", "0.3")
        try FileManager.default.createSymbolicLink(atPath: bench.root + "/link.sqlite", withDestinationPath: "pitwall.sqlite")
        let sender = try bench.start("send", "welcome", "--yes", "--relay", witness.url)
        try witness.until(5)
        let second = try bench.pitwall("send", "welcome", "--yes", "--relay", witness.url, "--database", bench.root + "/link.sqlite")
        #expect(second.status == 75 && second.errors.contains("being sent"), "\(second.errors)")
        #expect(sender.wait().status == 0)
        #expect(witness.recipients.count == 100 && witness.twice.isEmpty)
    }

    @Test func `a sender whose flight recorder is removed finishes what is in flight and ends`() throws {
        let bench = try Workbench(people: 200)
        let witness = try Witness("--final-delay", "0.3")
        let sender = try bench.start("send", "welcome", "--yes", "--relay", witness.url)
        try witness.until(5)
        try FileManager.default.removeItem(atPath: bench.root + "/pitwall.sqlite.flight")
        let ended = sender.wait()
        #expect(ended.status == 75)
        #expect(ended.output.contains("flight recorder was removed"), "\(ended.output)")
        #expect(try bench.pitwall("campaigns", "status", "welcome", "--json").facts.int("counts.handed") == 0)
        #expect(try bench.send(through: witness.url).status == 0)
        #expect(witness.recipients.count == 200 && witness.twice.isEmpty)
    }

    @Test func `asked to stop, it finishes what is in flight and says how to go on`() throws {
        let bench = try Workbench(people: 1500)
        let witness = try Witness()
        let sender = try bench.start("send", "welcome", "--yes", "--json", "--relay", witness.url)
        try witness.until(40)
        sender.signal(SIGTERM)
        let stopped = sender.wait()
        #expect(stopped.status == 75)
        #expect(stopped.facts.int("unknown") == 0)
        #expect(stopped.facts.int("accepted") == witness.arrivals.count)
        #expect(try bench.pitwall("campaigns", "status", "welcome", "--json").facts.int("counts.handed") == 0)
        let rest = try bench.send(through: witness.url)
        #expect(rest.status == 0)
        #expect(rest.facts.int("accepted") == 1500)
        #expect(witness.recipients.count == 1500)
        #expect(witness.twice.isEmpty)
    }

    @Test func `a second send of the same campaign says so and leaves`() throws {
        let bench = try Workbench(people: 400)
        let witness = try Witness("--final-delay", "0.05")
        let first = try bench.start("send", "welcome", "--yes", "--json", "--relay", witness.url)
        try witness.until(20)
        let second = try bench.send(through: witness.url)
        #expect(second.status == 75)
        #expect(second.errors.contains("being sent"))
        #expect(first.wait().status == 0)
        #expect(witness.recipients.count == 400)
        #expect(witness.twice.isEmpty)
    }

    @Test func `a paused campaign ends its send and goes on when resumed`() throws {
        let bench = try Workbench(people: 600)
        let witness = try Witness("--final-delay", "0.05")
        let sender = try bench.start("send", "welcome", "--yes", "--relay", witness.url)
        try witness.until(20)
        #expect(try bench.pitwall("campaigns", "pause", "welcome").status == 0)
        let ended = sender.wait()
        #expect(ended.status == 75)
        #expect(ended.output.contains("Go on with: pitwall campaigns resume welcome && pitwall send welcome"), "\(ended.output)")
        #expect(try bench.send(through: witness.url).status == 75)
        #expect(try bench.pitwall("campaigns", "resume", "welcome").status == 0)
        #expect(try bench.send(through: witness.url).status == 0)
        #expect(witness.recipients.count == 600)
        #expect(witness.twice.isEmpty)
    }

    @Test func `a cancelled campaign sends no more`() throws {
        let bench = try Workbench(people: 50)
        let witness = try Witness()
        #expect(try bench.send(through: witness.url, "--limit", "10").status == 75)
        #expect(try bench.pitwall("campaigns", "cancel", "welcome", "--yes").status == 0)
        #expect(try bench.send(through: witness.url).status == 65)
        #expect(witness.arrivals.count == 10)
        #expect(try bench.addresses("skipped").count == 40)
    }
}

/// Random numbers that are the same every time (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

import Delivery
import Foundation
import SMTP
import Synchronization
import Testing

/// Against a server that was not written here and counts what arrives.
@Suite(.enabled(if: Tools.hasWitness, "needs ../shared/tools/smtp_witness.py and python3"), .serialized, .timeLimit(.minutes(2)))
struct WitnessTests {
    /// What arrived, by recipient, and whether the client was told so.
    struct Arrivals: Decodable {
        var to: [String]
        var size: Int
        var answered: Bool
    }

    private func deliver(
        _ desk: Desk, options: [String], relay change: (inout Relay) -> Void = { _ in }
    ) async throws -> (arrivals: [String: [Arrivals]], error: RelayError?) {
        let folder = try TemporaryFolder()
        let port = try Loopback.freePort()
        let witness = try ServerProcess(["python3", Tools.witness, "--port", "\(port)", "--log", folder.file("log")] + options)
        #expect(Loopback.isListening(port))
        var relay = Relay.loopback(port, connections: 5)
        change(&relay)
        var persistence = Persistence.brief
        persistence.rounds = 50
        let error = await RelayTransport(relay, persistence: persistence).deliver(desk)
        witness.end()
        let lines = try String(contentsOfFile: folder.file("log"), encoding: .utf8).split(separator: "\n")
        let arrivals = try lines.map { try JSONDecoder().decode(Arrivals.self, from: Data($0.utf8)) }
        #expect(arrivals.allSatisfy { $0.to.count == 1 })
        return (Dictionary(grouping: arrivals) { $0.to.first ?? "" }, error)
    }

    /// Accepted means arrived and answered; unknown may have arrived; nothing else has; nobody has it twice.
    private func expectTruth(_ desk: Desk, _ arrivals: [String: [Arrivals]]) {
        #expect(desk.isSound, "\(desk.state.withLock { $0.mistakes })")
        let last = desk.state.withLock { $0.outcomes.compactMapValues { $0.last?.short } }
        for (ticket, verdict) in last {
            let arrived = arrivals["u\(ticket)@example.com"] ?? []
            #expect(arrived.count <= 1)
            switch verdict {
            case "accepted": #expect(arrived.first?.answered == true)
            case "unknown": #expect(arrived.first?.answered != true)
            default: #expect(arrived.isEmpty)
            }
        }
    }

    @Test(arguments: [
        [], ["--no-pipelining"], ["--final-delay", "0.002"], ["--busy-after", "7"], ["--busy-after", "7", "--no-pipelining"],
        ["--max-connections", "2"],
    ])
    func `everything arrives once, whatever the server's habits`(options: [String]) async throws {
        let desk = Desk(300, retries: true)
        let (arrivals, error) = try await deliver(desk, options: options)
        #expect(error == nil)
        #expect(desk.tally == ["accepted": 300])
        #expect(arrivals.count == 300)
        expectTruth(desk, arrivals)
    }

    @Test(arguments: [[], ["--no-pipelining"]]) func `who is refused or put off is told apart from who got it`(options: [String])
        async throws
    {
        let desk = Desk(300)
        let (arrivals, error) = try await deliver(desk, options: ["--refuse", "u1", "--defer", "u2"] + options)
        #expect(error == nil)
        #expect(desk.tally == ["accepted": 78, "refused recipient": 111, "deferred recipient": 111])
        expectTruth(desk, arrivals)
    }

    @Test func `a connection lost after the dot leaves one unknown, and never one twice`() async throws {
        let desk = Desk(300, retries: true)
        let (arrivals, error) = try await deliver(desk, options: ["--drop-after-dot", "0.05"])
        #expect(error == nil)
        #expect(desk.tally["unknown"] ?? 0 > 3)
        #expect(desk.tally["unknown"] == arrivals.values.joined().filter { !$0.answered }.count)
        expectTruth(desk, arrivals)
    }

    @Test func `a connection lost in a large body is tried again, in a small one nobody knows`() async throws {
        let (large, small) = (lines(8_000_000), lines(1000))
        let desk = Desk(60, retries: true, body: { $0 % 2 == 0 ? large : small })
        let (arrivals, error) = try await deliver(desk, options: ["--drop-in-data", "0.4"])
        #expect(error == nil)
        expectTruth(desk, arrivals)
        let outcomes = desk.state.withLock { $0.outcomes }
        for (ticket, all) in outcomes where ticket % 2 != 0 { #expect(!all.contains { $0.short == "deferred session" }) }
        #expect(outcomes.values.joined().contains { $0.short == "deferred session" })
        #expect(outcomes.values.joined().contains { $0.short == "unknown" })
    }

    @Test func `the bytes that arrive are the bytes that were handed over`() async throws {
        let kept = try TemporaryFolder()
        let bodies: [[UInt8]] = [
            "a: b\r\n.\r\n", "a:\r\n..\r\n.\r\n", "a\r\n.\r\n.b\r\n..c\r\n", "\r\n\r\n", String(repeating: "x", count: 998) + "\r\n",
            "a:\r\n" + String(repeating: ".\r\n", count: 70_000), "é.\r\n",
        ].map { Array($0.utf8) }
        let desk = Desk(bodies.count, body: { bodies[Int($0) - 1] })
        let (arrivals, _) = try await deliver(desk, options: ["--keep", kept.path]) { $0.connections = 1 }
        #expect(arrivals.count == bodies.count)
        for (index, body) in bodies.enumerated() {
            let number = String(index + 1)
            let name = String(repeating: "0", count: 7 - number.count) + number + ".eml"
            #expect(FileManager.default.contents(atPath: kept.file(name)).map { Array($0) } == body)
        }
    }
}

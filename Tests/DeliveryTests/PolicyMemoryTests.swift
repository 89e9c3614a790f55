import Delivery
import Model
import Testing

/// What a policy keeps for the next one, and what it learns of bounces.
@Suite struct PolicyMemoryTests {
    private static let start = SendingPolicyTests.start
    private static let busy = Reply(code: 421, lines: ["4.7.28 unusual rate of mail gsmtp"])

    private func after(_ seconds: Int64) -> Instant { Self.start.advanced(byMilliseconds: seconds * 1000) }

    @Test func `the next sender goes on as slowly as the last one, and grows from there`() throws {
        var first = SendingPolicyTests.policy()
        let gmail = first.mark(domain: "gmail.com", campaign: 0)
        for step in 0..<200 {
            first.take(gmail, through: 0, at: Self.start.advanced(byMilliseconds: Int64(step) * 50))
            first.went(gmail, through: 0, at: Self.start.advanced(byMilliseconds: Int64(step) * 50))
        }
        _ = first.learn(.refused(Self.busy), of: gmail, through: 0, domain: "gmail.com", at: after(10))
        let kept = first.memories(at: after(10))
        #expect(kept.map(\.subject) == ["provider google"])
        let pace = try #require(kept.first?.pace)
        #expect((8...12).contains(pace))

        var second = SendingPolicyTests.policy()
        for memory in kept { second.recall(memory, at: after(20)) }
        #expect(second.memories(at: after(20)) == kept)
        let mark = second.mark(domain: "googlemail.com", campaign: 0)
        var gone = 0
        for step in 0..<1000 {
            let now = after(20).advanced(byMilliseconds: Int64(step) * 10)
            guard second.turn(of: mark, through: 0, at: now) == .now else { continue }
            second.take(mark, through: 0, at: now)
            second.went(mark, through: 0, at: now)
            _ = second.learn(.accepted, of: mark, through: 0, domain: "googlemail.com", at: now)
            gone += 1
        }
        #expect(Double(gone) <= pace * 10 * 1.1 + 2 && Double(gone) >= pace * 10 * 0.9, "\(gone) at \(pace)")
        #expect((second.memories(at: after(30)).first?.pace ?? 0) > pace)
    }

    @Test func `a hold outlives the program, and ends when it would have`() {
        var first = SendingPolicyTests.policy()
        let gmail = first.mark(domain: "gmail.com", campaign: 0)
        let unproven = Reply(code: 550, lines: ["5.7.26 unauthenticated gsmtp"])
        _ = first.learn(.refused(unproven), of: gmail, through: 0, domain: "gmail.com", at: Self.start)
        var second = SendingPolicyTests.policy()
        for memory in first.memories(at: after(60)) { second.recall(memory, at: after(60)) }
        #expect(SendingPolicyTests.turn(&second, "gmail.com", at: after(60)) == .later(after(3600)))
        #expect(SendingPolicyTests.turn(&second, "firm.example", at: after(60)) == .now)
        #expect(second.memories(at: after(3600)).isEmpty)
    }

    @Test func `a relay's pace is kept too, and a relay that is down is not`() {
        var first = SendingPolicyTests.policy([RelayTerms(name: "main"), RelayTerms(name: "second")])
        let nobody = first.mark(domain: "firm.example", campaign: 0)
        _ = first.learn(
            .refused(Reply(code: 421, lines: ["4.3.2 slow down"])), of: nobody, through: 1, domain: "firm.example", at: Self.start)
        first.relayIsDown(0, until: .latest, reason: "wrong password")
        let kept = first.memories(at: Self.start)
        #expect(kept.map(\.subject) == ["relay second"])
        var next = SendingPolicyTests.policy([RelayTerms(name: "second"), RelayTerms(name: "main")])
        kept.forEach { next.recall($0, at: after(1)) }
        #expect(next.memories(at: after(1)) == kept)
    }

    @Test func `a bounce that says too much halves the pace of the provider that it names`() throws {
        var policy = SendingPolicyTests.policy()
        // The mailboxes of a firm, run by Google; the relay took the message hours ago and now tells why it came back.
        policy.learn(bounce: Self.busy, domain: "firm.example", perSecond: 30, told: Self.start, at: after(60))
        let kept = policy.memories(at: after(60))
        #expect(kept.map(\.subject) == ["provider google"])
        #expect(kept.first?.pace == 15)
        policy.learn(bounce: Self.busy, domain: "firm.example", perSecond: 30, told: Self.start, at: after(61))
        #expect(policy.memories(at: after(61)) == kept, "a burst is one")
    }

    @Test func `a bounce about our mail holds its provider for the hour after it`() {
        var policy = SendingPolicyTests.policy()
        let blocked = Reply(code: 550, lines: ["5.7.1 your address is listed, blocked using a list"])
        policy.learn(bounce: blocked, domain: "firm.example", told: Self.start, at: after(600))
        #expect(SendingPolicyTests.turn(&policy, "firm.example", at: after(600)) == .later(after(3600)))
        #expect(SendingPolicyTests.turn(&policy, "gmail.com", at: after(600)) == .now)
    }

    @Test(
        arguments: [
            (Reply(code: 550, lines: ["5.1.1 no such user"]), 0), (Reply(code: 552, lines: ["5.2.2 mailbox full"]), 0),
            (Reply(code: 421, lines: ["4.7.28 unusual rate gsmtp"]), 3600), (Reply(code: 554, lines: ["5.6.0 considered spam"]), 0),
        ] as [(Reply, Int64)])
    func `a bounce about a recipient, a message or another hour teaches nothing`(reply: Reply, seconds: Int64) {
        var policy = SendingPolicyTests.policy()
        policy.learn(bounce: reply, domain: "gmail.com", perSecond: 30, told: Self.start, at: after(seconds))
        #expect(policy.memories(at: after(seconds)).isEmpty)
    }
}

import Delivery
import Model
import SMTP
import Testing

/// Where exactly a connection breaks decides what is known about a message.
@Suite struct DialogueLossTests {
    /// Both messages are on the wire: the body of the first, the envelope of the second.
    private func inFlight(_ check: (inout Session) -> Void) throws {
        var session = Session()
        try session.begin(1)
        _ = session.said()
        session.hearsBytes(Array("250 ok\r\n250 ok\r\n354 go on\r\n".utf8))
        try session.begin(2)
        check(&session)
    }

    @Test func `lost before the dot was offered is tried again`() throws {
        try inFlight { session in
            session.breaks()
            #expect(session.verdicts == ["1 deferred session", "2 back session"])
        }
    }

    @Test func `lost after the dot was offered is unknown, also where not a byte of it was taken`() throws {
        try inFlight { session in
            #expect(session.out.offer()?.holdsDot == true)
            session.dialogue.dotOffered()
            session.breaks()
            #expect(session.verdicts == ["1 unknown", "2 back session"])
        }
    }

    @Test func `a 250 for a dot that is not out yet is not believed`() throws {
        try inFlight { session in
            _ = session.out.offer()
            session.dialogue.dotOffered()
            _ = session.out.took(5)
            session.hearsBytes(Array("250 queued as LIE\r\n".utf8))
            #expect(session.verdicts == ["1 unknown", "2 back session"])
            #expect(session.dialogue.ending?.kind == .garbage)
        }
    }

    @Test func `stopping at once gives back what was not offered`() throws {
        try inFlight { session in
            session.dialogue.abandon("stopped", results: &session.results)
            #expect(session.verdicts == ["1 back session", "2 back session"])
        }
        try inFlight { session in
            _ = session.said()
            session.dialogue.abandon("stopped", results: &session.results)
            #expect(session.verdicts == ["1 unknown", "2 back session"])
        }
    }

    @Test func `no answer in time to the dot is unknown`() throws {
        try inFlight { session in
            _ = session.said()
            #expect(session.dialogue.awaited == .finalDot)
            session.dialogue.timedOut(afterSeconds: 600, results: &session.results)
            #expect(session.verdicts == ["1 unknown", "2 back session"])
            #expect(session.dialogue.ending?.reason == "no answer to the end of the message within 600 s")
        }
    }

    @Test func `the second message keeps its refusal when the connection breaks before DATA was answered`() throws {
        try inFlight { session in
            _ = session.said()
            session.hears("250 kept", "250 ok", "550 5.1.1 no such user")
            session.breaks()
            #expect(session.verdicts == ["1 accepted", "2 refused recipient"])
        }
    }

    @Test func `a closed idle connection is nobody's failure`() {
        var session = Session()
        session.breaks()
        #expect(session.dialogue.ending?.kind == .dismissed)
        var other = Session()
        other.hears("421 4.4.2 timeout")
        #expect(other.dialogue.ending?.kind == .dismissed)
    }

    @Test func `whatever bytes a server sends, every message gets one result and none is accepted whose dot is not out`() throws {
        let words = [
            "250 ok\r\n", "250-x\r\n", "354 go\r\n", "550 5.1.1 no\r\n", "451 later\r\n", "421 bye\r\n", "503 what\r\n", "\r\n", "25", "0 ",
            "\0",
            "221 bye\r\n",
        ]
        for seed in UInt64(0)..<3000 {
            var dice = Dice(state: seed)
            var session = Session(pipelining: Bool.random(using: &dice), messageLimit: 20)
            var begun: UInt64 = 0
            var dotsTaken = 0
            for _ in 0..<40 where session.dialogue.ending == nil {
                if session.dialogue.canBegin {
                    begun += 1
                    try session.begin(begun)
                }
                if Bool.random(using: &dice) { dotsTaken += session.said().components(of: "hello\r\n.\r\n") }
                let likely = Int.random(in: 0..<3, using: &dice) > 0
                let word = likely ? Self.polite(session.dialogue.awaited) : words.randomElement(using: &dice) ?? ""
                session.hearsBytes(Array(word.utf8))
            }
            session.breaks()
            #expect(session.results.map(\.ticket).sorted() == Array(1...max(begun, 1)).filter { $0 <= begun })
            #expect(session.results.filter { $0.outcome.short == "accepted" }.count <= dotsTaken)
        }
    }

    static func polite(_ awaited: Dialogue.Awaited?) -> String {
        switch awaited {
        case .data: "354 go on\r\n"
        case nil: ""
        default: "250 ok\r\n"
        }
    }

    struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let mixed = (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
            return mixed ^ (mixed >> 33)
        }
    }
}

extension String {
    func components(of part: String) -> Int { split(separator: part, omittingEmptySubsequences: false).count - 1 }
}

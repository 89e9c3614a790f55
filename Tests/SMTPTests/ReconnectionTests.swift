import SMTP
import Testing

@Suite struct ReconnectionTests {
    @Test func `twenty refusals at once are one round, and pauses grow`() {
        var persistence = Persistence()
        (persistence.rounds, persistence.firstPause, persistence.longestPause) = (10, 100, 1000)
        var reconnection = Reconnection(persistence)
        #expect(reconnection.allowance(at: 0, opening: 20) == .max)
        for _ in 0..<20 { reconnection.failed(startedIn: 0, at: 50, othersWork: false) }
        #expect(reconnection.round == 1 && reconnection.pausedUntil == 150)
        #expect(reconnection.allowance(at: 149, opening: 0) == 0)
        #expect(reconnection.allowance(at: 150, opening: 0) == 1)
        #expect(reconnection.allowance(at: 150, opening: 1) == 0)
        reconnection.failed(startedIn: 1, at: 200, othersWork: false)
        #expect(reconnection.pausedUntil == 400)
        for round in 2..<9 { reconnection.failed(startedIn: round, at: 1000, othersWork: false) }
        #expect(reconnection.pausedUntil == 2000)
    }

    @Test func `a relay that never worked is given up sooner than one that did`() {
        var reconnection = Reconnection(Persistence())
        reconnection.failed(startedIn: 0, at: 0, othersWork: false)
        #expect(!reconnection.isHopeless)
        reconnection.failed(startedIn: 1, at: 0, othersWork: false)
        #expect(reconnection.isHopeless)
        reconnection.worked(startedIn: 2)
        #expect(!reconnection.isHopeless && reconnection.round == 0)
        for round in 0..<4 { reconnection.failed(startedIn: round, at: 0, othersWork: false) }
        #expect(!reconnection.isHopeless)
        reconnection.failed(startedIn: 4, at: 0, othersWork: false)
        #expect(reconnection.isHopeless)
    }

    @Test func `one that breaks off at recipients is tried with more of them, and soon`() {
        var reconnection = Reconnection(Persistence())
        for round in 0..<19 {
            reconnection.failed(startedIn: round, at: 1000, othersWork: false, gotFar: true)
            #expect(!reconnection.isHopeless && reconnection.pausedUntil == 1500)
        }
        reconnection.failed(startedIn: 19, at: 1000, othersWork: false, gotFar: true)
        #expect(reconnection.isHopeless)
    }

    @Test func `a relay that merely wants fewer connections is never given up`() {
        var reconnection = Reconnection(Persistence())
        reconnection.worked(startedIn: 0)
        for _ in 0..<50 { reconnection.failed(startedIn: reconnection.round, at: 0, othersWork: true) }
        #expect(!reconnection.isHopeless)
        reconnection.worked(startedIn: 0)
        #expect(reconnection.round > 0)
    }
}

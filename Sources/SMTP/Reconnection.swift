/// When a connection may be opened again after some could not be, or died before they were of use.
///
/// Failures come in rounds: twenty connections that are refused together are one failure. After a round there is a
/// pause, then a single connection is tried; a session that gets somewhere ends the caution.
package struct Reconnection: Sendable {
    let persistence: Persistence
    /// The number of failed rounds in a row. A connection remembers the round it was started in.
    package private(set) var round = 0
    package private(set) var pausedUntil: Int64 = 0
    package private(set) var hasEverWorked = false
    /// The last to fail had got as far as a recipient.
    private var lastGotFar = false

    package init(_ persistence: Persistence) {
        self.persistence = persistence
    }

    /// How many connections may be opened now, where `opening` are being opened already.
    package func allowance(at now: Int64, opening: Int) -> Int {
        if round == 0 { return .max }
        return opening == 0 && now >= pausedUntil ? 1 : 0
    }

    /// True once there is no point in trying on; only meant where no connection works.
    package var isHopeless: Bool {
        // Some recipients in a row may be the trouble; the next one is tried soon.
        if lastGotFar { return round >= 4 * persistence.rounds }
        return round >= (hasEverWorked ? persistence.rounds : min(2, persistence.rounds))
    }

    /// - Parameter gotFar: the relay took a sender, and broke off after that.
    package mutating func failed(startedIn started: Int, at now: Int64, othersWork: Bool, gotFar: Bool = false) {
        guard started >= round else { return }
        lastGotFar = gotFar
        round += 1
        // While others work, the relay merely wants fewer connections; that must not count against it once they end.
        if othersWork { round = min(round, max(1, persistence.rounds - 2)) }
        var pause = max(persistence.firstPause, 1)
        for _ in 1..<max(2, round) where round > 1 && !gotFar { pause = min(pause * 2, max(persistence.longestPause, 1)) }
        pausedUntil = now + min(pause, max(persistence.longestPause, 1))
    }

    /// A session has brought a message to a decision.
    package mutating func worked(startedIn started: Int) {
        hasEverWorked = true
        if started >= round { round = 0 }
    }
}

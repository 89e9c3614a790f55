package import Model

/// When a deferred message is tried again: after intervals that grow and are jittered, until it is given up.
///
/// Pure: the jitter is a hash of ticket and attempt, so that the same message always gets the same schedule and a
/// thousand messages deferred at once do not come back at once.
package struct RetrySchedule: Hashable, Sendable {
    /// All in milliseconds.
    package var first: Int64
    package var longest: Int64
    package var giveUp: Int64

    /// Five minutes, doubled each time up to four hours, for two days.
    package static let standard = RetrySchedule(first: 5 * 60_000, longest: 4 * 3_600_000, giveUp: 48 * 3_600_000)

    /// Each is brought between a millisecond and the longest span there is.
    package init(first: Int64, longest: Int64, giveUp: Int64) {
        self.first = min(max(first, 1), TimeSpan.longest)
        self.longest = min(max(longest, self.first), TimeSpan.longest)
        self.giveUp = min(max(giveUp, 0), TimeSpan.longest)
    }

    /// Milliseconds to wait after the attempt with this number, counted from 1: within ±20 % of the nominal interval.
    package func delay(ticket: UInt64, attempt: Int) -> Int64 {
        var nominal = first
        var doublings = max(1, min(attempt, 64)) - 1
        while doublings > 0, nominal < longest {
            nominal = min(nominal * 2, longest)
            doublings -= 1
        }
        let share = Double(Self.mixed(ticket, UInt64(clamping: attempt)) >> 11) / Double(1 << 53)
        return Int64(Double(nominal) * (0.8 + 0.4 * share))
    }

    /// When to try again after attempt number `attempt` failed at `now`; nil where the message is given up, which is
    /// counted from `since`, its first attempt.
    package func next(ticket: UInt64, attempt: Int, at now: Instant, since: Instant) -> Instant? {
        let time = now.advanced(byMilliseconds: delay(ticket: ticket, attempt: attempt))
        return allows(time, since: since) ? time : nil
    }

    /// Whether a message that was first tried at `since` may be tried at `time`.
    package func allows(_ time: Instant, since: Instant) -> Bool { time <= since.advanced(byMilliseconds: giveUp) }

    /// SplitMix64 over both numbers.
    private static func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var z = a &* 0x9E37_79B9_7F4A_7C15 &+ (b &+ 1) &* 0xD1B5_4A32_D192_ED03
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

import Glibc
import Model

/// Time for one run: it never goes back, and counts while the machine sleeps.
struct RunClock: Sendable {
    private let start: Int64
    private let startedAt: Instant

    init() {
        start = Self.read(CLOCK_BOOTTIME) / 1000
        startedAt = Instant(milliseconds: Self.read(CLOCK_REALTIME) / 1000)
    }

    /// Milliseconds since the run started.
    var now: Int64 { microseconds / 1000 - start }

    /// The same clock in microseconds, from a start of its own: for differences.
    var microseconds: Int64 { Self.read(CLOCK_BOOTTIME) }

    /// The time of day that belongs to `now`; a clock that is set meanwhile does not move it.
    func instant(at now: Int64) -> Instant { startedAt.advanced(byMilliseconds: now) }

    /// In microseconds.
    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

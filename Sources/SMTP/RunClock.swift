import Glibc
import Model

/// Time for one run: it never goes back, and counts while the machine sleeps.
struct RunClock: Sendable {
    private let start: Int64
    private let startedAt: Instant

    init() {
        start = Self.read(CLOCK_BOOTTIME)
        startedAt = Instant(milliseconds: Self.read(CLOCK_REALTIME))
    }

    /// Milliseconds since the run started.
    var now: Int64 { Self.read(CLOCK_BOOTTIME) - start }

    /// The same clock in microseconds, from a start of its own: for differences.
    var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// The time of day that belongs to `now`; a clock that is set meanwhile does not move it.
    func instant(at now: Int64) -> Instant { startedAt.advanced(byMilliseconds: now) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

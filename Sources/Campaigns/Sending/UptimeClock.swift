import Glibc
package import Model
import Synchronization

/// How long the machine has been up, in milliseconds, the time it slept included: what a lease is measured by.
package enum Uptime {
    package static let now: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// The time by a clock that many machines share, carried on between two looks at it by this machine's uptime: what is set here by hand or by
/// the network in between moves nothing.
package final class SharedClock: Sendable {
    private let uptime: @Sendable () -> Int64
    /// What the shared clock shows when the machine has been up for no time.
    private let start = Mutex<Int64?>(nil)

    package init(uptime: @escaping @Sendable () -> Int64 = Uptime.now) { self.uptime = uptime }

    /// It showed `time` at some moment between these two. Where what is known agrees with that, it stays, so that nothing jumps.
    package func learn(_ time: Instant, between sent: Int64, and received: Int64) {
        start.withLock { start in
            let (least, most) = (time.milliseconds - received, time.milliseconds - sent)
            if let start, start >= least, start <= most { return }
            start = least + (most - least) / 2
        }
    }

    /// Nil before anything was learned.
    package var now: Instant? { start.withLock { $0 }.map { Instant(milliseconds: $0 + uptime()) } }
}

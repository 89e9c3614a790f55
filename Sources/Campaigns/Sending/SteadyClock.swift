package import Model
import Synchronization

/// The time by which a run limits, waits and remembers: it never goes back. Where the machine's clock is set back, this one goes on at half its speed
/// until that has come up: what went lately does not lie in the future, limits and pauses last longer rather than too short, and nothing stands
/// still. What time of day it is for people (`send.between`, `Date`) it does not say.
package final class SteadyClock: Sendable {
    private let wall: @Sendable () -> Instant
    private let uptime: @Sendable () -> Int64
    /// When it last showed the machine's time, and what that was.
    private let anchor: Mutex<(uptime: Int64, time: Int64)>

    package init(_ wall: @escaping @Sendable () -> Instant, uptime: @escaping @Sendable () -> Int64 = Uptime.now) {
        (self.wall, self.uptime) = (wall, uptime)
        anchor = Mutex((uptime(), wall().milliseconds))
    }

    package var now: Instant {
        let (wall, uptime) = (wall().milliseconds, uptime())
        return anchor.withLock { anchor in
            let steady = anchor.time + max(0, uptime - anchor.uptime) / 2
            if wall >= steady { anchor = (uptime, wall) }
            return Instant(milliseconds: max(wall, steady))
        }
    }
}

package import Foundation
import Synchronization

/// A time zone by its IANA name, which turns calendar days into instants and back.
package struct Zone: Hashable, Sendable, CustomStringConvertible {
    package let timeZone: TimeZone

    package static let utc = Zone(timeZone: TimeZone(secondsFromGMT: 0) ?? .gmt)

    private init(timeZone: TimeZone) {
        self.timeZone = timeZone
    }

    /// Nil for a name that is not in the system's zone database. Foundation also takes abbreviations such as `CEST`;
    /// those are refused, since they do not say where a person is.
    package init?(_ name: String) {
        if let known = Self.known.withLock({ $0[name] }) {
            timeZone = known
            return
        }
        // Foundation reads a name up to a NUL and would keep all of it.
        guard name == "UTC" || name.contains("/"), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let zone = TimeZone(identifier: name)
        else { return nil }
        timeZone = zone
        Self.known.withLock { $0[name] = zone }
    }

    /// Zones asked for so far: every message asks for its reader's. There are only as many as the system knows, in all their cases.
    private static let known = Mutex<[String: TimeZone]>([:])

    package var description: String { self == .utc ? "UTC" : timeZone.identifier }

    package static var knownNames: [String] { TimeZone.knownTimeZoneIdentifiers }

    /// Seconds east of UTC at `instant`.
    package func offset(at instant: Instant) -> Int {
        timeZone.secondsFromGMT(for: Date(instant))
    }

    package func date(at instant: Instant) -> CivilDate {
        let local = instant.milliseconds + Int64(offset(at: instant)) * 1000
        return CivilDate(daysSinceEpoch: local.floorDivided(by: 86_400_000).quotient)
    }

    /// Minutes since midnight on the wall clock.
    package func minuteOfDay(at instant: Instant) -> Int {
        let local = instant.milliseconds + Int64(offset(at: instant)) * 1000
        return Int(local.floorDivided(by: 86_400_000).remainder / 60_000)
    }

    /// The first instant of the day. Where clocks jump over midnight, the first instant after the jump.
    package func start(of date: CivilDate) -> Instant {
        instant(localMilliseconds: date.daysSinceEpoch * 86_400_000)
    }

    /// The instant at which the wall clock shows this time; the earlier one where it shows it twice, the moment of the
    /// jump where it never does.
    func instant(localMilliseconds local: Int64) -> Instant {
        let before = offset(at: Instant(milliseconds: local - 86_400_000))
        let after = offset(at: Instant(milliseconds: local + 86_400_000))
        let first = Instant(milliseconds: local - Int64(max(before, after)) * 1000)
        if offset(at: first) == max(before, after) { return first }
        let second = Instant(milliseconds: local - Int64(min(before, after)) * 1000)
        if offset(at: second) == min(before, after) { return second }
        // A gap: the clock went from `before` to `after` between the two candidates. Find the jump by halving.
        var low = min(first, second).milliseconds
        var high = max(first, second).milliseconds
        let early = offset(at: Instant(milliseconds: low))
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: Instant(milliseconds: middle)) == early { low = middle } else { high = middle }
        }
        return Instant(milliseconds: high)
    }
}

extension Zone {
    /// Reads a time as a person of this zone writes it: an instant with its offset, a local time (`2026-12-01 09:00`),
    /// or a day, which means its first instant.
    package func instant(reading text: some StringProtocol) -> Instant? {
        if let date = CivilDate(iso: text) { return start(of: date) }
        guard let read = ISOTime(text) else { return nil }
        if let offset = read.offsetMinutes {
            return Instant(milliseconds: read.localMilliseconds - Int64(offset) * 60_000)
        }
        return instant(localMilliseconds: read.localMilliseconds)
    }
}

extension Date {
    package init(_ instant: Instant) {
        self.init(timeIntervalSince1970: Double(instant.milliseconds) / 1000)
    }
}

extension Instant {
    package init(_ date: Date) {
        self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded(.down)))
    }
}

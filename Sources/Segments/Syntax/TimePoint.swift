package import Model

/// A day or a time as written in a segment: `2026-01-31`, `2026-01-31T09:00`, `2026-01-31T09:00:00+01:00`.
///
/// A day, and a time without an offset, mean what they mean in the workspace's zone, so which instant it is shows only when
/// the segment is evaluated.
package struct TimePoint: Hashable, Sendable {
    package let text: String
    /// The day, where no time of the day is written.
    package let day: CivilDate?

    /// Nil for a day or hour that does not exist and for any other form.
    package init?(_ text: String) {
        guard Zone.utc.instant(reading: text) != nil else { return nil }
        self.text = text
        day = CivilDate(iso: text)
    }

    /// The first instant that it covers.
    func start(in zone: Zone) -> Instant {
        zone.instant(reading: text) ?? .earliest
    }

    /// The first instant after it: a day ends where the next one begins, an instant lasts a millisecond.
    func end(in zone: Zone) -> Instant {
        if let day { return zone.start(of: day.adding(days: 1)) }
        return start(in: zone).advanced(byMilliseconds: 1)
    }

    /// Whether this is surely before `other` in every zone.
    func precedes(_ other: TimePoint) -> Bool {
        if let day, let otherDay = other.day { return day < otherDay }
        let mixed: Int64 = (day == nil) == (other.day == nil) ? 0 : 86_400_000
        return start(in: .utc).advanced(byMilliseconds: mixed) < other.start(in: .utc)
    }
}

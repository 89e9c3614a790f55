package import Model

/// When a campaign may go out.
package struct SendWindow: Hashable, Sendable {
    /// Minutes of the day, [from, to), in `zone`; over midnight where `to` is not after `from`.
    package var between: (from: Int, to: Int)?
    package var notAfter: Instant?
    package var zone: Zone

    package init(between: (from: Int, to: Int)? = nil, notAfter: Instant? = nil, zone: Zone) {
        self.between = between
        self.notAfter = notAfter
        self.zone = zone
    }

    package enum Answer: Hashable, Sendable {
        case open
        case closedUntil(Instant)
        case expired
    }

    package func answer(at now: Instant) -> Answer {
        if let notAfter, now >= notAfter { return .expired }
        guard let between else { return .open }
        let minute = zone.minuteOfDay(at: now)
        let inside =
            between.from < between.to ? (between.from..<between.to).contains(minute) : minute >= between.from || minute < between.to
        if inside { return .open }
        let today = zone.date(at: now)
        let opening = opening(between.from, on: today)
        return .closedUntil(opening > now ? opening : self.opening(between.from, on: today.adding(days: 1)))
    }

    /// When the wall clock shows this time: on a day whose clocks change that is not so many minutes after its start.
    private func opening(_ minute: Int, on date: CivilDate) -> Instant {
        let time = [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        return zone.instant(reading: "\(date) \(time)") ?? zone.start(of: date).advanced(byMilliseconds: Int64(minute) * 60_000)
    }

    package static func == (a: SendWindow, b: SendWindow) -> Bool {
        a.between?.from == b.between?.from && a.between?.to == b.between?.to && a.notAfter == b.notAfter && a.zone == b.zone
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(between?.from)
        hasher.combine(notAfter)
    }
}

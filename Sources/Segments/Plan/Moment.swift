package import Model

/// The instant at which a segment is asked, what was known by then, and the zone whose calendar counts.
///
/// Events, consents and attribute values count whose own time is not after `at`; where `known` is set, what was learned
/// after it is left out too. Contacts exist always.
package struct Moment: Hashable, Sendable {
    package var at: Instant
    package var known: Instant?
    package var zone: Zone
    /// Whether attributes are read as the contact holds them; else they are worked out from their history.
    package var isPresent: Bool

    /// Now, with all that is known.
    package static func now(_ instant: Instant, zone: Zone) -> Moment {
        Moment(at: instant, known: nil, zone: zone, isPresent: true)
    }

    /// Another time: attributes are what their history says they were.
    package init(at: Instant, known: Instant? = nil, zone: Zone) {
        self.init(at: at, known: known, zone: zone, isPresent: false)
    }

    private init(at: Instant, known: Instant?, zone: Zone, isPresent: Bool) {
        self.at = at
        self.known = known
        self.zone = zone
        self.isPresent = isPresent
    }

    /// Whether something that is about `time` and was learned at `learned` counts.
    func counts(_ time: Instant, learned: Instant) -> Bool {
        time <= at && (known.map { learned <= $0 } ?? true)
    }
}

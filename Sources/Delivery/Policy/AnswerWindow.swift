package import Model

/// What one provider answered within the last hour, minute by minute: whether it is its users that are gone, or its own directory.
package struct AnswerWindow: Sendable {
    private var answered = [Int32](repeating: 0, count: minutes)
    private var missing = [Int32](repeating: 0, count: minutes)
    private var newest = Int64.min / 2
    private var sums = (answered: 0, missing: 0)

    package static let minutes = 60
    /// Fewer are no sign: one typing error among three addresses is a third of them.
    package static let fewest = 10
    /// Of a domain by itself: a firm that has let a third of its people go is no broken provider.
    package static let fewestOfDomain = 100
    package static let share = 0.05
    /// Of all that a relay answers: a list where only one in ten is still there is rarer than a relay that takes us for nobody.
    package static let fewestOfRelay = 50
    package static let shareOfRelay = 0.9
    /// And from so many providers: a firm that is gone is not the relay's trouble.
    package static let fewestProviders = 10

    package init() {}

    package mutating func count(missing isMissing: Bool, at now: Instant) {
        turn(to: now)
        let place = Self.place(newest)
        answered[place] += 1
        sums.answered += 1
        guard isMissing else { return }
        missing[place] += 1
        sums.missing += 1
    }

    /// More than a twentieth of the answers, or another share, say that there is no such user.
    package mutating func isSuspicious(at now: Instant, fewest: Int = fewest, share: Double = share) -> Bool {
        turn(to: now)
        return sums.missing >= fewest && Double(sums.missing) > Double(sums.answered) * share
    }

    package mutating func clear() {
        self = AnswerWindow()
    }

    private mutating func turn(to now: Instant) {
        let minute = now.milliseconds / 60_000
        guard minute > newest else { return }
        if minute &- newest >= Int64(Self.minutes) {
            for place in 0..<Self.minutes { (answered[place], missing[place]) = (0, 0) }
            sums = (0, 0)
        } else {
            for passed in (newest + 1)...minute {
                let place = Self.place(passed)
                sums.answered -= Int(answered[place])
                sums.missing -= Int(missing[place])
                (answered[place], missing[place]) = (0, 0)
            }
        }
        newest = minute
    }

    private static func place(_ minute: Int64) -> Int {
        let rest = Int(minute % Int64(minutes))
        return rest < 0 ? rest + minutes : rest
    }
}

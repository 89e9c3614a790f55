/// At most `count` of something in any window of `window` milliseconds: `600/min`, `50000/day`.
package struct Rate: Hashable, Sendable {
    package var count: Int
    package var window: TimeSpan

    /// Nil when the count is not positive.
    package init?(count: Int, per window: TimeSpan) {
        guard count > 0, window.milliseconds > 0 else { return nil }
        self.count = count
        self.window = window
    }

    /// Reads `N/s`, `N/min`, `N/hour` and `N/day`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = String(text).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int(parts[0].trimmingSpaces), !parts[0].contains("+"),
            let unit = TimeSpan.Unit(word: parts[1].trimmingSpaces),
            unit != .week, let window = TimeSpan(1, unit)
        else { return nil }
        self.init(count: count, per: window)
    }
}

extension Rate: CustomStringConvertible {
    package var description: String {
        switch (window.count, window.unit) {
        case (1, .second): "\(count)/s"
        case (1, .minute): "\(count)/min"
        case (1, let unit): "\(count)/\(unit.rawValue)"
        default: "\(count)/\(window)"
        }
    }
}

/// How often is often enough: at most `count` messages to one person in any `window`: `3 messages per 7 days`.
package struct FrequencyCap: Hashable, Sendable, CustomStringConvertible {
    package var count: Int
    package var window: TimeSpan

    /// Reads `3 messages per 7 days`, `2 per 7 days`, `1 message per day`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        var words = String(text).split(separator: " ").map { String($0) }
        guard let first = words.first, !first.hasPrefix("+"), let count = Int(first), count > 0 else { return nil }
        words.removeFirst()
        if let word = words.first, ["message", "messages"].contains(word) { words.removeFirst() }
        guard words.first == "per" else { return nil }
        let span = words.dropFirst().joined(separator: " ")
        guard let window = TimeSpan(span) ?? TimeSpan("1 \(span)"), window.milliseconds > 0 else { return nil }
        self.count = count
        self.window = window
    }

    package var description: String { "\(count) message\(count == 1 ? "" : "s") per \(window)" }
}

/// How long raw events are kept. What people did in sum is kept for ever.
package struct Retention: Hashable, Sendable {
    /// For events that have no span of their own; nil keeps them for ever.
    package var fallback: TimeSpan?
    /// By name of event.
    package var spans: [String: TimeSpan]

    package init(fallback: TimeSpan? = nil, spans: [String: TimeSpan] = [:]) {
        self.fallback = fallback
        self.spans = spans
    }

    package static let forever = Retention()
    package var isForever: Bool { fallback == nil && spans.isEmpty }

    /// Nil keeps them for ever.
    package func span(of name: String) -> TimeSpan? { spans[name] ?? fallback }
}

/// What happens to an event of somebody nobody knows.
package enum UnknownContact: String, CaseIterable, Sendable {
    /// A contact is made, without any consent.
    case create
    case reject
}

/// How long what may take, in seconds.
package struct PostgresLimits: Sendable {
    /// One statement.
    package var statement = 1800.0
    /// Another program that writes, or a row that it holds.
    package var lock = 30.0
    /// A program that says nothing in the middle of a change: it is frozen, or gone.
    package var idle = 120.0
    /// Until a server that was there before is back: a restart takes seconds, a failover a minute or two.
    package var patience = 180.0
    /// Until a server has a connection to spare, or has started, when a program begins.
    package var patienceAtFirst = 10.0

    package init() {}

    static func words(_ seconds: Double) -> String {
        seconds >= 120 ? "\(Int(seconds / 60)) minutes" : seconds == 1 ? "a second" : "\(Int(seconds.rounded(.up))) seconds"
    }

    static func milliseconds(_ seconds: Double) -> Int { Int(seconds * 1000) }
}

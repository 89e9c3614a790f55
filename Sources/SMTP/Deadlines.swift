/// How long each step may take, in milliseconds: the minima of RFC 5321 section 4.5.3.2 unless told otherwise.
package struct Deadlines: Hashable, Sendable {
    /// Resolving the name and connecting, as Postfix's `smtp_connect_timeout`.
    package var connect: Int64 = 30_000
    /// From the start until TLS and login are done.
    package var opening: Int64 = 300_000
    package var mail: Int64 = 300_000
    package var recipient: Int64 = 300_000
    package var data: Int64 = 120_000
    /// The server takes no byte of what we have to say.
    package var block: Int64 = 180_000
    package var finalDot: Int64 = 600_000
    package var reset: Int64 = 20_000
    package var quit: Int64 = 2_000
    /// A connection with nothing to do is closed politely after so long.
    package var idle: Int64 = 30_000

    package init() {}
}

/// How often a connection that could not be opened, or died before it was of use, is tried again.
package struct Persistence: Hashable, Sendable {
    /// Rounds of failures in a row, with no connection that works, until the relay counts as not reachable.
    package var rounds = 5
    /// Milliseconds before the second round; doubled each time, up to `longestPause`.
    package var firstPause: Int64 = 500
    package var longestPause: Int64 = 30_000
    /// Messages in a row that the relay put off, for no reason of theirs, until it counts as busy.
    package var deferralsInARow = 100

    package init() {}
}

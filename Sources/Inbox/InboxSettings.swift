/// Where the server listens, what it keeps, what it puts up with.
package struct InboxSettings: Sendable {
    package var host: String
    /// 0 takes any free port; ``InboxServer/port`` tells which.
    package var port: Int
    /// Without this, only an address of this machine's loopback is bound: the server takes mail from anyone who reaches it.
    package var allowsOtherHosts: Bool
    /// The folder for `.eml` files and the page that lists them. Nil keeps nothing.
    package var outbox: String?
    package var behaviour: InboxBehaviour
    package var limits: InboxLimits
    package var threads: Int
    /// Called for each message before it is acknowledged, from a thread of the server: it should not take long.
    package var onMessage: (@Sendable (ReceivedMessage) -> Void)?

    package init(
        host: String = "127.0.0.1", port: Int = 0, allowsOtherHosts: Bool = false, outbox: String? = nil,
        behaviour: InboxBehaviour = InboxBehaviour(), limits: InboxLimits = InboxLimits(), threads: Int = 2,
        onMessage: (@Sendable (ReceivedMessage) -> Void)? = nil
    ) {
        self.host = host
        self.port = port
        self.allowsOtherHosts = allowsOtherHosts
        self.outbox = outbox
        self.behaviour = behaviour
        self.limits = limits
        self.threads = threads
        self.onMessage = onMessage
    }
}

/// What one client may take of the server. Sizes are bytes, times milliseconds.
package struct InboxLimits: Sendable {
    /// Offered in SIZE and kept to.
    package var messageSize = 52_428_800
    /// RFC 5321 section 4.5.3.1.4 asks for 512; parameters and internationalised addresses need more.
    package var commandLine = 4096
    /// RFC 5321 section 4.5.3.1.6, without CRLF. Servers of the world refuse or break what is longer.
    package var textLine = 998
    package var recipients = 1000
    package var connections = 1000
    /// Commands in one session that were not understood or out of place.
    package var mistakes = 20
    package var idle: Int64 = 300_000

    package init() {}
}

/// What a server has seen so far.
package struct InboxStatistics: Sendable, Equatable {
    package var connections = 0
    package var openConnections = 0
    package var peakConnections = 0
    package var turnedAway = 0
    package var messages = 0
    package var refusedRecipients = 0
    package var deferredRecipients = 0
    package var refusedMessages = 0
    package var droppedInData = 0
    package var droppedAfterDot = 0
    package var pipelinedWithoutOffer = 0
}

/// Why an inbox can't do its work.
package struct InboxError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case notLoopback, cannotListen, cannotKeep
    }

    package var code: Code
    package var message: String
    package var hint: String

    package init(_ code: Code, _ message: String, hint: String) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { "\(message)\n\(hint)" }
}

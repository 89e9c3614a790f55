/// How far a failure reaches.
package enum Scope: String, Hashable, Sendable, CaseIterable {
    /// This recipient; the next one may fare better on the same connection.
    case recipient
    /// This message, whoever it is for.
    case message
    /// This connection; another one may fare better.
    case session
    /// Everything for the recipient's provider, whatever relay it goes through, for a while.
    case provider
    /// Everything sent through this relay, until somebody changes something.
    case relay
}

/// What became of one message that was taken from its source. Exactly one per message.
package enum Outcome: Hashable, Sendable {
    /// A 250 after the final dot. The relay has it now; `queueID` is what it calls it, where it said so.
    case accepted(Reply, queueID: String?)
    /// Not now: to be tried again after a while. Without a reply the connection was lost before the final dot was offered.
    case deferred(Reply?, reason: String, scope: Scope)
    /// Never to be tried again: the recipient (scope `recipient`) or the message itself was refused for good.
    case refused(Reply, scope: Scope)
    /// The final dot was, or was about to be, handed to the socket, and no answer came. Nobody but a person or later
    /// evidence can tell whether it arrived.
    case unknown(reason: String)
    /// Nothing was decided about this message: it goes back to where it was taken from. `session`: it may be taken again
    /// at once. `provider`: once the provider may be asked again. `relay`: not before somebody has looked.
    case notAttempted(reason: String, scope: Scope, reply: Reply? = nil)

    package var reply: Reply? {
        switch self {
        case .accepted(let reply, _), .refused(let reply, _): reply
        case .deferred(let reply, _, _), .notAttempted(_, _, let reply): reply
        case .unknown: nil
        }
    }

    /// A sentence for people; it holds the server's words but never an address of ours.
    package var reason: String {
        switch self {
        case .accepted(let reply, _), .refused(let reply, _): reply.description
        case .deferred(_, let reason, _), .unknown(let reason), .notAttempted(let reason, _, _): reason
        }
    }
}

package import Delivery
import Model

/// One SMTP session after it was opened: replies in, commands and outcomes out. No socket, no clock, no thread.
///
/// What holds at all times:
///
/// 1. Every message given to `begin` gets exactly one result, at the latest when the session ends.
/// 2. A message is accepted only by a positive reply that stands where the reply to its own final dot belongs, read after
///    the last byte of that dot was taken by the socket.
/// 3. A message whose dot was offered to the socket and that got no reply is unknown; one whose dot was not offered never is.
/// 4. At most one final dot is unanswered at a time.
/// 5. Nothing is sent ahead of a reply unless the server offered PIPELINING; DATA is always the last command of a group
///    (RFC 2920 section 3.1).
/// 6. After a refusal the transaction is reset before the next one starts. Where a server says 354 although it refused
///    sender or recipient, it gets a lone dot, and whatever it answers is believed by nobody.
/// 7. A reply that nobody waits for, one before its dot was sent, and bytes that are no reply end the session.
///
/// What is awaited, and where it leads (✗: the message's result, by ``Verdict``; ⏻: the session ends):
///
/// | awaited | 2yz | 354 | 4yz, 5yz | 421 |
/// |---|---|---|---|---|
/// | mail | recipient¹ | ⏻ | ✗ reset | ✗ ⏻ |
/// | recipient | data¹ | ⏻ | ✗ reset | ✗ ⏻ |
/// | data | ⏻ | body, then final dot | ✗ reset | ✗ ⏻ |
/// | data, sender or recipient refused | ⏻ | lone dot, reset | reset | ⏻ |
/// | final dot, sent | accepted | ⏻ unknown | ✗ | ✗ ⏻ |
/// | final dot, not sent yet | ⏻ deferred | ⏻ deferred | ✗ ⏻ | ✗ ⏻ |
/// | lone dot | – | ⏻ | – | ⏻ |
/// | reset | – | ⏻ | ⏻ | ⏻ |
/// | quit | ⏻ | ⏻ | ⏻ | ⏻ |
/// | nothing | ⏻ | ⏻ | ⏻ | ⏻ |
///
/// Where the session ends in one of the first four, a message whose sender was taken is deferred, and one whose sender was not goes
/// back: a server that breaks off at some recipient would else be asked for it for ever.
///
/// ¹ With PIPELINING they have been sent already, and behind the body of the message before: the group
/// `body . MAIL RCPT DATA` makes a message cost one round trip.
package struct Dialogue: Sendable {
    /// A message and what became of it.
    package struct Result: Hashable, Sendable {
        package let ticket: UInt64
        package let outcome: Outcome

        package init(ticket: UInt64, outcome: Outcome) {
            self.ticket = ticket
            self.outcome = outcome
        }
    }

    /// How a session ended.
    package struct Ending: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable {
            /// We said QUIT.
            case goodbye
            /// The relay said 421, or closed a connection that had nothing to do.
            case dismissed
            /// The connection broke.
            case lost
            /// The relay said what it cannot mean.
            case garbage
            case timedOut
        }

        package let kind: Kind
        package let reason: String
    }

    package enum Awaited: String, Hashable, Sendable {
        case mail, recipient, data, finalDot, loneDot, reset, quit
    }

    /// A message whose envelope is being offered.
    struct Opening: Sendable {
        var message: Outgoing
        /// The relay has taken the sender: what becomes of the session from here on may be about the recipient.
        var isSenderTaken = false
        /// What it has come to before DATA was answered.
        var outcome: Outcome?
    }

    /// A message whose content was written.
    struct Closing: Sendable {
        var ticket: UInt64
        var isDotOffered = false
        var isDotTaken = false
    }

    package let capabilities: Capabilities
    private let messageLimit: Int
    var reader = ReplyReader()
    var expected: [Awaited] = []
    var opening: Opening?
    var closing: Closing?
    package internal(set) var ending: Ending?
    /// Messages begun on this session.
    package private(set) var begun = 0
    /// Messages that the relay decided about: accepted, refused or deferred by a reply.
    package internal(set) var concluded = 0
    /// The relay has taken the sender of some message.
    package internal(set) var hasTakenSender = false
    /// Replies read, of whatever kind.
    package internal(set) var replies = 0
    package private(set) var isQuitting = false

    package init(capabilities: Capabilities, messageLimit: Int? = nil) {
        self.capabilities = capabilities
        self.messageLimit = messageLimit ?? .max
    }

    /// What the relay owes us next; nil where it owes nothing.
    package var awaited: Awaited? { expected.first }
    /// No message in hand and no reply owed.
    package var isIdle: Bool { expected.isEmpty && opening == nil && closing == nil && ending == nil }
    package var isSpent: Bool { begun >= messageLimit }
    /// A final dot has been offered, and the socket has not taken it yet.
    package var isDotPending: Bool { closing.map { $0.isDotOffered && !$0.isDotTaken } ?? false }
    /// The socket has taken a final dot that is not answered yet.
    package var awaitsFinalAnswer: Bool { closing?.isDotTaken ?? false }
    /// The message whose final dot may be on its way.
    package var ticketAtDot: UInt64? { closing?.ticket }

    /// True where `begin` may be called: with PIPELINING also while the message before waits for the answer to its dot.
    package var canBegin: Bool {
        guard ending == nil, !isQuitting, begun < messageLimit, opening == nil else { return false }
        return capabilities.pipelining || (expected.isEmpty && closing == nil)
    }

    /// Starts a message. One whose address needs SMTPUTF8 that this relay does not offer is refused here, before anything of it is said; one
    /// that is larger than it takes is deferred, since that is a setting of the relay's and may hold for every message.
    package mutating func begin(_ message: Outgoing, into out: inout SendBuffer, results: inout [Result]) {
        guard canBegin else {
            results.append(Result(ticket: message.ticket, outcome: .notAttempted(reason: "the session was not ready", scope: .session)))
            return
        }
        if let outcome = outcomeBeforehand(message) {
            results.append(Result(ticket: message.ticket, outcome: outcome))
            return
        }
        begun += 1
        opening = Opening(message: message)
        writeMail(message, into: &out)
        if capabilities.pipelining {
            writeRecipient(message.envelope, into: &out)
            writeData(into: &out)
        }
    }

    /// Says goodbye. Only where nothing is in hand.
    package mutating func quit(into out: inout SendBuffer) {
        guard isIdle, !isQuitting else { return }
        isQuitting = true
        out.append("QUIT\r\n")
        expected.append(.quit)
    }

    /// To be called before the bytes that hold the final dot of `ticketAtDot` are offered to the socket.
    package mutating func dotOffered() { closing?.isDotOffered = true }
    /// To be called once the socket has taken the end of that dot's line.
    package mutating func dotTaken() { closing?.isDotTaken = true }

    private func outcomeBeforehand(_ message: Outgoing) -> Outcome? {
        if message.envelope.needsSMTPUTF8, !capabilities.smtpUTF8 {
            let reply = Reply(
                code: 553, enhanced: "5.6.7", text: "the address is not ASCII before its @ and the relay does not offer SMTPUTF8",
                origin: .here)
            return .refused(reply, scope: .message)
        }
        if let largest = capabilities.largestMessage, message.size > largest {
            let reply = Reply(
                code: 552, enhanced: "5.3.4", text: "the message has \(message.size) bytes and the relay takes at most \(largest)",
                origin: .here)
            return .deferred(reply, reason: reply.description, scope: .session)
        }
        return nil
    }
}

// MARK: - Commands

extension Dialogue {
    private mutating func writeMail(_ message: Outgoing, into out: inout SendBuffer) {
        out.append("MAIL FROM:<")
        out.append(message.envelope.sender)
        out.append(">")
        if capabilities.size {
            out.append(" SIZE=")
            out.append(message.size)
        }
        if message.envelope.needsSMTPUTF8 {
            // RFC 6531 section 3.1 (8): SMTPUTF8 servers offer 8BITMIME too; headers may then hold UTF-8.
            out.append(" SMTPUTF8")
            if capabilities.eightBitMIME { out.append(" BODY=8BITMIME") }
        }
        out.append("\r\n")
        expected.append(.mail)
    }

    mutating func writeRecipient(_ envelope: Envelope, into out: inout SendBuffer) {
        out.append("RCPT TO:<")
        out.append(envelope.recipient.local)
        out.append("@")
        out.append(envelope.recipient.asciiDomain)
        out.append(">\r\n")
        expected.append(.recipient)
    }

    mutating func writeData(into out: inout SendBuffer) {
        out.append("DATA\r\n")
        expected.append(.data)
    }

    mutating func writeReset(into out: inout SendBuffer) {
        out.append("RSET\r\n")
        expected.append(.reset)
    }

    mutating func writeLoneDot(into out: inout SendBuffer) {
        out.appendLoneDot()
        expected.append(.loneDot)
    }

    mutating func writeBody(_ message: Outgoing, into out: inout SendBuffer) {
        out.append(message: message.body, tail: message.tail)
        expected.append(.finalDot)
        closing = Closing(ticket: message.ticket)
        opening = nil
    }
}

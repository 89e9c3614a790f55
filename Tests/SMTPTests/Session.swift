import Delivery
import Model
import SMTP
import Testing

/// A dialogue, its bytes and its results, driven as a table of what the server says.
struct Session: ~Copyable {
    var dialogue: Dialogue
    var out = SendBuffer()
    var results: [Dialogue.Result] = []

    init(pipelining: Bool = true, messageLimit: Int? = nil, _ change: (inout Capabilities) -> Void = { _ in }) {
        var capabilities = Capabilities()
        capabilities.pipelining = pipelining
        change(&capabilities)
        dialogue = Dialogue(capabilities: capabilities, messageLimit: messageLimit)
    }

    mutating func begin(_ ticket: UInt64, to: String? = nil, body: String = "Subject: x\r\n\r\nhello\r\n") throws {
        let recipient = try EmailAddress(to ?? "u\(ticket)@example.com")
        let envelope = try #require(Envelope(sender: "b@example.com", recipient: recipient))
        dialogue.begin(Outgoing(ticket: ticket, envelope: envelope, body: Array(body.utf8)), into: &out, results: &results)
    }

    /// What was to be said, all of it taken by the socket.
    mutating func said() -> String {
        var bytes: [UInt8] = []
        while let (offer, holdsDot) = out.offer() {
            if holdsDot { dialogue.dotOffered() }
            bytes += offer
            if out.took(offer.count) { dialogue.dotTaken() }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The server says `lines`; then everything that follows is said.
    @discardableResult
    mutating func hears(_ lines: String...) -> String {
        hearsBytes(Array(lines.map { $0 + "\r\n" }.joined().utf8))
        return said()
    }

    mutating func hearsBytes(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { dialogue.receive($0, into: &out, results: &results) }
    }

    mutating func breaks() { dialogue.connectionLost("broken", results: &results) }

    /// `1 accepted`, `2 refused recipient`, … in the order in which they were decided.
    var verdicts: [String] { results.map { "\($0.ticket) \($0.outcome.short)" } }
}

extension Outcome {
    var short: String {
        switch self {
        case .accepted: "accepted"
        case .deferred(_, _, let scope): "deferred \(scope)"
        case .refused(_, let scope): "refused \(scope)"
        case .unknown: "unknown"
        case .notAttempted(_, let scope, _): "back \(scope)"
        }
    }
}

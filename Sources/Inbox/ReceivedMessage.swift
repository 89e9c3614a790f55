/// A message as it came over the wire: what the envelope said, and the bytes between DATA and the final dot.
///
/// `content` has no dot-stuffing and not the final dot; it ends with CRLF and is to the byte what the sender meant, so its
/// SHA-256 is the one that the sender's log holds.
package struct ReceivedMessage: Sendable {
    /// Counts from 1 for each server; where messages are kept in a folder, goes on after what lies there.
    package var number: Int
    /// Which connection of this server brought it, from 1.
    package var connection: Int
    /// What MAIL FROM said; empty for `<>`.
    package var sender: String
    /// What the accepted RCPT TO commands said, in order; never empty.
    package var recipients: [String]
    /// The client asked for SMTPUTF8 (RFC 6531).
    package var internationalised: Bool
    package var content: [UInt8]

    package init(number: Int, connection: Int, sender: String, recipients: [String], internationalised: Bool, content: [UInt8]) {
        self.number = number
        self.connection = connection
        self.sender = sender
        self.recipients = recipients
        self.internationalised = internationalised
        self.content = content
    }
}

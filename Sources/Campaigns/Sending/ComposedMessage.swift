package import Delivery
package import Mail
import Store

/// A message ready for the wire, and what the log will say of it.
package struct ComposedMessage: Sendable {
    package var envelope: Envelope
    /// The message with CRLF line ends, not dot-stuffed. Let go of once it is on the wire.
    package var bytes: [UInt8]
    /// What follows `bytes`, the same in many messages.
    package var tail: SharedBytes?
    package var messageID: String
    /// Of `bytes` and `tail`, in hexadecimal.
    package var sha256: String
    /// The same without what differs from one making to the next: Date and DKIM-Signature.
    package var contentSHA256: String

    /// What a message whose sender dies is known by.
    var marks: FlightRecorder.Marks { FlightRecorder.Marks(messageID: messageID, sha256: sha256, contentSHA256: contentSHA256) }
}

/// Makes the message for one claim. Called on several threads at once.
package protocol MessageMaking: Sendable {
    func compose(_ recipient: Recipient) throws -> ComposedMessage
}

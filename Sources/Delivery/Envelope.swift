package import Mail
package import Model

/// Who a message is from and for on the wire, which is not what its headers say.
package struct Envelope: Hashable, Sendable {
    /// The return path as it goes between `<` and `>` of MAIL FROM; empty for mail that must not bounce.
    package let sender: String
    package let recipient: EmailAddress
    /// True where either address holds more than ASCII before its @ (RFC 6531).
    package let needsSMTPUTF8: Bool

    /// Nil where the sender holds a character that could end the command or start another one. It is not parsed further:
    /// return paths are made by us, with signatures in them.
    package init?(sender: String, recipient: EmailAddress) {
        guard sender.utf8.count <= 254, sender.utf8.allSatisfy(Self.mayStand) else { return nil }
        self.sender = sender
        self.recipient = recipient
        needsSMTPUTF8 = recipient.needsSMTPUTF8 || !sender.utf8.allSatisfy { $0 < 0x80 }
    }

    package init(sender: EmailAddress, recipient: EmailAddress) {
        self.sender = sender.wire
        self.recipient = recipient
        needsSMTPUTF8 = recipient.needsSMTPUTF8 || sender.needsSMTPUTF8
    }

    private static func mayStand(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">")
    }
}

/// One message on its way to one recipient.
package struct Outgoing: Sendable {
    /// What the ledger calls this attempt; the transport gives it back with the outcome and never looks into it.
    package let ticket: UInt64
    package let envelope: Envelope
    /// The message with CRLF line ends, without dot-stuffing and without the final dot.
    package let body: [UInt8]
    /// What follows `body`, shared with other messages: attachments. Whole lines, none of which starts with a dot.
    package let tail: SharedBytes?

    package init(ticket: UInt64, envelope: Envelope, body: [UInt8], tail: SharedBytes? = nil) {
        self.ticket = ticket
        self.envelope = envelope
        self.body = body
        self.tail = tail
    }

    /// In bytes, without dot-stuffing and without the final dot.
    package var size: Int { body.count + (tail?.count ?? 0) }
}

import NIOCore

/// The server's side of one SMTP session, without I/O: bytes in, replies and messages out.
///
/// ```swift
/// var session = SMTPSession(number: 1, behaviour: behaviour, limits: limits, deferral: { _ in false })
/// var step = session.advance(&input, &replies)      // .message: keep it, then
/// step = session.settle(.kept, &replies)            // answer the final dot
/// ```
/// A message that was announced by ``Step/message(_:)`` must be settled before the session is advanced again.
struct SMTPSession {
    enum Step {
        /// Everything that could be answered has been; more bytes are needed.
        case hungry
        /// The final dot was read; the message wants to be kept and the dot answered.
        case message(Incoming)
        /// Send the replies, then close.
        case close
        /// Close at once with a reset, replies unsent.
        case reset(Fault)
    }

    enum Fault { case inData, afterDot }
    enum Keeping { case kept, failed }

    struct Incoming {
        var sender: String
        var recipients: [String]
        var internationalised: Bool
        var content: [UInt8]
    }

    /// What happened since it was last asked, for the server's statistics.
    struct Tally: Equatable {
        var refused = 0
        var deferred = 0
        var refusedMessages = 0
        var pipelinedWithoutOffer = 0
    }

    private enum Phase {
        case commands
        case text(MessageText)
        /// A body that the seed has doomed: the connection is reset after its first bytes.
        case doomed
        case settling
        case over
    }

    let number: Int
    let behaviour: InboxBehaviour
    let limits: InboxLimits
    /// True where this recipient, seen for the first time, is to be put off.
    let deferral: (String) -> Bool
    var tally = Tally()

    private var phase = Phase.commands
    private var random: SeededRandom
    private var saidHello = false
    private var envelope: Envelope?
    private var mistakes = 0
    private var taken = 0

    private struct Envelope {
        var sender: String
        var internationalised: Bool
        var size: Int
        var recipients: [String] = []
    }

    init(number: Int, behaviour: InboxBehaviour, limits: InboxLimits, deferral: @escaping (String) -> Bool) {
        self.number = number
        self.behaviour = behaviour
        self.limits = limits
        self.deferral = deferral
        random = SeededRandom(seed: behaviour.seed &+ UInt64(truncatingIfNeeded: number) &* 0x2545_F491_4F6C_DD1D)
    }

    static let greeting = "220 localhost ESMTP Pitwall inbox\r\n"

    mutating func advance(_ input: inout ByteBuffer, _ out: inout ByteBuffer) -> Step {
        while true {
            switch phase {
            case .commands:
                guard let step = command(&input, &out) else { continue }
                return step
            case .text(var text):
                phase = .settling  // the text must have one owner while it grows
                guard text.read(&input) else {
                    phase = .text(text)
                    return .hungry
                }
                guard let step = finished(text, &out) else { continue }
                return step
            case .doomed:
                guard input.readableBytes > 0 else { return .hungry }
                phase = .over
                return .reset(.inData)
            case .settling, .over:
                return .hungry
            }
        }
    }

    /// Answers the final dot of the message announced last.
    mutating func settle(_ keeping: Keeping, _ out: inout ByteBuffer) -> Step {
        phase = .commands
        if keeping == .kept {
            taken += 1
            if random.happens(behaviour.dropAfterDot) {
                phase = .over
                return .reset(.afterDot)
            }
            out.writeString("250 2.0.0 kept as \(number)-\(taken)\r\n")
        } else {
            tally.refusedMessages += 1
            out.writeString("452 4.3.1 the message cannot be kept\r\n")
        }
        if let most = behaviour.busyAfter, taken >= most {
            return close("421 4.7.0 enough for one connection", &out)
        }
        return .hungry
    }

    /// Says why the session ends, unless a message is still on its way in: nobody would read a reply there.
    mutating func end(_ reply: String, _ out: inout ByteBuffer) {
        if case .commands = phase { out.writeString(reply + "\r\n") }
        phase = .over
    }

    /// Nil where the session goes on at once.
    private mutating func finished(_ text: MessageText, _ out: inout ByteBuffer) -> Step? {
        defer { envelope = nil }
        guard let envelope else { return close("421 4.3.0 no envelope", &out) }
        guard let fault = text.fault else {
            return .message(
                Incoming(
                    sender: envelope.sender, recipients: envelope.recipients, internationalised: envelope.internationalised,
                    content: text.content))
        }
        phase = .commands
        tally.refusedMessages += 1
        switch fault {
        case .tooLarge: out.writeString("552 5.3.4 the message is larger than \(limits.messageSize) bytes\r\n")
        case .longLine: out.writeString("550 5.6.0 a line is longer than \(limits.textLine) bytes (RFC 5321 section 4.5.3.1.6)\r\n")
        case .loneCarriageReturn: out.writeString("550 5.6.11 a carriage return stands alone (RFC 5321 section 2.3.8)\r\n")
        case .loneLineFeed: out.writeString("550 5.6.11 a line feed stands alone (RFC 5321 section 2.3.8)\r\n")
        }
        return nil
    }
}

// MARK: Commands

extension SMTPSession {
    /// Reads and answers one command; nil where the session goes on at once.
    private mutating func command(_ input: inout ByteBuffer, _ out: inout ByteBuffer) -> Step? {
        guard let lineFeed = input.withUnsafeReadableBytes({ $0.firstIndex(of: 0x0A, from: 0) }) else {
            guard input.readableBytes > limits.commandLine else { return .hungry }
            return close("500 5.5.6 the line is too long", &out)
        }
        guard lineFeed < limits.commandLine, var line = input.readSlice(length: lineFeed + 1).map({ $0.readableBytesView[...] }) else {
            return close("500 5.5.6 the line is too long", &out)
        }
        line.removeLast()
        guard line.last == 0x0D else { return mistake("500 5.5.2 a line ends with CR and LF", &out) }
        line.removeLast()
        if behaviour.noPipelining, input.readableBytes > 0 {
            tally.pipelinedWithoutOffer += 1
            return close("503 5.5.1 pipelining was not offered", &out)
        }
        guard let command = Command(line) else { return mistake("500 5.5.2 not a command", &out) }
        switch command.verb {
        case .ehlo, .helo: return hello(command, &out)
        case .mail: return mail(command, &out)
        case .rcpt: return recipient(command, &out)
        case .data: return data(command, &out)
        case .rset:
            envelope = nil
            return reply("250 2.0.0 ok", &out)
        case .noop: return reply("250 2.0.0 ok", &out)
        case .quit: return close("221 2.0.0 bye", &out)
        case .vrfy: return reply("252 2.5.2 send it and see", &out)
        case .help: return reply("214 2.0.0 EHLO MAIL RCPT DATA RSET NOOP QUIT", &out)
        case .expn, .auth, .starttls, .bdat, .turn, .etrn: return mistake("502 5.5.1 not offered here", &out)
        case nil: return mistake("500 5.5.2 unknown command", &out)
        }
    }

    private mutating func hello(_ command: Command, _ out: inout ByteBuffer) -> Step? {
        guard !command.argument.isEmpty else { return mistake("501 5.5.4 say who you are", &out) }
        saidHello = true
        envelope = nil
        guard command.verb == .ehlo else { return reply("250 localhost", &out) }
        out.writeString("250-localhost\r\n")
        if !behaviour.noPipelining { out.writeString("250-PIPELINING\r\n") }
        out.writeString("250-SIZE \(limits.messageSize)\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n")
        return nil
    }

    private mutating func mail(_ command: Command, _ out: inout ByteBuffer) -> Step? {
        guard saidHello else { return mistake("503 5.5.1 say EHLO first", &out) }
        guard envelope == nil else { return mistake("503 5.5.1 the sender is known already", &out) }
        guard let path = command.path(after: "from:"), path.isSender else {
            return mistake("501 5.1.7 say MAIL FROM:<address>", &out)
        }
        var next = Envelope(sender: path.address, internationalised: false, size: 0)
        for (name, value) in path.parameters {
            switch (name, value) {
            case ("SIZE", let value?):
                guard let size = Int(value), size >= 0 else { return mistake("501 5.5.4 SIZE is a number of bytes", &out) }
                if size > limits.messageSize {
                    return reply("552 5.3.4 messages have at most \(limits.messageSize) bytes", &out)
                }
                next.size = size
            case ("BODY", let value?) where ["7BIT", "8BITMIME"].contains(value.uppercased()): break
            case ("SMTPUTF8", nil): next.internationalised = true
            default: return mistake("555 5.5.4 a parameter that was not offered", &out)
            }
        }
        guard path.isASCII || next.internationalised else { return reply("553 5.6.7 the address needs SMTPUTF8", &out) }
        envelope = next
        return reply("250 2.1.0 ok", &out)
    }

    private mutating func recipient(_ command: Command, _ out: inout ByteBuffer) -> Step? {
        guard let envelope else { return mistake("503 5.5.1 say MAIL first", &out) }
        guard let path = command.path(after: "to:"), path.isRecipient else {
            return mistake("501 5.1.3 say RCPT TO:<address>", &out)
        }
        guard path.parameters.isEmpty else { return mistake("555 5.5.4 a parameter that was not offered", &out) }
        guard path.isASCII || envelope.internationalised else { return reply("553 5.6.7 the address needs SMTPUTF8", &out) }
        if let text = behaviour.refuse, path.address.contains(text) {
            tally.refused += 1
            return reply("550 5.1.1 no such user", &out)
        }
        if let text = behaviour.deferring, path.address.contains(text), deferral(path.address) {
            tally.deferred += 1
            return reply("451 4.2.1 try again later", &out)
        }
        guard envelope.recipients.count < limits.recipients else { return reply("452 4.5.3 too many recipients", &out) }
        self.envelope?.recipients.append(path.address)
        return reply("250 2.1.5 ok", &out)
    }

    private mutating func data(_ command: Command, _ out: inout ByteBuffer) -> Step? {
        guard command.argument.isEmpty else { return mistake("501 5.5.4 DATA stands alone", &out) }
        // Not counted as mistakes: a client that pipelines has sent DATA before it knew that nobody was accepted.
        guard let envelope else { return reply("503 5.5.1 say MAIL first", &out) }
        guard !envelope.recipients.isEmpty else { return reply("554 5.5.1 no valid recipients", &out) }
        if random.happens(behaviour.dropInData) {
            phase = .doomed
        } else {
            phase = .text(MessageText(sizeLimit: limits.messageSize, lineLimit: limits.textLine, expecting: envelope.size))
        }
        return reply("354 end with a dot on a line of its own", &out)
    }

    private func reply(_ line: String, _ out: inout ByteBuffer) -> Step? {
        out.writeString(line)
        out.writeStaticString("\r\n")
        return nil
    }

    private mutating func mistake(_ line: String, _ out: inout ByteBuffer) -> Step? {
        mistakes += 1
        guard mistakes > limits.mistakes else { return reply(line, &out) }
        return close("421 4.7.0 too many mistakes", &out)
    }

    private mutating func close(_ line: String, _ out: inout ByteBuffer) -> Step {
        out.writeString(line)
        out.writeStaticString("\r\n")
        phase = .over
        return .close
    }
}

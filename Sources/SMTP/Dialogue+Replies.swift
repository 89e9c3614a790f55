import Delivery

extension Dialogue {
    /// Takes what the socket gave, however it is cut. Results of messages are appended; what is to be said next is written.
    package mutating func receive(_ bytes: UnsafeRawBufferPointer, into out: inout SendBuffer, results: inout [Result]) {
        guard ending == nil else { return }
        reader.append(bytes)
        // What is written in answer to these bytes has not been sent yet, so that they can't hold its replies.
        var owed = expected.count
        while ending == nil {
            do {
                guard let code = try reader.next() else { return }
                replies += 1
                owed -= 1
                if owed < 0, code < 400 { return end(.garbage, "the relay answered what was not said yet with \(code)", results: &results) }
                handle(code, into: &out, results: &results)
            } catch {
                end(.garbage, error.rawValue, results: &results)
            }
        }
    }

    /// The relay closed the connection, or the network did.
    package mutating func connectionLost(_ reason: String, results: inout [Result]) {
        guard ending == nil else { return }
        end(isIdle ? .dismissed : expected.first == .quit ? .goodbye : .lost, reason, results: &results)
    }

    /// What is awaited did not come in time.
    package mutating func timedOut(afterSeconds seconds: Int64, results: inout [Result]) {
        guard ending == nil else { return }
        let what = expected.first?.phrase ?? "connection with nothing to do"
        end(expected.first == .quit ? .goodbye : .timedOut, "no answer to the \(what) within \(seconds) s", results: &results)
    }

    /// Told to stop at once: whatever was not offered goes back, what was is unknown.
    package mutating func abandon(_ reason: String, results: inout [Result]) {
        guard ending == nil else { return }
        if let message = closing, !message.isDotOffered {
            closing = nil
            results.append(Result(ticket: message.ticket, outcome: .notAttempted(reason: reason, scope: .session)))
        }
        end(.goodbye, reason, results: &results)
    }

    private mutating func handle(_ code: Int, into out: inout SendBuffer, results: inout [Result]) {
        guard let awaited = expected.first else {
            guard code == 421 else { return end(.garbage, "the relay sent a reply to nothing: \(code)", results: &results) }
            return end(.dismissed, "the relay closed the session: \(reader.reply)", results: &results)
        }
        if code == 421, awaited != .quit { return dismissed(awaited, results: &results) }
        switch awaited {
        case .mail, .recipient: envelopeReply(code, to: awaited, into: &out, results: &results)
        case .data: dataReply(code, into: &out, results: &results)
        case .finalDot: dotReply(code, results: &results)
        case .loneDot:
            expected.removeFirst()
            if Self.isIntermediate(code) { garbage(code, awaited, results: &results) }
        case .reset:
            expected.removeFirst()
            if !Self.isPositive(code) { garbage(code, awaited, results: &results) }
        case .quit:
            expected.removeFirst()
            end(.goodbye, "said goodbye", results: &results)
        }
    }

    private mutating func envelopeReply(_ code: Int, to awaited: Awaited, into out: inout SendBuffer, results: inout [Result]) {
        guard let message = opening?.message else { return garbage(code, awaited, results: &results) }
        let stage: Stage = awaited == .mail ? .mail : .recipient
        if Self.isPositive(code) {
            expected.removeFirst()
            if stage == .mail {
                opening?.isSenderTaken = true
                hasTakenSender = true
            }
            guard !capabilities.pipelining else { return }
            awaited == .mail ? writeRecipient(message.envelope, into: &out) : writeData(into: &out)
        } else if code >= 400 {
            expected.removeFirst()
            refuse(at: stage)
            if !capabilities.pipelining { closeTransaction(into: &out, results: &results) }
        } else {
            garbage(code, awaited, results: &results)
        }
    }

    private mutating func dataReply(_ code: Int, into out: inout SendBuffer, results: inout [Result]) {
        guard let current = opening else { return garbage(code, .data, results: &results) }
        if code == 354 {
            expected.removeFirst()
            if current.outcome == nil {
                writeBody(current.message, into: &out)
            } else {
                writeLoneDot(into: &out)
                closeTransaction(into: &out, results: &results)
            }
        } else if code >= 400 {
            expected.removeFirst()
            refuse(at: .data)
            closeTransaction(into: &out, results: &results)
        } else {
            garbage(code, .data, results: &results)
        }
    }

    private mutating func dotReply(_ code: Int, results: inout [Result]) {
        guard let message = closing else { return garbage(code, .finalDot, results: &results) }
        guard message.isDotTaken else { return earlyReply(code, message, results: &results) }
        guard Self.isPositive(code) || code >= 400 else { return garbage(code, .finalDot, results: &results) }
        expected.removeFirst()
        conclude(message, reader.reply, results: &results)
    }

    /// A server may refuse a message that is still being sent, and then nobody knows where its next reply belongs. One that
    /// accepts it is not believed.
    private mutating func earlyReply(_ code: Int, _ message: Closing, results: inout [Result]) {
        guard code >= 400 else { return garbage(code, .finalDot, results: &results) }
        expected.removeFirst()
        let reply = reader.reply
        conclude(message, reply, results: &results)
        end(.dismissed, "the relay refused a message before it was complete: \(reply)", results: &results)
    }

    private mutating func conclude(_ message: Closing, _ reply: Reply, results: inout [Result]) {
        closing = nil
        concluded += 1
        results.append(Result(ticket: message.ticket, outcome: Verdict(of: reply, at: .body).outcome(reply, at: .body)))
    }

    /// The transaction of `opening` came to nothing: report it and make the server forget it.
    private mutating func closeTransaction(into out: inout SendBuffer, results: inout [Result]) {
        let outcome = opening?.outcome
        reportOpening(otherwise: .notAttempted(reason: "the transaction was given up", scope: .session), results: &results)
        // A server that has lost its place would say the same to the next message, and to the same one again.
        switch outcome {
        case .notAttempted(let reason, .session, _): end(.garbage, reason, results: &results)
        case .deferred(let reply?, let reason, .session) where reply.code == 503: end(.garbage, reason, results: &results)
        default: writeReset(into: &out)
        }
    }

    /// The refusal of a recipient whose sender was refused before says nothing new.
    private mutating func refuse(at stage: Stage) {
        guard opening?.outcome == nil else { return }
        let reply = reader.reply
        opening?.outcome = Verdict(of: reply, at: stage).outcome(reply, at: stage)
    }

    /// 421 in the place of any reply (RFC 5321 section 3.8): it answers what is awaited, and nothing else will be.
    private mutating func dismissed(_ awaited: Awaited, results: inout [Result]) {
        let reply = reader.reply
        switch awaited {
        case .finalDot:
            if let message = closing { conclude(message, reply, results: &results) }
        case .mail: refuse(at: .mail)
        case .recipient: refuse(at: .recipient)
        case .data: refuse(at: .data)
        default: break
        }
        end(.dismissed, "the relay closed the session: \(reply)", results: &results)
    }

    private mutating func garbage(_ code: Int, _ awaited: Awaited, results: inout [Result]) {
        end(.garbage, "the relay answered the \(awaited.phrase) with \(code)", results: &results)
    }

    /// Everything in hand gets its result (invariant 1).
    private mutating func end(_ kind: Ending.Kind, _ reason: String, results: inout [Result]) {
        ending = Ending(kind: kind, reason: reason)
        expected.removeAll()
        if let message = closing {
            closing = nil
            let outcome: Outcome = message.isDotOffered ? .unknown(reason: reason) : .deferred(nil, reason: reason, scope: .session)
            results.append(Result(ticket: message.ticket, outcome: outcome))
        }
        let isAboutRecipient = opening?.isSenderTaken == true && [.lost, .garbage, .timedOut].contains(kind)
        reportOpening(
            otherwise: isAboutRecipient
                ? .deferred(nil, reason: reason, scope: .recipient) : .notAttempted(reason: reason, scope: .session),
            results: &results)
    }

    private mutating func reportOpening(otherwise: Outcome, results: inout [Result]) {
        guard let current = opening else { return }
        opening = nil
        let outcome = current.outcome ?? otherwise
        switch outcome {
        case .refused, .deferred(_?, _, _), .notAttempted(_, .provider, _): concluded += 1
        default: break
        }
        results.append(Result(ticket: current.message.ticket, outcome: outcome))
    }

    /// 220 and 221 are positive by their class, but they greet and take leave: as the answer to anything else they are a sign of
    /// a session that has lost its place.
    private static func isPositive(_ code: Int) -> Bool { (200..<300).contains(code) && code != 220 && code != 221 }
    private static func isIntermediate(_ code: Int) -> Bool { (300..<400).contains(code) }
}

extension Dialogue.Awaited {
    /// What we said, for the middle of a sentence.
    package var phrase: String {
        switch self {
        case .mail: "MAIL command"
        case .recipient: "RCPT command"
        case .data: "DATA command"
        case .finalDot: "end of the message"
        case .loneDot: "end of an empty message"
        case .reset: "RSET command"
        case .quit: "QUIT command"
        }
    }
}

import Model

/// A settlement as the flight recorder keeps it between the answer and its commit.
extension Settlement {
    /// As JSON in at most `limit` bytes. What the log must have always fits; a server's words are cut as far as it takes.
    ///
    /// - Parameter isMarked: what the message is known by stands in the slot already.
    func stored(within limit: Int, isMarked: Bool = false) -> [UInt8] {
        for room in [400, 100, 25, 0] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(256)
            write(room: room, isMarked, to: &bytes)
            if bytes.count <= limit { return bytes }
        }
        return []
    }

    /// `room`: how many bytes each text that somebody else wrote may take before it is escaped. Written as it goes: each answer of a relay
    /// comes through here.
    private func write(room: Int, _ isMarked: Bool, to bytes: inout [UInt8]) {
        func member(_ name: StaticString, _ value: JSONValue) {
            bytes.append(bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
            bytes.append(UInt8(ascii: "\""))
            bytes.append(UInt8(ascii: ":"))
            value.write(to: &bytes)
        }
        member("at", .integer(at.milliseconds))
        member("outcome", .text(outcome.word))
        if case .deferred(let until) = outcome { member("until", .integer(until.milliseconds)) }
        member("relay", .text(relay.cut(to: room)))
        if let code { member("code", .integer(Int64(code))) }
        if let enhanced { member("enhanced", .text(enhanced.cut(to: 20))) }
        if let queueID { member("queue", .text(queueID.cut(to: min(room, 100)))) }
        if !isMarked {
            if let messageID { member("id", .text(messageID.cut(to: 330))) }
            if let sha256 { member("sha", .text(sha256.cut(to: 64))) }
            if let contentSHA256 { member("csha", .text(contentSHA256.cut(to: 64))) }
        }
        member("reply", .text(reply.cut(to: room)))
        if suppresses { member("suppresses", .bool(true)) }
        bytes.append(UInt8(ascii: "}"))
    }

    /// - Parameter made: what the slot held beside.
    init?(stored: JSONObject, key: DeliveryKey, attempt: Int64, made: FlightRecorder.Marks?) {
        func integer(_ name: String) -> Int64? { if case .integer(let value) = stored[name] { value } else { nil } }
        guard let at = integer("at"), let outcome = Outcome(word: stored["outcome"]?.text ?? "", until: integer("until")) else {
            return nil
        }
        self.init(
            key: key, attempt: attempt, at: Instant(milliseconds: at), outcome: outcome, relay: stored["relay"]?.text ?? "",
            code: integer("code").map { Int($0) }, enhanced: stored["enhanced"]?.text, reply: stored["reply"]?.text ?? "",
            queueID: stored["queue"]?.text, messageID: made?.messageID ?? stored["id"]?.text,
            sha256: made?.sha256 ?? stored["sha"]?.text, contentSHA256: made?.contentSHA256 ?? stored["csha"]?.text)
        suppresses = stored["suppresses"] == .bool(true)
    }
}

extension Settlement.Outcome {
    fileprivate init?(word: String, until: Int64?) {
        switch word {
        case "accepted": self = .accepted
        case "deferred": self = .deferred(until: Instant(milliseconds: until ?? 0))
        case "refused": self = .refused
        case "given_up": self = .givenUp
        case "unknown": self = .unknown
        case "returned": self = .returned
        default: return nil
        }
    }
}

extension String {
    /// Its beginning, in at most `count` bytes of whole scalars.
    fileprivate func cut(to count: Int) -> String {
        guard utf8.count > count else { return self }
        var kept = ""
        for scalar in unicodeScalars {
            guard kept.utf8.count + UTF8.width(scalar) <= count else { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept
    }
}

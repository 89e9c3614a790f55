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
            stored(room: room, isMarked).write(to: &bytes)
            if bytes.count <= limit { return bytes }
        }
        return []
    }

    /// `room`: how many bytes each text that somebody else wrote may take before it is escaped.
    private func stored(room: Int, _ isMarked: Bool) -> JSONObject {
        var members: [(name: String, value: JSONValue)] = []
        members.reserveCapacity(12)
        members.append(("at", .integer(at.milliseconds)))
        members.append(("outcome", .text(outcome.word)))
        if case .deferred(let until) = outcome { members.append(("until", .integer(until.milliseconds))) }
        members.append(("relay", .text(relay.cut(to: room))))
        if let code { members.append(("code", .integer(Int64(code)))) }
        if let enhanced { members.append(("enhanced", .text(enhanced.cut(to: 20)))) }
        if let queueID { members.append(("queue", .text(queueID.cut(to: min(room, 100))))) }
        if !isMarked {
            if let messageID { members.append(("id", .text(messageID.cut(to: 330)))) }
            if let sha256 { members.append(("sha", .text(sha256.cut(to: 64)))) }
            if let contentSHA256 { members.append(("csha", .text(contentSHA256.cut(to: 64)))) }
        }
        members.append(("reply", .text(reply.cut(to: room))))
        if suppresses { members.append(("suppresses", .bool(true))) }
        return JSONObject(distinct: members)
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

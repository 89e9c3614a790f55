import Model

/// A settlement as the flight recorder keeps it between the answer and its commit.
extension Settlement {
    /// As JSON in at most `limit` bytes. What the log must have always fits; a server's words are cut as far as it takes.
    func stored(within limit: Int) -> [UInt8] {
        for room in [400, 100, 25, 0] {
            var bytes: [UInt8] = []
            stored(room: room).write(to: &bytes)
            if bytes.count <= limit { return bytes }
        }
        return []
    }

    /// `room`: how many bytes each text that somebody else wrote may take before it is escaped.
    private func stored(room: Int) -> JSONObject {
        var object = JSONObject()
        object["at"] = .integer(at.milliseconds)
        object["outcome"] = .text(outcome.word)
        if case .deferred(let until) = outcome { object["until"] = .integer(until.milliseconds) }
        object["relay"] = .text(relay.cut(to: room))
        object["code"] = code.map { .integer(Int64($0)) }
        object["enhanced"] = enhanced.map { .text($0.cut(to: 20)) }
        object["queue"] = queueID.map { .text($0.cut(to: min(room, 100))) }
        object["id"] = messageID.map { .text($0.cut(to: 330)) }
        object["sha"] = sha256.map { .text($0.cut(to: 64)) }
        object["csha"] = contentSHA256.map { .text($0.cut(to: 64)) }
        object["reply"] = .text(reply.cut(to: room))
        if suppresses { object["suppresses"] = .bool(true) }
        return object
    }

    init?(stored: JSONObject, key: DeliveryKey, attempt: Int64) {
        func integer(_ name: String) -> Int64? { if case .integer(let value) = stored[name] { value } else { nil } }
        guard let at = integer("at"), let outcome = Outcome(word: stored["outcome"]?.text ?? "", until: integer("until")) else {
            return nil
        }
        self.init(
            key: key, attempt: attempt, at: Instant(milliseconds: at), outcome: outcome, relay: stored["relay"]?.text ?? "",
            code: integer("code").map { Int($0) }, enhanced: stored["enhanced"]?.text, reply: stored["reply"]?.text ?? "",
            queueID: stored["queue"]?.text, messageID: stored["id"]?.text, sha256: stored["sha"]?.text, contentSHA256: stored["csha"]?.text)
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

import Model

/// A settlement as the flight recorder keeps it between the answer and its commit.
extension Settlement {
    var stored: JSONValue {
        var object = JSONObject()
        object["at"] = .integer(at.milliseconds)
        object["outcome"] = .text(outcome.word)
        if case .deferred(let until) = outcome { object["until"] = .integer(until.milliseconds) }
        object["relay"] = .text(relay)
        object["code"] = code.map { .integer(Int64($0)) }
        object["enhanced"] = enhanced.map { .text($0) }
        object["queue"] = queueID.map { .text(String($0.prefix(60))) }
        object["id"] = messageID.map { .text(String($0.prefix(90))) }
        object["sha"] = sha256.map { .text($0) }
        object["csha"] = contentSHA256.map { .text($0) }
        object["reply"] = .text(String(reply.prefix(120)))
        return .object(object)
    }

    init?(stored: JSONObject, key: DeliveryKey, attempt: Int64) {
        func integer(_ name: String) -> Int64? { if case .integer(let value) = stored[name] { value } else { nil } }
        guard let at = integer("at"), let outcome = Outcome(word: stored["outcome"]?.text ?? "", until: integer("until")) else { return nil }
        self.init(
            key: key, attempt: attempt, at: Instant(milliseconds: at), outcome: outcome, relay: stored["relay"]?.text ?? "",
            code: integer("code").map { Int($0) }, enhanced: stored["enhanced"]?.text, reply: stored["reply"]?.text ?? "",
            queueID: stored["queue"]?.text, messageID: stored["id"]?.text, sha256: stored["sha"]?.text, contentSHA256: stored["csha"]?.text)
    }
}

extension Settlement.Outcome {
    fileprivate init?(word: String, until: Int64?) {
        switch word {
        case "accepted": self = .accepted
        case "deferred": self = .deferred(until: Instant(milliseconds: until ?? 0))
        case "refused": self = .refused
        case "unknown": self = .unknown
        case "returned": self = .returned
        default: return nil
        }
    }
}

package import Model
package import Store

extension LedgerEntry {
    /// The server's words, or why there are none.
    package var outcomeText: String {
        switch (state, reason) {
        case (.skipped, _): return reason ?? ""
        // What the relay said last was about a lost connection.
        case (.accepted, "resolved"): return "settled as sent by hand"
        case (.accepted, "evidence"): return "settled as sent by what came back of it"
        default: break
        }
        return [code.map { "\($0)" }, enhanced, reply].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
    }

    package static let columns = [
        "campaign", "step", "email", "state", "message_id", "sha256", "content_sha256", "attempts", "code", "reply", "queue_id", "relay",
        "at",
    ]

    /// The fields that are a promise, and a few more.
    package var json: JSONObject {
        func text(_ value: String?) -> JSONValue { value.map { .text($0) } ?? .null }
        return [
            "campaign": .text(campaign), "step": .text(key.step == DeliveryKey.seedStep ? "seed" : "campaign"), "email": .text(address),
            "state": .text(stateWord),
            "message_id": text(messageID), "sha256": text(sha256), "content_sha256": text(contentSHA256),
            "attempts": .integer(Int64(attempts)),
            "code": code.map { .integer(Int64($0)) } ?? .null, "reply": text(reply), "queue_id": text(queueID), "relay": text(relay),
            "at": text((settledAt ?? attemptAt ?? handedAt)?.iso), "reason": text(reason), "enhanced": text(enhanced),
            "plan": .integer(plan.rawValue),
            "data_changed": .bool(dataChanged),
        ]
    }
}

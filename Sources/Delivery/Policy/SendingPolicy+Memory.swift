package import Model

/// What servers have taught, to be kept for the next sender: a program that is started anew should not run into the same wall.
extension SendingPolicy {
    /// Of one relay or provider. Relays that are down are no part of it: somebody may have mended them. But of one that found hardly anybody the
    /// next denial is as good as the fiftieth, until some have been found.
    package struct Memory: Hashable, Sendable {
        /// `relay main`, `provider google`, `provider firm.example`.
        package var subject: String
        package var heldUntil: Instant?
        /// In messages a second.
        package var pace: Double?
        /// The pace at which the trouble began.
        package var ceiling: Double?
        /// Why: what the server said.
        package var words: String

        package init(subject: String, heldUntil: Instant? = nil, pace: Double? = nil, ceiling: Double? = nil, words: String) {
            (self.subject, self.heldUntil, self.pace, self.ceiling, self.words) = (subject, heldUntil, pace, ceiling, words)
        }
    }

    /// For so long, in milliseconds, what an earlier sender found out of a pace says something of now.
    package static let memory: Int64 = 4 * 3_600_000

    /// What is worth keeping now.
    package func memories(at now: Instant) -> [Memory] {
        var found: [Memory] = []
        for relay in relays {
            let denial = relay.down.flatMap { $0.isForDenials && $0.until > now ? $0 : nil }
            guard denial != nil || relay.throttle.isSlowed else { continue }
            found.append(
                Memory(
                    subject: "relay \(relay.name)", heldUntil: denial?.until, pace: relay.throttle.pace,
                    ceiling: relay.throttle.isSlowed ? relay.throttle.ceiling : nil, words: denial?.reason ?? relay.throttle.reason))
        }
        for lane in lanes.dropFirst() {
            let hold = lane.hold.flatMap { $0.until > now ? $0 : nil }
            guard hold != nil || lane.throttle.isSlowed else { continue }
            found.append(
                Memory(
                    subject: "provider \(lane.name)", heldUntil: hold?.until, pace: lane.throttle.pace,
                    ceiling: lane.throttle.isSlowed ? lane.throttle.ceiling : nil, words: hold?.reason ?? lane.throttle.reason))
        }
        return found
    }

    /// Takes up what an earlier sender, or another one, has noted. What this one knows itself of a pace is newer.
    package mutating func recall(_ memory: Memory, at now: Instant) {
        let parts = memory.subject.split(separator: " ", maxSplits: 1).map { String($0) }
        guard parts.count == 2 else { return }
        if parts[0] == "relay" {
            for index in relays.indices where relays[index].name == parts[1] {
                relays[index].throttle.recall(memory.pace, ceiling: memory.ceiling, memory.words, at: now)
                if let until = memory.heldUntil, until > now { relays[index].suspect(at: now) }
            }
            return
        }
        let group = providers.groups.firstIndex { $0.name == parts[1] }.map { $0 + 1 }
        let lane = group ?? (parts[1].contains(".") ? newLane(for: parts[1]) : 0)
        guard lane > 0 else { return }
        lanes[lane].throttle.recall(memory.pace, ceiling: memory.ceiling, memory.words, at: now)
        if let until = memory.heldUntil, until > now, until > lanes[lane].hold?.until ?? now {
            hold(lane, Hold(until: until, reason: memory.words), at: now)
        }
    }
}

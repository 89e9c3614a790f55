package import Model

/// Messages that are ready and whose provider lets none go at the moment, by lane; the others pass them by.
///
/// Lanes take turns: a provider with a thousand messages waiting does not go before one with ten. Who uses it keeps few there
/// (``SendingPolicy/admit(_:at:)``), so nothing here grows with a campaign.
package struct Lanes<Item: Sendable>: Sendable {
    private struct Queue: Sendable {
        let lane: Int
        var items: [Item] = []
        var first = 0
    }

    private var queues: [Queue] = []
    private var next = 0
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    package mutating func park(_ item: Item, in lane: Int) {
        count += 1
        if let known = queues.firstIndex(where: { $0.lane == lane }) {
            queues[known].items.append(item)
        } else {
            queues.append(Queue(lane: lane, items: [item]))
        }
    }

    /// The next message of a lane that is free, lanes in turn.
    package mutating func take(at now: Instant, under policy: SendingPolicy) -> Item? {
        // As nearly always, and asked for every message. What follows is compiled once for all kinds of items: going over no lane took 1 µs.
        guard count > 0 else { return nil }
        for offset in queues.indices {
            let index = (next + offset) % queues.count
            guard policy.laneFree(queues[index].lane, at: now) <= now else { continue }
            let item = queues[index].items[queues[index].first]
            queues[index].first += 1
            count -= 1
            next = index + 1
            if queues[index].first == queues[index].items.count {
                queues.remove(at: index)
                next = index
            }
            if next >= queues.count { next = 0 }
            return item
        }
        return nil
    }

    /// When the first of the lanes with something in them is free; nil where there is nothing.
    package func free(at now: Instant, under policy: SendingPolicy) -> Instant? {
        queues.map { policy.laneFree($0.lane, at: now) }.min()
    }

    /// Takes out all whose lane lets none go before `limit`.
    package mutating func takeAll(after limit: Instant, at now: Instant, under policy: SendingPolicy) -> [Item] {
        guard count > 0 else { return [] }
        let waiting = queues.filter { policy.laneFree($0.lane, at: now) > limit }
        guard !waiting.isEmpty else { return [] }
        queues.removeAll { queue in waiting.contains { $0.lane == queue.lane } }
        next = 0
        let items = waiting.flatMap { $0.items[$0.first...] }
        count -= items.count
        return items
    }

    package mutating func takeAll() -> [Item] {
        defer { self = Lanes() }
        return queues.flatMap { $0.items[$0.first...] }
    }
}

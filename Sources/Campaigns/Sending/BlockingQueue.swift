/// A queue between threads. Who takes may wait; who puts never does, since everything in the house that is under way has a
/// place set aside for it (``FlightTable``), which bounds every queue at once.
// SAFETY: what changes is only touched while `condition` is locked.
final class BlockingQueue<Item: Sendable>: @unchecked Sendable {
    private let condition = Condition()
    private var items: [Item] = []
    private var first = 0
    private var closed = false
    /// How many items whoever waits is waiting for: fewer wake nobody.
    private var wanted = 1
    /// Somebody waits until no more than so many are left; of several, the first to go on.
    private var room: Int?
    private var makers = 0

    /// Says whether the queue was empty: only then may somebody be waiting who must be told.
    @discardableResult
    func put(_ new: some Sequence<Item>) -> Bool {
        condition.lock()
        let before = items.count - first
        items.append(contentsOf: new)
        return tellOfMore(than: before)
    }

    /// One alone: most come so, and are not copied.
    @discardableResult
    func put(_ item: consuming Item) -> Bool {
        condition.lock()
        let before = items.count - first
        items.append(item)
        return tellOfMore(than: before)
    }

    /// Unlocks. Says whether there were none before.
    private func tellOfMore(than before: Int) -> Bool {
        if before < wanted, items.count - first >= wanted { condition.broadcast() }
        condition.unlock()
        return before == 0
    }

    /// Waits while there are `limit` items or more, and then until an eighth of them is taken: whoever puts need not run ahead, and what it has
    /// to put at once is little. Not while it is closed.
    func waitForRoom(below limit: Int) {
        condition.lock()
        defer { condition.unlock() }
        guard items.count - first >= limit else { return }
        let low = max(0, limit - max(1, limit / 8))
        makers += 1
        while items.count - first > low, !closed {
            room = max(room ?? 0, low)
            condition.wait()
        }
        makers -= 1
    }

    /// Nothing more will come: those who wait get nil once it is empty.
    func close() {
        condition.lock()
        closed = true
        condition.broadcast()
        condition.unlock()
    }

    /// Waits for an item; nil when the queue is closed and empty.
    func take() -> Item? {
        condition.lock()
        defer { condition.unlock() }
        while first == items.count, !closed { condition.wait() }
        return pop()
    }

    enum Polled {
        case item(Item)
        case empty
        case closed
    }

    func poll() -> Polled {
        condition.lock()
        defer { condition.unlock() }
        if let item = pop() { return .item(item) }
        return closed ? .closed : .empty
    }

    /// How many wait for room.
    var waitingForRoom: Int {
        condition.lock()
        defer { condition.unlock() }
        return makers
    }

    var count: Int {
        condition.lock()
        defer { condition.unlock() }
        return items.count - first
    }

    /// Nothing is in it and nothing will come.
    var isOver: Bool {
        condition.lock()
        defer { condition.unlock() }
        return closed && first == items.count
    }

    /// Everything there is, once there are `count` or `seconds` have passed.
    func takeAll(waitingFor count: Int, atMost seconds: Double) -> [Item] {
        condition.lock()
        defer { condition.unlock() }
        if items.count - first < count, seconds > 0 {
            let deadline = Condition.deadline(in: seconds)
            wanted = max(1, count)
            while items.count - first < count, !closed, condition.wait(until: deadline) {}
            wanted = 1
        }
        let all = Array(items[first...])
        items.removeAll(keepingCapacity: true)
        first = 0
        tellOfRoom()
        return all
    }

    private func tellOfRoom() {
        guard let room, items.count - first <= room else { return }
        self.room = nil
        condition.broadcast()
    }

    private func pop() -> Item? {
        guard first < items.count else { return nil }
        let item = items[first]
        first += 1
        tellOfRoom()
        if first == items.count {
            items.removeAll(keepingCapacity: true)
            first = 0
        } else if first > 1024 {
            items.removeFirst(first)
            first = 0
        }
        return item
    }
}

package import Model

/// Says when the next message may go, so that no window of a limit's length ever holds more than the limit.
///
/// Several limits compose: a message goes when all of them let it. A window is half-open: with `1/s`, a message at 0 ms and
/// one at 1,000 ms are in no window together. Time is passed in; a clock that goes back is taken to stand still.
///
///     var limiter = RateLimiter([Rate("600/min"), Rate("50000/day")].compactMap { $0 })
///     if limiter.take(at: now) { send() } else { wait(until: limiter.free(at: now)) }
///
/// Messages are remembered one by one (those of the same millisecond as one entry). Windows above 86 seconds are kept in
/// 86,400 steps, each message counting from the end of its step: a day's limit may be reached up to a second late, never
/// early, and its memory is bounded by 1.4 MB whatever the limit.
package struct RateLimiter: Sendable {
    private var windows: [SlidingWindow]
    /// Messages that have a place and have not gone yet.
    private var reserved = 0

    package init(_ rates: [Rate] = []) {
        windows = rates.map(SlidingWindow.init)
    }

    package var isEmpty: Bool { windows.isEmpty }

    package var rates: [Rate] { windows.map(\.rate) }

    /// Limits of something else that the same messages count towards, with what they remember.
    package mutating func compose(with other: RateLimiter) {
        windows += other.windows
    }

    /// The earliest time, not before `now`, at which a message may go.
    package func free(at now: Instant) -> Instant {
        windows.reduce(now) { max($0, $1.free(at: now, reserved: reserved)) }
    }

    /// How many more may go at most, where limits are shared and more places are to be had; nil without limits.
    mutating func left(at now: Instant) -> Int? {
        var least: Int?
        for index in windows.indices { least = min(least ?? .max, windows[index].left(at: now)) }
        return least
    }

    /// As fast as messages may go for the next seconds, in messages a millisecond, if all of the limit's places were to be had: of a day's limit of which
    /// much is left that is more than over a day. Nil without any limit.
    mutating func paceForNow(at now: Instant) -> Double? {
        var least: Double?
        for index in windows.indices {
            let rate = windows[index].rate
            let pace = max(Double(rate.count) / Double(rate.window.milliseconds), Double(windows[index].left(at: now)) / 10_000)
            least = min(least ?? .infinity, pace)
        }
        return least
    }

    /// How many messages may go at `now`; nil without any limit.
    package mutating func room(at now: Instant) -> Int? {
        var least: Int?
        for index in windows.indices {
            let room = windows[index].room(at: now)
            least = min(least ?? room, room)
        }
        return least
    }

    /// How many more have gone by `then` if each goes as soon as it may; nil without any limit. What is on its way has not gone yet.
    /// Where several limits hold, perhaps too many: what goes in bursts by one of them may have to wait by another.
    func capacity(until then: Instant, at now: Instant) -> Double? {
        windows.map { $0.capacity(until: then, at: now) }.min()
    }

    /// In messages a millisecond, over a long time; nil without any limit.
    package var pace: Double? {
        var slowest: Double?
        for window in windows {
            let pace = Double(window.rate.count) / Double(window.rate.window.milliseconds)
            slowest = min(slowest ?? pace, pace)
        }
        return slowest
    }

    /// Another count for the only window, which keeps what it remembers.
    mutating func allow(_ count: Int) {
        guard windows.count == 1, let rate = Rate(count: count, per: windows[0].rate.window) else { return }
        windows[0].rate = rate
    }

    /// From now on it has no place in any window but those that are allotted to it: others share the limits. What it remembers is given
    /// back, as it may be theirs.
    package mutating func share() -> [[(at: Instant, count: Int)]] {
        windows.indices.map { windows[$0].share() }
    }

    /// How each window stands, where they are shared.
    package mutating func shares(at now: Instant) -> [Share] {
        windows.indices.compactMap { windows[$0].share(at: now, reserved: reserved) }
    }

    /// So many places of the limit are its own; says whether they are more than before.
    @discardableResult
    package mutating func allot(_ places: Int, in window: Int) -> Bool {
        guard windows.indices.contains(window) else { return false }
        let before = windows[window].places ?? 0
        windows[window].places = max(0, places)
        return places > before
    }

    /// The others are being told.
    mutating func tell(in window: Int) {
        if windows.indices.contains(window) { windows[window].isDoubtful = true }
    }

    /// The others know of this, and perhaps that more is wanted.
    mutating func told(_ share: Share, isWanting: Bool, in window: Int) {
        guard windows.indices.contains(window) else { return }
        (windows[window].told, windows[window].isDoubtful) = (share, isWanting)
    }

    /// Whether the others know all that is to be known of a window.
    func isTold(_ share: Share, in window: Int) -> Bool {
        guard windows.indices.contains(window) else { return true }
        guard !windows[window].isDoubtful else { return false }
        return windows[window].told.map { $0 == share } ?? (share.places == 0 && share.used == 0)
    }

    /// The earliest time at which a message may go by what is its own, whatever others give up.
    func ownFree(at now: Instant) -> Instant { windows.reduce(now) { max($0, $1.ownFree(at: now, reserved: reserved)) } }

    /// One window of a limit that several share.
    package struct Share: Hashable, Sendable {
        package var rate: Rate
        /// Of the limit's.
        package var places: Int
        /// Taken by messages that went within the window, or are on their way.
        package var used: Int
        /// All that ever went.
        package var total: Int
    }

    /// Takes one place in every window, or none and says false.
    package mutating func take(at now: Instant) -> Bool {
        guard free(at: now) <= now else { return false }
        record(at: now)
        return true
    }

    /// Keeps a place for a message that is being brought to the wire. It counts from when it goes, which ``land(at:)`` says: twenty that
    /// waited for their connections and twenty of the next second would else arrive in one.
    package mutating func reserve() { reserved += 1 }

    /// The message of one reserved place has gone, or never will.
    package mutating func land(at time: Instant) {
        reserved = max(0, reserved - 1)
        record(at: time)
    }

    /// Counts messages that have gone already, such as those of an earlier run; to be called in the order of their times.
    /// More than a limit allows is no mistake here: then nothing goes until there is room again.
    package mutating func record(_ count: Int = 1, at time: Instant) {
        for index in windows.indices { windows[index].record(count, at: time) }
    }
}

/// One limit and what it remembers: a queue of (time, count), oldest first.
struct SlidingWindow: Sendable {
    private struct Entry: Sendable {
        var time: Int64
        var count: Int
    }

    fileprivate(set) var rate: Rate
    private let length: Int64
    private let step: Int64
    private var entries: [Entry] = []
    private var first = 0
    private var held = 0
    private var total = 0
    /// How many of the limit's places are ours, where others share it.
    fileprivate var places: Int?
    /// How it stood when the others were last told.
    fileprivate var told: RateLimiter.Share?
    /// They may take it for something else: nobody knows whether they heard, or they were told of a want that may be over.
    fileprivate var isDoubtful = false
    /// Where it is shared, more may be had before those in use are free again: it is worth asking after so long.
    private var patience: Int64 { max(1000, min(length / 20, 10_000)) }
    private var most: Int { min(rate.count, places ?? .max) }

    init(_ rate: Rate) {
        self.rate = rate
        length = rate.window.milliseconds
        step = max(1, length / 86_400)
    }

    func free(at now: Instant, reserved: Int = 0) -> Instant {
        let free = ownFree(at: now, reserved: reserved)
        // Of a limit that was used up here nobody else has anything to give.
        return places == nil || held + reserved >= rate.count ? free : min(free, now.advanced(byMilliseconds: patience))
    }

    fileprivate func ownFree(at now: Instant, reserved: Int) -> Instant {
        guard held + reserved >= most else { return now }
        // Enough of the oldest must have left for one more to fit.
        var excess = held + reserved - most + 1
        for index in first..<entries.count {
            excess -= entries[index].count
            if excess <= 0 { return max(now, Instant(milliseconds: entries[index].time).advanced(byMilliseconds: length)) }
        }
        // Those that are on their way fill it: a window after the last of them has gone, and none has yet.
        return now.advanced(byMilliseconds: length)
    }

    /// How many more may go, if all of the limit's places were to be had.
    mutating func left(at now: Instant) -> Int {
        forget(before: now.milliseconds)
        return max(0, rate.count - held)
    }

    mutating func room(at now: Instant) -> Int {
        forget(before: now.milliseconds)
        return max(0, most - held)
    }

    /// As much as the limit in each window's length, and in what is left of it whatever has room beside what went before.
    func capacity(until then: Instant, at now: Instant) -> Double {
        let windows = (then.milliseconds - now.milliseconds) / length
        let rest = then.milliseconds - windows * length
        // Where it is shared, what others have had of it is not known here.
        let known = places == nil ? entries[first...] : []
        let held = known.reduce(0) { $0 + ($1.time > rest - length ? $1.count : 0) }
        return Double(windows) * Double(rate.count) + max(0, Double(rate.count) - Double(held))
    }

    mutating func record(_ count: Int, at time: Instant) {
        guard count > 0 else { return }
        let last = entries.last?.time ?? .min
        let moment = max(stepEnd(time.milliseconds), last)
        forget(before: time.milliseconds)  // not `moment`: what leaves later in this step still counts
        if last == moment, first < entries.count {
            entries[entries.count - 1].count += count
        } else {
            entries.append(Entry(time: moment, count: count))
        }
        held += count
        total += count
    }

    fileprivate mutating func share() -> [(at: Instant, count: Int)] {
        // Others have told of it, or will: it is none of what went here since.
        defer { (entries, first, held, total, places, told, isDoubtful) = ([], 0, 0, 0, 0, nil, false) }
        return entries[first...].map { (Instant(milliseconds: $0.time), $0.count) }
    }

    fileprivate mutating func share(at now: Instant, reserved: Int) -> RateLimiter.Share? {
        guard let places else { return nil }
        forget(before: now.milliseconds)
        return RateLimiter.Share(rate: rate, places: places, used: held + reserved, total: total)
    }

    /// The end of the step that `time` lies in, so that what is remembered is never older than what happened.
    private func stepEnd(_ time: Int64) -> Int64 {
        let rest = ((time % step) + step) % step
        return rest == 0 ? time : Instant(milliseconds: time).advanced(byMilliseconds: step - rest).milliseconds
    }

    private mutating func forget(before now: Int64) {
        while first < entries.count, Instant(milliseconds: entries[first].time).advanced(byMilliseconds: length).milliseconds <= now {
            held -= entries[first].count
            first += 1
        }
        // Moving the rest down each time would cost a day's entries a message; halving keeps it constant on average.
        if first > 64, first * 2 > entries.count {
            entries.removeFirst(first)
            first = 0
        }
    }
}

import Delivery
import Model

/// A virtual day: messages of two campaigns, claimed in order as the ledger would, sent as the policy lets them, answered at once by
/// providers that take so much and no more.
struct DayOfMail {
    struct Provider {
        var name: String
        var domains: [String]
        /// Of a hundred messages.
        var share: Int
        var limits: [Rate] = []
        /// Messages a minute that it takes, by the hour of the day; above it says 421 or 450, and names itself or not.
        var capacity: (Int) -> Int = { _ in .max }
        var refusal = ""
    }

    struct Row {
        var provider: Int
        var campaign: Int
        var due: Int64
    }

    var policy: SendingPolicy
    let providers: [Provider]
    /// When each message went, by provider.
    var sent: [[Int64]]
    var byCampaign: [[Int64]] = [[], []]
    /// Accepted, by provider and minute.
    var accepted: [[Int]]
    var refused: [Int]
    private var later: Calendar
    private var marks: [[SendingPolicy.Mark]] = []
    private var lanes: [Lanes<Row>]
    private var campaignTurn = 0
    private var answers: [SlidingCount]
    private var ready: [Queue]

    /// First in, first out, but for those whose lane lets none go.
    private struct Queue {
        var rows: [Row] = []
        var first = 0

        mutating func take() -> Row? {
            guard first < rows.count else {
                rows.removeAll(keepingCapacity: true)
                first = 0
                return nil
            }
            first += 1
            return rows[first - 1]
        }
    }

    private var underWay = 0
    private var fresh = 0
    private let total: Int
    /// As many as go within two seconds.
    private let most: Int

    init(_ providers: [Provider], rules: SendingPolicy.Rules, campaigns: [[Rate]], total: Int, most: Int = 128, minutes: Int = 1440) {
        var policy = SendingPolicy(rules)
        marks = campaigns.enumerated().map { index, limits in
            let campaign = policy.enrol(campaign: Int64(index), limits: RateLimiter(limits))
            return providers.map { policy.mark(domain: $0.domains[0], campaign: campaign) }
        }
        self.policy = policy
        lanes = campaigns.map { _ in Lanes() }
        ready = campaigns.map { _ in Queue() }
        self.providers = providers
        self.total = total
        later = Calendar(minutes: minutes)
        self.most = most
        sent = providers.map { _ in [] }
        refused = providers.map { _ in 0 }
        accepted = providers.map { _ in Array(repeating: 0, count: minutes + 1) }
        answers = providers.map { _ in SlidingCount() }
    }

    private(set) var done = 0

    mutating func run(until end: Int64) {
        var now: Int64 = 0
        while now < end, done < total || !later.isEmpty {
            claim(at: now)
            let next = send(at: now)
            let due = underWay < most && !later.isEmpty ? later.first() : end
            now = max(now + 1, min(max(next, now + 100), max(due, now + 100), now + 1000))
        }
    }

    private mutating func nextRow(at now: Int64) -> Row? {
        if !later.isEmpty, later.first() <= now { return later.pop() }
        guard fresh < total else { return nil }
        fresh += 1
        // The same everywhere: a permutation of a hundred, and campaigns in turn.
        var place = fresh &* 37 % 100
        let provider = providers.firstIndex { provider in
            place -= provider.share
            return place < 0
        }
        return Row(provider: provider ?? 0, campaign: (fresh / 100) % marks.count, due: 0)
    }

    private mutating func claim(at now: Int64) {
        while underWay < most, let row = nextRow(at: now) {
            switch policy.admit(marks[row.campaign][row.provider], at: Instant(milliseconds: now)) {
            case .go:
                ready[row.campaign].rows.append(row)
                underWay += 1
            case .paced(let until), .held(let until):
                var row = row
                row.due = until.milliseconds
                later.push(row)
            }
        }
    }

    /// Gives when something may go again.
    private mutating func send(at now: Int64) -> Int64 {
        let instant = Instant(milliseconds: now)
        var next = Int64.max
        var idle = 0
        while idle < lanes.count {
            campaignTurn = (campaignTurn + 1) % lanes.count
            idle += 1
            let free = policy.free(through: 0, campaign: campaignTurn, at: instant)
            if free > instant {
                next = min(next, free.milliseconds)
            } else if let row = row(of: campaignTurn, at: instant) {
                let mark = marks[row.campaign][row.provider]
                policy.take(mark, through: 0, at: instant)
                policy.went(mark, through: 0, at: instant)
                answer(row, mark, at: now)
                idle = 0
            } else if let free = lanes[campaignTurn].free(at: instant, under: policy) {
                next = min(next, free.milliseconds)
            }
        }
        return next
    }

    private mutating func row(of campaign: Int, at now: Instant) -> Row? {
        if let row = lanes[campaign].take(at: now, under: policy) { return row }
        while let row = ready[campaign].take() {
            let mark = marks[campaign][row.provider]
            if policy.turn(of: mark, through: 0, at: now) == .now { return row }
            lanes[campaign].park(row, in: mark.lane)
        }
        return nil
    }

    private mutating func answer(_ row: Row, _ mark: SendingPolicy.Mark, at now: Int64) {
        let instant = Instant(milliseconds: now)
        let provider = providers[row.provider]
        sent[row.provider].append(now)
        byCampaign[row.campaign].append(now)
        underWay -= 1
        let takes = answers[row.provider].count(now) < provider.capacity(Int(now / 3_600_000))
        if takes {
            answers[row.provider].add(now)
            done += 1
            accepted[row.provider][min(Int(now / 60_000), accepted[row.provider].count - 1)] += 1
            _ = policy.learn(.accepted, of: mark, through: 0, domain: provider.domains[0], at: instant)
        } else {
            refused[row.provider] += 1
            let reply = Reply(code: Int(provider.refusal.prefix(3)) ?? 421, lines: [String(provider.refusal.dropFirst(4))])
            _ = policy.learn(.refused(reply), of: mark, through: 0, domain: provider.domains[0], at: instant)
            var row = row
            row.due = now + 300_000
            later.push(row)
        }
        policy.landed(mark)
    }
}

/// How many within the last minute.
struct SlidingCount {
    private var times: [Int64] = []
    private var first = 0

    mutating func count(_ now: Int64) -> Int {
        while first < times.count, times[first] <= now - 60_000 { first += 1 }
        if first > 4096 {
            times.removeFirst(first)
            first = 0
        }
        return times.count - first
    }

    mutating func add(_ now: Int64) { times.append(now) }
}

/// Rows by the tenth of a second in which they are due.
private struct Calendar {
    private var places: [[DayOfMail.Row]]
    private var place = 0
    private var taken = 0
    private var count = 0

    init(minutes: Int) { places = Array(repeating: [], count: minutes * 600 + 1) }

    var isEmpty: Bool { count == 0 }

    /// When the next may be due; the end where there is none.
    mutating func first() -> Int64 {
        while place < places.count - 1, taken == places[place].count {
            places[place] = []
            (place, taken) = (place + 1, 0)
        }
        return Int64(place) * 100
    }

    mutating func push(_ row: DayOfMail.Row) {
        count += 1
        places[min(max(place, Int((row.due + 99) / 100)), places.count - 1)].append(row)
    }

    mutating func pop() -> DayOfMail.Row {
        count -= 1
        taken += 1
        return places[place][taken - 1]
    }
}

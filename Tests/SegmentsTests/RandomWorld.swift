import Database
import Model

@testable import Segments

/// Random people and random segments about them, from few values, so that they meet often and on the edge.
struct RandomWorld {
    var random: SeededGenerator
    let zone: Zone
    let now: Instant
    /// Whether there are texts that look like a day and are none, and events that are known only in sum: what becomes of
    /// those, only the evaluator says.
    let hasOddDays: Bool

    private static let zones = [
        "Europe/Rome", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/Santiago", "Australia/Lord_Howe",
    ]
    /// Leap days, the ends of months and years, and the days on which clocks change.
    private static let nows = [
        "2024-02-29T12:00:00Z", "2026-02-28T23:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T11:15:00Z", "2026-10-25T00:30:00Z",
        "2026-10-25T01:00:00.001Z", "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00Z", "2026-04-05T03:30:00Z", "2026-11-01T05:59:59Z",
    ]
    private static let seconds: Int64 = 1000
    private static let day: Int64 = 86_400_000

    init(seed: UInt64, hasOddDays: Bool = false) {
        self.hasOddDays = hasOddDays
        random = SeededGenerator(seed: seed)
        zone = Self.zones.randomElement(using: &random).flatMap { Zone($0) } ?? .utc
        now = Self.nows.randomElement(using: &random).flatMap { Instant(iso: $0) } ?? Instant(seconds: 0)
    }

    mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: 0..<items.count, using: &random)] }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    // MARK: - Times

    /// On the edges of the windows that segments ask for, or a millisecond beside them.
    mutating func time() -> Instant {
        let local = zone.date(at: now)
        let starts = [
            local, local.adding(days: 1), local.adding(days: 3), local.adding(days: -7), local.firstOfMonth,
            local.firstOfMonth.adding(days: -1).firstOfMonth,
        ]
        let base =
            chance(50)
            ? now.advanced(byMilliseconds: pick([0, -1, -3, -7, -30, -90, -365, 1, 3, 7]) * Self.day) : zone.start(of: pick(starts))
        return base.advanced(byMilliseconds: pick([0, 0, 0, -1, 1, -3_600_000, 3_600_000, 12 * 3_600_000]))
    }

    mutating func civilDay() -> CivilDate {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return CivilDate(year: pick([1972, 1988, 2000, 2024]), month: 2, day: 29)
        case 1: return CivilDate(year: pick([1900, 1985, 1999, 9999]), month: pick([1, 2, 3, 12]), day: pick([1, 28]))
        default: return zone.date(at: time())
        }
    }

    mutating func anniversaryTime() -> Instant {
        let day = zone.date(at: now).adding(days: pick([-1, 0, 1, 6, 7, 8]))
        let year = pick([1953, 1984, 1985, 1999, 2000, 2023, day.year])
        let date = CivilDate(validYear: year, month: day.month, day: day.day) ?? CivilDate(year: year, month: 2, day: 28)
        return zone.start(of: date).advanced(byMilliseconds: pick([0, -1, 1, 12 * 3_600_000, 86_399_999]))
    }

    // MARK: - People

    mutating func value() -> JSONValue {
        switch Int.random(in: 0..<16, using: &random) {
        case 0...3: .text(pick(Self.texts))
        case 4...6: pick(Self.numbers)
        case 7: .bool(chance(50))
        case 8: .null
        case 9: .list(pick([[], ["vip"], ["vip", "a"], [5, "5"], ["Rome", .null], [.list(["vip"])]]))
        case 10: .object(["vip": 1])
        case 11, 12: .text(time().canonical)
        case 13: .text(anniversaryTime().canonical)
        case 14: .text(pick(hasOddDays ? Self.oddDays : ["2026-3-01", "yesterday"]))
        default: .text("\(civilDay())")
        }
    }

    /// Those of which sums differ with their order, where they are added in binary, among them.
    static let numbers: [JSONValue] = [
        5, 0, -3, 184, .real(12.5), .real(5.0), .real(-0.5), .real(0.1), .real(0.2), .real(0.3), .real(1e20), .real(-1e20), .real(1e-7),
        .integer(9_007_199_254_740_993),
    ]
    private static let oddDays = ["2026-02-30", "2026-1x-05", "2026-02-30T00:00:00.000Z", "abcd-ef-gh", "1899-12-31", "2026-3-01"]

    static let texts = [
        "Rome", "rome", "ROME", "5", "184", "00184", "", "vip", "a vip b", "true", "Forlì", "Forli\u{300}", "straße", "IT", "it", "it-CH",
        "it_x",
        "%", "a_b", "🏎️", "null", "[\"vip\"]", "is't \"q\" \\", "  ",
    ]

    static let attributes = ["city", "age", "joined", "tags", "x y", "language"]
    static let properties = ["path", "amount"]
    static let events = ["view", "buy", "odd name"]
    static let sums = KeptSums(["view": ["amount"], "buy": ["amount", "path"], "odd name": ["amount"]])
    static let topics = ["news", "offers"]
    static let campaigns = ["spring", "summer sale"]

    mutating func object(_ names: [String]) -> JSONObject {
        JSONObject(names.compactMap { chance(70) ? ($0, value()) : nil })
    }

    mutating func person(_ id: Int64) -> PersonHistory {
        let id = chance(5) ? ContactID(-id) : ContactID(id * pick([1, 1, 1, 4_294_967_311]))
        let email = chance(85) ? try? EmailAddress(pick(["ada@example.com", "Ada@Gmail.com", "bo@gmail.com", "è@xn--forl-8pa.it"])) : nil
        var person = PersonHistory(contact: Contact(id: id, email: email, attributes: object(Self.attributes)))
        var taken: Set<[Instant]> = []
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let change = AttributeChange(at: time(), learnedAt: time(), changes: object(Self.attributes))
            if taken.insert([change.at, change.learnedAt]).inserted { person.changes.append(change) }
        }
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let at = time()
            person.events.append(
                Event(
                    contact: id, name: pick(Self.events), at: at, learnedAt: chance(50) ? at : time(),
                    properties: chance(20) ? [:] : object(Self.properties)))
        }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            person.consents.append(
                Consent(
                    contact: id, topic: pick(Self.topics), state: pick(Consent.State.allCases), at: time(), learnedAt: time(), source: "x"))
        }
        addMessages(to: &person)
        if hasOddDays { fade(&person) }
        return person
    }

    /// Some events that are no longer kept: all before those that are.
    private mutating func fade(_ person: inout PersonHistory) {
        for name in Self.events where chance(50) {
            let oldest = person.events.filter { $0.name == name }.map(\.at).min() ?? time()
            let last = oldest.advanced(byMilliseconds: -pick([1, Self.day, 60 * Self.day]))
            let first = last.advanced(byMilliseconds: -pick([0, Self.day, 30 * Self.day]))
            let count = first == last ? 1 : Int.random(in: 2...4, using: &random)
            var amounts: [String: FadedAmount] = [:]
            for property in Self.sums.properties[name] ?? [] where chance(70) {
                let numbers = (0..<Int.random(in: 0...count, using: &random)).compactMap { _ in pick(Self.numbers).decimal }
                amounts[property] = FadedAmount(
                    count: numbers.count, total: numbers.reduce(.zero, +), least: numbers.min(), most: numbers.max())
            }
            person.faded.append(
                FadedEvents(
                    name: name, count: count, first: first, last: last, learnedAt: chance(50) ? last : time(), amounts: amounts))
        }
    }

    private mutating func addMessages(to person: inout PersonHistory) {
        for (number, campaign) in (Self.campaigns + Self.campaigns).enumerated() where chance(60) {
            let tracked = Set(Reaction.Kind.allCases.filter { _ in chance(60) })
            let message = Message(campaign: campaign, step: 0, entry: Int64(number / 2), at: time(), tracked: tracked)
            person.messages.append(message)
        }
        var taken: Set<[String]> = []
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let kind = chance(80) ? pick([.open, .click]) : pick(Reaction.Kind.allCases)
            let reaction = Reaction(
                kind, campaign: pick(Self.campaigns), entry: pick([0, 1]), at: time(), learnedAt: time(),
                link: kind == .click ? pick(["https://shop.example/pricing?a=1", "https://shop.example/"]) : nil, isKnown: chance(75))
            let key = ["\(kind)", reaction.campaign, "\(reaction.entry)", "\(reaction.at)", reaction.link ?? ""]
            if taken.insert(key).inserted { person.reactions.append(reaction) }
        }
    }

    mutating func moment() -> Moment {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: .now(now, zone: zone)
        case 1: Moment(at: now, zone: zone)
        default: Moment(at: now, known: time(), zone: zone)
        }
    }
}

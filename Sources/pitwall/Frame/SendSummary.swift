import Campaigns
import Model
import Store

/// What is said after a send.
struct SendSummary {
    var name: String
    var plan: PlanRecord
    var report: SendReport
    /// Of the campaign as it stands now.
    var counts: DeliveryCounts
    /// Of the copies for seeds.
    var seeds: DeliveryCounts
    /// Who has messages in hand, a sentence each.
    var holders: [String]
    /// Why messages could not be rendered, the most frequent causes first.
    var causes: [(cause: String, count: Int)]
    var zone: Zone
    var nothingToDo: Bool
    /// Somebody, or `stop_if`, has paused the campaign; it goes on when it is let go on.
    var isPaused: Bool

    func tell(json: Bool) {
        if json { Console.print(json: self.json) } else { tell() }
    }

    var notRendered: Int {
        [counts, seeds].reduce(0) { $0 + ($1.skippedBy[Obstacle.notRendered.rawValue] ?? 0) }
    }

    private var perSecond: Double { report.seconds > 0 ? Double(report.accepted) / report.seconds : 0 }

    private var json: JSONValue {
        let causes = causes.map { JSONValue.object(["cause": .text($0.cause), "count": .integer(Int64($0.count))]) }
        let verdict = report.verdict.map { JSONValue.text($0) } ?? .null
        return .object([
            "plan": .integer(plan.id.rawValue), "accepted": .integer(Int64(counts.accepted)), "deferred": .integer(Int64(counts.deferred)),
            "refused": .integer(Int64(counts.refused)), "unknown": .integer(Int64(counts.unknown)),
            "skipped": .integer(Int64(counts.skipped)), "not_rendered": .integer(Int64(notRendered)),
            "causes": .list(causes), "expired": .bool(report.expired), "stop_if": verdict,
            "brakes": .list(report.brakes.map { $0.json(at: Clock.now(), zone) }), "ended": .text(ended),
            "planned": .integer(Int64(counts.planned)), "handed": .integer(Int64(counts.handed + seeds.handed)),
            "holders": .list(holders.map { .text($0) }), "seeds_left": .integer(Int64(seeds.remaining)), "seconds": .real(report.seconds),
            "per_second": .real((perSecond * 10).rounded() / 10),
            "this_run": .object([
                "accepted": .integer(Int64(report.accepted)), "refused": .integer(Int64(report.refused)),
                "unknown": .integer(Int64(report.unknown)),
                "skipped": .integer(Int64(report.skipped)),
            ]),
        ])
    }

    /// Why it ended, in a word or the words of who stopped it.
    private var ended: String {
        switch report.ending {
        case .complete: "complete"
        case .waiting(let until): "waiting until \(until.canonical)"
        case .stopped(let reason), .held(let reason): reason
        case .relay(let error): "\(error)"
        case .ledger(let error): "\(error)"
        case .putOut: "put out"
        }
    }

    private func tell() {
        ProgressLine(enabled: true).clear()
        if nothingToDo {
            Console.print(
                "Nothing is left to send: \(Console.count(counts.accepted, "message")) of \(name) accepted, \(Console.number(counts.refused)) refused."
            )
        } else if report.expired, report.accepted == 0 {
            Console.print("\(mark) Nothing was sent: send.not_after has passed, and nothing more of \(name) goes out.")
        } else {
            Console.print(
                "\(mark) \(Console.bold(Console.count(report.accepted, "message"))) accepted in \(Console.duration(report.seconds))\(rate)."
            )
        }
        if !nothingToDo, counts.accepted != report.accepted { Console.print("  \(Console.number(counts.accepted)) of the campaign in all") }
        if counts.refused > 0 { Console.print("  \(Console.number(counts.refused)) refused: pitwall log \(name) --state refused") }
        if counts.skipped > 0 {
            let reasons = counts.skippedBy.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { reason, count in
                "\(Console.number(count)) \(Obstacle(rawValue: reason)?.explanation(count) ?? reason)"
            }
            Console.print("  \(Console.number(counts.skipped)) skipped: \(reasons.joined(separator: ", "))")
        }
        for failure in report.failures { Console.error(failure) }
        if notRendered > 0 { tellNotRendered() }
        if let verdict = report.verdict, counts.remaining + seeds.remaining == 0 {
            Console.print(Console.yellow("  \(verdict); nothing was left to stop"))
        }
        if report.changed > 0 { Console.print("  \(Console.number(report.changed)) whose data changed after the plan was made") }
        if seeds.unknown > 0 { Console.print(Console.yellow("  \(Console.number(seeds.unknown)) of the copies for seeds unknown")) }
        if counts.unknown > 0 {
            Console.print(
                Console.yellow(
                    "  \(Console.number(counts.unknown)) unknown: the connection was lost after the whole message had gone out; they are never sent again by themselves"
                ))
            Console.print("  look at them: pitwall log \(name) --state unknown    settle them: pitwall resolve \(name) --as sent|unsent")
        }
        if counts.remaining + seeds.remaining > 0 { tellRemaining() }
        for holder in holders { Console.print("  \(holder)") }
    }

    private func tellNotRendered() {
        Console.print(Console.yellow("  \(Console.count(notRendered, "message")) could not be rendered:"))
        for (cause, count) in causes { Console.print("    \(Console.number(count)) × \(cause)") }
        let others = notRendered - causes.reduce(0) { $0 + $1.count }
        if others > 0 { Console.print("    and \(Console.number(others)) for other reasons: pitwall log \(name) --state skipped") }
        Console.print("  mend the template, then send to those who are left: pitwall plan \(name) && pitwall send \(name)")
    }

    private func tellRemaining() {
        let why: String
        switch report.ending {
        case .waiting(let until): why = "the next may be tried at \(Console.time(until, zone))"
        case .stopped(let reason), .held(let reason): why = reason
        case .relay: why = "the relay can't be used"
        case .complete, .ledger, .putOut: why = "more has come up"
        }
        var what = counts.remaining > 0 ? [Console.number(counts.remaining)] : []
        if seeds.remaining > 0 { what.append(Console.count(seeds.remaining, "copy", "copies") + " for seeds") }
        let next = isPaused ? "pitwall campaigns resume \(name) && pitwall send \(name)" : "pitwall send \(name)"
        Console.print(Console.yellow("  \(what.joined(separator: " and ")) still to go (\(why)). Go on with: \(next)"))
        for brake in report.brakes where brake.isNews(at: Clock.now()) { Console.print("  \(brake.sentence(at: Clock.now(), zone))") }
    }

    private var mark: String {
        let left = [counts.remaining, counts.handed, counts.unknown, seeds.remaining, seeds.handed, seeds.unknown, notRendered]
        let isWhole = left.allSatisfy { $0 == 0 }
        return isWhole && !report.expired && report.verdict == nil ? Console.green("✓") : Console.yellow("…")
    }
    private var rate: String { report.seconds >= 0.05 && report.accepted > 1 ? ", \(Console.number(Int(perSecond)))/s" : "" }
}

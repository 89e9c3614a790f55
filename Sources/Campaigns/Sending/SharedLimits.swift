import Delivery
import Model
import Store

/// Keeps a sender's part of the limits that it shares with others as large as it needs and they leave it.
///
/// It asks while messages wait for a place, seldom where that changes nothing, and every few seconds tells what it has used: what is
/// not told when the sender dies counts as used then.
struct SharedLimits {
    private let traffic: Traffic
    private let ledger: Ledger
    private let sender: SenderID
    private var past: [String: [Int64: [(at: Instant, count: Int)]]]
    private var told: [SendingPolicy.SharePlace: (total: Int, at: Int64)] = [:]
    private var askedAt: Int64?
    private var tidiedAt: Int64?
    private var pause = Self.shortest

    /// Between two times of asking, in milliseconds.
    private static let shortest: Int64 = 250
    private static let longest: Int64 = 4000
    private static let longestWanting: Int64 = 2000
    /// What no window remembers is taken out so often.
    private static let tidying: Int64 = 60_000

    enum Answer {
        case same
        /// It may use more than before, or fewer.
        case changed
        /// The sender has been put out.
        case putOut
    }

    /// From now on nothing goes under a limit that has not been allotted.
    init(_ traffic: Traffic, _ ledger: Ledger, _ sender: SenderID) {
        (self.traffic, self.ledger, self.sender) = (traffic, ledger, sender)
        past = traffic.with { $0.share() }
    }

    func isDue(_ uptime: Int64) -> Bool { askedAt.map { uptime - $0 >= pause } ?? true }

    /// - Parameter isBusy: messages are under way, or will be. Else all that is not in use is given back.
    mutating func ask(isBusy: Bool, at now: Instant, uptime: Int64, databaseTime: Instant? = nil) throws -> Answer {
        askedAt = uptime
        if tidiedAt.map({ uptime - $0 >= Self.tidying }) ?? true {
            try ledger.forgetUsedAllotments(at: databaseTime)
            tidiedAt = uptime
        }
        let told = told
        let claims = traffic.with { policy in
            policy.claims(at: now, isBusy: isBusy) { place, total in
                guard let before = told[place], uptime > before.at else { return 0 }
                return Double(total - before.total) * 1000 / Double(uptime - before.at)
            }
        }
        guard !claims.isEmpty else { return .same }
        let asked = claims.map { claim in
            Ledger.AllotmentClaim(
                limit: claim.limit, rate: claim.rate, keeps: claim.keeps, wants: claim.wants, isWanting: claim.isWanting,
                went: claim.total - (told[claim.place]?.total ?? 0), past: past[claim.limit]?[claim.rate.window.milliseconds] ?? [])
        }
        guard let places = try ledger.allot(asked, to: sender, at: databaseTime) else { return .putOut }
        // Of limits that nobody has asked for yet it is still to be told.
        for claim in claims { past[claim.limit]?[claim.rate.window.milliseconds] = nil }
        var hasChanged = false
        traffic.with { policy in
            for (claim, places) in zip(claims, places) {
                if places != claim.keeps { hasChanged = true }
                policy.allot(places, to: claim)
            }
        }
        for claim in claims { self.told[claim.place] = (claim.total, uptime) }
        pause = hasChanged ? Self.shortest : min(pause * 2, claims.contains(where: \.isWanting) ? Self.longestWanting : Self.longest)
        return hasChanged ? .changed : .same
    }
}

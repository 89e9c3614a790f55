import Database
import Delivery
import Diagnostics
import Foundation
import Model
import Store
import Synchronization

extension SendRun {
    /// The part of a run that touches the database, on the caller's thread.
    struct LedgerLoop {
        let run: SendRun
        let total: Int
        let started: Instant
        var report = SendReport()
        private var step = DeliveryKey.seedStep
        private var claimed = 0
        /// Nothing is due before; set when a claim comes back empty.
        private var idleUntil: Instant?
        /// ``idleUntil`` is when a provider's pace lets the next one go; asked of the ledger once, not twenty times a second.
        private var awaitsPace = false
        /// When it was last waited for.
        private var lastPaced: Instant?
        private var lessons = LessonBook()
        private var company = Company()
        private var lastChecked: Instant?
        private var lastShown: Instant?
        /// A limit of some messages a second is free again for a moment in each: it holds back all the same.
        private var lastBrakes: (brakes: [SendingPolicy.Brake], at: Instant)?
        /// Reckoned once a second: a day's limit remembers a lot.
        private var secondsAtLimits: (value: Double?, at: Instant)?
        private var forecast = ProviderForecast()
        private var pace: Pace
        private var waiting = Waiting()
        /// By lane of the sending policy.
        private var providers: [Int: ProviderOutcomes] = [:]
        private var accepted = 0
        private var refused = 0
        private let skippedBefore: Int
        /// When the campaign began to go out, or was let go on.
        private let goingSince: Instant
        /// Why no more is claimed.
        private var ending: SendReport.Ending?
        /// What becomes of that which comes back after the end.
        private var leftovers: Obstacle?

        init(run: SendRun, started: Instant) throws {
            self.run = run
            self.started = started
            // Whoever lets a paused campaign go on has seen what was refused before: the brake counts anew from there.
            goingSince = try run.campaigns.changedAt(of: run.desk.campaign) ?? started
            let before: DeliveryCounts
            (before, accepted, refused) = try run.ledger.counts(of: run.desk.campaign, answeredSince: goingSince)
            total = try before.remaining + run.ledger.counts(of: run.desk.campaign, step: DeliveryKey.seedStep).remaining
            skippedBefore = before.skipped
            pace = Pace(started: started, connections: run.options.connections, isShared: run.options.lease != nil)
        }

        /// Returns the error that ended it, if the ledger failed.
        mutating func run(progress: (SendProgress) -> Void) -> (any Error)? {
            do {
                try run.ledger.forgetPutOff(of: run.desk.campaign)
                try run.ledger.foldCounts(at: started)
                lessons.begin(run, at: started)
                try company.begin(run)
                while try turn() { show(progress) }
                show(progress, last: true)
                return nil
            } catch {
                return error
            }
        }

        /// One turn; false when everything that was claimed is settled and no more is wanted.
        private mutating func turn() throws -> Bool {
            let now = run.clock()
            try patiently { try $0.look(at: now) }
            let underWay = run.table.underWay
            if awaitsPace { lastPaced = now }
            waiting.look(
                outbox: awaitsPace && underWay == 0 ? 1 : run.outbox.waiting, composing: run.toCompose.count, underWay: underWay)
            // A commit is dear, and one for half of what is under way as dear as one for a few; the time bounds what a quiet relay costs.
            let isShort = wanted(underWay: underWay, at: now) > 0
            let landings = run.settled.takeAll(
                waitingFor: isShort ? 1 : max(1, min(going(of: underWay), 1024) / 2),
                atMost: isShort || company.isWanting(run) ? 0 : underWay > 0 ? 0.1 : 0.05)
            let want = wanted(underWay: underWay - landings.count, at: now)
            try record(landings, claiming: want, at: run.clock())
            if run.table.underWay > 0 { return true }
            if ending != nil { return false }
            if want == 0, idleUntil == nil { return true }
            return try patiently { try $0.nextStep(at: now) }
        }

        /// What is asked and noted beside the claims may be asked and noted again where the connection to a server breaks. The claims
        /// see to themselves: see ``Ledger/keep(for:_:)``.
        private mutating func patiently<T>(_ body: (inout Self) throws -> T) throws -> T {
            for _ in 0..<3 {
                let start = ContinuousClock.now
                do {
                    return try body(&self)
                } catch let error as DatabaseError where error.code == .lost || error.code == .inDoubt {
                    // It has been waited for already.
                    if ContinuousClock.now - start > .seconds(60) { throw error }
                }
            }
            return try body(&self)
        }

        /// Nothing is under way and nothing is due: the seeds are done, or a short wait, or the end.
        private mutating func nextStep(at now: Instant) throws -> Bool {
            guard let due = idleUntil else { return true }
            let isSoon = due.milliseconds - now.milliseconds <= SendRun.patience
            if step == DeliveryKey.seedStep {
                if isSoon { return true }
                step = DeliveryKey.campaignStep
                idleUntil = nil
                return true
            }
            if isSoon || awaitsPace { return true }
            // Who waits for nothing but the pace of a provider is waited for.
            if let paced = try run.ledger.nextPaced(of: run.desk.campaign, step: step) {
                idleUntil = min(due, paced)
                awaitsPace = true
                return true
            }
            let seeds = try run.ledger.nextDue(of: run.desk.campaign, step: DeliveryKey.seedStep) ?? .latest
            let next = min(due, seeds)
            // Any of those that have messages in hand may die, and somebody must be there then.
            if next == .latest, try company.isAtWork(run) {
                idleUntil = now.advanced(byMilliseconds: 1000)
                return true
            }
            ending = next == .latest ? .complete : .waiting(until: next)
            return false
        }

        /// Without those whose provider lets none go, which take no room from the others: else they would soon be all that there is.
        private func going(of underWay: Int) -> Int { max(0, underWay - run.outbox.waitingForProviders) }

        /// How many more to claim now.
        private func wanted(underWay: Int, at now: Instant) -> Int {
            if ending != nil { return 0 }
            if let idleUntil, idleUntil > now { return 0 }
            let ahead = min(pace.ahead(limit: run.options.pace, at: now), run.table.capacity)
            let going = going(of: underWay)
            let room = min(ahead - going, run.table.capacity - underWay)
            // Small claims would cost a commit each: below a quarter of the room there is time.
            guard going <= 0 || room >= max(1, ahead / 4) else { return 0 }
            // Who leaves while a limit is used up must not get it.
            let opens = run.traffic.with { $0.opens(for: run.campaign, through: run.outbox.route, at: now) }
            guard opens.milliseconds - now.milliseconds <= SendingPolicy.patience else { return 0 }
            return max(0, min(room, run.options.limit.map { $0 - claimed } ?? .max))
        }

        private mutating func record(_ landings: [Landing], claiming want: Int, at now: Instant) throws {
            var settlements: [Settlement] = []
            var pardons: [Ledger.Pardon] = []
            var failed: [(key: DeliveryKey, cause: String)] = []
            for landing in landings {
                switch landing.result {
                case .settled(let settlement, let pardon):
                    settlements.append(settlement)
                    let lane = run.table.lane(landing.slot) ?? 0
                    providers[lane, default: ProviderOutcomes(name: "")].count(settlement.outcome)
                    if let pardon { pardons.append(pardon) }
                case .notRendered(let key, let error):
                    failed.append((key, Self.cause(error)))
                    report.skipped += 1
                    report.notRendered += 1
                    if report.failures.count < 5, !report.failures.contains("\(error)") { report.failures.append("\(error)") }
                }
            }
            if !failed.isEmpty { try run.ledger.skipUnrendered(failed, of: run.desk.sender, at: now) }
            let slots = landings.map(\.slot)
            run.leaveLanes(slots)
            let claims = try exchange(settlements, pardons, claiming: want, at: now)
            slots.forEach(run.recorder.clear)
            run.table.land(slots)
            settlements.forEach { count($0) }
            pace.record(settlements.count, at: now)
            claimed += claims.count
            report.changed += claims.count { $0.dataChanged }
            run.toCompose.put(run.table.board(claims))
            if want > 0 {
                awaitsPace = false
                idleUntil = claims.isEmpty ? try run.ledger.nextDue(of: run.desk.campaign, step: step) ?? .latest : nil
                // Another sender may be taking those that are due at this moment.
                if run.options.lease != nil, let due = idleUntil { idleUntil = max(due, now.advanced(byMilliseconds: 20)) }
            } else if settlements.contains(where: { $0.outcome.goesAgain }) {
                awaitsPace = false
                idleUntil = nil
            }
        }

        private mutating func exchange(
            _ settlements: [Settlement], _ pardons: [Ledger.Pardon], claiming want: Int, at now: Instant
        ) throws -> [Claim] {
            guard run.options.lease != nil else {
                return try run.ledger.exchange(
                    settling: settlements, pardoning: pardons, claiming: want, step: step, at: now, for: run.desk)
            }
            let claims = try company.exchange(run, settlements, pardons, claiming: want, step: step, at: now)
            if claims == nil, ending == nil { end(.putOut) }
            return claims ?? []
        }

        /// Where the mistake is and what it is, in one line for the log.
        private static func cause(_ error: any Error) -> String {
            switch error {
            case let diagnostic as Diagnostic: diagnostic.headline
            case let list as DiagnosticList: list.items.first?.headline ?? ""
            default: "\(error)".split(separator: "\n").first.map { String($0) } ?? ""
            }
        }

        private mutating func count(_ settlement: Settlement) {
            switch settlement.outcome {
            case .accepted:
                report.accepted += 1
                accepted += 1
            case .refused:
                report.refused += 1
                refused += 1
            case .givenUp: report.skipped += 1
            case .deferred: report.deferred += 1
            case .unknown: report.unknown += 1
            case .returned: claimed -= 1
            }
        }

        /// Asks everything that may end the run; the dearer questions twice a second.
        private mutating func look(at now: Instant) throws {
            let failure = run.wires.look(run, at: now)
            if ending == nil {
                try company.lookAtLimits(run)
                // Where everything waits for a limit nothing else would be asked of the database, and nobody would ever hear of it.
                if run.options.lease?.isOut == true { return end(.putOut) }
            }
            // A composer may have finished one more since the last turn.
            if ending != nil { return run.returnUntaken() }
            if let reason = run.stopRequest.withLock({ $0 }) { return end(.stopped(reason)) }
            if let failure { return end(.relay(failure)) }
            if let reason = run.traffic.with({ $0.denial(through: run.outbox.route, at: now) }) {
                return end(
                    .relay(
                        UseError(
                            .relay, reason,
                            hint: "read what it says: it may be about our sender or our machine, and not about the recipients")))
            }
            if let limit = run.options.limit, claimed >= limit, run.table.underWay == 0 {
                return end(.stopped("as many as --limit asked for"))
            }
            if let verdict = verdict(complaints: 0) { return try brake(verdict, at: now) }
            if let lastChecked, now.milliseconds - lastChecked.milliseconds < 500 { return }
            lastChecked = now
            if run.recorder.isGone { return end(.held("its flight recorder was removed: \(run.recorder.path)")) }
            switch run.options.window.answer(at: run.wall()) {
            case .open: break
            case .closedUntil(let opening): return end(.held("outside send.between; opens \(opening)"))
            case .expired:
                leftovers = .expired
                report.skipped += try run.ledger.skipRemaining(of: run.desk.campaign, reason: .expired, at: now)
                report.expired = true
                return end(.held(SendReport.expiry))
            }
            switch try run.campaigns.state(of: run.desk.campaign) {
            case .paused: return end(.held("the campaign was paused"))
            case .cancelled:
                leftovers = .cancelled
                return end(.held("the campaign was cancelled"))
            default: break
            }
            if try company.look(run, own: settledCount) { idleUntil = nil }
            try lessons.look(run, at: now)
            try forecast.look(run, at: now)
            guard run.options.stopRule.complaints != nil else { return }
            let complaints = try run.ledger.complaints(about: run.desk.campaign, since: goingSince)
            if let verdict = verdict(complaints: complaints) { try brake(verdict, at: now) }
        }

        private func verdict(complaints: Int) -> String? {
            run.options.stopRule.verdict(accepted: accepted, refused: refused, complaints: complaints)
        }

        private mutating func brake(_ verdict: String, at now: Instant) throws {
            report.verdict = verdict
            try run.campaigns.move(run.desk.campaign, to: .paused, from: [.sending], reason: verdict, at: now)
            end(.held(verdict))
        }

        /// For what the last answers say: there may be nothing left to stop.
        private mutating func brakeLate(_ verdict: String, at now: Instant) throws {
            report.verdict = verdict
            guard try run.ledger.hasUnfinished(run.desk.campaign) else { return }
            try run.campaigns.move(run.desk.campaign, to: .paused, from: [.sending], reason: verdict, at: now)
            if case .relay = ending { return }
            ending = .held(verdict)
        }

        /// No more claims. What is composed but not taken by the transport goes back untouched.
        private mutating func end(_ reason: SendReport.Ending) {
            ending = reason
            run.wires.stop()
            run.returnUntaken()
        }

        /// How many this run has done with.
        private var settledCount: Int { report.accepted + report.refused + report.unknown + report.deferred + report.skipped }

        private mutating func show(_ progress: (SendProgress) -> Void, last: Bool = false) {
            let now = run.clock()
            if let lastShown, !last, now.milliseconds - lastShown.milliseconds < 100 { return }
            lastShown = now
            report.seconds = Double(now.milliseconds - started.milliseconds) / 1000
            var (done, rate) = (settledCount, pace.perSecond(at: now))
            if let standing = company.standing {
                done = min(total, max(done, total - standing.left + settledCount - standing.own))
                rate = standing.perSecond ?? rate
            }
            var (brakes, names) = run.traffic.with { [providers] policy in
                (
                    policy.brakes(of: run.campaign, through: run.outbox.route, at: now),
                    providers.keys.map { (lane: $0, name: policy.name(of: $0)) }
                )
            }
            if secondsAtLimits.map({ now.milliseconds - $0.at.milliseconds >= 1000 }) ?? true {
                let left = max(0, total - done)
                let seconds = run.traffic.with { $0.secondsAtLimits(left, campaign: run.campaign, through: run.outbox.route, at: now) }
                let atProviders = forecast.end.map { Double(max(0, $0.milliseconds - now.milliseconds)) / 1000 }
                secondsAtLimits = ([seconds, atProviders].compactMap { $0 }.max(), now)
            }
            if !brakes.isEmpty {
                lastBrakes = (brakes, now)
            } else if let last = lastBrakes, now.milliseconds - last.at.milliseconds < 1500 {
                brakes = last.brakes
            }
            let outcomes = names.compactMap { lane, name in
                providers[lane].map { outcomes in
                    var named = outcomes
                    named.name = name
                    return named
                }
            }
            report.brakes = brakes
            progress(
                SendProgress(
                    done: done, total: total, report: report, rate: rate,
                    secondsAtLimits: secondsAtLimits?.value,
                    providers: outcomes.filter { $0.all > 0 }.sorted { ($1.all, $0.name) < ($0.all, $1.name) }, brakes: brakes,
                    bottleneck: done > 0 ? bottleneck(brakes, rate) : nil, isLast: last))
        }

        private func bottleneck(_ brakes: [SendingPolicy.Brake], _ rate: Double) -> SendProgress.Bottleneck {
            let isPaced = lastPaced.map { run.clock().milliseconds - $0.milliseconds < 1500 } ?? false
            let isLimited = isPaced || brakes.contains { !$0.isTrouble }
            return isLimited && rate == 0 ? .limit : waiting.bottleneck(limited: isLimited)
        }

        /// Settles what came in after the last turn.
        mutating func finish() throws -> SendReport {
            run.returnUntaken()
            let landings = run.settled.takeAll(waitingFor: 0, atMost: 0)
            let now = run.clock()
            try record(landings, claiming: 0, at: now)
            if let leftovers { report.skipped += try run.ledger.skipRemaining(of: run.desk.campaign, reason: leftovers, at: now) }
            try lessons.note(run, at: now)
            try company.end(run)
            // Who was found unreachable by a claim is only in the ledger.
            let standing = try run.ledger.counts(of: run.desk.campaign)
            report.skipped = max(report.skipped, standing.skipped - skippedBefore)
            // Others who share it may still change it.
            if run.options.lease == nil { report.standing = standing }
            report.seconds = Double(now.milliseconds - started.milliseconds) / 1000
            if report.verdict == nil, let verdict = verdict(complaints: 0) { try brakeLate(verdict, at: now) }
            report.ending = ending ?? .complete
            if case .complete = report.ending, let error = run.wires.failure { report.ending = .relay(error) }
            return report
        }
    }
}

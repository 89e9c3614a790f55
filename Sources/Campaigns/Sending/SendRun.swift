package import Delivery
import Foundation
package import Model
package import Store
import Synchronization

/// One run of `send`: claim → compose → wire → record, each on its own threads, with bounded queues between.
///
/// ```text
/// ledger loop ──claims──▶ composers ──messages──▶ wire (the transport's poll loop)
///      ▲                                             │ dotImminent, finished → flight recorder
///      └───────────────── settlements ───────────────┘
/// ```
///
/// The ledger loop runs on the caller's thread and is the only one that touches the database: one durable transaction
/// records what came of some messages and claims the next. No message is under way without a slot in the flight recorder.
package final class SendRun: Sendable {
    package struct Options: Sendable {
        /// At most this many messages in this run.
        package var limit: Int?
        package var window: SendWindow
        package var stopRule: StopRule
        package var retry = RetrySchedule.standard
        /// The smallest of the limits in force, in messages a millisecond; nil without any. Nothing is claimed much before it
        /// can go: who leaves meanwhile must not get it.
        package var pace: Double?
        package var composers = 2

        package init(limit: Int? = nil, window: SendWindow, stopRule: StopRule = StopRule(), pace: Double? = nil) {
            self.limit = limit
            self.window = window
            self.stopRule = stopRule
            self.pace = pace
        }
    }

    package static let slots = 2048

    private let ledger: Ledger
    private let campaigns: CampaignStore
    private let desk: Ledger.Desk
    private let recorder: FlightRecorder
    private let maker: any MessageMaking
    private let transport: any Transport
    private let options: Options
    private let clock: @Sendable () -> Instant

    private let table: FlightTable
    private let control = TransportControl()
    private let toCompose = BlockingQueue<Int>()
    private let toSend = BlockingQueue<Int>()
    private let settled = BlockingQueue<Landing>()
    private let stopRequest = Mutex<String?>(nil)
    private let wireEnd = Mutex<WireEnd?>(nil)

    /// What the ledger loop is told of a message that is no longer under way.
    private struct Landing: Sendable {
        var slot: Int
        var result: Result

        enum Result: Sendable {
            case settled(Settlement)
            case notRendered(DeliveryKey, String)
        }
    }

    private enum WireEnd: Sendable {
        case done
        case failed(any Error)
    }

    package init(
        ledger: Ledger, campaigns: CampaignStore, desk: Ledger.Desk, recorder: FlightRecorder, maker: any MessageMaking,
        transport: any Transport, options: Options, clock: @escaping @Sendable () -> Instant
    ) {
        self.ledger = ledger
        self.campaigns = campaigns
        self.desk = desk
        self.recorder = recorder
        self.maker = maker
        self.transport = transport
        self.options = options
        self.clock = clock
        table = FlightTable(capacity: min(Self.slots, recorder.slots))
    }

    /// No new message; those in flight are finished. From any thread, also a signal's.
    package func stop(_ reason: String) {
        stopRequest.withLock { $0 = $0 ?? reason }
        control.stop()
    }

    /// Closes the connections now. What was not offered yet goes back, what was is unknown.
    package func stopNow() {
        stopRequest.withLock { $0 = $0 ?? "stopped" }
        control.stopNow()
    }

    /// Sends until nothing is left to go or something ends it. Every message claimed has its outcome in the ledger when this
    /// returns, unless the ledger itself failed: then the flight recorder has it.
    package func run(progress: (SendProgress) -> Void = { _ in }) throws -> SendReport {
        let wire = startWire()
        let composers = (0..<options.composers).map { startComposer($0) }
        var loop = try LedgerLoop(run: self, total: remaining(), started: clock())
        let failure = loop.run(progress: progress)
        // Without a ledger nothing new may go; what is in flight is finished, and the recorder keeps what came of it.
        if failure != nil { control.stop() }
        toCompose.close()
        toSend.close()
        control.wake()
        composers.forEach { $0.join() }
        wire.join()
        var report = loop.report
        if let failure {
            report.ending = .ledger("\(failure)")
        } else {
            // What came in after the loop's last look.
            do { report = try loop.finish() } catch { report.ending = .ledger("\(error)") }
        }
        return report
    }

    private func remaining() throws -> Int {
        try ledger.counts(of: desk.campaign).remaining + ledger.counts(of: desk.campaign, step: DeliveryKey.seedStep).remaining
    }
}

// MARK: - Threads

extension SendRun {
    private func startWire() -> WorkerThread {
        WorkerThread("pitwall-wire") { [self] in
            do {
                try transport.run(source: self, observer: self, control: control)
                wireEnd.withLock { $0 = .done }
            } catch {
                wireEnd.withLock { $0 = .failed(error) }
            }
        }
    }

    private func startComposer(_ number: Int) -> WorkerThread {
        WorkerThread("pitwall-compose-\(number)") { [self] in
            while let slot = toCompose.take() {
                guard let flight = table[slot] else { continue }
                do {
                    table.set(try maker.compose(Recipient(flight.claim)), in: slot)
                    toSend.put(CollectionOfOne(slot))
                    control.wake()
                } catch {
                    settled.put(CollectionOfOne(Landing(slot: slot, result: .notRendered(flight.claim.key, "\(error)"))))
                }
            }
        }
    }
}

extension SendRun: MessageSource {
    package func next() -> NextMessage {
        switch toSend.poll() {
        case .closed: return .finished
        case .empty: return .none
        case .item(let slot):
            guard let composed = table.takeMessage(slot) else { return .none }
            return .message(Outgoing(ticket: UInt64(slot), envelope: composed.envelope, body: composed.bytes))
        }
    }
}

extension SendRun: DeliveryObserver {
    package func dotImminent(_ ticket: UInt64) {
        guard let flight = table[Int(ticket)] else { return }
        recorder.markDot(Int(ticket), (flight.claim.key, flight.claim.attempt))
    }

    package func finished(_ ticket: UInt64, _ outcome: Outcome, at: Instant, relay: String) {
        let slot = Int(ticket)
        guard let flight = table[slot] else { return }
        let settlement = flight.settlement(outcome, at: at, relay: relay, retry: options.retry)
        recorder.markAnswer(slot, settlement)
        settled.put(CollectionOfOne(Landing(slot: slot, result: .settled(settlement))))
    }
}

// MARK: - The ledger's loop

extension SendRun {
    private struct LedgerLoop {
        let run: SendRun
        let total: Int
        let started: Instant
        var report = SendReport()
        private var step = DeliveryKey.seedStep
        private var claimed = 0
        /// Nothing is due before; set when a claim comes back empty.
        private var idleUntil: Instant?
        private var lastChecked: Instant?
        private var lastShown: Instant?
        private var pace: Pace
        private var accepted = 0
        private var refused = 0
        /// Why no more is claimed.
        private var ending: SendReport.Ending?

        init(run: SendRun, total: Int, started: Instant) throws {
            self.run = run
            self.total = total
            self.started = started
            pace = Pace(started: started)
            let counts = try run.ledger.counts(of: run.desk.campaign)
            accepted = counts.accepted
            refused = counts.refused
        }

        /// Returns the error that ended it, if the ledger failed.
        mutating func run(progress: (SendProgress) -> Void) -> (any Error)? {
            do {
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
            try look(at: now)
            let underWay = run.table.underWay
            let want = wanted(underWay: underWay, at: now)
            // Waiting for a quarter of what is under way groups commits; the time bounds what a quiet relay costs.
            let landings = run.settled.takeAll(
                waitingFor: want > 0 ? 1 : max(1, min(underWay, 1024) / 4), atMost: want > 0 ? 0 : underWay > 0 ? 0.02 : 0.05)
            try record(landings, claiming: want, at: run.clock())
            if run.table.underWay > 0 { return true }
            if ending != nil { return false }
            if want == 0, idleUntil == nil { return true }
            return try nextStep(at: now)
        }

        /// Nothing is under way and nothing is due: the seeds are done, or a short wait, or the end.
        private mutating func nextStep(at now: Instant) throws -> Bool {
            guard let due = idleUntil else { return true }
            if step == DeliveryKey.seedStep {
                step = DeliveryKey.campaignStep
                idleUntil = nil
                return true
            }
            if due.milliseconds - now.milliseconds <= SendRun.patience { return true }
            ending = due == .latest ? .complete : .waiting(until: due)
            return false
        }

        /// How many more to claim now.
        private func wanted(underWay: Int, at now: Instant) -> Int {
            if ending != nil { return 0 }
            if let idleUntil, idleUntil > now { return 0 }
            let ahead = min(pace.ahead(limit: run.options.pace), run.table.capacity)
            // Small claims would cost a commit each: below a quarter of the room there is time.
            guard underWay == 0 || ahead - underWay >= max(1, ahead / 4) else { return 0 }
            return max(0, min(ahead - underWay, run.options.limit.map { $0 - claimed } ?? .max))
        }

        private mutating func record(_ landings: [Landing], claiming want: Int, at now: Instant) throws {
            var settlements: [Settlement] = []
            var failed: [DeliveryKey] = []
            for landing in landings {
                switch landing.result {
                case .settled(let settlement): settlements.append(settlement)
                case .notRendered(let key, let reason):
                    failed.append(key)
                    report.skipped += 1
                    if report.failures.count < 5 { report.failures.append(reason) }
                }
            }
            if !failed.isEmpty { try run.ledger.skip(failed, reason: .notRendered, at: now) }
            let claims = try run.ledger.exchange(settling: settlements, claiming: want, step: step, at: now, for: run.desk)
            let slots = landings.map(\.slot)
            slots.forEach(run.recorder.clear)
            run.table.land(slots)
            settlements.forEach { count($0) }
            pace.record(settlements.count, at: now)
            claimed += claims.count
            report.changed += claims.count { $0.dataChanged }
            run.toCompose.put(run.table.board(claims))
            if want > 0 {
                idleUntil = claims.isEmpty ? try run.ledger.nextDue(of: run.desk.campaign, step: step) ?? .latest : nil
            } else if settlements.contains(where: { $0.outcome.goesAgain }) {
                idleUntil = nil
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
            case .deferred: report.deferred += 1
            case .unknown: report.unknown += 1
            case .returned: claimed -= 1
            }
        }

        /// Asks everything that may end the run; the dearer questions twice a second.
        private mutating func look(at now: Instant) throws {
            // A composer may have finished one more since the last turn.
            if ending != nil { return run.returnUntaken() }
            if let reason = run.stopRequest.withLock({ $0 }) { return end(.stopped(reason)) }
            if case .failed(let reason) = run.wireEnd.withLock({ $0 }) { return end(.relay(reason)) }
            if let limit = run.options.limit, claimed >= limit, run.table.underWay == 0 { return end(.stopped("as many as --limit asked for")) }
            if let lastChecked, now.milliseconds - lastChecked.milliseconds < 500 { return }
            lastChecked = now
            switch run.options.window.answer(at: now) {
            case .open: break
            case .closedUntil(let opening): return end(.held("outside send.between; opens \(opening)"))
            case .expired:
                report.skipped += try run.ledger.skipRemaining(of: run.desk.campaign, reason: .expired, at: now)
                return end(.held("send.not_after has passed"))
            }
            switch try run.campaigns.state(of: run.desk.campaign) {
            case .paused: return end(.held("the campaign was paused"))
            case .cancelled: return end(.held("the campaign was cancelled"))
            default: break
            }
            let complaints = run.options.stopRule.complaints == nil ? 0 : try run.ledger.complaints(about: run.desk.campaign)
            if let verdict = run.options.stopRule.verdict(accepted: accepted, refused: refused, complaints: complaints) {
                try run.campaigns.move(run.desk.campaign, to: .paused, from: [.sending], reason: verdict, at: now)
                return end(.held(verdict))
            }
        }

        /// No more claims. What is composed but not taken by the transport goes back untouched.
        private mutating func end(_ reason: SendReport.Ending) {
            ending = reason
            run.control.stop()
            run.returnUntaken()
        }

        private mutating func show(_ progress: (SendProgress) -> Void, last: Bool = false) {
            let now = run.clock()
            if let lastShown, !last, now.milliseconds - lastShown.milliseconds < 100 { return }
            lastShown = now
            report.seconds = Double(now.milliseconds - started.milliseconds) / 1000
            let done = report.accepted + report.refused + report.unknown + report.deferred + report.skipped
            progress(SendProgress(done: done, total: total, report: report, rate: pace.perSecond))
        }

        /// Settles what came in after the last turn.
        mutating func finish() throws -> SendReport {
            run.returnUntaken()
            let landings = run.settled.takeAll(waitingFor: 0, atMost: 0)
            let now = run.clock()
            try record(landings, claiming: 0, at: now)
            report.seconds = Double(now.milliseconds - started.milliseconds) / 1000
            report.ending = ending ?? .complete
            if case .failed(let reason) = run.wireEnd.withLock({ $0 }), case .complete = report.ending { report.ending = .relay(reason) }
            return report
        }
    }

    /// How long a run waits for the next due message before it ends and says when to come back, in milliseconds.
    private static let patience: Int64 = 15_000

    /// Gives back what waits in the queues: it was never on the wire.
    private func returnUntaken() {
        let slots = toCompose.takeAll(waitingFor: 0, atMost: 0) + toSend.takeAll(waitingFor: 0, atMost: 0)
        let now = clock()
        settled.put(
            slots.compactMap { slot in
                table[slot].map { flight in
                    Landing(
                        slot: slot,
                        result: .settled(Settlement(key: flight.claim.key, attempt: flight.claim.attempt, at: now, outcome: .returned, relay: "")))
                }
            })
    }
}

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
        /// To all relays together.
        package var connections: Int
        package var composers = 2

        package init(limit: Int? = nil, window: SendWindow, stopRule: StopRule = StopRule(), pace: Double? = nil, connections: Int = 10) {
            self.connections = connections
            self.limit = limit
            self.window = window
            self.stopRule = stopRule
            self.pace = pace
        }
    }

    package static let slots = 2048

    let ledger: Ledger
    let campaigns: CampaignStore
    let desk: Ledger.Desk
    let recorder: FlightRecorder
    private let maker: any MessageMaking
    private let transport: any Transport
    let options: Options
    let clock: @Sendable () -> Instant

    let table: FlightTable
    let control = TransportControl()
    let toCompose = BlockingQueue<Int>()
    let toSend = BlockingQueue<Int>()
    let settled = BlockingQueue<Landing>()
    let stopRequest = Mutex<String?>(nil)
    let wireEnd = Mutex<WireEnd?>(nil)

    /// What the ledger loop is told of a message that is no longer under way.
    struct Landing: Sendable {
        var slot: Int
        var result: Result

        enum Result: Sendable {
            case settled(Settlement)
            case notRendered(DeliveryKey, any Error)
        }
    }

    enum WireEnd: Sendable {
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
        // Before any thread: a ledger that can't even be read must leave none behind.
        var loop = try LedgerLoop(run: self, total: remaining(), started: clock())
        let wire = startWire()
        let composers = (0..<options.composers).map { startComposer($0) }
        let failure = loop.run(progress: progress)
        // Without a ledger nothing new may go; what is in flight is finished, and the recorder keeps what came of it.
        if failure != nil { control.stop() }
        toCompose.close()
        toSend.close()
        control.wake()
        composers.forEach { $0.join() }
        wire.join()
        landForgotten()
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
                    // The wire empties the queue before it waits, so one wake does for all that come meanwhile.
                    if toSend.put(CollectionOfOne(slot)) { control.wake() }
                } catch {
                    settled.put(CollectionOfOne(Landing(slot: slot, result: .notRendered(flight.claim.key, error))))
                }
            }
        }
    }
}

extension SendRun: MessageSource {
    package func next() -> NextMessage {
        while true {
            switch toSend.poll() {
            case .closed: return .finished
            case .empty: return .none
            case .item(let slot):
                guard let composed = table.takeMessage(slot) else { continue }
                return .message(Outgoing(ticket: UInt64(slot), envelope: composed.envelope, body: composed.bytes, tail: composed.tail))
            }
        }
    }
}

extension SendRun: DeliveryObserver {
    package func dotImminent(_ ticket: UInt64) {
        let slot = Int(clamping: ticket)
        guard let flight = table[slot] else { return }
        recorder.markDot(slot, (flight.claim.key, flight.claim.attempt), made: flight.composed?.marks)
    }

    package func finished(_ ticket: UInt64, _ outcome: Outcome, at: Instant, relay: String) {
        let slot = Int(clamping: ticket)
        guard let flight = table.arrive(slot) else { return }
        land(flight, slot, outcome, at: at, relay: relay)
    }

    private func land(_ flight: Flight, _ slot: Int, _ outcome: Outcome, at: Instant, relay: String) {
        let settlement = flight.settlement(outcome, at: at, relay: relay, retry: options.retry)
        recorder.markAnswer(slot, settlement)
        settled.put(CollectionOfOne(Landing(slot: slot, result: .settled(settlement))))
    }

    /// A transport that has ended owes an outcome for everything it took. What it forgot may have gone out.
    func landForgotten() {
        for (slot, flight) in table.arriveForgotten() {
            land(flight, slot, .unknown(reason: "the transport ended without saying what became of it"), at: clock(), relay: "")
        }
    }
}

// MARK: - Coming back

extension SendRun {
    /// How long a run waits for the next due message before it ends and says when to come back, in milliseconds.
    static let patience: Int64 = 15_000

    /// Gives back what waits in the queues: it was never on the wire.
    func returnUntaken() {
        let slots = toCompose.takeAll(waitingFor: 0, atMost: 0) + toSend.takeAll(waitingFor: 0, atMost: 0)
        let now = clock()
        settled.put(
            slots.compactMap { slot in
                table[slot].map { flight in
                    Landing(
                        slot: slot,
                        result: .settled(
                            Settlement(key: flight.claim.key, attempt: flight.claim.attempt, at: now, outcome: .returned, relay: "")))
                }
            })
    }
}

package import Delivery
import Foundation
package import Model
package import Store
import Synchronization

/// One run of `send`: claim → compose → wire → record, each on its own threads, with bounded queues between.
///
/// ```text
/// ledger loop ──claims──▶ composers ──messages──▶ outbox ──▶ wires (each relay's transport on its thread)
///      ▲                                             │ dotImminent, finished → flight recorder
///      └───────────────── settlements ───────────────┘
/// ```
///
/// The ledger loop runs on the caller's thread and is the only one that touches the database: one durable transaction
/// records what came of some messages and claims the next. No message is under way without a slot in the flight recorder. Who may go
/// when and through which relay is ``Traffic``'s to say.
package final class SendRun: Sendable {
    package struct Options: Sendable {
        /// At most this many messages in this run.
        package var limit: Int?
        package var window: SendWindow
        package var stopRule: StopRule
        package var retry: RetrySchedule
        /// The smallest of the limits of workspace, campaign and all relays together, in messages a millisecond; nil without any. Nothing is claimed much before it
        /// can go: who leaves meanwhile must not get it.
        package var pace: Double?
        /// To all relays together.
        package var connections: Int
        /// Threads that make messages ahead; one more makes them where hardly any are left.
        package var composers = 2
        /// Where several senders share the campaign.
        package var lease: Lease?
        /// See ``Ledger/giveUp(on:goneFor:)``.
        package var machineGoneAfter: Int64

        package init(
            limit: Int? = nil, window: SendWindow, stopRule: StopRule = StopRule(), retry: RetrySchedule = .standard, pace: Double? = nil,
            connections: Int = 10, lease: Lease? = nil, machineGoneAfter: Int64 = 3_600_000
        ) {
            self.lease = lease
            self.machineGoneAfter = machineGoneAfter
            self.retry = retry
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
    let traffic: Traffic
    /// Its number in the policy.
    let campaign: Int
    let options: Options
    /// By which all is remembered: it must not go back; see ``SteadyClock``.
    let clock: @Sendable () -> Instant
    /// What time of day it is for people.
    let wall: @Sendable () -> Instant

    let table: FlightTable
    let toCompose = BlockingQueue<Int>()
    let outbox: Outbox
    let wires: Wires
    /// By their numbers in the policy.
    private let relayNames: [Int: String]
    let settled = BlockingQueue<Landing>()
    /// What is made and must not go yet: the ledger does not say yet that it may have gone.
    let gate: Gate
    let stopRequest = Mutex<String?>(nil)

    /// What the ledger loop is told of a message that is no longer under way.
    struct Landing: Sendable {
        var slot: Int
        var result: Result

        enum Result: Sendable {
            case settled(Settlement, Ledger.Pardon? = nil)
            case notRendered(DeliveryKey, any Error)
        }
    }

    /// - Parameter campaign: its number in the policy; see ``SendingPolicy/enrol(campaign:limits:)``.
    package init(
        ledger: Ledger, campaigns: CampaignStore, desk: Ledger.Desk, recorder: FlightRecorder, maker: any MessageMaking,
        traffic: Traffic, campaign: Int, routes: [Route], options: Options, clock: @escaping @Sendable () -> Instant,
        wall: (@Sendable () -> Instant)? = nil
    ) {
        self.ledger = ledger
        self.campaigns = campaigns
        self.recorder = recorder
        self.maker = maker
        self.traffic = traffic
        self.campaign = campaign
        self.options = options
        self.clock = clock
        self.wall = wall ?? clock
        var desk = desk
        desk.admit = { traffic.admit($0, for: campaign, at: clock()) }
        desk.forgo = { lanes in
            traffic.with { policy in for lane in lanes { policy.landed(SendingPolicy.Mark(lane: lane, campaign: campaign)) } }
        }
        self.desk = desk
        gate = Gate(isOpen: options.lease == nil)
        table = FlightTable(capacity: min(Self.slots, recorder.slots))
        outbox = Outbox(table, traffic: traffic, campaign: campaign, route: routes.map(\.relay))
        wires = Wires(routes, traffic: traffic)
        relayNames = traffic.with { policy in
            Dictionary(routes.map { ($0.relay, policy.name(ofRelay: $0.relay)) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// No new message; those in flight are finished. From any thread, also a signal's.
    package func stop(_ reason: String) {
        stopRequest.withLock { $0 = $0 ?? reason }
        wires.stop()
    }

    /// Closes the connections now. What was not offered yet goes back, what was is unknown.
    package func stopNow() {
        stopRequest.withLock { $0 = $0 ?? "stopped" }
        wires.stopNow()
    }

    /// Sends until nothing is left to go or something ends it. Every message claimed has its outcome in the ledger when this
    /// returns, unless the ledger itself failed: then the flight recorder has it.
    package func run(progress: (SendProgress) -> Void = { _ in }) throws -> SendReport {
        // Before any thread: a ledger that can't even be read must leave none behind.
        var loop = try LedgerLoop(run: self, started: clock())
        wires.start(self)
        let composers =
            (0..<options.composers).map { startComposer($0, isPrompt: false) } + [startComposer(options.composers, isPrompt: true)]
        let failure = loop.run(progress: progress)
        // Without a ledger nothing new may go; what is in flight is finished, and the recorder keeps what came of it.
        if failure != nil { wires.stop() }
        toCompose.close()
        outbox.queue.close()
        wires.wake()
        composers.forEach { $0.join() }
        wires.join()
        landForgotten()
        var report = loop.report
        if let failure {
            report.ending = .ledger(failure)
        } else {
            // What came in after the loop's last look.
            do { report = try loop.finish() } catch { report.ending = .ledger(error) }
        }
        return report
    }

    /// Messages that are made ahead of the connections: some hundredths of a second's worth where they are quick.
    var roomInOutbox: Int { max(128, 4 * options.connections) }
}

// MARK: - Threads

extension SendRun {
    /// A mail server on the same machine goes first: between threads of one nice value the system shares its processors out in turns of some
    /// milliseconds, and a wire that wakes takes the processor from a server that has work. In turns, beside smtp-sink on two cores: makers at 0 and
    /// at 5, 6,864/s and 7,402; at 5 and at 10, 6,764 and 7,126; makers at 10 and wires at 0 against those here, 7,570 and 8,186, 8,219 and 8,627.
    static let stepsBack: Int32 = 5
    /// Those who make messages ahead have time. Where others keep every processor busy, the system's weights leave them next to none; then a
    /// prompt one, no further back than the wires, makes messages where fewer wait than there are connections.
    private static let aheadStepsBack: Int32 = 19

    private func startComposer(_ number: Int, isPrompt: Bool) -> WorkerThread {
        let room = isPrompt ? options.connections : roomInOutbox
        return WorkerThread("pitwall-compose-\(number)", niceness: isPrompt ? Self.stepsBack : Self.aheadStepsBack) { [self] in
            while true {
                // What is made waits in memory; what is claimed and not made takes a tenth of that. What may not go yet is not counted.
                outbox.queue.waitForRoom(below: room)
                guard let slot = toCompose.take() else { break }
                guard let (recipient, key, epoch) = table.recipient(slot) else { continue }
                do {
                    table.set(try maker.compose(recipient), in: slot)
                    guard gate.passes(slot, epoch) else { continue }
                    // A wire empties the queue before it waits, so one wake does for all that come meanwhile. But whoever owes that one may
                    // get no processor for long; the prompt one does not rely on it.
                    if outbox.queue.put(slot) || isPrompt { wires.wake() }
                } catch {
                    settled.put(Landing(slot: slot, result: .notRendered(key, error)))
                }
            }
        }
    }
}

// MARK: - What relays ask and tell

extension SendRun {
    func next(through relay: Int) -> NextMessage {
        while true {
            // Another program may have the campaign by now; what is on its way is refused at its dot.
            guard mayHandOver else { return .later(milliseconds: 250) }
            let answer = outbox.next(through: relay, at: clock())
            if answer.wakesOthers { wires.wake() }
            if !answer.returned.isEmpty { giveBack(answer.returned) }
            switch answer.next {
            case .message(let slot, let passage):
                guard let cargo = table.takeMessage(slot, passage) else {
                    traffic.went(passage, at: clock())
                    continue
                }
                return .message(Outgoing(ticket: UInt64(slot), envelope: cargo.envelope, body: cargo.bytes, tail: cargo.tail))
            case .later(let milliseconds): return .later(milliseconds: milliseconds)
            case .none: return .none
            case .finished: return .finished
            }
        }
    }

    /// Whether another message's last bytes may be handed to a socket now.
    var mayHandOver: Bool { options.lease?.isValid ?? true }

    func dotImminent(_ ticket: UInt64) -> Bool {
        let slot = Int(clamping: ticket)
        guard mayHandOver else { return false }
        guard let departure = table.depart(slot) else { return false }
        recorder.markDot(slot, (departure.key, departure.attempt), made: departure.marks, relay: name(ofRelay: departure.relay))
        if let passage = departure.passage { traffic.went(passage, at: clock()) }
        // Once more, so that nothing that took time lies between the look and the socket.
        return mayHandOver
    }

    /// By the run's own clock and not by when the transport says it was: all that is remembered goes by one.
    func finished(_ ticket: UInt64, _ outcome: Outcome, relay: String) {
        let slot = Int(clamping: ticket)
        guard let flight = table.arrive(slot) else { return }
        land(flight, slot, outcome, relay: relay)
    }

    /// The others need not wait until a relay gives up, which takes some seconds or minutes.
    func troubled(_ relay: Int, _ reason: String?) {
        traffic.with { $0.relayIsTroubled(relay, reason) }
        wires.wake()
    }

    /// What one relay cannot take is refused for good only where no other may take it: one that stands by, rests, or can't be logged in to now may
    /// later, and is not asked for sooner.
    private func land(_ flight: Flight, _ slot: Int, _ told: Outcome, relay: String) {
        let at = clock()
        let able = othersThatMayTake(flight, told)
        var outcome = told
        if !able.isEmpty, case .refused(let reply, _) = told { outcome = .deferred(reply, reason: reply.description, scope: .message) }
        let lesson = flight.passage.map { traffic.learn(outcome, to: flight.address, of: $0, at: at) } ?? Traffic.Lesson()
        let settlement = flight.settlement(
            outcome, lesson, at: at, relay: relay, retry: options.retry,
            notBefore: able.isEmpty ? nil : traffic.with { $0.comesBack(able, at: at) })
        recorder.markAnswer(slot, settlement)
        settled.put(Landing(slot: slot, result: .settled(settlement, lesson.pardon)))
    }

    /// The other relays that may take what this one can't, by what it says of itself; none where that was not the answer.
    private func othersThatMayTake(_ flight: Flight, _ told: Outcome) -> [Int] {
        guard let reply = told.reply, reply.origin == .here, let relay = flight.passage?.relay else { return [] }
        outbox.abilities.learn(reply, of: relay, from: flight.needs)
        return outbox.route.filter { $0 != relay && outbox.abilities.mayFit(flight.needs, $0) }
    }

    /// A transport that has ended owes an outcome for everything it took. What it forgot may have gone out.
    func landForgotten(through relay: Int) {
        for (slot, flight) in table.arriveForgotten(through: relay) {
            land(
                flight, slot, .unknown(reason: "the transport ended without saying what became of it"), relay: name(ofRelay: relay))
        }
    }

    private func name(ofRelay relay: Int?) -> String { relay.flatMap { relayNames[$0] } ?? "" }

    private func landForgotten() {
        for relay in outbox.route { landForgotten(through: relay) }
    }
}

// MARK: - Coming back

extension SendRun {
    /// How long a run waits for the next due message before it ends and says when to come back, in milliseconds.
    static let patience: Int64 = 15_000

    /// These are no longer under way.
    func leaveLanes(_ slots: [Int]) {
        let lanes = slots.compactMap { table.lane($0) }
        guard lanes.contains(where: { $0 > 0 }) else { return }
        traffic.with { policy in for lane in lanes { policy.landed(SendingPolicy.Mark(lane: lane, campaign: campaign)) } }
    }

    /// Gives back what waits in the queues.
    func returnUntaken() {
        giveBack(toCompose.takeAll(waitingFor: 0, atMost: 0) + gate.takeAll() + outbox.takeAll())
    }

    /// It was never on the wire.
    private func giveBack(_ slots: [Int]) {
        let now = clock()
        settled.put(
            slots.compactMap { slot in
                table.attempt(slot).map { key, attempt in
                    Landing(
                        slot: slot,
                        result: .settled(Settlement(key: key, attempt: attempt, at: now, outcome: .returned, relay: "")))
                }
            })
    }
}

package import Delivery
import Model
import Synchronization

/// A way out of the house: a relay's transport, and the relay's number in the sending policy.
package struct Route: Sendable {
    package let relay: Int
    package let transport: any Transport

    package init(relay: Int, _ transport: any Transport) {
        (self.relay, self.transport) = (relay, transport)
    }
}

/// The relays of one run, each on a thread of its own. One that can't be used rests while others carry its messages, and is tried
/// again after a while where its trouble may pass; where none can be used, the run is over.
final class Wires: Sendable {
    private struct Wire: Sendable {
        let route: Route
        var control = TransportControl()
        var thread: WorkerThread?
        var startedAt = Instant(milliseconds: 0)
        /// One after the other.
        var failures: Int64 = 0
        /// Why it does not run.
        var failure: (any Error)?
        var triedAgain: Instant?
        /// Of its transport, when it was started.
        var settingsMark = 0
        /// When it was last looked whether that has changed.
        var markReadAt = Instant(milliseconds: 0)
    }

    /// How a wire's thread ended; nil: it returned as if all were done.
    private struct End: Sendable {
        let index: Int
        let error: (any Error)?
    }

    private struct State {
        var wires: [Wire]
        var ends: [End] = []
        var request = TransportControl.Request.goOn
    }

    private let state: Mutex<State>
    private let traffic: Traffic
    /// A relay that failed is tried again after so long, in milliseconds, twice as long each time.
    private static let rest: Int64 = 30_000
    private static let longestRest: Int64 = 900_000

    init(_ routes: [Route], traffic: Traffic) {
        state = Mutex(State(wires: routes.map { Wire(route: $0) }))
        self.traffic = traffic
    }

    func start(_ run: SendRun) {
        state.withLock { state in
            for index in state.wires.indices { start(index, run, &state) }
        }
    }

    private func start(_ index: Int, _ run: SendRun, _ state: inout State) {
        let route = state.wires[index].route
        let control = TransportControl()
        let desk = RelayDesk(run, relay: route.relay)
        traffic.with { $0.relayIsUp(route.relay) }
        state.wires[index].control = control
        state.wires[index].startedAt = run.clock()
        state.wires[index].failure = nil
        state.wires[index].triedAgain = nil
        state.wires[index].settingsMark = route.transport.settingsMark
        state.wires[index].thread = WorkerThread("pitwall-wire-\(route.relay)", niceness: SendRun.stepsBack) { [self] in
            var failure: (any Error)?
            do { try route.transport.run(source: desk, observer: desk, control: control) } catch { failure = error }
            self.state.withLock { $0.ends.append(End(index: index, error: failure)) }
        }
    }

    func wake() {
        for control in controls { control.wake() }
    }

    func stop() { ask(.drain) }
    func stopNow() { ask(.stopNow) }

    private func ask(_ request: TransportControl.Request) {
        state.withLock { $0.request = max($0.request, request) }
        for control in controls { request == .stopNow ? control.stopNow() : control.stop() }
    }

    private var controls: [TransportControl] { state.withLock { $0.wires.map(\.control) } }

    /// The messages of a relay that has ended are landed; the relay rests or starts again. Gives the error that ends the run: no relay
    /// is left.
    func look(_ run: SendRun, at now: Instant) -> (any Error)? {
        let ends = state.withLock { state in
            defer { state.ends.removeAll() }
            return state.ends
        }
        for end in ends { over(end, run, at: now) }
        return state.withLock { state in
            for index in state.wires.indices {
                guard state.request == .goOn, state.wires[index].failure != nil else { continue }
                if state.wires[index].triedAgain.map({ $0 <= now }) ?? hasChanged(&state.wires[index], at: now) {
                    start(index, run, &state)
                }
            }
            let failures = state.wires.compactMap(\.failure)
            return failures.count == state.wires.count ? failures.first : nil
        }
    }

    /// Something that has failed for good is worth another try: somebody has seen to it.
    private func hasChanged(_ wire: inout Wire, at now: Instant) -> Bool {
        guard now.milliseconds - wire.markReadAt.milliseconds >= 1000 else { return false }
        wire.markReadAt = now
        return wire.route.transport.settingsMark != wire.settingsMark
    }

    private func over(_ end: End, _ run: SendRun, at now: Instant) {
        state.withLock { state in
            let relay = state.wires[end.index].route.relay
            run.landForgotten(through: relay)
            // It was told to end.
            if end.error == nil, state.request != .goOn { return }
            let failure: any Error = end.error ?? UseError(.relay, "sending through the relay ended before everything was sent")
            let worked = now.milliseconds - state.wires[end.index].startedAt.milliseconds > Self.longestRest
            state.wires[end.index].failures = worked ? 1 : state.wires[end.index].failures + 1
            state.wires[end.index].failure = failure
            var until = Instant.latest
            if (failure as? any TransportFailure)?.isTemporary == true {
                let rest = min(Self.rest << min(state.wires[end.index].failures - 1, 10), Self.longestRest)
                until = now.advanced(byMilliseconds: rest)
                state.wires[end.index].triedAgain = until
            }
            traffic.with { $0.relayIsDown(relay, until: until, reason: "\(failure)") }
        }
        // The others may have stood by for it, or take its share.
        wake()
    }

    /// Waits until each has ended.
    func join() {
        for thread in state.withLock({ $0.wires.compactMap(\.thread) }) { thread.join() }
    }

    /// What the first of them said, where every one has failed.
    var failure: (any Error)? {
        state.withLock { state in
            let failures = state.wires.indices.compactMap { index in
                state.wires[index].failure ?? state.ends.first { $0.index == index }?.error
            }
            return failures.count == state.wires.count ? failures.first : nil
        }
    }
}

/// What one relay sees of a run.
private final class RelayDesk: MessageSource, DeliveryObserver {
    private let run: SendRun
    private let relay: Int

    init(_ run: SendRun, relay: Int) {
        (self.run, self.relay) = (run, relay)
    }

    func next() -> NextMessage { run.next(through: relay) }
    func dotImminent(_ ticket: UInt64) -> Bool { run.dotImminent(ticket) }
    var mayGoOn: Bool { run.mayHandOver }
    func finished(_ ticket: UInt64, _ outcome: Outcome, at: Instant, relay: String) {
        run.finished(ticket, outcome, relay: relay)
    }

    func troubled(_ reason: String?) { run.troubled(relay, reason) }
}

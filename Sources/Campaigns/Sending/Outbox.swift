import Delivery
import Model
import Store
import Synchronization

/// Messages that are made, by slot, and which of them may go through which relay now.
///
/// Those whose provider lets none go are parked, and the others pass them by. How few that are is the claim's to see to
/// (``SendingPolicy/admit(_:at:)``).
final class Outbox: Sendable {
    enum Next {
        case message(slot: Int, Traffic.Passage)
        case later(milliseconds: Int64)
        case none
        case finished
    }

    /// What has been taken out of the queue and could not go.
    private struct Aside: Sendable {
        var parked = Lanes<Int>()
        /// Those that the relay which came to them can't take, for the others; see ``Abilities``.
        var misfits: [(slot: Int, since: Instant)] = []
    }

    let queue = BlockingQueue<Int>()
    private let aside = Mutex(Aside())
    private let table: FlightTable
    private let traffic: Traffic
    /// Its number in the policy.
    private let campaign: Int
    /// The relays that may carry it.
    let route: [Int]
    /// Of the relays.
    let abilities = Abilities()
    /// Since when no relay may take anything, in milliseconds since 1970; 0 where the last that asked got something.
    private let stillSince = Atomic<Int64>(0)
    /// A relay that lets others go first looks again after so long at the latest.
    private static let turnPatience: Int64 = 500
    /// More are not kept for other relays: what is tried all the same is put off.
    private static let mostMisfits = 128

    init(_ table: FlightTable, traffic: Traffic, campaign: Int, route: [Int]) {
        self.table = table
        self.traffic = traffic
        self.campaign = campaign
        self.route = route
    }

    struct Answer {
        var next = Next.none
        /// A relay that waited for its turn, or found nothing that it can take, should ask again.
        var wakesOthers = false
        /// They can't go for too long to be kept here.
        var returned: [Int] = []
    }

    func next(through relay: Int, at now: Instant) -> Answer {
        aside.withLock { aside in
            traffic.with { policy in
                var answer = Answer()
                let misfits = aside.misfits.count
                answer.next = next(relay, now, &aside, &policy, &answer.returned)
                if route.count > 1 {
                    if case .message = answer.next { answer.wakesOthers = policy.hasRelayToWake(in: route, at: now) }
                    if aside.misfits.count > misfits { answer.wakesOthers = true }
                }
                return answer
            }
        }
    }

    private func next(
        _ relay: Int, _ now: Instant, _ aside: inout Aside, _ policy: inout SendingPolicy, _ returned: inout [Int]
    ) -> Next {
        if aside.parked.isEmpty, aside.misfits.isEmpty, queue.isOver { return .finished }
        let limit = now.advanced(byMilliseconds: 2 * SendingPolicy.patience)
        returned = aside.parked.takeAll(after: limit, at: now, under: policy)
        while let first = aside.misfits.first, now.milliseconds - first.since.milliseconds > 2 * SendingPolicy.patience {
            returned.append(aside.misfits.removeFirst().slot)
        }
        let anybody = SendingPolicy.Mark(lane: 0, campaign: campaign)
        switch policy.turn(of: anybody, through: relay, route: route, at: now) {
        case .now: break
        case .later(let free):
            if isStill(limit, now, &policy) { returned += takeAll(&aside) }
            return .later(milliseconds: free.milliseconds &- now.milliseconds)
        case .othersFirst:
            // But for what none of those can take. A relay that stands by has only that.
            return misfit(relay, now, &aside, &policy, outOfTurn: true) ?? .later(milliseconds: Self.turnPatience)
        }
        while let slot = aside.parked.take(at: now, under: policy) {
            if let mark = mark(slot, &policy) { return take(slot, mark, relay, now, &policy) }
        }
        if let next = misfit(relay, now, &aside, &policy) { return next }
        while true {
            switch queue.poll() {
            case .item(let slot):
                guard let mark = mark(slot, &policy) else { continue }
                if aside.misfits.count < Self.mostMisfits, isForOthers(slot, relay, policy, at: now) {
                    aside.misfits.append((slot, now))
                    continue
                }
                let free = policy.laneFree(mark.lane, at: now)
                guard free <= now else {
                    free > limit ? returned.append(slot) : aside.parked.park(slot, in: mark.lane)
                    continue
                }
                return take(slot, mark, relay, now, &policy)
            case .empty: return waiting(now, aside, policy) ?? .none
            case .closed: return waiting(now, aside, policy) ?? .finished
            }
        }
    }

    /// The first that another relay could not take and this one may; out of its turn, only what no relay that carries mail may take.
    private func misfit(
        _ relay: Int, _ now: Instant, _ aside: inout Aside, _ policy: inout SendingPolicy, outOfTurn: Bool = false
    ) -> Next? {
        if aside.misfits.isEmpty { return nil }
        let others = outOfTurn ? policy.serving(route, at: now).filter { $0 != relay } : []
        for (place, misfit) in aside.misfits.enumerated() {
            guard let needs = table.needs(misfit.slot), abilities.mayFit(needs, relay),
                !others.contains(where: { abilities.mayFit(needs, $0) }),
                let mark = mark(misfit.slot, &policy), policy.laneFree(mark.lane, at: now) <= now
            else { continue }
            aside.misfits.remove(at: place)
            return take(misfit.slot, mark, relay, now, &policy)
        }
        return nil
    }

    /// Nothing may go for too long to keep anybody here. A limit that is shared with other senders says only that it may be worth asking soon:
    /// there it is too long once it has been.
    private func isStill(_ limit: Instant, _ now: Instant, _ policy: inout SendingPolicy) -> Bool {
        let opens = policy.opens(for: campaign, through: route, at: now)
        guard opens > now else {
            stillSince.store(0, ordering: .relaxed)
            return false
        }
        let since = stillSince.load(ordering: .relaxed)
        if since == 0 { stillSince.store(now.milliseconds, ordering: .relaxed) }
        let isForLong = since != 0 && now.milliseconds - since > 2 * SendingPolicy.patience
        guard isForLong || opens > limit else { return false }
        stillSince.store(0, ordering: .relaxed)
        return true
    }

    /// The relay would not take it, and another one that works may, also one that stands by.
    private func isForOthers(_ slot: Int, _ relay: Int, _ policy: SendingPolicy, at now: Instant) -> Bool {
        guard abilities.areKnown, let needs = table.needs(slot), !abilities.mayFit(needs, relay) else { return false }
        return route.contains { $0 != relay && policy.isWorking($0, at: now) && abilities.mayFit(needs, $0) }
    }

    /// Until when those that are parked wait, and for how long others may have what this relay can't take; nil where there are none.
    private func waiting(_ now: Instant, _ aside: Aside, _ policy: SendingPolicy) -> Next? {
        let free = aside.parked.free(at: now, under: policy).map { max(1, $0.milliseconds &- now.milliseconds) }
        let patience = aside.misfits.isEmpty ? nil : Self.turnPatience
        return [free, patience].compactMap { $0 }.min().map { .later(milliseconds: $0) }
    }

    private func take(_ slot: Int, _ mark: SendingPolicy.Mark, _ relay: Int, _ now: Instant, _ policy: inout SendingPolicy) -> Next {
        stillSince.store(0, ordering: .relaxed)
        policy.take(mark, through: relay, route: route, at: now)
        return .message(slot: slot, Traffic.Passage(mark: mark, relay: relay))
    }

    /// What is known of the recipient's provider may be more than when the message was claimed; nil for one that is gone.
    private func mark(_ slot: Int, _ policy: inout SendingPolicy) -> SendingPolicy.Mark? {
        guard let (domain, lane) = table.destination(slot) else { return nil }
        let mark = policy.mark(domain: domain, campaign: campaign)
        if mark.lane != lane {
            policy.moveUnderWay(from: lane, to: mark.lane)
            table.set(lane: mark.lane, in: slot)
        }
        return mark
    }

    /// How many are made and wait.
    var waiting: Int { queue.count + waitingForProviders }

    /// How many of them wait for their providers, or for another relay, alone, while others may go.
    var waitingForProviders: Int { aside.withLock { $0.parked.count + $0.misfits.count } }

    /// Everything that waits, which was never on the wire.
    func takeAll() -> [Int] { aside.withLock { takeAll(&$0) } }

    private func takeAll(_ aside: inout Aside) -> [Int] {
        defer { aside.misfits.removeAll() }
        return aside.parked.takeAll() + aside.misfits.map(\.slot) + queue.takeAll(waitingFor: 0, atMost: 0)
    }
}

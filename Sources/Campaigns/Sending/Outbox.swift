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

    let queue = BlockingQueue<Int>()
    private let parked = Mutex(Lanes<Int>())
    private let table: FlightTable
    private let traffic: Traffic
    /// Its number in the policy.
    private let campaign: Int
    /// The relays that may carry it.
    let route: [Int]
    /// Of the relays.
    let abilities = Abilities()
    /// A relay that lets others go first looks again after so long at the latest.
    private static let turnPatience: Int64 = 500

    init(_ table: FlightTable, traffic: Traffic, campaign: Int, route: [Int]) {
        self.table = table
        self.traffic = traffic
        self.campaign = campaign
        self.route = route
    }

    struct Answer {
        var next = Next.none
        /// A relay that waited for its turn, or found nothing, should ask again.
        var wakesOthers = false
        /// They can't go for too long to be kept here.
        var returned: [Int] = []
    }

    func next(through relay: Int, at now: Instant) -> Answer {
        parked.withLock { parked in
            traffic.with { policy in
                var answer = Answer()
                var turnedAway: [Int] = []
                answer.next = next(relay, now, &parked, &policy, &answer.returned, &turnedAway)
                if !turnedAway.isEmpty {
                    queue.put(turnedAway)
                    answer.wakesOthers = true
                    if case .none = answer.next { answer.next = .later(milliseconds: Self.turnPatience) }
                    if case .finished = answer.next { answer.next = .later(milliseconds: Self.turnPatience) }
                    return answer
                }
                if case .message = answer.next, route.count > 1 { answer.wakesOthers = policy.hasRelayToWake(in: route, at: now) }
                return answer
            }
        }
    }

    private func next(
        _ relay: Int, _ now: Instant, _ parked: inout Lanes<Int>, _ policy: inout SendingPolicy, _ returned: inout [Int],
        _ turnedAway: inout [Int]
    ) -> Next {
        if parked.isEmpty, queue.isOver { return .finished }
        let limit = now.advanced(byMilliseconds: 2 * SendingPolicy.patience)
        returned = parked.takeAll(after: limit, at: now, under: policy)
        let anybody = SendingPolicy.Mark(lane: 0, campaign: campaign)
        switch policy.turn(of: anybody, through: relay, route: route, at: now) {
        case .now: break
        case .later(let free):
            if free > limit, policy.opens(for: campaign, through: route, at: now) > limit {
                returned += parked.takeAll() + queue.takeAll(waitingFor: 0, atMost: 0)
            }
            return .later(milliseconds: free.milliseconds &- now.milliseconds)
        case .othersFirst: return .later(milliseconds: Self.turnPatience)
        }
        while let slot = parked.take(at: now, under: policy) {
            if let mark = mark(slot, &policy) { return take(slot, mark, relay, now, &policy) }
        }
        while true {
            switch queue.poll() {
            case .item(let slot):
                guard let mark = mark(slot, &policy) else { continue }
                if isForOthers(slot, relay, policy, at: now) {
                    turnedAway.append(slot)
                    continue
                }
                let free = policy.laneFree(mark.lane, at: now)
                guard free <= now else {
                    free > limit ? returned.append(slot) : parked.park(slot, in: mark.lane)
                    continue
                }
                return take(slot, mark, relay, now, &policy)
            case .empty: return waiting(now, parked, policy) ?? .none
            case .closed: return waiting(now, parked, policy) ?? .finished
            }
        }
    }

    /// The relay would not take it, and another one that works may.
    private func isForOthers(_ slot: Int, _ relay: Int, _ policy: SendingPolicy, at now: Instant) -> Bool {
        guard abilities.areKnown, let needs = table.needs(slot), !abilities.mayFit(needs, relay) else { return false }
        return route.contains { $0 != relay && policy.isWorking($0, at: now) && abilities.mayFit(needs, $0) }
    }

    /// Until when those that are parked wait; nil where none is.
    private func waiting(_ now: Instant, _ parked: Lanes<Int>, _ policy: SendingPolicy) -> Next? {
        parked.free(at: now, under: policy).map { .later(milliseconds: max(1, $0.milliseconds &- now.milliseconds)) }
    }

    private func take(_ slot: Int, _ mark: SendingPolicy.Mark, _ relay: Int, _ now: Instant, _ policy: inout SendingPolicy) -> Next {
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

    /// How many of them wait for their providers alone, while others may go.
    var waitingForProviders: Int { parked.withLock { $0.count } }

    /// Everything that waits, which was never on the wire.
    func takeAll() -> [Int] {
        parked.withLock { $0.takeAll() } + queue.takeAll(waitingFor: 0, atMost: 0)
    }
}

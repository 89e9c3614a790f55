import Model
import Store
import Synchronization

/// A message between its claim and the commit of its outcome.
struct Flight: Sendable {
    var claim: Claim
    var composed: ComposedMessage?
    /// The transport has it and has not said what became of it.
    var onWire = false
    /// Where it counts, from when a relay took it.
    var passage: Traffic.Passage?
}

/// Everything that is under way, by slot. A slot is a place in the flight recorder; its number is what the transport knows
/// as the ticket. How many slots there are bounds the memory of a send, whatever the number of its recipients.
final class FlightTable: Sendable {
    /// Some of the slots under one lock: four threads ask for every message, and one lock for all made them wait for each other.
    private final class Stripe: Sendable {
        let flights: Mutex<[Flight?]>

        init(_ count: Int) { flights = Mutex(Array(repeating: nil, count: count)) }
    }

    private static let stripeCount = 64

    private let stripes: [Stripe]
    private let free: Mutex<[Int]>
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        stripes = (0..<Self.stripeCount).map { _ in Stripe(capacity / Self.stripeCount + 1) }
        free = Mutex(Array((0..<capacity).reversed()))
    }

    /// What `body` makes of the flight in `slot`; nil for a slot that there is not.
    private func with<Result: Sendable>(_ slot: Int, _ body: (inout Flight?) -> Result?) -> Result? {
        guard slot >= 0, slot < capacity else { return nil }
        return stripes[slot % Self.stripeCount].flights.withLock { body(&$0[slot / Self.stripeCount]) }
    }

    var underWay: Int { free.withLock { capacity - $0.count } }

    /// The slots given to `claims`, in order. There must be room: the ledger's loop claims no more than there is.
    func board(_ claims: [Claim]) -> [Int] {
        claims.compactMap { claim in
            guard let slot = free.withLock({ $0.popLast() }) else { return nil }
            _ = with(slot) { $0 = Flight(claim: claim) }
            return slot
        }
    }

    func claim(_ slot: Int) -> Claim? {
        with(slot) { $0?.claim }
    }

    /// Whom it was made of is not needed any more: most of what a flight holds.
    func set(_ composed: ComposedMessage, in slot: Int) {
        _ = with(slot) { flight in
            flight?.composed = composed
            if let id = flight?.claim.contact.id { flight?.claim.contact = Contact(id: id) }
        }
    }

    /// What the sending policy asks of a flight.
    func destination(_ slot: Int) -> (domain: String, lane: Int)? {
        with(slot) { flight in flight.map { ($0.claim.address.asciiDomain, $0.claim.lane) } }
    }

    func set(lane: Int, in slot: Int) {
        _ = with(slot) { $0?.claim.lane = lane }
    }

    /// What is noted of a message whose final dot goes.
    struct Departure: Sendable {
        var key: DeliveryKey
        var attempt: Int64
        var marks: FlightRecorder.Marks?
        /// Where it is told for the first time.
        var passage: Traffic.Passage?
    }

    /// Its final dot goes.
    func depart(_ slot: Int) -> Departure? {
        with(slot) { flight in
            guard var departure = flight.map({ Departure(key: $0.claim.key, attempt: $0.claim.attempt, marks: $0.composed?.marks) }) else {
                return nil
            }
            if let passage = flight?.passage, !passage.hasGone {
                departure.passage = passage
                flight?.passage?.hasGone = true
            }
            return departure
        }
    }

    /// The message for the wire. Its bytes are the transport's from here on: kept until the commit, they would be most of what
    /// a send holds in memory.
    func takeMessage(_ slot: Int, _ passage: Traffic.Passage) -> ComposedMessage? {
        with(slot) { flight in
            guard let composed = flight?.composed else { return nil }
            flight?.composed?.bytes = []
            flight?.onWire = true
            flight?.passage = passage
            return composed
        }
    }

    /// The flight whose outcome the transport tells; nil when it has told one before.
    func arrive(_ slot: Int) -> Flight? {
        with(slot) { flight in
            guard let known = flight, known.onWire else { return nil }
            flight?.onWire = false
            return known
        }
    }

    /// The flights that a relay's transport has ended without a word about.
    func arriveForgotten(through relay: Int) -> [(slot: Int, flight: Flight)] {
        (0..<capacity).compactMap { slot in
            guard self[slot]?.passage?.relay == relay else { return nil }
            return arrive(slot).map { (slot, $0) }
        }
    }

    subscript(slot: Int) -> Flight? {
        with(slot) { $0 }
    }

    func land(_ slots: [Int]) {
        for slot in slots
        where with(
            slot,
            { flight in
                defer { flight = nil }
                return flight != nil
            }) == true
        {
            free.withLock { $0.append(slot) }
        }
    }
}

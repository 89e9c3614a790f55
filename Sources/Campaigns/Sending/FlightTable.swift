import Delivery
import Mail
import Model
import Store
import Synchronization

/// A message between its claim and the answer to it.
struct Flight: Sendable {
    var key: DeliveryKey
    /// 1 for the first.
    var attempt: Int64
    var address: EmailAddress
    /// When it was first tried, where it has been.
    var firstTried: Instant?
    /// Whom it is made of; most of what a flight holds, and gone with whoever makes the message.
    var contact: Contact?
    var cargo: Cargo?
    /// Of the message, once it is made.
    var marks: FlightRecorder.Marks?
    /// What a relay must be able to take for it, once the message is made.
    var needs = Abilities.Needs()
    /// The transport has it and has not said what became of it.
    var onWire = false
    /// Where it counts, from when a relay took it.
    var passage: Traffic.Passage?

    /// What is handed to the transport.
    struct Cargo: Sendable {
        var envelope: Envelope
        var bytes: [UInt8]
        var tail: SharedBytes?
    }

    init(_ claim: Claim) {
        (key, attempt, address, firstTried, contact) = (claim.key, claim.attempt, claim.address, claim.firstTried, claim.contact)
    }
}

/// Everything that is under way, by slot. A slot is a place in the flight recorder; its number is what the transport knows
/// as the ticket. How many slots there are bounds the memory of a send, whatever the number of its recipients.
final class FlightTable: Sendable {
    /// Some of the slots under one lock: five threads ask for every message, and one lock for all made them wait for each other.
    private final class Stripe: Sendable {
        let places: Mutex<[Place]>

        init(_ count: Int) { places = Mutex(Array(repeating: Place(), count: count)) }
    }

    /// What a slot holds is moved out where it is needed, not copied: a flight is a dozen references, and the threads that would count
    /// them are not the same.
    private struct Place: Sendable {
        var isTaken = false
        /// Where the sending policy counts it; see ``SendingPolicy``.
        var lane = 0
        var epoch: Int64 = 0
        /// Nil once the transport has said what became of it, and until the ledger says so too.
        var flight: Flight?
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

    /// What `body` makes of what is in `slot`; nil for a slot that there is not.
    private func with<Result: Sendable>(_ slot: Int, _ body: (inout Place) -> Result?) -> Result? {
        guard slot >= 0, slot < capacity else { return nil }
        return stripes[slot % Self.stripeCount].places.withLock { body(&$0[slot / Self.stripeCount]) }
    }

    var underWay: Int { free.withLock { capacity - $0.count } }

    /// The slots given to `claims`, in order. There must be room: the ledger's loop claims no more than there is.
    func board(_ claims: [Claim]) -> [Int] {
        let slots = free.withLock { free in (0..<min(claims.count, free.count)).compactMap { _ in free.popLast() } }
        for (slot, claim) in zip(slots, claims) {
            _ = with(slot) { $0 = Place(isTaken: true, lane: claim.lane, epoch: claim.epoch, flight: Flight(claim)) }
        }
        return slots
    }

    /// Whom the message is made for, which it is, and the number of the claim; said once. Nil for a slot without one.
    func recipient(_ slot: Int) -> (recipient: Recipient, key: DeliveryKey, epoch: Int64)? {
        with(slot) { place in
            guard let contact = place.flight?.contact.take(), let flight = place.flight else { return nil }
            let recipient = Recipient(contact: contact, address: flight.address, step: flight.key.step, entry: flight.key.entry)
            return (recipient, flight.key, place.epoch)
        }
    }

    func set(_ composed: consuming ComposedMessage, in slot: Int) {
        let marks = composed.marks
        let cargo = Flight.Cargo(envelope: composed.envelope, bytes: composed.bytes, tail: composed.tail)
        _ = with(slot) { place in
            place.flight?.needs = Abilities.Needs(
                size: cargo.bytes.count + (cargo.tail?.count ?? 0), smtpUTF8: cargo.envelope.needsSMTPUTF8)
            place.flight?.cargo = cargo
            place.flight?.marks = marks
        }
    }

    /// Which message it is, and which try.
    func attempt(_ slot: Int) -> (key: DeliveryKey, attempt: Int64)? {
        with(slot) { place in place.flight.map { ($0.key, $0.attempt) } }
    }

    /// What the sending policy asks of a flight.
    func destination(_ slot: Int) -> (domain: String, lane: Int)? {
        with(slot) { place in place.flight.map { ($0.address.asciiDomain, place.lane) } }
    }

    /// What a relay must be able to take.
    func needs(_ slot: Int) -> Abilities.Needs? {
        with(slot) { $0.flight?.needs }
    }

    /// Where it counts as under way, until it has landed.
    func lane(_ slot: Int) -> Int? {
        with(slot) { $0.isTaken ? $0.lane : nil }
    }

    func set(lane: Int, in slot: Int) {
        _ = with(slot) { $0.lane = lane }
    }

    /// What is noted of a message whose final dot goes.
    struct Departure: Sendable {
        var key: DeliveryKey
        var attempt: Int64
        var marks: FlightRecorder.Marks?
        /// Its number in the policy.
        var relay: Int?
        /// Where it is told for the first time.
        var passage: Traffic.Passage?
    }

    /// Its final dot goes.
    func depart(_ slot: Int) -> Departure? {
        with(slot) { place in
            guard
                var departure = place.flight.map({ Departure(key: $0.key, attempt: $0.attempt, marks: $0.marks, relay: $0.passage?.relay) })
            else { return nil }
            if let passage = place.flight?.passage, !passage.hasGone {
                departure.passage = passage
                place.flight?.passage?.hasGone = true
            }
            return departure
        }
    }

    /// The message for the wire. It is the transport's from here on: kept until the commit, its bytes would be most of what
    /// a send holds in memory.
    func takeMessage(_ slot: Int, _ passage: Traffic.Passage) -> Flight.Cargo? {
        with(slot) { place in
            guard let cargo = place.flight?.cargo.take() else { return nil }
            place.flight?.onWire = true
            place.flight?.passage = passage
            return cargo
        }
    }

    /// The flight whose outcome the transport tells; nil when it has told one before. The slot is not free before ``land(_:)``.
    func arrive(_ slot: Int) -> Flight? {
        with(slot) { place in place.flight?.onWire == true ? place.flight.take() : nil }
    }

    /// The flights that a relay's transport has ended without a word about.
    func arriveForgotten(through relay: Int) -> [(slot: Int, flight: Flight)] {
        (0..<capacity).compactMap { slot in
            guard with(slot, { $0.flight?.passage?.relay }) == relay else { return nil }
            return arrive(slot).map { (slot, $0) }
        }
    }

    func land(_ slots: [Int]) {
        let landed = slots.filter { slot in
            with(slot) { place in
                defer { place = Place() }
                return place.isTaken
            } == true
        }
        free.withLock { $0.append(contentsOf: landed) }
    }
}

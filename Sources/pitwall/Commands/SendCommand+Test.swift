import Campaigns
import Delivery
import Model
import SMTP
import Signing
import Store
import Synchronization
import Workspace

extension SendCommand {
    /// One message to an address of the workspace's own people. It is not in the ledger, its Message-ID is its own, and its
    /// links do nothing.
    func sendTest(_ prepared: Sender.Prepared, to text: String, _ workspace: OpenWorkspace, _ keys: Keys) throws {
        let address = try Arguments.address(text)
        if let reason = try workspace.objection(of: address, to: prepared.definition, try workspace.forgotten()) {
            throw UseError(.input, "\(address) \(reason)", hint: "send the test to another address")
        }
        let relays = try workspace.relays(relay)
        let route = try Route.routes(relays, from: prepared.definition.file.from.value.address, in: workspace)[0]
        try refuseBeyondLimits(relays, route.relay, workspace)
        let contact =
            try workspace.contacts.contact(address) ?? firstRecipient(prepared, workspace) ?? Contact(id: ContactID(0), email: address)
        let nonce = (0..<16).map { _ in UInt8.random(in: 0...255) }
        let composer = try MessageComposer(
            prepared.definition, plan: prepared.plan, in: workspace, keys: keys, purpose: .test(nonce: nonce),
            signer: try workspace.dkimSigner(for: prepared.definition), clock: Clock.now)
        let message = try composer.compose(Recipient(contact: contact, address: address))
        let courier = Courier(Outgoing(ticket: 0, envelope: message.envelope, body: message.bytes, tail: message.tail))
        try route.transport.run(source: courier, observer: courier, control: TransportControl())
        let outcome = courier.outcome
        if json {
            let accepted: Bool = if case .accepted = outcome { true } else { false }
            Console.print(
                json: .object([
                    "to": .text("\(address)"), "accepted": .bool(accepted), "reply": .text(outcome?.reason ?? ""),
                    "message_id": .text(message.messageID),
                ]))
        }
        guard case .accepted(let reply, _) = outcome else {
            throw UseError(.relay, "the test message was not accepted: \(outcome?.reason ?? "the relay said nothing")")
        }
        if !json {
            Console.print("\(Console.green("✓")) Sent one test message (\(reply)). Its links do nothing, and it is not in the log.")
        }
    }

    /// A test message is one more, and no window holds more than its limit.
    private func refuseBeyondLimits(_ relays: [RelaySettings], _ relay: Int, _ workspace: OpenWorkspace) throws {
        let now = Clock.now()
        let free = try Traffic(relays, in: workspace, at: now).with { $0.free(through: relay, campaign: .max, at: now) }
        guard free > now else { return }
        throw UseError(
            .notNow, "the limit of relay \(relays[relay].name) or of the workspace is used up",
            hint: "send the test again at \(Console.time(free, workspace.settings.zone))")
    }

    private func firstRecipient(_ prepared: Sender.Prepared, _ workspace: OpenWorkspace) throws -> Contact? {
        var first: Contact?
        try workspace.campaigns.recipients(of: prepared.plan.id, limit: 1) { first = $0 }
        return first
    }
}

/// Brings one message and remembers what became of it.
private final class Courier: MessageSource, DeliveryObserver {
    private let state: Mutex<(message: Outgoing?, outcome: Outcome?)>

    init(_ message: Outgoing) {
        state = Mutex((message, nil))
    }

    func next() -> NextMessage {
        state.withLock { state in
            guard let message = state.message else { return .finished }
            state.message = nil
            return .message(message)
        }
    }

    func dotImminent(_ ticket: UInt64) -> Bool { true }

    func finished(_ ticket: UInt64, _ outcome: Outcome, at: Instant, relay: String) {
        state.withLock { $0.outcome = outcome }
    }

    var outcome: Outcome? { state.withLock { $0.outcome } }
}

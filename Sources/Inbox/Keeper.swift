import Synchronization

/// What all connections of a server share: numbers, counts, who was put off already, and where messages go.
final class Keeper: Sendable {
    private struct State {
        var statistics = InboxStatistics()
        var nextNumber = 1
        var putOff: Set<String> = []
    }

    /// Past this many put-off recipients nobody more is put off, so that a client can't fill the memory.
    private static let mostPutOff = 1_000_000

    let finalDelay: Int64
    private let outbox: Outbox?
    private let onMessage: (@Sendable (ReceivedMessage) -> Void)?
    private let state: Mutex<State>

    init(settings: InboxSettings, outbox: Outbox?) {
        finalDelay = settings.behaviour.finalDelay
        onMessage = settings.onMessage
        self.outbox = outbox
        state = Mutex(State(nextNumber: outbox?.firstFreeNumber ?? 1))
    }

    var statistics: InboxStatistics { state.withLock { $0.statistics } }

    /// The number of the new connection; nil where there are `limit` already.
    func open(limit: Int) -> Int? {
        state.withLock { state in
            guard state.statistics.openConnections < limit else {
                state.statistics.turnedAway += 1
                return nil
            }
            state.statistics.connections += 1
            state.statistics.openConnections += 1
            state.statistics.peakConnections = max(state.statistics.peakConnections, state.statistics.openConnections)
            return state.statistics.connections
        }
    }

    func close() {
        state.withLock { $0.statistics.openConnections -= 1 }
    }

    /// True the first time it is asked about a recipient.
    func putsOff(_ recipient: String) -> Bool {
        state.withLock { state in
            state.putOff.count < Self.mostPutOff && state.putOff.insert(recipient).inserted
        }
    }

    func keep(_ incoming: SMTPSession.Incoming, connection: Int) -> SMTPSession.Keeping {
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        let message = ReceivedMessage(
            number: number, connection: connection, sender: incoming.sender, recipients: incoming.recipients,
            internationalised: incoming.internationalised, content: incoming.content)
        do {
            try outbox?.keep(message)
        } catch {
            return .failed
        }
        onMessage?(message)
        state.withLock { $0.statistics.messages += 1 }
        return .kept
    }

    func count(_ tally: SMTPSession.Tally) {
        state.withLock { state in
            state.statistics.refusedRecipients += tally.refused
            state.statistics.deferredRecipients += tally.deferred
            state.statistics.refusedMessages += tally.refusedMessages
            state.statistics.pipelinedWithoutOffer += tally.pipelinedWithoutOffer
        }
    }

    func count(_ fault: SMTPSession.Fault) {
        state.withLock { state in
            switch fault {
            case .inData: state.statistics.droppedInData += 1
            case .afterDot: state.statistics.droppedAfterDot += 1
            }
        }
    }
}

import Database
import Delivery
import Model
import Synchronization

extension Ledger {
    /// A sender's transaction, until it is known to have been kept. Where the connection breaks, the server is waited for (by the
    /// database, which says so) and the transaction is made again; one whose commit was not answered is asked after first, so that
    /// nobody is claimed twice and no claim is forgotten.
    func keep<T>(
        for desk: Desk, excluding others: Exclusion = .everybody, _ body: (any SQLSession, Desk) throws -> T
    ) throws -> T {
        guard let watermark = desk.watermark else { return try database.write(excluding: others) { try body($0, desk) } }
        try watermark.settleDoubt(in: database)
        var attempt = 1
        while true {
            let taken = Lanes()
            var result: T?
            let start = ContinuousClock.now
            do {
                let value = try database.write(excluding: others) { session in
                    let value = try body(session, desk.noting(taken))
                    result = value
                    try watermark.raise(in: session)
                    return value
                }
                watermark.note()
                return value
            } catch let error as DatabaseError where [.lost, .inDoubt, .busy].contains(error.code) {
                if error.code == .inDoubt, let result, try watermark.wasRaised(in: database) {
                    watermark.note()
                    return result
                }
                desk.forgo?(taken.all.withLock { $0 })
                // What did not come back while it was waited for won't be back for the next attempt.
                guard attempt < 5, ContinuousClock.now - start < .seconds(60) else { throw error }
                attempt += 1
            }
        }
    }
}

extension Ledger.Desk {
    /// The same desk, which writes down the lane of each message that it lets go.
    fileprivate func noting(_ taken: Lanes) -> Self {
        guard let admit else { return self }
        var desk = self
        desk.admit = { address in
            let answer = admit(address)
            if case .go = answer.admission { taken.all.withLock { $0.append(answer.lane) } }
            return answer
        }
        return desk
    }
}

/// Of the messages that a transaction let go.
private final class Lanes: Sendable {
    let all = Mutex<[Int]>([])
}

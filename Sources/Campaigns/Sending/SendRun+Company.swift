import Database
import Foundation
import Model
import Store
import Synchronization

extension DatabaseError {
    /// It may be over in a moment, without anybody changing anything.
    var isPassing: Bool { [.lost, .inDoubt, .busy].contains(code) }
}

extension SendRun {
    /// What a run does for sharing its campaign with others: it marks what may go, and sees to what becomes of those that are heard of
    /// no more. Of a run that has the campaign for itself it does nothing.
    struct Company {
        /// The number of the last claim that took something.
        private var epoch: Int64 = 0
        /// What was claimed up to here may go.
        private var marked: Int64 = 0
        private var lookedAt: Int64?
        private var nextCount: Int64 = 0
        private var limits: SharedLimits?
        /// How the campaign stands with what all its senders have done, once there have been others.
        private(set) var standing: Standing?

        struct Standing {
            /// Messages that nobody has settled.
            var left: Int
            /// How many of this sender's own are among those that are.
            var own: Int
            /// Of all senders, since the last time that was counted; nil at first.
            var perSecond: Double?
            var countedAt: Int64
        }

        /// How often others are looked after, and how long a database is waited for that can't be asked, both in milliseconds.
        private static let interval: Int64 = 5000
        private static let patience: Int64 = 120_000

        /// Nothing goes under a limit before its part of it is known.
        mutating func begin(_ run: SendRun) throws {
            guard run.options.lease != nil else { return }
            limits = SharedLimits(run.traffic, run.ledger, run.desk.sender)
            try askForLimits(run, isBusy: true)
        }

        mutating func lookAtLimits(_ run: SendRun) throws {
            guard let limits, limits.isDue(Uptime.now()) else { return }
            try askForLimits(run, isBusy: run.table.underWay > 0)
        }

        /// Gives back what is not in use: nobody is left to use it.
        mutating func end(_ run: SendRun) throws {
            if limits != nil { try askForLimits(run, isBusy: false) }
        }

        /// What can't be asked now is asked later: until then the part stays as it is.
        private mutating func askForLimits(_ run: SendRun, isBusy: Bool) throws {
            do {
                switch try limits?.ask(isBusy: isBusy, at: run.clock(), uptime: Uptime.now()) {
                case .changed?: run.wires.wake()
                case .putOut?: run.options.lease?.putOut()
                case .same?, nil: break
                }
            } catch let error as DatabaseError where error.isPassing {}
        }

        /// The wires will soon have nothing, and something is claimed that is not marked: an exchange should not wait.
        func isWanting(_ run: SendRun) -> Bool { epoch > marked && run.outbox.queue.count < run.roomInOutbox / 4 }

        /// Nil where this sender has been put out.
        mutating func exchange(
            _ run: SendRun, _ settlements: [Settlement], _ pardons: [Ledger.Pardon], claiming want: Int, step: Int64, at now: Instant
        ) throws -> [Claim]? {
            // What was claimed before is marked as far as the wires will come to it; those that wait for their providers they pass by.
            let mark = run.outbox.queue.count < run.roomInOutbox / 2 ? epoch : marked
            guard mark > marked || !settlements.isEmpty || !pardons.isEmpty || want > 0 else { return [] }
            var turn = Ledger.Turn(epoch: epoch + 1, handed: mark)
            let claims = try patiently(run) { isRepeated in
                turn.isRepeated = isRepeated
                return try run.ledger.exchange(
                    settling: settlements, pardoning: pardons, claiming: want, turn, step: step, at: now, for: run.desk)
            }
            guard let claims else {
                run.options.lease?.putOut()
                return nil
            }
            // A number that nothing bears is used again: else there would always be one to mark, and no turn would wait.
            if !claims.isEmpty { epoch = turn.epoch }
            marked = mark
            let free = run.gate.open(upTo: mark)
            if !free.isEmpty, run.outbox.queue.put(free) { run.wires.wake() }
            return claims
        }

        /// Asks again where the database can't be reached or others keep it, for a while. Whether the last time was kept is not known then.
        private func patiently<T>(_ run: SendRun, _ body: (_ isRepeated: Bool) throws -> T) throws -> T {
            let start = Uptime.now()
            var isRepeated = false
            while true {
                do {
                    return try body(isRepeated)
                } catch let error as DatabaseError where error.isPassing {
                    guard Uptime.now() - start < Self.patience, run.stopRequest.withLock({ $0 }) == nil else { throw error }
                    isRepeated = true
                    Thread.sleep(forTimeInterval: 0.2)
                }
            }
        }

        /// Whether others have messages in hand, and have not been put out.
        func isAtWork(_ run: SendRun) throws -> Bool {
            guard run.options.lease != nil else { return false }
            return try run.ledger.senders(of: run.desk.campaign).contains { $0.id != run.desk.sender && $0.endedAt == nil && $0.inHand > 0 }
        }

        /// Counting looks at each row of the campaign: a fortieth of the time at most.
        private mutating func count(_ run: SendRun, own: Int) throws {
            let start = Uptime.now()
            guard start >= nextCount else { return }
            // What others have done stays done once they have ended.
            if standing == nil {
                let senders = try run.ledger.senders(of: run.desk.campaign)
                guard senders.contains(where: { $0.id != run.desk.sender && $0.endedAt == nil }) else { return }
            }
            let counts = try run.ledger.counts(of: run.desk.campaign)
            nextCount = start + 40 * (Uptime.now() - start)
            let left = counts.planned + counts.handed
            let before = standing
            let seconds = before.map { Double(start - $0.countedAt) / 1000 } ?? 0
            let perSecond = before.flatMap { seconds > 0 ? max(0, Double($0.left - left)) / seconds : nil }
            standing = Standing(left: left, own: own, perSecond: perSecond, countedAt: start)
        }

        /// Takes over from those whose lease has run out; says whether there is more to send.
        mutating func look(_ run: SendRun, own: Int) throws -> Bool {
            guard let lease = run.options.lease else { return false }
            if let lookedAt, Uptime.now() - lookedAt < min(Self.interval, lease.length / 6) { return false }
            lookedAt = Uptime.now()
            try count(run, own: own)
            try run.ledger.giveUp(on: run.desk.campaign, goneFor: run.options.machineGoneAfter)
            return try run.ledger.putOutLapsed(of: run.desk.campaign).returned > 0
        }
    }
}

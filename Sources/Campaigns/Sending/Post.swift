import Database
import Foundation
import Glibc
package import Model
package import Store
import Synchronization
import Workspace

/// What a program holds while it sends a campaign: its number as a sender, the flight recorder of that number, and where several share the
/// campaign a lease that a heartbeat renews. It ends with the object.
package final class Post: Sendable {
    package let sender: SenderID
    package let recorder: FlightRecorder
    /// What was left by those before, and is settled now.
    package let recovery: Recovery
    /// Nil where no other can send the campaign meanwhile.
    package let lease: Lease?
    private let heartbeat: Heartbeat?
    private let ledger: Ledger
    private let isBegun = Mutex(false)

    init(
        sender: SenderID, recorder: FlightRecorder, recovery: Recovery, ledger: Ledger, lease: Lease? = nil, heartbeat: Heartbeat? = nil
    ) {
        (self.sender, self.recorder, self.recovery, self.ledger) = (sender, recorder, recovery, ledger)
        (self.lease, self.heartbeat) = (lease, heartbeat)
    }

    /// Nothing is in its hands any more: nobody has to ask the recorder.
    package func close() {
        if lease != nil { try? ledger.leave(sender) }
        recorder.remove()
    }

    /// Where the sender says how it is getting on.
    package var progressPath: String { Self.progressPath(recorder.path) }

    static func progressPath(_ recorder: String) -> String { recorder + ".progress" }

    /// From now on there may be messages in its hands.
    func begin() { isBegun.withLock { $0 = true } }

    deinit {
        heartbeat?.stop()
        if !isBegun.withLock({ $0 }) { close() }
    }
}

extension Sender {
    /// Settles what dead senders left in hand and takes a place of one's own.
    ///
    /// - Throws: `FlightRecorder.Problem.inUse` where another program sends the campaign, and the database is a file.
    package func takePost(for campaign: CampaignID, plan: PlanID? = nil, lease length: Int64 = Lease.usual) throws -> Post {
        try workspace.prepareRecovery()
        guard workspace.database.dialect.isShared else { return try onlyPost(for: campaign) }
        // Else another program could take a recorder that is just being made for a dead one's.
        let turn = try FileLock(path: workspace.flightLock)
        defer { turn.end() }
        let recovery = try workspace.recover(campaign, at: clock())
        let newcomer = Ledger.Newcomer(
            campaign: campaign, plan: plan, machine: try workspace.machine(), host: ProcessInfo.processInfo.hostName,
            process: Int64(ProcessInfo.processInfo.processIdentifier))
        let sent = Uptime.now()
        let (id, now) = try workspace.ledger.join(newcomer, lease: length)
        workspace.clock.learn(now, between: sent, and: Uptime.now())
        let recorder: FlightRecorder
        let heartbeat: Heartbeat
        let lease = Lease(of: id, length: length, confirmed: sent)
        do {
            recorder = try FlightRecorder(path: workspace.flightPath(of: campaign, id), slots: SendRun.slots)
            recorder.begin()
            heartbeat = Heartbeat(Ledger(try workspace.database.another()), lease, clock: workspace.clock)
        } catch {
            try? workspace.ledger.leave(id)
            throw error
        }
        heartbeat.start()
        return Post(sender: id, recorder: recorder, recovery: recovery, ledger: workspace.ledger, lease: lease, heartbeat: heartbeat)
    }

    /// Of a file, whose lock says that nobody else sends.
    private func onlyPost(for campaign: CampaignID) throws -> Post {
        let recorder = try FlightRecorder(path: workspace.flightPath(of: campaign), slots: SendRun.slots)
        let recovery = try workspace.ledger.recover(campaign, from: recorder, at: clock())
        recorder.begin()
        return Post(sender: try workspace.campaigns.newSender(), recorder: recorder, recovery: recovery, ledger: workspace.ledger)
    }
}

extension OpenWorkspace {
    /// Settles what dead senders left of a campaign, without a place to send it from. Nothing where it is being sent.
    package func settleLeft(of campaign: CampaignRecord, at now: Instant) throws -> Recovery {
        guard try ledger.countInHand(of: campaign.id) > 0 else { return Recovery() }
        try prepareRecovery()
        var recovery = Recovery()
        if database.dialect.isShared {
            let turn = try FileLock(path: flightLock)
            defer { turn.end() }
            recovery = try recover(campaign.id, at: now)
        } else {
            do {
                let recorder = try FlightRecorder(path: flightPath(of: campaign.id), slots: SendRun.slots)
                recovery = try ledger.recover(campaign.id, from: recorder, at: now)
                recorder.remove()
            } catch FlightRecorder.Problem.inUse {
                return Recovery()
            }
        }
        if try campaigns.state(of: campaign.id) == .cancelled {
            _ = try ledger.skipRemaining(of: campaign.id, reason: .cancelled, at: now)
        }
        return recovery
    }

    fileprivate func prepareRecovery() throws {
        try? FileManager.default.createDirectory(
            atPath: flightFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // Before anything is settled: what the recorders know would be thrown away with a database that has forgotten it.
        try refuseForgetfulDatabase()
    }

    /// What dead senders of this machine left is settled by their recorders; of others, what cannot have been sent goes again, and the rest
    /// is unknown after a while.
    fileprivate func recover(_ campaign: CampaignID, at now: Instant) throws -> Recovery {
        var recovery = Recovery()
        for (id, path) in recorders(of: campaign) {
            guard let recorder = try? FlightRecorder(path: path, slots: SendRun.slots) else { continue }
            recovery += try ledger.recover(id, of: campaign, from: recorder, at: now)
            recorder.remove()
        }
        recovery.returned += try ledger.putOutLapsed(of: campaign).returned
        recovery.unknown += try ledger.giveUp(on: campaign, goneFor: machineGoneAfter)
        return recovery
    }

    fileprivate var flightLock: String { "\(flightFolder)/lock" }

    var flightFolder: String { databasePath + ".flight" }

    /// Of the campaign, where one program sends it at a time.
    fileprivate func flightPath(of campaign: CampaignID) -> String { "\(flightFolder)/campaign-\(campaign)" }

    fileprivate func flightPath(of campaign: CampaignID, _ sender: SenderID) -> String { "\(flightPath(of: campaign))-\(sender)" }

    /// Those of senders that share the campaign, dead and alive.
    fileprivate func recorders(of campaign: CampaignID) -> [(sender: SenderID, path: String)] {
        let prefix = "campaign-\(campaign)-"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: flightFolder)) ?? []
        return names.filter { $0.hasPrefix(prefix) }.compactMap { name in
            Int64(name.dropFirst(prefix.count)).map { (SenderID($0), "\(flightFolder)/\(name)") }
        }.sorted { $0.sender.rawValue < $1.sender.rawValue }
    }

    /// What this machine is known by, with its flight recorders: made once, and gone with them.
    func machine() throws -> String {
        let path = "\(flightFolder)/machine"
        if let known = FileManager.default.contents(atPath: path), known.count == 32 { return String(decoding: known, as: UTF8.self) }
        let name = (0..<16).map { _ in
            let byte = UInt8.random(in: .min ... .max)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        do {
            try Data(name.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw FlightRecorder.Problem.cannotOpen(path: path, reason: "it can't be written")
        }
        return name
    }

    /// Ends with an error where the database is older than what was sent from this machine, or is not the one it sent from.
    package func refuseForgetfulDatabase() throws {
        guard FileManager.default.fileExists(atPath: "\(flightFolder)/machine") else { return }
        try Watermark.refuseForgetful(database, folder: flightFolder, machine: machine())
    }

    /// Where senders say how they are getting on, of those on this machine that live.
    package func progressPaths(of campaign: CampaignID) -> [String] {
        let paths = database.dialect.isShared ? recorders(of: campaign).map(\.path) : [flightPath(of: campaign)]
        return paths.filter { FlightRecorder.isInUse(path: $0) }.map { Post.progressPath($0) }
    }

    /// In milliseconds.
    package var machineGoneAfter: Int64 { settings.machineGoneAfter?.milliseconds ?? 3_600_000 }

    /// Whether a sender lives that carries the campaign out: its state says only that it was begun.
    package func isBeingSent(_ campaign: CampaignID) throws -> Bool {
        guard database.dialect.isShared else { return FlightRecorder.isInUse(path: flightPath(of: campaign)) }
        return try ledger.senders(of: campaign).contains { $0.isLive }
    }
}

/// A lock between programs of one machine, held for a moment.
private struct FileLock {
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            throw FlightRecorder.Problem.cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
    }

    func end() { Glibc.close(descriptor) }
}

package import Database
import Foundation
package import Model
import Synchronization

/// How far the database had got when this machine last looked.
///
/// A server that fails over to a replica which had not heard of the last changes, or a backup that is put back, makes a database of an
/// earlier time: by it, people who have been sent a message are still to be sent it. So every transaction of a sender raises a number
/// in the database, and what it came to is noted on the sender's disk, beside the flight recorders. A database whose number is lower
/// than the one on the disk has forgotten something, and nothing is sent from it:
/// - ``refuseForgetful(_:folder:machine:)`` asks before a send begins, before anything is settled;
/// - ``raise(in:)`` asks in each transaction, so that a server which is replaced under a sender that runs is noticed by the first change;
/// - ``wasRaised(in:)`` tells of a commit whose answer was lost whether it was kept.
///
/// A database that this machine has never sent from is taken as it is: it can't be told apart.
package final class Watermark: Sendable {
    private let sender: SenderID
    private let place: String
    private let file: WatermarkFile
    private let slot: Int
    private let number = Mutex<Int64>(0)
    private let isInDoubt = Atomic(false)

    /// Begins a row of the sender's own. The caller has asked ``refuseForgetful(_:folder:machine:)`` before.
    package init(_ database: some SQLDatabase, folder: String, machine: String, sender: SenderID, at now: Instant) throws {
        self.sender = sender
        place = folder
        file = try WatermarkFile(folder)
        let made = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
        let identity = try database.repeatableWrite { session in
            try session.execute("INSERT INTO database_identity (id, name) VALUES (1, \(made)) ON CONFLICT (id) DO NOTHING")
            try session.execute(
                """
                INSERT INTO sender_mark (sender, machine, number, at) VALUES (\(sender), \(machine), 0, \(now.milliseconds)) \
                ON CONFLICT (sender) DO UPDATE SET machine = excluded.machine, number = excluded.number, at = excluded.at
                """)
            return try Self.identity(in: session) ?? ""
        }
        let (slot, displaced) = try file.begin(identity, sender.rawValue)
        self.slot = slot
        if displaced > 0 {
            _ = try database.repeatableWrite {
                try $0.execute("DELETE FROM sender_mark WHERE sender = \(displaced) AND machine = \(machine)")
            }
        }
    }

    // MARK: - In a sender's transactions

    /// The last statement of a transaction: its row is locked no longer than the commit takes.
    func raise(in session: any SQLSession) throws {
        let known = number.withLock { $0 }
        let raised = try session.execute("UPDATE sender_mark SET number = \(known + 1) WHERE sender = \(sender) AND number = \(known)")
        guard raised == 1 else { throw Self.forgetful(place) }
    }

    /// The transaction is known to have been kept.
    func note() {
        file.note(
            slot, sender.rawValue,
            number.withLock { value in
                value += 1
                return value
            })
    }

    /// Where the last commit was not answered, and it could not be asked whether it was kept, it is asked now. What it did is the
    /// caller's to find out.
    func settleDoubt(in database: some SQLDatabase) throws {
        guard isInDoubt.load(ordering: .relaxed) else { return }
        if try wasRaised(in: database) { note() }
    }

    /// Whether the transaction that ``raise(in:)`` was part of was kept, where the connection broke before that was said.
    func wasRaised(in database: some SQLDatabase) throws -> Bool {
        isInDoubt.store(true, ordering: .relaxed)
        let known = number.withLock { $0 }
        let there = try database.read { try $0.first("SELECT number FROM sender_mark WHERE sender = \(sender)") { $0.integer(0) } }
        guard let there, there >= known else { throw Self.forgetful(place) }
        isInDoubt.store(false, ordering: .relaxed)
        return there > known
    }

    // MARK: - Before a send

    /// Ends with an error where the database has forgotten what this machine did, or is not the one it sent from.
    package static func refuseForgetful(_ database: some SQLDatabase, folder: String, machine: String) throws {
        guard let noted = try WatermarkFile.read(folder) else { return }
        let (identity, numbers) = try database.read { session in
            (
                try Self.identity(in: session),
                try session.all("SELECT sender, number FROM sender_mark WHERE machine = \(machine)") { ($0.integer(0), $0.integer(1)) }
            )
        }
        guard identity == noted.identity else {
            // Who deletes a file begins anew, and means to.
            guard database.isServer else { return WatermarkFile.remove(folder) }
            throw DatabaseError(
                .unfit,
                identity == nil
                    ? "the database is empty, and this machine has sent from it before"
                    : "this is not the database that this machine has sent from",
                hint: "\(Self.remedy) If it is meant to be another one: \(Self.wayOut(folder))")
        }
        let there = Dictionary(numbers, uniquingKeysWith: max)
        guard noted.numbers.allSatisfy({ there[$0.key, default: -1] >= $0.value }) else { throw forgetful(folder) }
    }

    private static func identity(in session: any SQLSession) throws -> String? {
        try session.first("SELECT name FROM database_identity WHERE id = 1") { $0.text(0) }
    }

    private static func forgetful(_ folder: String) -> DatabaseError {
        DatabaseError(
            .unfit, "the database is older than what was sent from this machine: a failover or a backup has lost the last changes",
            hint: "\(remedy) If nothing else can be done, and people may get a message twice: \(wayOut(folder))")
    }

    private static let remedy = "Nothing is sent from it. Bring back the server that had it all, or replay its log."

    private static func wayOut(_ folder: String) -> String { "rm \(WatermarkFile.path(folder))" }
}

/// The numbers of this machine's last senders, in a file whose room is set aside when it is made: a full disk is in nobody's way.
// SAFETY: the descriptor is the object's own, and each sender writes into its own slot.
private final class WatermarkFile: @unchecked Sendable {
    private static let magic = Array("PWMARKS1".utf8)
    private static let slots = 64
    private static let header = 64
    private static let size = header + slots * 16

    struct Contents {
        var identity: String
        /// By sender.
        var numbers: [Int64: Int64]
    }

    private let descriptor: Int32

    static func path(_ folder: String) -> String { folder + "/watermarks" }

    static func remove(_ folder: String) { unlink(path(folder)) }

    init(_ folder: String) throws {
        let path = Self.path(folder)
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FlightRecorder.Problem.cannotOpen(path: path, reason: String(cString: strerror(errno))) }
    }

    deinit { close(descriptor) }

    /// Nil where there is none that can be read.
    static func read(_ folder: String) throws -> Contents? {
        let path = path(folder)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let bytes = FileManager.default.contents(atPath: path).map(Array.init) else {
            throw FlightRecorder.Problem.cannotOpen(path: path, reason: "it can't be read")
        }
        return contents(bytes)
    }

    private static func contents(_ bytes: [UInt8]) -> Contents? {
        guard bytes.count >= size, bytes.starts(with: magic) else { return nil }
        let identity = String(decoding: bytes[8..<header].prefix { $0 != 0 }, as: UTF8.self)
        let pairs = (0..<slots).map { (word(bytes, header + $0 * 16), word(bytes, header + $0 * 16 + 8)) }
        return Contents(identity: identity, numbers: Dictionary(pairs.filter { $0.0 > 0 }, uniquingKeysWith: max))
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> Int64 {
        bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int64.self)) }
    }

    /// Takes the place of the oldest sender, and says whose that was; 0 where it was nobody's. Of another database nothing stays.
    func begin(_ identity: String, _ sender: Int64) throws -> (slot: Int, displaced: Int64) {
        flock(descriptor, LOCK_EX)
        defer { flock(descriptor, LOCK_UN) }
        var bytes = [UInt8](repeating: 0, count: Self.size)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        if count < Self.size || Self.contents(bytes)?.identity != identity {
            bytes = Self.magic + Array(identity.utf8.prefix(Self.header - 9))
            bytes += [UInt8](repeating: 0, count: Self.size - bytes.count)
            guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, fsync(descriptor) == 0 else {
                throw FlightRecorder.Problem.cannotOpen(path: "watermarks", reason: String(cString: strerror(errno)))
            }
        }
        let senders = (0..<Self.slots).map { Self.word(bytes, Self.header + $0 * 16) }
        let slot = senders.firstIndex(of: sender) ?? senders.indices.min { senders[$0] < senders[$1] } ?? 0
        note(slot, sender, 0)
        return (slot, senders[slot] == sender ? 0 : senders[slot])
    }

    /// Into the kernel's memory: it outlives the process. After power loss the file may know less than was sent, never more.
    func note(_ slot: Int, _ sender: Int64, _ number: Int64) {
        let words = [sender.littleEndian, number.littleEndian]
        _ = words.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(Self.header + slot * 16)) }
    }
}

import Foundation
import Model
import Synchronization

/// A memory-mapped file that knows, when the process dies, how far each message in hand had got.
///
/// One file per campaign that is being sent, or per sender where several share it, beside the database. It has a slot for every message whose outcome is not
/// committed yet. The pages belong to the kernel, so what was written survives `kill -9` at any moment without a system call
/// per message. They do not survive power loss: the header names the boot, and after another boot every row in hand whose
/// outcome is not in the database counts as unknown.
///
/// A slot moves `free → dotted → answered → free`:
/// - ``markDot(_:_:)`` before the bytes that hold the final dot are offered to the socket;
/// - ``markAnswer(_:_:)`` when the outcome is known, before it is queued for the ledger;
/// - ``clear(_:)`` after the outcome's transaction has committed.
///
/// The file's lock says that its sender lives: whoever gets the lock may settle what it left.
// SAFETY: the mapping lives as long as the object; each slot is one message's, whose stages hand it on through locks.
package final class FlightRecorder: @unchecked Sendable {
    package struct Slot: Sendable {
        package var key: DeliveryKey
        package var attempt: Int64
        /// Nil where the dot was marked and no answer noted.
        package var settlement: Settlement?
        /// What was on its way, where no answer was noted.
        package var made: Marks?
        /// Through which relay it was on its way; empty where that is not known.
        package var relay = ""
    }

    /// What a message is known by at the server and in the log.
    package struct Marks: Hashable, Sendable {
        package var messageID: String
        package var sha256: String
        package var contentSHA256: String

        package init(messageID: String, sha256: String, contentSHA256: String) {
            self.messageID = messageID
            self.sha256 = sha256
            self.contentSHA256 = contentSHA256
        }
    }

    package enum Problem: Error, Sendable, CustomStringConvertible {
        case inUse(path: String)
        case cannotOpen(path: String, reason: String)

        package var description: String {
            switch self {
            case .inUse: "this campaign is being sent by another pitwall right now"
            case .cannotOpen(let path, let reason): "the flight recorder \(path) can't be opened: \(reason)"
            }
        }
    }

    package let path: String
    package let slots: Int
    /// What an earlier sender left, read before anything is overwritten.
    package let left: [Slot]
    /// The machine has been restarted since the file was written: what was in flight then is not in it.
    package let rebooted: Bool
    /// The file was there: if rows are in hand and it was not, they can't be told apart.
    package let existed: Bool

    private let descriptor: Int32
    private let memory: UnsafeMutableRawPointer
    private let length: Int

    private static let slotSize = 1024
    private static let headerSize = 4096
    private static let magic: UInt64 = 0x5057_464C_4947_4854

    /// Opens and locks the file, reads what is in it and empties it.
    ///
    /// `boot` identifies the running of the machine; see ``currentBoot``.
    package init(path: String, slots: Int, boot: String = FlightRecorder.currentBoot) throws {
        let descriptor = try Self.locked(path)
        do {
            let previous = try Self.readAll(descriptor, path: path)
            let bootBytes = Array(boot.utf8.prefix(64))
            existed = previous.count >= Self.headerSize && previous.word(0) == Self.magic
            rebooted = existed && Array(previous[8..<72].prefix { $0 != 0 }) != bootBytes
            left = existed ? Self.slots(in: previous) : []
            let length = Self.headerSize + slots * Self.slotSize
            // Blocks are set aside now: writing to a mapped hole of a full disk would end the process with SIGBUS.
            let reserved = posix_fallocate(descriptor, 0, off_t(length))
            guard reserved == 0 else {
                throw Problem.cannotOpen(path: path, reason: reserved == ENOSPC ? "the disk is full" : String(cString: strerror(reserved)))
            }
            guard let memory = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED else {
                throw Problem.cannotOpen(path: path, reason: String(cString: strerror(errno)))
            }
            self.path = path
            self.slots = slots
            self.descriptor = descriptor
            self.memory = memory
            self.length = length
            header = bootBytes
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    private let header: [UInt8]

    /// The file, opened and locked. A sender that ends removes the file, so a lock may be on one that has no name any more:
    /// then it says nothing, and the file is opened anew.
    private static func locked(_ path: String) throws -> Int32 {
        var looks = 0
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Problem.cannotOpen(path: path, reason: String(cString: strerror(errno))) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let number = errno
                Glibc.close(descriptor)
                // ``isInUse(path:)`` holds it for a moment.
                looks += 1
                if number == EWOULDBLOCK, looks < 5 {
                    usleep(2000)
                    continue
                }
                throw number == EWOULDBLOCK
                    ? Problem.inUse(path: path) : Problem.cannotOpen(path: path, reason: String(cString: strerror(number)))
            }
            var facts = stat()
            if fstat(descriptor, &facts) == 0, facts.st_nlink > 0 { return descriptor }
            Glibc.close(descriptor)
        }
    }

    /// Whether a sender lives that has the file; asks without changing anything.
    package static func isInUse(path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    deinit {
        munmap(memory, length)
        Glibc.close(descriptor)
    }

    /// Empties the file for this sender. Call it once what was ``left`` is settled in the ledger, not before: until then the
    /// file is the only place that knows.
    package func begin() {
        memset(memory, 0, length)
        memory.storeBytes(of: Self.magic, as: UInt64.self)
        for (index, byte) in header.enumerated() { memory.storeBytes(of: byte, toByteOffset: 8 + index, as: UInt8.self) }
        msync(memory, length, MS_SYNC)
    }

    /// Somebody else has removed the file, or put another in its place: what is written here nobody will read, and another sender could begin.
    package var isGone: Bool {
        var (own, named) = (stat(), stat())
        guard fstat(descriptor, &own) == 0, stat(path, &named) == 0 else { return true }
        return own.st_ino != named.st_ino || own.st_dev != named.st_dev
    }

    /// Forgets the file; the ledger has settled everything.
    package func remove() {
        // By now it may be another sender's.
        if !isGone { unlink(path) }
    }

    package static var currentBoot: String {
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?.trimmingSpaces ?? "unknown"
    }
}

// MARK: - Slots

extension FlightRecorder {
    private enum Mark: UInt8 {
        case free = 0
        case dotted = 1
        case answered = 2
    }

    /// The final dot of this message is about to be offered to the socket.
    package func markDot(_ slot: Int, _ claim: (key: DeliveryKey, attempt: Int64), made: Marks? = nil, relay: String = "") {
        guard let place = place(slot) else { return }
        name(claim.key, claim.attempt, at: place)
        write(made, relay, at: place)
        set(.dotted, at: place)
    }

    /// The relay and the three texts, each with a line end behind it; of what is too long for a slot, nothing.
    private func write(_ made: Marks?, _ relay: String, at place: UnsafeMutableRawPointer) {
        var count = 0
        let relay = relay.utf8.count <= 100 && !relay.utf8.contains(0x0A) ? relay : ""
        let texts = made.map { [relay, $0.messageID, $0.sha256, $0.contentSHA256] } ?? []
        if texts.reduce(0, { $0 + $1.utf8.count + 1 }) <= Self.slotSize - 64 {
            for text in texts {
                var text = text
                text.withUTF8 { bytes in
                    if let base = bytes.baseAddress { (place + 64 + count).copyMemory(from: base, byteCount: bytes.count) }
                    count += bytes.count
                }
                place.storeBytes(of: 0x0A, toByteOffset: 64 + count, as: UInt8.self)
                count += 1
            }
        }
        place.storeBytes(of: Int64(count), toByteOffset: 48, as: Int64.self)
    }

    private func name(_ key: DeliveryKey, _ attempt: Int64, at place: UnsafeMutableRawPointer) {
        place.storeBytes(of: key.campaign.rawValue, toByteOffset: 8, as: Int64.self)
        place.storeBytes(of: key.step, toByteOffset: 16, as: Int64.self)
        place.storeBytes(of: key.contact.rawValue, toByteOffset: 24, as: Int64.self)
        place.storeBytes(of: key.entry, toByteOffset: 32, as: Int64.self)
        place.storeBytes(of: attempt, toByteOffset: 40, as: Int64.self)
    }

    /// What came of it is known and on its way to the ledger. Written for every outcome, so that a death between the answer
    /// and its commit loses nothing.
    package func markAnswer(_ slot: Int, _ settlement: Settlement) {
        guard let place = place(slot) else { return }
        // What was marked with the dot stays, and the answer stands behind it: half of the writing, and a death in the middle leaves the
        // marks whole.
        let isMarked = place.load(as: UInt8.self) == Mark.dotted.rawValue
        let marks = isMarked ? Int(min(max(place.load(fromByteOffset: 48, as: Int64.self), 0), Int64(Self.slotSize - 64))) : 0
        if !isMarked {
            name(settlement.key, settlement.attempt, at: place)
            place.storeBytes(of: 0, toByteOffset: 48, as: Int64.self)
        }
        let text = settlement.stored(within: Self.slotSize - 64 - marks, isMarked: marks > 0)
        place.storeBytes(of: Int64(text.count), toByteOffset: 56, as: Int64.self)
        (place + 64 + marks).copyMemory(from: text, byteCount: text.count)
        set(.answered, at: place)
    }

    package func clear(_ slot: Int) {
        guard let place = place(slot) else { return }
        set(.free, at: place)
    }

    private func place(_ slot: Int) -> UnsafeMutableRawPointer? {
        guard slot >= 0, slot < slots else { return nil }
        return memory + Self.headerSize + slot * Self.slotSize
    }

    /// The mark is written last, in one byte: a death in the middle leaves the slot at what it was before. The fence keeps
    /// compiler and processor from writing it earlier.
    private func set(_ mark: Mark, at place: UnsafeMutableRawPointer) {
        atomicMemoryFence(ordering: .releasing)
        place.storeBytes(of: mark.rawValue, as: UInt8.self)
    }

    private static func slots(in bytes: [UInt8]) -> [Slot] {
        stride(from: headerSize, to: bytes.count - slotSize + 1, by: slotSize).compactMap { start in
            guard let mark = Mark(rawValue: bytes[start]), mark != .free else { return nil }
            let key = DeliveryKey(
                campaign: CampaignID(bytes.signedWord(start + 8)), step: bytes.signedWord(start + 16),
                contact: ContactID(bytes.signedWord(start + 24)), entry: bytes.signedWord(start + 32))
            let attempt = bytes.signedWord(start + 40)
            var slot = Slot(key: key, attempt: attempt, settlement: nil)
            let end = start + slotSize
            let marks = min(start + 64 + Int(clamping: max(bytes.signedWord(start + 48), 0)), end)
            // Each line has an end, so there is an empty one behind the last. A program of before wrote no relay.
            var lines = bytes[(start + 64)..<marks].split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map {
                String(decoding: $0, as: UTF8.self)
            }
            if lines.count == 4 { slot.relay = lines.removeFirst() }
            let made = lines.count == 3 ? Marks(messageID: lines[0], sha256: lines[1], contentSHA256: lines[2]) : nil
            if mark == .answered {
                let answer = min(marks + Int(clamping: max(bytes.signedWord(start + 56), 0)), end)
                if case .object(let stored) = try? JSONValue(parsing: bytes[marks..<answer]) {
                    slot.settlement = Settlement(stored: stored, key: key, attempt: attempt, made: made)
                }
            } else {
                slot.made = made
            }
            return slot
        }
    }

    private static func readAll(_ descriptor: Int32, path: String) throws -> [UInt8] {
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw Problem.cannotOpen(path: path, reason: String(cString: strerror(errno))) }
        var bytes = [UInt8](repeating: 0, count: Int(min(info.st_size, 64 << 20)))
        var read = 0
        while read < bytes.count {
            let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress.map { $0 + read }, $0.count - read, off_t(read)) }
            guard count > 0 else { break }
            read += count
        }
        return bytes
    }
}

extension [UInt8] {
    fileprivate func word(_ offset: Int) -> UInt64 {
        guard offset + 8 <= count else { return 0 }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    }

    fileprivate func signedWord(_ offset: Int) -> Int64 { Int64(bitPattern: word(offset)) }
}

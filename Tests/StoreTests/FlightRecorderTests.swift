import Foundation
import Model
import Store
import TestDatabases
import Testing

@Suite struct FlightRecorderTests {
    let house: House
    var path: String { house.folder + "/flight" }

    init() throws { house = try House() }

    private let key = DeliveryKey(campaign: CampaignID(7), step: -1, contact: ContactID(-3), entry: 9)

    @Test func `two senders of one campaign exclude each other`() throws {
        let first = try FlightRecorder(path: path, slots: 4)
        #expect(throws: FlightRecorder.Problem.self) { _ = try FlightRecorder(path: path, slots: 4) }
        withExtendedLifetime(first) {}
    }

    @Test func `the lock is free once its sender is gone`() throws {
        do { _ = try FlightRecorder(path: path, slots: 4) }
        _ = try FlightRecorder(path: path, slots: 4)
    }

    @Test func `a recorder that was removed leaves its name to the next, with a lock of its own`() throws {
        let last = try FlightRecorder(path: path, slots: 4)
        last.remove()
        let next = try FlightRecorder(path: path, slots: 4)
        #expect(FileManager.default.fileExists(atPath: path))
        #expect(throws: FlightRecorder.Problem.self) { _ = try FlightRecorder(path: path, slots: 4) }
        withExtendedLifetime((last, next)) {}
    }

    @Test func `a new file has nothing in it and says so`() throws {
        let recorder = try FlightRecorder(path: path, slots: 4, boot: "a")
        #expect(!recorder.existed)
        #expect(!recorder.rebooted)
        #expect(recorder.left.isEmpty)
    }

    @Test func `what an earlier sender left is kept until the new one begins`() throws {
        try house.leave { $0.markDot(2, (key, 5)) }
        #expect(try house.found().left.count == 1)
        let again = try house.found()
        #expect(again.left.first?.key == key)
        #expect(again.left.first?.attempt == 5)
        #expect(again.left.first?.settlement == nil)
        again.begin()
        withExtendedLifetime(again) {}
        #expect(try FlightRecorder(path: house.folder + "/other", slots: 1).left.isEmpty)
    }

    @Test(arguments: [100, 2000])
    func `a message on its way is known by its Message-ID, unless that is too long for a slot`(_ length: Int) throws {
        let made = FlightRecorder.Marks(
            messageID: String(repeating: "m", count: length) + "@example.com", sha256: String(repeating: "a", count: 64),
            contentSHA256: String(repeating: "b", count: 64))
        try house.leave { recorder in
            // The slot has held an answer before.
            recorder.markAnswer(0, Settlement(key: key, attempt: 1, at: House.noon, outcome: .accepted, relay: "main", reply: "ok"))
            recorder.clear(0)
            recorder.markDot(0, (key, 2), made: made, relay: "main")
            recorder.markDot(1, (key, 2), made: made)
        }
        let left = try house.found().left
        let slot = try #require(left.first)
        #expect(slot.attempt == 2)
        #expect(slot.settlement == nil)
        #expect(slot.made == (length == 100 ? made : nil))
        #expect(slot.relay == (length == 100 ? "main" : ""))
        #expect(left.last?.made == slot.made)
        #expect(left.last?.relay == "")
    }

    @Test(arguments: [100, 300, 2000])
    func `an answer stands beside what was marked with the dot`(_ length: Int) throws {
        let made = FlightRecorder.Marks(
            messageID: String(repeating: "m", count: length), sha256: String(repeating: "a", count: 64),
            contentSHA256: String(repeating: "b", count: 64))
        let reply = String(repeating: "r", count: 600)
        try house.leave { recorder in
            recorder.markDot(0, (key, 2), made: made)
            recorder.markAnswer(
                0,
                Settlement(
                    key: key, attempt: 2, at: House.noon, outcome: .accepted, relay: "main", code: 250, reply: reply,
                    messageID: made.messageID,
                    sha256: made.sha256, contentSHA256: made.contentSHA256))
        }
        let settlement = try #require(try house.found().left.first?.settlement)
        #expect(settlement.attempt == 2)
        #expect(settlement.code == 250)
        #expect(settlement.sha256 == made.sha256)
        #expect(settlement.contentSHA256 == made.contentSHA256)
        #expect(settlement.messageID == String(made.messageID.prefix(330)))
        #expect(!settlement.reply.isEmpty)
        #expect(reply.hasPrefix(settlement.reply))
    }

    @Test func `a file that is empty, cut short or foreign counts as none`() throws {
        for bytes in [[UInt8](), Array("PW".utf8), Array(repeating: 0x41, count: 9000)] {
            #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
            let recorder = try FlightRecorder(path: path, slots: 4)
            #expect(!recorder.existed)
            #expect(recorder.left.isEmpty)
        }
    }

    @Test func `damaged slots never end the program, and an answer that can't be read is none`() throws {
        try house.leave { recorder in
            recorder.markAnswer(
                0, Settlement(key: key, attempt: 1, at: House.noon, outcome: .accepted, relay: "main", reply: "ok"))
        }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        var random = Steps(state: 3)
        for index in 4097..<bytes.count where random.next() % 3 == 0 { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
        try bytes.write(to: URL(fileURLWithPath: path))
        _ = try house.found().left
        // The mark of the first slot stands; its text does not.
        bytes[4096] = 2
        for index in 4160..<4200 { bytes[index] = 0x7B }
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try house.found().left.first?.settlement == nil)
    }

    @Test func `slots outside the file are ignored`() throws {
        try house.leave { recorder in
            recorder.markDot(-1, (key, 1))
            recorder.markDot(16, (key, 1))
            recorder.clear(99)
        }
        #expect(try house.found().left.isEmpty)
    }

    @Test(arguments: [
        String(repeating: "x", count: 2000), String(repeating: "\u{1F469}\u{200D}\u{1F680}", count: 500),
        String(repeating: "\u{2}", count: 700),
        "e" + String(repeating: "\u{301}", count: 5000),
    ])
    func `a long answer never costs the outcome nor what the log needs`(_ text: String) throws {
        let sha = String(repeating: "a", count: 64)
        try house.leave { recorder in
            recorder.markAnswer(
                1,
                Settlement(
                    key: key, attempt: 1, at: House.noon, outcome: .accepted, relay: text, code: 250, enhanced: "2.0.0", reply: text,
                    queueID: text, messageID: "1234567890123456789012345678901234567890@example.com", sha256: sha, contentSHA256: sha))
        }
        let settlement = try #require(try house.found().left.first?.settlement)
        #expect(settlement.outcome == .accepted)
        #expect(settlement.sha256 == sha)
        #expect(settlement.contentSHA256 == sha)
        #expect(settlement.messageID == "1234567890123456789012345678901234567890@example.com")
    }

    @Test func `nobody else may read the file`() throws {
        _ = try house.found()
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `a folder that is not there is an error that names the file`() throws {
        let missing = house.folder + "/none/flight"
        let error = #expect(throws: FlightRecorder.Problem.self) { _ = try FlightRecorder(path: missing, slots: 1) }
        #expect(error?.description.contains(missing) == true)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root, to mount a small file system"))
    func `a full disk is told when the file is opened, not by a signal later`() throws {
        let disk = try SmallDisk(megabytes: 1)
        let error = #expect(throws: FlightRecorder.Problem.self) { _ = try FlightRecorder(path: disk.path + "/flight", slots: 4096) }
        #expect(error?.description.contains("full") == true)
        _ = try FlightRecorder(path: disk.path + "/flight", slots: 8)
    }
}

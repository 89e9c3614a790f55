import Foundation
import Mail
import Signing
import Testing

@Suite struct KeysTests {
    /// A folder of its own, gone after the test.
    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    private static func write(_ text: String, at path: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        #expect(chmod(path, mode) == 0)
    }

    private static func error(_ path: String) -> SigningError? {
        do {
            _ = try Keys(contentsOf: path)
            return nil
        } catch {
            return error
        }
    }

    private static let a = Base64.encoded([UInt8](repeating: 1, count: 32))
    private static let b = Base64.encoded([UInt8](repeating: 2, count: 32))

    @Test func `new keys are kept for their owner only, and come back`() throws {
        try Self.inFolder { folder in
            let path = folder + "/keys"
            let created = try Keys.create(at: path)
            let read = try Keys(contentsOf: path)
            #expect(read.links == created.links)
            #expect(read.identity == created.identity)
            #expect(read.links != read.identity)
            #expect(read.links.count == 32)
            let facts = try FileManager.default.attributesOfItem(atPath: path)
            #expect(facts[.posixPermissions] as? Int == 0o600)
            #expect(try Keys.random().links != created.links)
        }
    }

    @Test func `a file that is there already is never touched`() throws {
        try Self.inFolder { folder in
            let path = folder + "/keys"
            try Self.write("precious", at: path)
            let error = #expect(throws: SigningError.self) { try Keys.create(at: path) }
            #expect(error?.code == .keysExist)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
            // Nor what a link points to.
            #expect(symlink(folder + "/elsewhere", folder + "/link") == 0)
            #expect(throws: SigningError.self) { try Keys.create(at: folder + "/link") }
            #expect(!FileManager.default.fileExists(atPath: folder + "/elsewhere"))
        }
    }

    @Test func `a folder that is not there is an error that says so`() throws {
        let error = #expect(throws: SigningError.self) { try Keys.create(at: "/nonexistent/keys") }
        #expect(error?.code == .io)
        #expect(error?.description == "/nonexistent/keys: cannot be created: No such file or directory")
    }

    @Test(arguments: [0o644, 0o640, 0o604, 0o660, 0o602, 0o601] as [mode_t])
    func `a file that others may read is refused, with the remedy`(mode: mode_t) throws {
        try Self.inFolder { folder in
            let path = folder + "/keys"
            try Self.write("links \(Self.a)\nidentity \(Self.b)\n", at: path, mode: mode)
            let error = try #require(Self.error(path))
            #expect(error.code == .keysReadable)
            #expect(error.hint == "chmod 600 \(path)")
            #expect(chmod(path, 0o600) == 0)
            #expect(Self.error(path) == nil)
        }
    }

    @Test func `no file, a folder and a pipe are no keys`() throws {
        try Self.inFolder { folder in
            #expect(Self.error(folder + "/none")?.code == .noKeys)
            #expect(Self.error(folder)?.code == .badKeys)
            #expect(mkfifo(folder + "/pipe", 0o600) == 0)
            #expect(Self.error(folder + "/pipe")?.code == .badKeys)
        }
    }

    @Test(
        arguments: [
            ("# a comment\n\n  links  \(a)\r\nidentity\t\(b)", nil), ("identity \(b)\nlinks \(a)\nfuture \(a)\n", nil),
            ("", "there is no key \"links\""), ("links \(a)\n", "there is no key \"identity\""),
            ("links \(a)\nidentity \(a)\n", "the keys \"links\" and \"identity\" are the same"),
            ("links \(a)\nlinks \(b)\nidentity \(b)\n", "line 2 names a key a second time"),
            ("links\nidentity \(b)\n", "line 1 is not a name and 32 bytes in Base64"),
            ("\nlinks AAAA\n", "line 2 is not a name and 32 bytes in Base64"),
            ("links \(a) x\n", "line 1 is not a name and 32 bytes in Base64"),
            ("links \(a)=\n", "line 1 is not a name and 32 bytes in Base64"),
            ("\u{0}\u{1}\u{FFFD}", "line 1 is not a name and 32 bytes in Base64"),
            (String(repeating: "#", count: 70_000), "is no file of keys"),
        ] as [(String, String?)])
    func `a file of keys is read strictly`(text: String, problem: String?) throws {
        try Self.inFolder { folder in
            let path = folder + "/keys"
            try Self.write(text, at: path)
            let error = Self.error(path)
            #expect(error?.message == problem.map { "\(path): \($0)" })
            #expect(error == nil || error?.code == .badKeys)
            #expect(error?.description.contains(Self.a) != true)
        }
    }

    @Test func `a secret never shows what it is`() throws {
        let keys = try Keys.random()
        var dumped = ""
        dump(keys, to: &dumped)
        let hashes = HMAC(keys.links)
        dump(hashes, to: &dumped)
        let shown = "\(keys) \(hashes) \(keys.links) \(String(reflecting: keys)) \(String(describing: keys.links)) \(dumped)"
        #expect(shown.contains("(secret)"))
        #expect(!shown.contains("bytes"))
        // A class is dumped with the number of its place.
        #expect(shown.replacing(#/ #\d\b/#, with: "").filter { $0.isNumber }.isEmpty)
    }
}

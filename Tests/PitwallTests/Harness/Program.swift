import Foundation

/// A program that was started and may still run. It is ended when nobody holds it any more.
final class Program {
    /// What a program that has ended left.
    struct Ending {
        /// Its exit code, or 128 and the number of the signal that ended it.
        var status: Int32
        var output: String
        var errors: String

        /// Standard output as one JSON object.
        var facts: Facts { Facts(output) }
        /// Standard output as lines of JSON.
        var lines: [Facts] { output.split(separator: "\n").map { Facts(String($0)) } }
    }

    let pid: pid_t
    private let folder: String
    private var ending: Ending?

    /// Starts `path`. Its output goes to files, so that it never waits for a reader.
    init(_ path: String, _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:]) throws {
        folder = try Folder.make("program")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "\(folder)/out", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "\(folder)/err", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // Settings of whoever runs the tests must not change what they see.
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PITWALL_") }
        variables.merge(environment) { _, new in new }
        var pid: pid_t = 0
        // env changes the folder and then becomes the program.
        let words = directory.map { ["env", "-C", $0, path] } ?? [path]
        let result = Self.withCStrings(words + arguments) { argv in
            Self.withCStrings(variables.map { "\($0.key)=\($0.value)" }) { posix_spawnp(&pid, words[0], &actions, nil, argv, $0) }
        }
        guard result == 0 else { throw Trouble("\(path) can't be started: \(String(cString: strerror(result)))") }
        self.pid = pid
    }

    deinit {
        if ending == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        Folder.remove(folder)
    }

    private static func withCStrings<T>(_ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> T) -> T {
        let copies = texts.map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        return copies.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map(body) ?? body([nil])
        }
    }

    func signal(_ number: Int32) {
        if ending == nil { kill(pid, number) }
    }

    /// Waits for its end.
    func wait() -> Ending {
        if let ending { return ending }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return ended(status)
    }

    /// Whether it has ended on its own.
    var hasEnded: Bool {
        if ending != nil { return true }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return false }
        _ = ended(status)
        return true
    }

    private func ended(_ status: Int32) -> Ending {
        let signal = status & 0x7F
        let made = Ending(status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: text("out"), errors: text("err"))
        ending = made
        return made
    }

    /// What it has written to standard output so far.
    var output: String { text("out") }
    /// What it has written to standard error so far.
    var errors: String { text("err") }

    private func text(_ name: String) -> String {
        FileManager.default.contents(atPath: "\(folder)/\(name)").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Looks again and again, a hundredth of a second apart, until `found` is not nil; gives up when the program has ended or after
    /// `seconds`.
    @discardableResult
    func until<T>(_ what: String, seconds: Double = 60, _ found: () -> T?) throws -> T {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while Date() < deadline {
            if let value = found() { return value }
            if hasEnded {
                if let value = found() { return value }
                throw Trouble("ended before \(what): \(errors)")
            }
            poll(nil, 0, 10)
        }
        throw Trouble("no \(what) in \(seconds) s: \(errors)")
    }
}

/// Something of the test's own did not work.
struct Trouble: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Folders that tests work in.
enum Folder {
    static func make(_ name: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-\(name)-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}

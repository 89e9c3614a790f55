import Foundation
import Synchronization

@testable import StorePostgres

/// A PostgreSQL of one test's own, set as the test wants it; it ends with the object.
///
/// Its data folder is a copy of one that is made once: to make one anew takes two seconds.
final class OwnServer: Sendable {
    /// Where the server's programs lie; nil where there are none, or where we are root and there is no user to run them as.
    static let programs: String? = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let folders = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
        let found = folders.first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
        return found.flatMap { run("test", "-x", $0 + "/postgres") == 0 ? $0 : nil }
    }()

    static let isPossible = programs != nil && pattern != nil
    static let unavailable = "there is no PostgreSQL that could be started"

    /// The data folder that all are copied from.
    private static let pattern: String? = {
        guard let programs, let folder = temporary() else { return nil }
        atexit { for folder in OwnServer.folders.withLock({ $0 }) { OwnServer.remove(folder) } }
        let made = run(
            programs + "/initdb", "-D", folder + "/data", "-U", "pitwall", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync")
        return made == 0 ? folder + "/data" : nil
    }()

    /// Those that are still there, servers that nobody ended among them.
    private static let folders = Mutex<Set<String>>([])

    private static func remove(_ folder: String) {
        _ = run((programs ?? "") + "/pg_ctl", "-D", folder + "/data", "-w", "-m", "immediate", "stop")
        _ = run("rm", "-rf", folder)
    }

    let folder: String
    let port: Int
    private let settings: [String]
    var data: String { folder + "/data" }

    /// - Parameters:
    ///   - settings: As in postgresql.conf, each a line.
    ///   - access: The lines of pg_hba.conf.
    ///   - prepare: Called with the folder before the server starts; what it runs by ``OwnServer/run(_:)`` is the server's user's.
    init(_ settings: [String] = [], access: [String] = ["host all all 127.0.0.1/32 trust"], prepare: (OwnServer) throws -> Void = { _ in })
        throws
    {
        struct NoServer: Error {}
        guard let pattern = Self.pattern, let folder = Self.temporary() else { throw NoServer() }
        self.folder = folder
        self.settings = settings
        port = try Ports.free()
        guard Self.run("cp", "-a", pattern, folder + "/data") == 0 else { throw NoServer() }
        try write("postgresql.conf", ["include_if_exists = 'own.conf'"])
        try write("pg_hba.conf", access)
        try prepare(self)
        guard start() else { throw NoServer() }
    }

    deinit {
        _ = Self.folders.withLock { $0.remove(folder) }
        Self.remove(folder)
    }

    /// Writes a file into the data folder.
    func write(_ name: String, _ lines: [String]) throws {
        _ = Self.run("sh", "-c", "printf '%s\\n' \"$@\" > '\(data)/\(name)'", "sh", lines: lines)
    }

    @discardableResult
    func start() -> Bool {
        let always = [
            "port = \(port)", "listen_addresses = '127.0.0.1'", "unix_socket_directories = '\(folder)'", "fsync = off",
            "full_page_writes = off", "shared_buffers = 16MB", "max_connections = 20", "log_min_messages = fatal",
        ]
        try? write("own.conf", always + settings)
        return Self.run((Self.programs ?? "") + "/pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder + "/log", "start") == 0
    }

    func stop(at mode: String = "fast") {
        _ = Self.run((Self.programs ?? "") + "/pg_ctl", "-D", data, "-w", "-m", mode, "stop")
    }

    /// A replica of it, which follows by streaming.
    func replica() throws -> OwnServer {
        try OwnServer { replica in
            _ = Self.run("rm", "-rf", replica.data)
            let from = ["-h", "127.0.0.1", "-p", "\(port)", "-U", "pitwall", "-c", "fast", "-R", "-D", replica.data]
            _ = Self.run((Self.programs ?? "") + "/pg_basebackup", lines: from)
        }
    }

    /// A replica takes over.
    func promote() {
        _ = Self.run((Self.programs ?? "") + "/pg_ctl", "-D", data, "-w", "promote")
    }

    func url(_ database: String = "postgres", host: String = "127.0.0.1", port: Int? = nil, _ options: String = "") -> String {
        "postgres://pitwall@\(host):\(port ?? self.port)/\(database)?connect_timeout=20\(options)"
    }

    func open(_ limits: PostgresLimits = PostgresLimits(), told: @escaping @Sendable (String) -> Void = { _ in }) throws -> PostgresDatabase
    {
        try PostgresDatabase(PostgresLocation(url()), limits: limits, told: told)
    }

    /// Runs a program as somebody who is not root, which PostgreSQL refuses to be. Not by `Process`, which takes a program for running as
    /// long as a server lives that it has started.
    @discardableResult
    static func run(_ arguments: String..., lines: [String] = []) -> Int32 {
        let words = (geteuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []) + arguments + lines
        let texts = (["env", "--chdir=/"] + words).map { strdup($0) }
        defer { texts.forEach { free($0) } }
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        for file in Int32(0)...2 { posix_spawn_file_actions_addopen(&files, file, "/dev/null", O_RDWR, 0) }
        var child: pid_t = 0
        guard posix_spawn(&child, "/usr/bin/env", &files, nil, texts + [nil], environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status
    }

    private static func temporary() -> String? {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-server-\(UUID().uuidString)").path
        guard run("mkdir", "-m", "700", path) == 0 else { return nil }
        _ = folders.withLock { $0.insert(path) }
        return path
    }
}

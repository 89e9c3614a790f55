import Foundation

/// What is on this machine, and where.
enum Tools {
    /// The `pitwall` that was built beside these tests, unless PITWALL_BIN names another.
    static let pitwall: String = {
        if let path = ProcessInfo.processInfo.environment["PITWALL_BIN"] { return path }
        let own = CommandLine.arguments.first.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath() }
        let beside = own.map { $0.deletingLastPathComponent().appendingPathComponent("pitwall").path }
        let built = root.appendingPathComponent(".build/debug/pitwall").path
        return [beside, built].compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) } ?? built
    }()

    /// The package.
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        return folder
    }()

    static let examine = root.appendingPathComponent("scripts/examine.py").path
    static let witness = root.appendingPathComponent("../shared/tools/smtp_witness.py").standardizedFileURL.path

    static let hasPython = runs("python3", "-c", "import email, sqlite3")
    static let hasWitness = hasPython && FileManager.default.fileExists(atPath: witness)
    static let hasAiosmtpd = runs("python3", "-c", "import aiosmtpd")
    static let hasOpenSSL = runs("openssl", "version")

    /// A file system of a few megabytes can be mounted: as root, and where a container allows it.
    static let canMount: Bool = {
        guard geteuid() == 0, let folder = try? Folder.make("mount") else { return false }
        defer { Folder.remove(folder) }
        guard runs("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder) else { return false }
        return runs("umount", folder)
    }()

    static func runs(_ program: String, _ arguments: String...) -> Bool {
        (try? Program(program, arguments).wait().status) == 0
    }
}

/// What a test that needs a tool says when it is not there.
enum Missing {
    static let python = "python3 is not on this machine"
    static let witness = "../shared/tools/smtp_witness.py or python3 is not there"
    static let aiosmtpd = "aiosmtpd or openssl is not on this machine"
    static let mount = "mounting a small file system takes root"
}

/// Short programs in Python: a second opinion on what pitwall made.
enum Python {
    static func run(_ script: String, _ arguments: String...) throws -> Program.Ending {
        let ending = try Program("python3", ["-c", script] + arguments).wait()
        guard ending.status == 0 else { throw Trouble("python3 ended with \(ending.status): \(ending.errors)") }
        return ending
    }

    /// What `scripts/examine.py` says of each .eml in a folder.
    static func examine(_ folder: String) throws -> [String: Facts] {
        let ending = try Program("python3", [Tools.examine, folder]).wait()
        guard ending.status == 0 else { throw Trouble("examine.py ended with \(ending.status): \(ending.errors)") }
        return ending.facts.members.keys.reduce(into: [:]) { $0[$1] = ending.facts.object($1) }
    }

    /// Runs SQL on a database file.
    @discardableResult
    static func sql(_ database: String, _ statement: String) throws -> String {
        try run(
            """
            import sqlite3, sys
            with sqlite3.connect(sys.argv[1], timeout=30) as db:
                for row in db.execute(sys.argv[2]): print(*row, sep="|")
            """, database, statement
        ).output
    }
}

import Foundation
import Testing

/// A file system of a few megabytes.
private final class SmallDisk {
    let folder: String

    init(kilobytes: Int) throws {
        folder = try Folder.make("disk")
        guard Tools.runs("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder) else { throw Trouble("mount failed") }
    }

    deinit {
        _ = Tools.runs("umount", "-l", folder)
        Folder.remove(folder)
    }

    /// Leaves so many bytes free.
    func fill(leaving free: Int) throws {
        var facts = statvfs()
        guard statvfs(folder, &facts) == 0 else { throw Trouble("no statvfs") }
        let size = Int(facts.f_bavail) * Int(facts.f_frsize) - free
        guard size > 0 else { return }
        guard FileManager.default.createFile(atPath: "\(folder)/ballast", contents: Data(count: size)) else { throw Trouble("no ballast") }
    }

    func clear() {
        try? FileManager.default.removeItem(atPath: "\(folder)/ballast")
    }
}

@Suite(.enabled(if: Tools.canMount && Tools.hasPython, Comment(rawValue: Missing.mount)))
struct `A full disk` {
    @Test func `an import that does not fit ends with 73, keeps what it wrote and can be run again`() throws {
        let disk = try SmallDisk(kilobytes: 16_384)
        let bench = try Workbench()
        let database = "\(disk.folder)/x.sqlite"
        #expect(try bench.pitwall("plan", "welcome", "--database", database).status == 0)
        try disk.fill(leaving: 200_000)
        let rows = (0..<20_000).map { "reader\($0)@example.org,\(String(repeating: "x", count: 60))" }
        try bench.write("people.csv", (["email,note"] + rows).joined(separator: "\n") + "\n")
        let full = try bench.pitwall("import", "contacts", "people.csv", "--database", database)
        #expect(full.status == 73)
        #expect(full.errors.contains("full"))
        disk.clear()
        let again = try bench.pitwall("import", "contacts", "people.csv", "--database", database, "--json")
        #expect(again.status == 0)
        #expect(
            try bench.pitwall("segments", "count", "--where", "email is known", "--database", database, "--json").facts.int("count")
                == 20_000)
    }

    @Test(.enabled(if: Tools.hasWitness, Comment(rawValue: Missing.witness)))
    func `a send whose log no longer fits ends with 73, and the next one forgets nobody and repeats nobody`() throws {
        // The database's log of writes may grow to 32 MB before it is folded into the database.
        let disk = try SmallDisk(kilobytes: 65_536)
        let bench = try Workbench(people: 3000)
        let database = "\(disk.folder)/pitwall.sqlite"
        try FileManager.default.copyItem(atPath: bench.database, toPath: database)
        try bench.edit("pitwall.yaml") { $0.replacing("database: pitwall.sqlite", with: "database: \(database)") }
        #expect(try bench.pitwall("plan", "welcome").status == 0)
        let witness = try Witness()
        // The first hundred lay out the flight recorder and the ledger's first pages.
        #expect(try bench.send(through: witness.url, "--limit", "100").status == 75)
        // Room for the recorder, and for the log of some of the messages.
        try disk.fill(leaving: 2_500_000)
        let full = try bench.send(through: witness.url)
        #expect(full.status == 73)
        #expect(full.errors.contains("pitwall send welcome") || full.errors.contains("full"))
        #expect(witness.arrivals.count < 3000)
        disk.clear()
        #expect(try bench.send(through: witness.url).status == 0)
        #expect(witness.twice.isEmpty)
        #expect(witness.recipients.count == 3000)
    }
}

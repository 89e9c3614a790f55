import ArgumentParser
import Campaigns
import Database
import Delivery
import Foundation
import Model
import SMTP
import Store
import StorePostgres
import StoreSQLite
import Workspace

/// Which workspace, and what flags and environment put in the place of its settings.
struct WorkspaceOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The workspace.", discussion: "Default: the nearest folder above with a pitwall.yaml.", valueName: "dir"))
    var workspace: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The database, a file or postgres://USER@HOST/NAME, in place of the one in pitwall.yaml (or PITWALL_DATABASE).",
            valueName: "database"))
    var database: String?

    /// The folder of the workspace.
    func root() throws -> String {
        if let workspace {
            guard WorkspaceFolder.isWorkspace(workspace) else {
                throw UseError(
                    .settings, "\(workspace) is no workspace: it holds no \(WorkspaceFolder.settingsFile)",
                    hint: "make one with: pitwall init \(workspace)")
            }
            return URL(fileURLWithPath: workspace).standardizedFileURL.path
        }
        do {
            return try WorkspaceFolder.nearest(above: FileManager.default.currentDirectoryPath)
        } catch {
            throw UseError(.settings, error.message, hint: error.hint)
        }
    }

    /// Opens the workspace and its database, which is made or brought up to date where needed.
    ///
    /// - Parameter toMove: also where it was moved already, and only the last step is missing.
    func open(toMove: Bool = false) throws -> OpenWorkspace {
        let root = try root()
        let files = try DiskFiles(root: root)
        let settings = try CampaignDefinition.settings(files)
        try Providers.refuseUnknown(settings)
        let name = database ?? Environment["PITWALL_DATABASE"] ?? settings.database
        if let problem = Settings.problem(withDatabase: name) {
            throw UseError(.settings, Self.words(problem, of: name))
        }
        let (opened, path) = try database(name, root)
        try DatabaseMove.refuseUnfinished(opened, orMoved: !toMove)
        let workspace = OpenWorkspace(
            root: root, files: files, settings: settings, database: opened, databasePath: path, clock: Clock.shared)
        try workspace.keepSums()
        return workspace
    }
}

extension WorkspaceOptions {
    /// A database beside the workspace's own, made or brought up to date where needed.
    func openOther(_ name: String, root: String) throws -> (database: any SQLDatabase, path: String) {
        if let problem = Settings.problem(withDatabase: name) {
            throw UseError(.usage, Self.words(problem, of: name))
        }
        return try database(name, root)
    }

    /// Named unless it is empty or holds a secret.
    private static func words(_ problem: String, of name: String) -> String {
        if Settings.hasPassword(name) { return "the database's URL: \(problem)" }
        return name.allSatisfy(\.isWhitespace) ? problem : "\(name): \(problem)"
    }

    private func database(_ name: String, _ root: String) throws -> (database: any SQLDatabase, path: String) {
        try Settings.isServer(name) ? server(name, root) : file(name, root)
    }

    private func file(_ name: String, _ root: String) throws -> (database: any SQLDatabase, path: String) {
        let path = name.hasPrefix("/") ? name : "\(database == nil ? root : FileManager.default.currentDirectoryPath)/\(name)"
        let opened = try SQLiteDatabase(path: path)
        try Schema.migrator.migrate(opened, now: Clock.now().milliseconds)
        let real = Self.real(path)
        // Where a link led to it, what an older program has beside it lies beside the link.
        let (old, own) = (path + ".flight", real + ".flight")
        if real != path, FileManager.default.fileExists(atPath: old), !FileManager.default.fileExists(atPath: own) {
            try FileManager.default.moveItem(atPath: old, toPath: own)
        }
        return (opened, real)
    }

    /// Whatever links lead to a file, what its senders lock lies beside the file itself: else two would send one campaign.
    private static func real(_ path: String) -> String {
        guard let found = realpath(path, nil) else { return path }
        defer { free(found) }
        return String(cString: found)
    }

    /// What a server's database has beside it lies in the workspace, under its name.
    private func server(_ url: String, _ root: String) throws -> (database: any SQLDatabase, path: String) {
        let location = try PostgresLocation(url, password: Environment["PITWALL_DATABASE_PASSWORD"])
        let opened = try PostgresDatabase(location) { Console.error($0) }
        if opened.server.isReplica {
            throw UseError(
                .settings, "\(location) is a replica, which may only be read",
                hint: "name the primary, or add ?target_session_attrs=read-write")
        }
        try Schema.migrator.migrate(opened, now: Clock.now().milliseconds)
        let sent = Uptime.now()
        Clock.shared.learn(try Ledger(opened).now(), between: sent, and: Uptime.now())
        let name = location.description.map { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) ? $0 : "-" }
        return (opened, "\(root)/\(String(name))")
    }
}

enum Environment {
    /// Nil where the variable is not set or empty.
    static subscript(name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

enum Clock {
    /// That of the database's server, where there is one: machines that work together may have clocks that differ by minutes.
    static let shared = SharedClock()

    static func now() -> Instant { shared.now ?? Instant(Date()) }
}

extension OpenWorkspace {
    /// Works out the sums that `summaries` in pitwall.yaml names and that are not there yet. Interrupted, the next command goes on.
    fileprivate func keepSums() throws {
        let bar = ProgressLine(enabled: true)
        defer { bar.clear() }
        try events.keep(settings.summaries) { event, property, people in
            bar.show("adding up \(event).\(property): \(Console.number(people)) people")
        }
    }

    /// Who must not come back by an import.
    func forgotten() throws -> ForgottenPeople {
        try ForgottenPeople(contacts) { try keys() }
    }

    /// The relays to send through, by flag, environment and settings.
    func relays(_ flag: String?) throws -> [RelaySettings] {
        if let url = flag ?? Environment["PITWALL_RELAY_URL"] {
            do {
                return [try RelaySettings(url: url)]
            } catch {
                throw UseError(.settings, "the relay's URL is wrong: \(error.message)")
            }
        }
        guard !settings.relays.isEmpty else {
            throw UseError(
                .settings, "no relay is set", hint: "add one under `relays:` in pitwall.yaml, or name one with --relay smtp://HOST:PORT")
        }
        return settings.relays
    }
}

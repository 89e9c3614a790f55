import ArgumentParser
import Campaigns
import Foundation
import Model
import Signing
import SMTP
import Store
import StorePostgres
import Workspace

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look whether everything that sending needs is in order.",
        discussion: """
            Settings, files, database, keys, disk, clock, DKIM keys, what the DNS says of the sender's domains (SPF, DKIM, DMARC), and each
            relay: connecting, TLS, its certificate, login and what it offers.
            Sends nothing.
            """)

    @Option(name: .long, help: ArgumentHelp("Look at this relay in place of those in pitwall.yaml.", valueName: "url"))
    var relay: String?

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    @OptionGroup var workspace: WorkspaceOptions

    func run() throws {
        let workspace = try workspace.open()
        var examination = Examination()
        settings(workspace.settings, &examination)
        examination.look("database") { "\(try described(workspace)), \(Console.count(try workspace.contacts.count(), "contact"))" }
        server(workspace, &examination)
        examination.look("keys") {
            _ = try workspace.keys()
            return workspace.settings.keysFile
        }
        disk(workspace, &examination)
        files(workspace, &examination)
        dkim(workspace, &examination)
        senders(workspace, &examination)
        relays(workspace, &examination)
        if json { Console.print(json: examination.json) } else { examination.print() }
        if examination.failed { throw Code.found }
    }

    private func settings(_ settings: Settings, _ examination: inout Examination) {
        examination.note("settings", .good, "\(settings.title), \(Console.count(settings.topics.count, "topic")), zone \(settings.zone)")
        if settings.organisation.postalAddress == nil {
            examination.note("postal address", .bad, "organisation.postal_address is missing: marketing mail needs it by law")
        }
        switch settings.publicURL {
        case nil: examination.note("public_url", .bad, "not set: there is no page where people can unsubscribe")
        case let url? where !url.hasPrefix("https://"):
            examination.note("public_url", .poor, "\(url) is not https: mail programs show no unsubscribe button for it")
        case let url?: examination.note("public_url", .good, url)
        }
        if settings.topics.isEmpty { examination.note("topics", .bad, "none: marketing needs a topic that people consent to") }
        let year = Zone.utc.date(at: Clock.now()).year
        examination.note("clock", year >= 2026 ? .good : .bad, Console.time(Clock.now(), settings.zone))
    }

    private func described(_ workspace: OpenWorkspace) throws -> String {
        guard let database = workspace.database as? PostgresDatabase else { return workspace.databasePath }
        let server = database.server
        let words = [
            "PostgreSQL \(server.versionText)", "user \(server.user)", server.encryption ?? "not encrypted",
            server.isPooled ? "through a pooler" : nil, server.commitsLoosely ? "synchronous_commit is off there, and on for Pitwall" : nil,
        ]
        return (["\(database.location)"] + words.compactMap { $0 }).joined(separator: ", ")
    }

    /// What may be wrong with a server that is shared: its clock, and whether it still knows what was sent from here.
    private func server(_ workspace: OpenWorkspace, _ examination: inout Examination) {
        guard let database = workspace.database as? PostgresDatabase else { return }
        examination.look("what was sent") {
            try workspace.refuseForgetfulDatabase()
            return "the database knows all that this machine sent"
        }
        do {
            let ahead = try database.clockIsAhead()
            let seconds = abs(ahead) < 10 ? String(format: "%.1f", abs(ahead)) : Console.number(Int(abs(ahead)))
            let words = "\(seconds) s \(ahead < 0 ? "behind" : "ahead of") this machine's"
            examination.note(
                "server's clock", abs(ahead) < 2 ? .good : .poor,
                abs(ahead) < 2
                    ? words
                    : "\(words): all that is done with this database goes by the server's\nset both by NTP (timedatectl)")
        } catch {
            examination.note("server's clock", .bad, "\(error)")
        }
    }

    private func disk(_ workspace: OpenWorkspace, _ examination: inout Examination) {
        var facts = statvfs()
        // What a server holds is the server's; what lies here are the flight recorders.
        let place = workspace.database is PostgresDatabase ? workspace.root : workspace.databasePath
        guard statvfs(place, &facts) == 0 else { return examination.note("disk", .bad, String(cString: strerror(errno))) }
        let free = (UInt64(facts.f_bavail) * UInt64(facts.f_frsize)) >> 20
        examination.note(
            "disk", free < 100 ? .bad : free < 1024 ? .poor : .good,
            "\(Console.number(Int(clamping: free))) MB free beside the \(place == workspace.root ? "workspace" : "database")")
    }

    private func files(_ workspace: OpenWorkspace, _ examination: inout Examination) {
        for name in (try? CampaignDefinition.names(workspace.files)) ?? [] {
            examination.look("campaign \(name)") {
                let definition = try CampaignDefinition(name, files: workspace.files, vocabulary: try workspace.vocabulary())
                return definition.warnings.isEmpty
                    ? definition.file.title : "\(Console.count(definition.warnings.count, "warning")): pitwall plan \(name)"
            }
        }
    }

    /// Somebody is watching. Half a minute of silence before the greeting is a way to keep spam away.
    private static let patience: Deadlines = {
        var deadlines = Deadlines()
        deadlines.opening = 45_000
        return deadlines
    }()

    private func relays(_ workspace: OpenWorkspace, _ examination: inout Examination) {
        do {
            for settings in try workspace.relays(relay) {
                if settings.username != nil, settings.tls == .none || settings.tls == .opportunistic, !settings.isOnLoopback {
                    examination.note(
                        "relay \(settings.name)", .poor,
                        "its password may go in the clear: tls is \(settings.tls.rawValue), and the relay is not on this machine")
                }
                examination.look("relay \(settings.name)") {
                    let (offered, tls) = try RelayTransport(Relay(settings, in: workspace), deadlines: Self.patience).check()
                    let words = [
                        tls?.version ?? "not encrypted", offered.pipelining ? "pipelining" : nil, offered.smtpUTF8 ? "SMTPUTF8" : nil,
                        offered.largestMessage.map { "messages up to \(Console.number($0 / 1_000_000)) MB" },
                        settings.username == nil ? nil : "logged in",
                    ]
                    return (["\(settings.host):\(settings.port) answers"] + words.compactMap { $0 }).joined(separator: ", ")
                        + (tls.map { "\n\($0.certificate)" } ?? "")
                }
            }
        } catch {
            examination.note("relay", .bad, "\(error)")
        }
    }
}

/// What was looked at, and how it is.
struct Examination {
    enum Health: String {
        case good, poor, bad
    }

    private var findings: [(subject: String, health: Health, words: String)] = []

    var failed: Bool { findings.contains { $0.health == .bad } }

    mutating func note(_ subject: String, _ health: Health, _ words: String) {
        findings.append((subject, health, words))
    }

    mutating func look(_ subject: String, _ body: () throws -> String) {
        do {
            note(subject, .good, try body())
        } catch let error as RelayError {
            note(subject, .bad, "\(error)\n\(error.hint)")
        } catch {
            note(subject, .bad, "\(error)")
        }
    }

    func print() {
        let width = findings.map { Table.columns($0.subject) }.max() ?? 0
        for finding in findings {
            let mark =
                switch finding.health {
                case .good: Console.green("✓")
                case .poor: Console.yellow("!")
                case .bad: Console.red("✗")
                }
            let gap = String(repeating: " ", count: width - Table.columns(finding.subject) + 2)
            let lines = finding.words.split(separator: "\n", omittingEmptySubsequences: false)
            Console.print("\(mark) \(finding.subject)\(gap)\(lines.first ?? "")")
            for line in lines.dropFirst() { Console.print(String(repeating: " ", count: width + 4) + line) }
        }
    }

    var json: JSONValue {
        .object([
            "ok": .bool(!failed),
            "findings": .list(
                findings.map { .object(["subject": .text($0.subject), "health": .text($0.health.rawValue), "text": .text($0.words)]) }),
        ])
    }
}

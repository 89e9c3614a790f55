import ArgumentParser
import Campaigns
import Diagnostics
import Model
import Store
import Workspace

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "What was sent, to whom, and what came of it.",
        discussion: "As csv or jsonl, every line; as a table, the newest ones.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, csv, jsonl
    }

    @Argument(help: "The campaign's name; all where it is left out.")
    var campaign: String?

    @Option(name: .long, help: ArgumentHelp("planned, deferred, handed, accepted, refused, unknown or skipped.", valueName: "state"))
    var state: String?

    @Option(name: .long, help: ArgumentHelp("The messages to this address.", valueName: "email"))
    var to: String?

    @Option(name: .long, help: "table, csv or jsonl.")
    var format = Format.table

    @Option(name: .long, help: "How many lines at most, the newest.")
    var limit: Int?

    @Flag(name: .long, help: "The same as --format jsonl.")
    var json = false

    @OptionGroup var workspace: WorkspaceOptions

    func validate() throws {
        if let state, !LedgerFilter.stateWords.contains(state) {
            let advice = suggestion(for: state, among: LedgerFilter.stateWords).map { "; \($0)" } ?? ""
            throw ValidationError("--state is one of \(LedgerFilter.stateWords.joined(separator: ", "))\(advice)")
        }
    }

    func run() throws {
        let workspace = try workspace.open()
        let format = json ? Format.jsonl : format
        var filter = LedgerFilter(
            state: state, address: try to.map { try Arguments.address($0) }, last: limit ?? (format == .table ? 20 : nil))
        if let campaign {
            guard let record = try workspace.campaigns.campaign(named: campaign) else {
                let names = try workspace.campaigns.campaigns().map(\.name)
                throw UseError(.input, "nothing is known of a campaign \"\(campaign)\"", hint: suggestion(for: campaign, among: names))
            }
            filter.campaign = record.id
        }
        switch format {
        case .table: try printTable(filter, workspace)
        case .csv:
            Console.print(LedgerEntry.columns.joined(separator: ","))
            try workspace.ledger.forEach(filter) { entry in
                Console.print(LedgerEntry.columns.map { Self.csv(entry.json[$0] ?? .null) }.joined(separator: ","))
            }
        case .jsonl: try workspace.ledger.forEach(filter) { Console.print($0.json.json) }
        }
    }

    private func printTable(_ filter: LedgerFilter, _ workspace: OpenWorkspace) throws {
        var table = Table([("at", .left), ("campaign", .left), ("email", .left), ("state", .left), ("reply", .left)])
        let zone = workspace.settings.zone
        try workspace.ledger.forEach(filter) { entry in
            let at = entry.settledAt ?? entry.attemptAt ?? entry.handedAt
            table.add(at.map { Console.time($0, zone) } ?? "", entry.campaign, entry.address, entry.stateWord, entry.outcomeText)
        }
        if table.rows.isEmpty { Console.print("No such messages.") } else { table.print() }
    }

    private static func csv(_ value: JSONValue) -> String {
        switch value {
        case .null: ""
        case .text(let text):
            text.contains { ",\"\n\r".contains($0) }
                ? "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\"" : text
        default: value.json
        }
    }
}

import ArgumentParser
import Campaigns
import Model
import Store

struct ResolveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Settle messages that nobody knows about.",
        discussion: """
            A message is unknown when the connection was lost after its last byte had been handed over and before the relay
            answered. The relay's own log tells: look for the Message-ID (pitwall log CAMPAIGN --state unknown --format csv).
            As sent they count as accepted; as unsent they go again with the next send. Without --as, those are settled as sent of
            which something has come back (an open, a click, a bounce: pitwall import bounces), and the rest is counted.
            """)

    enum Verdict: String, ExpressibleByArgument, CaseIterable {
        case sent, unsent
    }

    @Argument(help: "The campaign's name.")
    var campaign: String

    @Argument(help: "The addresses; all unknown ones of the campaign where none is given.")
    var emails: [String] = []

    @Option(name: .customLong("as"), help: "sent or unsent; where it is left out, evidence decides.")
    var verdict: Verdict?

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    @OptionGroup var workspace: WorkspaceOptions

    func run() throws {
        let workspace = try workspace.open()
        guard let record = try workspace.campaigns.campaign(named: campaign) else {
            throw UseError(.input, "nothing is known of a campaign \"\(campaign)\"")
        }
        // Of those in hand nobody knows either, where their sender was killed.
        let found = try workspace.settleLeft(of: record, at: Clock.now())
        if found.unknown > 0, verdict != nil, emails.isEmpty {
            throw UseError(
                .notNow,
                "\(Console.count(found.unknown, "message")) of a sender that was cut off \(found.unknown == 1 ? "is" : "are") unknown since now",
                hint: "look at all of them first: pitwall log \(campaign) --state unknown; then run the same command again")
        }
        guard let verdict else { return try byEvidence(record, workspace) }
        let addresses = emails.isEmpty ? nil : try emails.map { try Arguments.address($0) }
        let count = try workspace.ledger.resolve(record.id, asSent: verdict == .sent, addresses: addresses, at: Clock.now())
        if verdict == .unsent, count > 0 { try workspace.campaigns.move(record.id, to: .sending, from: [.sent], at: Clock.now()) }
        let isCancelled = record.state == .cancelled
        if isCancelled { _ = try workspace.ledger.skipRemaining(of: record.id, reason: .cancelled, at: Clock.now()) }
        if json {
            Console.print(json: .object(["resolved": .integer(Int64(count)), "as": .text(verdict.rawValue)]))
        } else if count == 0 {
            Console.print("Nothing of \(campaign) is unknown\(addresses == nil ? "" : " for these addresses").")
            try tellHanded(record, workspace)
        } else {
            Console.print(
                "\(Console.count(count, "message")) settled as \(verdict.rawValue)."
                    + (verdict == .sent
                        ? "" : isCancelled ? " \(campaign) was cancelled: they are not sent." : " Send again: pitwall send \(campaign)"))
        }
        if let addresses, count < Set(addresses.map(\.key)).count { throw Code.found }
    }

    /// Whoever was killed has settled nothing: what it had in hand is known to be unknown only once a sender has looked.
    private func tellHanded(_ record: CampaignRecord, _ workspace: OpenWorkspace) throws {
        guard try !workspace.isBeingSent(record.id) else { return }
        let handed = try workspace.ledger.countInHand(of: record.id)
        guard handed > 0 else { return }
        Console.print(
            "\(Console.count(handed, "message")) of a sender that was cut off: pitwall send \(campaign) finds out about them first.")
    }

    func validate() throws {
        if verdict == nil, !emails.isEmpty { throw ValidationError("say what became of them: --as sent or --as unsent") }
    }

    private func byEvidence(_ record: CampaignRecord, _ workspace: OpenWorkspace) throws {
        let count = try workspace.ledger.resolveByEvidence(record.id, at: Clock.now())
        let left = try [DeliveryKey.campaignStep, DeliveryKey.seedStep].reduce(0) {
            $0 + (try workspace.ledger.counts(of: record.id, step: $1).unknown)
        }
        if json {
            Console.print(json: .object(["resolved": .integer(Int64(count)), "as": .text("sent"), "unknown": .integer(Int64(left))]))
            if left > 0 { throw Code.found }
            return
        }
        if count + left == 0 {
            Console.print("Nothing of \(campaign) is unknown.")
            return try tellHanded(record, workspace)
        }
        Console.print(
            count == 0
                ? "There is no evidence yet of what became of them."
                : "\(Console.count(count, "message")) settled as sent by what came back of them.")
        guard left > 0 else { return }
        Console.print(
            "\(Console.number(left)) unknown: pitwall log \(campaign) --state unknown; then pitwall resolve \(campaign) --as sent|unsent")
        throw Code.found
    }
}

import ArgumentParser
import CAllocator
import Campaigns
import Database
import Delivery
import Foundation
import Model
import SMTP
import Signing
import Store
import Workspace

struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Carry out a plan; take up one that was interrupted.",
        discussion: """
            Makes a plan where there is none. Ends with 0 when nothing is left to go, 75 when it can be taken up again by the
            same command, 1 when there are messages nobody knows about (see resolve), that could not be rendered, or when more
            was refused than stop_if allows. Ctrl-C once: no new message, those in flight are finished.
            """)

    @Argument(help: "The campaign's name.")
    var campaign: String

    @Option(
        name: .long, help: ArgumentHelp("The plan to carry out.", discussion: "Default: the one begun, else the newest.", valueName: "id"))
    var plan: Int64?

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    @Option(name: .long, help: ArgumentHelp("Send at most this many now.", valueName: "count"))
    var limit: Int?

    @Option(
        name: .long, help: ArgumentHelp("Send one message, made for the plan's first person, to this address instead.", valueName: "email"))
    var testTo: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The relay, in place of those in pitwall.yaml: smtp://HOST:PORT (or PITWALL_RELAY_URL).", valueName: "url"))
    var relay: String?

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    enum Progress: String, ExpressibleByArgument, CaseIterable {
        case bar, json, none
    }

    @Option(
        name: .long,
        help: ArgumentHelp("How it is getting on: a bar on a terminal, or a line of JSON a second.", valueName: "bar|json|none"))
    var progress = Progress.bar

    @OptionGroup var workspace: WorkspaceOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1") }
    }

    func run() throws {
        StopSignals.ignoreThoseOfWriting()
        let workspace = try workspace.open()
        let keys = try workspace.keys()
        let sender = Sender(workspace, keys: keys, clock: Clock.now)
        let chosen = try sender.prepare(campaign, plan: plan.map { PlanID($0) })
        let prepared = try chosen ?? planned(workspace, sender)
        if let testTo { return try sendTest(prepared, to: testTo, workspace, keys) }
        try refuseState(prepared.campaign, workspace)
        var post = try post(for: prepared, sender)
        tell(post.recovery)
        try sender.refuseReplaced(prepared)
        try tellOthers(prepared.campaign, post, workspace)
        if prepared.isResumed, !(try workspace.ledger.hasUnfinished(prepared.campaign.id)) {
            try finish(prepared, SendReport(), sender, post)
            return try conclude(prepared, SendReport(), sender, nothingToDo: true)
        }
        let relays = try workspace.relays(relay)
        let routes = try Route.routes(relays, from: prepared.definition.file.from.value.address, in: workspace)
        let carrying = routes.map { relays[$0.relay] }
        let isOnLoopback = carrying.allSatisfy(\.isOnLoopback)
        try sender.refuseUnlawful(prepared.definition, toLoopback: isOnLoopback)
        if prepared.definition.isMarketing, !isOnLoopback, let url = prepared.definition.settings.publicURL {
            try PublicPage.check(url, keys)
        }
        // A key that cannot sign must be told before anybody is asked, and before the plan is begun.
        _ = try workspace.dkimSigner(for: prepared.definition)
        try tellAndAsk(prepared, workspace, carrying)
        try sender.activate(prepared, agreed: plan != nil && yes)
        // One that is sending already keeps the time since when: stop_if counts from there.
        try workspace.campaigns.move(prepared.campaign.id, to: .sending, from: [.planned, .sent], at: Clock.now())
        var report = try carryOut(prepared, post, sender, relays, routes, limit)
        // Frozen, or cut off from the database for long, it was taken for dead: what it had in hand is settled, and it comes back.
        while case .putOut = report.ending, limit.map({ report.taken < $0 }) ?? true {
            Console.error("Nothing was heard of this sender for too long, and others went on without it. It comes back as a new one.")
            post = try self.post(for: prepared, sender)
            try sender.refuseReplaced(prepared)
            report = report.followed(by: try carryOut(prepared, post, sender, relays, routes, limit.map { $0 - report.taken }))
        }
        try conclude(prepared, report, sender)
    }

    private func carryOut(
        _ prepared: Sender.Prepared, _ post: Post, _ sender: Sender, _ relays: [RelaySettings], _ routes: [Route], _ limit: Int?
    ) throws -> SendReport {
        let workspace = sender.workspace
        let traffic = try Traffic(relays, in: workspace, at: Clock.now())
        let run = try sender.run(prepared, post: post, traffic: traffic, relays: relays, routes: routes, limit: limit)
        let note = ProgressNote(path: post.progressPath)
        defer { note.remove() }
        let (teller, words) = (Teller("pitwall-progress"), Teller("pitwall-words"))
        defer {
            teller.finish()
            words.finish()
        }
        let shown = show(note, workspace.settings.zone, teller)
        StopSignals.begin { count in
            // First the deed: nobody may be there to read the words.
            if count > 1 { return run.stopNow() }
            run.stop("interrupted")
            words.tell {
                Console.error("\nStopping: no new message, those in flight are finished. Once more to stop at once.")
            }
        }
        defer { StopSignals.end() }
        var hasBegun = false
        // Code that has done its work, once before the connections are made and once a second later, when they mostly are.
        pitwall_forget_code()
        let report = try run.run { progress in
            if !hasBegun, progress.report.seconds >= 1 {
                pitwall_forget_code()
                hasBegun = true
            }
            shown(progress)
        }
        if case .ledger = report.ending { return report }
        try finish(prepared, report, sender, post)
        return report
    }

    private func finish(_ prepared: Sender.Prepared, _ report: SendReport, _ sender: Sender, _ post: Post) throws {
        defer { post.close() }
        do {
            try sender.finish(prepared, report)
        } catch let error as DatabaseError {
            throw Self.broken(error, prepared.campaign.name)
        }
    }

    /// What was answered and not written is in the flight recorder, whatever happened to the database.
    private static func broken(_ error: any Error, _ name: String) -> UseError {
        let failure = error as? DatabaseError
        let kind: UseError.Kind =
            switch failure?.code {
            case .busy, .lost, .inDoubt: .notNow
            case .unfit, .damaged: .settings
            default: .cannotWrite
            }
        let remedy = failure?.hint.map { "\($0)\n  " } ?? ""
        return UseError(
            kind, "the log can't be written: \(failure?.message ?? "\(error)")",
            hint: "\(remedy)what was answered is kept in the flight recorder; when this is in order: pitwall send \(name)")
    }

    // MARK: Before

    private func planned(_ workspace: OpenWorkspace, _ sender: Sender) throws -> Sender.Prepared {
        let made = try Planner(workspace, forgotten: try workspace.forgotten()).plan(campaign, at: Clock.now())
        if !json { made.print(isGoingOut: true) }
        guard let prepared = try sender.prepare(campaign, plan: made.plan.id) else {
            throw UseError(.input, "\(campaign) could not be planned")
        }
        return prepared
    }

    private func post(for prepared: Sender.Prepared, _ sender: Sender) throws -> Post {
        let campaign = prepared.campaign
        do {
            return try sender.takePost(for: campaign.id, plan: prepared.plan.id)
        } catch let problem as FlightRecorder.Problem {
            guard case .inUse = problem else { throw problem }
            throw UseError(
                .notNow, "\(problem)",
                hint:
                    "watch it with: pitwall campaigns status \(campaign.name); stop it with: pitwall campaigns pause \(campaign.name)")
        }
    }

    private func refuseState(_ campaign: CampaignRecord, _ workspace: OpenWorkspace) throws {
        // What was in hand is settled all the same: nobody else would.
        if [.paused, .cancelled].contains(campaign.state) { tell(try workspace.settleLeft(of: campaign, at: Clock.now())) }
        switch campaign.state {
        case .paused:
            throw UseError(
                .notNow, "\(campaign.name) is paused" + (campaign.reason.map { ": \($0)" } ?? ""),
                hint: "go on with: pitwall campaigns resume \(campaign.name)")
        case .cancelled:
            throw UseError(.input, "\(campaign.name) was cancelled", hint: "copy its file under another name to send it after all")
        case .planned, .sending, .sent: break
        }
    }

    private func tell(_ recovery: Recovery) {
        guard !recovery.isEmpty, !json else { return }
        var parts: [String] = []
        if recovery.settled > 0 { parts.append("\(Console.count(recovery.settled, "answer")) saved") }
        if recovery.returned > 0 { parts.append("\(Console.number(recovery.returned)) go again") }
        if recovery.unknown > 0 { parts.append("\(Console.number(recovery.unknown)) unknown") }
        Console.error("An earlier send was cut off: \(parts.joined(separator: ", ")).")
    }

    private func tellOthers(_ campaign: CampaignRecord, _ post: Post, _ workspace: OpenWorkspace) throws {
        guard post.lease != nil, !json else { return }
        let others = try workspace.ledger.senders(of: campaign.id).filter { $0.id != post.sender }
        for sentence in others.sentences(workspace) { Console.error(sentence) }
    }

    private func tellAndAsk(_ prepared: Sender.Prepared, _ workspace: OpenWorkspace, _ relays: [RelaySettings]) throws {
        for path in prepared.changedFiles {
            Console.error(
                "\(Console.yellow("note:", on: .error)) \(path) has changed since plan \(prepared.plan.id); the plan's version is sent")
        }
        guard !yes, !prepared.isResumed, Console.isTerminal(.output), isatty(STDIN_FILENO) == 1 else { return }
        let ways = relays.map { "\($0.name) (\($0.host):\($0.port)\($0.isStandby ? ", standing by" : ""))" }.joined(separator: ", ")
        Console.write("Send to \(Console.count(prepared.plan.recipients, "person", "people")) through \(ways)? [y/N] ", to: .error)
        let answer = readLine()?.trimmingSpaces.lowercased() ?? ""
        guard ["y", "yes"].contains(answer) else {
            throw UseError(.notNow, "nothing was sent", hint: "the plan is kept: pitwall send \(campaign)")
        }
    }

    // MARK: During

    private func show(_ note: ProgressNote, _ zone: Zone, _ teller: Teller) -> (SendProgress) -> Void {
        let line = ProgressLine(enabled: !json && progress == .bar)
        let isJSON = progress == .json
        var noted: Int64?
        return { going in
            if line.enabled { teller.tell { line.show(going.line) } }
            let uptime = Uptime.now()
            if let noted, uptime - noted < 1000, !going.isLast { return }
            noted = uptime
            let told = going.json(at: Clock.now(), zone)
            note.write(told)
            if isJSON { teller.tell { Console.print(json: told) } }
        }
    }

    // MARK: After

    private func conclude(_ prepared: Sender.Prepared, _ report: SendReport, _ sender: Sender, nothingToDo: Bool = false) throws {
        let workspace = sender.workspace
        let name = prepared.campaign.name
        if case .ledger(let error) = report.ending {
            ProgressLine(enabled: !json).clear()
            throw Self.broken(error, name)
        }
        let counts = try report.standing ?? workspace.ledger.counts(of: prepared.campaign.id)
        let seeds = try workspace.ledger.counts(of: prepared.campaign.id, step: DeliveryKey.seedStep)
        let holders = counts.handed + seeds.handed > 0 ? try workspace.ledger.senders(of: prepared.campaign.id).sentences(workspace) : []
        let summary = SendSummary(
            name: name, plan: prepared.plan, report: report, counts: counts, seeds: seeds, holders: holders,
            causes: counts.skipped + seeds.skipped > 0 ? try workspace.ledger.causesNotRendered(of: prepared.campaign.id, atMost: 5) : [],
            zone: workspace.settings.zone, nothingToDo: nothingToDo,
            isPaused: try workspace.campaigns.state(of: prepared.campaign.id) == .paused)
        summary.tell(json: json)
        if case .relay(let error) = report.ending { throw error }
        if counts.remaining + seeds.remaining + counts.handed + seeds.handed > 0 { throw Code.resumable }
        if counts.unknown + seeds.unknown + summary.notRendered > 0 || report.verdict != nil { throw Code.found }
    }
}

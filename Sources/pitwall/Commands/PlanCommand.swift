import ArgumentParser
import Campaigns
import Model
import Store
import Workspace

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Freeze a campaign: who gets it, who does not and why, and what the checks say.",
        discussion: "Nothing is sent. `preview` shows what each person would get; `send` carries the plan out.")

    @Argument(help: "The campaign's name.")
    var campaign: String

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    @OptionGroup var workspace: WorkspaceOptions

    func run() throws {
        let workspace = try workspace.open()
        let planned = try Planner(workspace, forgotten: try workspace.forgotten()).plan(campaign, at: Clock.now())
        if json { Console.print(json: planned.json) } else { planned.print() }
        if planned.unexpected { throw Code.found }
    }
}

extension PlannedCampaign {
    var json: JSONValue {
        .object([
            "plan": .integer(plan.id.rawValue), "campaign": .text(campaign.name), "recipients": .integer(Int64(plan.recipients)),
            "excluded": .object(JSONObject(plan.excluded.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) })),
            "checks": .list(checks.map(\.json)), "seconds_at_limits": .real(secondsAtLimits ?? 0),
            "content_hash": .text(plan.contentHash), "at": .text(plan.at.iso), "unexpected": .bool(unexpected),
        ])
    }

    /// `isGoingOut`: it is sent at once, and there is nothing to do next.
    func print(isGoingOut: Bool = false) {
        Console.print("\(Console.bold(definition.file.title)) \(Console.dim("— \(campaign.name), plan \(plan.id)"))")
        Console.print()
        Console.print("  \(Console.bold(Console.number(plan.recipients))) \(plan.recipients == 1 ? "person gets" : "people get") it")
        for (reason, count) in plan.excluded.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            let words = Obstacle(rawValue: reason)?.explanation(count) ?? reason
            Console.print(Console.dim("  \(Console.number(count)) \(words)"))
        }
        if let seconds = secondsAtLimits, seconds >= 1 {
            Console.print("  takes at least \(Console.duration(seconds)) at the limits in force")
        }
        if unexpected, let expect = definition.file.expect {
            Console.print(Console.yellow("  `expect` says \(expect.lowerBound)-\(expect.upperBound): sending waits for a person"))
        }
        Console.print()
        for check in checks { Console.print(Console.render(check) + "\n") }
        guard !isGoingOut else { return }
        Console.print(Console.dim("next: pitwall preview \(campaign.name) --sample 3   or   pitwall send \(campaign.name)"))
    }
}

import ArgumentParser
import Campaigns
import Delivery
import Model
import Store

extension ImportCommand {
    struct Bounces: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "bounces",
            abstract: "What came back to the return path: bounces, delays and complaints, from mail files.",
            discussion: """
                Takes one message (.eml), an mbox, a Maildir, or a folder of such files. A report is believed about the message whose
                identity it names (the return path that each message had for itself, or its Message-ID); anything else is passed over.
                Addresses where nobody reads mail are suppressed (lift: pitwall contacts lift), unless a provider calls more than 5 % of
                its recipients missing within an hour. Messages that nobody knew about are settled as sent. The same mail may be
                imported again, and while a campaign is being sent: which provider is overrun is learned at once.
                """)

        @OptionGroup var common: Common

        func run() throws {
            let workspace = try common.workspace.open()
            let job = BounceImport(
                workspace.ledger, providers: Providers(workspace.settings), dryRun: common.dryRun, clock: { Clock.now() })
            let started = Clock.now()
            let bar = ProgressLine(enabled: !common.json)
            let summary = try job.run(common.file) { bar.show("\(Console.number($0)) messages read") }
            bar.clear()
            let seconds = Double(Clock.now().milliseconds - started.milliseconds) / 1000
            common.json ? printJSON(summary, seconds) : tell(summary, seconds)
        }

        private func tell(_ summary: BounceImport.Summary, _ seconds: Double) {
            let words = MessageReport.Kind.allCases.compactMap { kind in
                summary.kinds[kind].map { Console.count($0, kind.noun, kind.plural) }
            }
            let told = words.isEmpty ? "nothing new" : words.joined(separator: ", ")
            let known = summary.known > 0 ? ", \(Console.number(summary.known)) known already" : ""
            Console.print(
                "\(common.dryRun ? "Would note" : "Noted") \(told)\(known); \(Console.count(summary.read, "message")) read in \(Console.duration(seconds))."
            )
            for (refusal, count) in summary.refusals.sorted(by: { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }) {
                Console.print("  \(Console.number(count)) × \(refusal == .unknown ? "for another reason" : refusal.rawValue)")
            }
            if summary.suppressed > 0 {
                let verb = common.dryRun ? "would be suppressed" : "suppressed: nothing more is sent there"
                Console.print("\(Console.count(summary.suppressed, "address", "addresses")) \(verb)")
            }
            if summary.settled > 0 {
                Console.print(
                    "\(Console.count(summary.settled, "message")) nobody knew about: settled as sent, since the relay had \(summary.settled == 1 ? "it" : "them")"
                )
            }
            for (name, count) in summary.doubted.sorted(by: { $0.key < $1.key }) {
                Console.print(
                    Console.yellow(
                        "\(Console.count(count, "address", "addresses")) at \(name) not suppressed: more than 5 % of its recipients within an hour came back as missing"
                    ))
            }
            if summary.notOurs > 0 {
                Console.print(Console.dim("note: \(Console.count(summary.notOurs, "report")) of messages that this workspace has not sent"))
            }
            if summary.noReports > 0 {
                Console.print(Console.dim("note: \(Console.count(summary.noReports, "message")) passed over: no reports of a mail server"))
            }
        }

        private func printJSON(_ summary: BounceImport.Summary, _ seconds: Double) {
            func object(_ counts: [(String, Int)]) -> JSONValue {
                .object(JSONObject(counts.sorted { $0.0 < $1.0 }.map { ($0.0, .integer(Int64($0.1))) }))
            }
            Console.print(
                json: .object([
                    "read": .integer(Int64(summary.read)), "added": .integer(Int64(summary.new)),
                    "unchanged": .integer(Int64(summary.known)),
                    "not_ours": .integer(Int64(summary.notOurs)), "no_reports": .integer(Int64(summary.noReports)),
                    "kinds": object(summary.kinds.map { ($0.key.rawValue, $0.value) }),
                    "refusals": object(summary.refusals.map { ($0.key.rawValue, $0.value) }),
                    "suppressed": .integer(Int64(summary.suppressed)), "settled": .integer(Int64(summary.settled)),
                    "doubted": object(summary.doubted.map { ($0.key, $0.value) }), "seconds": .real(seconds),
                ]))
        }
    }
}

extension MessageReport.Kind {
    fileprivate var noun: String {
        switch self {
        case .failed: "bounce"
        case .delayed: "delay"
        case .delivered: "delivery"
        case .complaint: "complaint"
        }
    }

    fileprivate var plural: String { self == .delivered ? "deliveries" : noun + "s" }
}

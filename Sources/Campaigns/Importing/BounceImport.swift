package import Delivery
import Mail
package import Model
package import Store

/// Reads what came back to the return path: bounces, delays, complaints.
///
/// A report is believed about the one message whose identity it names, which only who handled that message can know; an address that it
/// names decides nothing. It settles what nobody knew about, is kept with the person, teaches the sending policy, and puts on the suppression
/// list whom it calls missing, unless a provider calls too many so within an hour. Reading the same mail again changes nothing.
package struct BounceImport {
    package struct Summary: Sendable {
        package var read = 0
        /// Those that are somebody's answer, or nothing that can be read.
        package var noReports = 0
        /// Reports of messages that this workspace has not sent.
        package var notOurs = 0
        package var known = 0
        /// New ones.
        package var kinds: [MessageReport.Kind: Int] = [:]
        /// What the new bounces were refused for.
        package var refusals: [RefusalClass: Int] = [:]
        /// Messages that nobody had known about and that are known to have been sent now.
        package var settled = 0
        package var suppressed = 0
        /// Not suppressed, since their provider called more than 5 % of its recipients missing within an hour.
        package var doubted: [String: Int] = [:]

        package init() {}

        package var new: Int { kinds.values.reduce(0, +) }
    }

    private let ledger: Ledger
    private let providers: Providers
    private let clock: () -> Instant
    private let dryRun: Bool
    private static let batch = 500

    package init(_ ledger: Ledger, providers: Providers, dryRun: Bool = false, clock: @escaping () -> Instant) {
        (self.ledger, self.providers, self.dryRun, self.clock) = (ledger, providers, dryRun, clock)
    }

    package func run(_ path: String, progress: (Int) -> Void = { _ in }) throws -> Summary {
        var summary = Summary()
        var batch: [MessageReport] = []
        var missing: [RecordedReport] = []
        try MailFiles(path: path, longest: DeliveryReport.longest).forEach { bytes in
            summary.read += 1
            guard let report = DeliveryReport(bytes).flatMap(MessageReport.init) else {
                summary.noReports += 1
                return
            }
            batch.append(report)
            if batch.count == Self.batch {
                try record(&batch, &summary, &missing)
                progress(summary.read)
            }
        }
        try record(&batch, &summary, &missing)
        try judge(missing, &summary)
        return summary
    }

    private func record(_ batch: inout [MessageReport], _ summary: inout Summary, _ missing: inout [RecordedReport]) throws {
        guard !batch.isEmpty else { return }
        for recorded in try ledger.record(batch, at: clock(), dryRun: dryRun) {
            guard let recorded else {
                summary.notOurs += 1
                continue
            }
            if recorded.isMissing { missing.append(recorded) }
            if recorded.settles { summary.settled += 1 }
            guard recorded.isNew else {
                summary.known += 1
                continue
            }
            summary.kinds[recorded.kind, default: 0] += 1
            if recorded.kind == .failed { summary.refusals[recorded.refusal, default: 0] += 1 }
        }
        batch.removeAll()
    }

    // MARK: Missing people

    /// A provider's recipients of one hour.
    private struct Crowd: Hashable {
        /// A group of the settings, or a domain by itself.
        var name: String
        var hour: Int64
    }

    private static let hour: Int64 = 3_600_000

    private func crowd(_ domain: String, _ hour: Int64) -> Crowd {
        Crowd(name: providers.domains[domain].map { providers.groups[$0].name } ?? domain, hour: hour)
    }

    /// Those already known are judged again: a file that is read after another may show that both were a provider's mistake.
    private func judge(_ missing: [RecordedReport], _ summary: inout Summary) throws {
        guard let first = missing.map(\.handedAt).min() else { return }
        let suspicious = try suspicious(since: Instant(milliseconds: first.milliseconds / Self.hour * Self.hour))
        var believed: [RecordedReport] = []
        for report in missing {
            let crowd = crowd(report.address.asciiDomain, report.handedAt.milliseconds / Self.hour)
            if suspicious[crowd] == nil {
                believed.append(report)
            } else {
                summary.doubted[crowd.name, default: 0] += 1
            }
        }
        if dryRun {
            summary.suppressed = Set(believed.map(\.address.key)).count
            return
        }
        let now = clock()
        summary.suppressed = try ledger.judge(suppressing: believed, doubting: suspicious.map { ($1, $0.hour) }, at: now)
        for crowd in suspicious.keys.sorted(by: { $0.hour < $1.hour }) where now.milliseconds / Self.hour - crowd.hour <= 1 {
            let words = "more than 5 % of its recipients within an hour came back as \"no such user\"; nobody is suppressed for it"
            try ledger.note(
                [.init(subject: "provider \(crowd.name)", heldUntil: now.advanced(byMilliseconds: SendingPolicy.hold), words: words)],
                at: now)
        }
    }

    /// The crowds that are not to be believed, with their domains.
    private func suspicious(since: Instant) throws -> [Crowd: [String]] {
        var counts: [Crowd: Int] = [:]
        for count in try ledger.missing(since: since) { counts[crowd(count.domain, count.hour), default: 0] += count.count }
        var found: [Crowd: [String]] = [:]
        for (crowd, count) in counts {
            let group = providers.groups.first { $0.name == crowd.name }
            guard count >= (group == nil ? AnswerWindow.fewestOfDomain : AnswerWindow.fewest) else { continue }
            let domains = group?.domains ?? [crowd.name]
            let handed = try ledger.handed(to: domains, within: crowd.hour)
            if Double(count) > Double(handed) * AnswerWindow.share { found[crowd] = domains }
        }
        return found
    }
}

extension MessageReport {
    /// Nil for a report that names no message as this program names its own.
    init?(_ report: DeliveryReport) {
        guard let told = report.recipients.first, let kind = Kind(rawValue: told.kind.rawValue) else { return nil }
        self.init(
            identities: report.traces.compactMap { Self.identity(in: $0) }, kind: kind, at: report.date,
            address: told.address.flatMap { try? EmailAddress($0) }, reply: Reply(told))
    }

    /// `bounces+IDENTITY@…`, as return paths are made, and `IDENTITY@…`, as Message-IDs are.
    private static func identity(in trace: String) -> String? {
        let local = trace.prefix { $0 != "@" }
        let last = (local.split(separator: "+").last ?? local).lowercased()
        let isOne = last.utf8.count == Self.length && last.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x32...0x37 ~= $0 }
        return isOne ? last : nil
    }
}

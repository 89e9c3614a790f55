import Database
import Segments
package import Model
package import Store
import Workspace

extension CampaignDefinition {
    package var isMarketing: Bool { file.kind == .marketing }

    package var rules: SendingRules {
        var caps: [SendingRules.Cap] = []
        if let cap = settings.cap { caps.append(SendingRules.Cap(cap)) }
        for topic in settings.topics {
            if topic.name == file.topic?.value, let cap = topic.cap { caps.append(SendingRules.Cap(cap, topic: topic.name)) }
        }
        return SendingRules(marketing: isMarketing, topic: file.topic?.value, caps: caps)
    }

    /// All that it asks of people: who is in, who is out, and what its template asks.
    var everySegment: [SegmentPlan] {
        [segment].compactMap { $0 } + excluded + askedSegments.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Who it goes to at `now`, as the database is asked.
    package func audience(for campaign: CampaignID, in workspace: OpenWorkspace, at now: Instant) -> Audience {
        let dialect = workspace.database.dialect
        let moment = Moment.now(now, zone: settings.zone)
        let asksConsent = file.topic.map { segment?.needsConsent(to: $0.value) ?? false } ?? false
        return Audience(
            campaign: campaign, segment: segment?.sql(dialect: dialect, at: moment) ?? "1 = 1", consentedAt: asksConsent ? now : nil,
            excluded: excluded.map { $0.sql(dialect: dialect, at: moment) }, addresses: addresses,
            holdout: (file.holdout?.partsPerMillion ?? 0) / 100, rules: rules)
    }

    package var window: SendWindow {
        SendWindow(
            between: file.send.between.map { ($0.start, $0.end) }, notAfter: file.send.notAfter, zone: settings.zone)
    }

    package var stopRule: StopRule {
        StopRule(refused: file.stopIf.refused?.fraction, complaints: file.stopIf.complaints?.fraction)
    }
}

import Database
package import Model

/// Who may be written to: what is asked of a person in the plan, and asked again in the claim.
package struct SendingRules: Hashable, Sendable {
    /// Marketing needs consent to `topic`; service mail honours suppression alone.
    package var marketing: Bool
    package var topic: String?
    package var caps: [Cap]

    package struct Cap: Hashable, Sendable {
        package var cap: FrequencyCap
        /// Nil counts all marketing messages.
        package var topic: String?

        package init(_ cap: FrequencyCap, topic: String? = nil) {
            self.cap = cap
            self.topic = topic
        }
    }

    package init(marketing: Bool, topic: String?, caps: [Cap] = []) {
        self.marketing = marketing
        self.topic = topic
        self.caps = caps
    }

    /// Why a person must not be written to, as a word (``Obstacle``), or NULL: an expression over the contact row `c`.
    func obstacle(at now: Instant) -> SQL {
        var cases: [SQL] = ["WHEN c.email IS NULL THEN 'no_address'"]
        cases.append("WHEN EXISTS (SELECT 1 FROM suppression s WHERE s.email_key = c.email_key AND \(suppression)) THEN 'suppressed'")
        if marketing {
            // That mail to a further address comes back says nothing of this one; what a person wants goes for all of theirs.
            cases.append(
                """
                WHEN EXISTS (SELECT 1 FROM contact_alias a JOIN suppression s ON s.email_key = a.email_key WHERE a.contact_id = c.id \
                AND s.reason IN ('unsubscribed', 'complaint') AND \(suppression)) THEN 'suppressed'
                """)
            cases.append("WHEN \(consents(to: topic ?? "", at: now)) = 0 THEN 'no_consent'")
            for cap in caps { cases.append("WHEN \(messages(within: cap, at: now)) >= \(cap.cap.count) THEN 'capped'") }
        }
        return "(CASE \(cases.joined(separator: " ")) END)"
    }

    /// Whether a row `s` of the suppression list covers this kind of mail.
    var suppression: SQL {
        marketing ? "s.lifted_at IS NULL" : "s.lifted_at IS NULL AND s.reason = \(SuppressionReason.undeliverable.rawValue)"
    }

    /// A withdrawal counts from when it was told, whatever time it bears: nobody is written to because of a clock.
    private func consents(to topic: String, at now: Instant) -> SQL {
        """
        COALESCE((SELECT k.state = 1 FROM consent k WHERE k.contact_id = c.id AND k.topic = \(topic) AND k.state <> 0 \
        AND (k.at <= \(now.milliseconds) OR k.state = 2) ORDER BY k.at DESC, k.state DESC LIMIT 1), 0)
        """
    }

    /// What a person was sent, or may have been sent, by marketing within the cap's window.
    private func messages(within cap: Cap, at now: Instant) -> SQL {
        let since = now.advanced(byMilliseconds: -cap.cap.window.milliseconds).milliseconds
        let topic: SQL = cap.topic.map { " AND p.topic = \($0)" } ?? ""
        return """
            (SELECT count(*) FROM delivery x JOIN plan p ON p.id = x.plan_id WHERE x.contact_id = c.id \
            AND x.handed_at > \(since) AND x.state IN (1, 2, 4) AND p.kind = 'marketing'\(topic))
            """
    }
}

/// Why somebody is left out.
package enum Obstacle: String, CaseIterable, Sendable {
    case noAddress = "no_address"
    case suppressed
    case noConsent = "no_consent"
    case capped
    case holdout
    case excluded
    case alreadySent = "already_sent"
    case leftSegment = "left_segment"
    case expired
    case cancelled
    case invalidAddress = "invalid_address"
    case notRendered = "not_rendered"

    package var explanation: String {
        switch self {
        case .noAddress: "have no e-mail address"
        case .suppressed: "are on the suppression list"
        case .noConsent: "have not consented to the topic"
        case .capped: "have been written to often enough"
        case .holdout: "are held out, to measure against"
        case .excluded: "are in an excluded segment"
        case .alreadySent: "were sent it before"
        case .leftSegment: "are no longer in the segment"
        case .expired: "were not reached in time"
        case .cancelled: "were cancelled"
        case .invalidAddress: "have an address that mail can't be sent to"
        case .notRendered: "could not be rendered a message"
        }
    }
}

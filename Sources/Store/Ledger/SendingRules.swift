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

    /// The same of everybody, for a plan: who is suppressed and who consents is found once, not looked up for each; and whether anybody is
    /// suppressed at all is asked first, which costs nothing.
    ///
    /// - Parameter haveConsented: Those asked about consent at `now`: only a withdrawal of a later time can say no.
    func obstacleOfAll(at now: Instant, haveConsented: Bool = false) -> SQL {
        let any: SQL = "EXISTS (SELECT 1 FROM suppression s WHERE \(suppression))"
        var cases: [SQL] = ["WHEN c.email IS NULL THEN 'no_address'"]
        cases.append("WHEN \(any) AND c.email_key IN (SELECT s.email_key FROM suppression s WHERE \(suppression)) THEN 'suppressed'")
        if marketing {
            cases.append(
                """
                WHEN \(any) AND c.id IN (SELECT a.contact_id FROM contact_alias a JOIN suppression s ON s.email_key = a.email_key \
                WHERE s.reason IN ('unsubscribed', 'complaint') AND \(suppression)) THEN 'suppressed'
                """)
            let told: SQL = "SELECT k.contact_id FROM consent k WHERE k.topic = \(topic ?? "")"
            let lacking: SQL =
                haveConsented
                ? "c.id IN (\(told) AND k.state = 2 AND k.at > \(now.milliseconds))"
                // The number says when, and which state wins of one instant.
                : """
                c.id NOT IN (\(told) AND k.state <> 0 AND (k.at <= \(now.milliseconds) OR k.state = 2) \
                GROUP BY k.contact_id HAVING (max(k.at * 4 + k.state) & 3) = 1)
                """
            cases.append("WHEN \(lacking) THEN 'no_consent'")
            cases += capped(at: now)
        }
        return "(CASE \(cases.joined(separator: " ")) END)"
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
            cases += capped(at: now)
        }
        return "(CASE \(cases.joined(separator: " ")) END)"
    }

    private func capped(at now: Instant) -> [SQL] {
        caps.map { "WHEN \(messages(within: $0, at: now)) >= \($0.cap.count) THEN 'capped'" }
    }

    /// Whether a row `s` of the suppression list covers this kind of mail.
    var suppression: SQL {
        marketing ? "s.lifted_at IS NULL" : "s.lifted_at IS NULL AND s.reason = \(SuppressionReason.undeliverable.rawValue)"
    }

    /// A withdrawal counts from when it was told, whatever time it bears: nobody is written to because of a clock.
    private func consents(to topic: String, at now: Instant) -> SQL {
        """
        COALESCE((SELECT CASE WHEN k.state = 1 THEN 1 ELSE 0 END FROM consent k WHERE k.contact_id = c.id AND k.topic = \(topic) AND k.state <> 0 \
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
    case givenUp = "given_up"

    /// What is to be said of this many people.
    package func explanation(_ count: Int) -> String {
        let one = count == 1
        let (are, have, were) = one ? ("is", "has", "was") : ("are", "have", "were")
        return switch self {
        case .noAddress: "\(have) no e-mail address"
        case .suppressed: "\(are) on the suppression list"
        case .noConsent: "\(have) not consented to the topic"
        case .capped: "\(have) been written to often enough"
        case .holdout: "\(are) held out, to measure against"
        case .excluded: "\(are) in an excluded segment"
        case .alreadySent: "\(were) sent it before"
        case .leftSegment: "\(are) no longer in the segment"
        case .expired: "\(were) not reached in time"
        case .cancelled: "\(were) cancelled"
        case .invalidAddress: "\(have) an address that mail can't be sent to"
        case .notRendered: "could not be rendered a message"
        case .givenUp: "\(were) put off by their server until they were given up"
        }
    }
}

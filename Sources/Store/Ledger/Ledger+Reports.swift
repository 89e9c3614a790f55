import Database
package import Delivery
package import Model

/// What a report says of one message that had been taken.
package struct MessageReport: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case failed, delayed, delivered, complaint
    }

    /// By what the message may be known, the most telling first: beginnings of Message-IDs, ``length`` characters each.
    package var identities: [String]
    package var kind: Kind
    /// As the report says; nil where it does not.
    package var at: Instant?
    /// Of whom the report speaks: only a hint where to look.
    package var address: EmailAddress?
    package var reply: Reply

    package static let length = 26

    package init(identities: [String], kind: Kind, at: Instant?, address: EmailAddress?, reply: Reply) {
        (self.identities, self.kind, self.at, self.address, self.reply) = (identities, kind, at, address, reply)
    }
}

/// A report whose message is known.
package struct RecordedReport: Sendable {
    package var key: DeliveryKey
    package var campaign: String
    package var address: EmailAddress
    package var kind: MessageReport.Kind
    package var reply: Reply
    package var refusal: RefusalClass
    package var at: Instant
    package var handedAt: Instant
    /// It had not been told before.
    package var isNew: Bool
    /// Nobody had known whether the message had been sent.
    package var settles: Bool
    /// Nobody reads mail at the address, if the report is to be believed.
    package var isMissing: Bool { kind == .failed && refusal.remedy(for: reply) == .suppress }
}

extension Ledger {
    /// Writes down reports, all or none, and settles as sent what nobody knew about; nil for one whose message is not in the ledger. Told
    /// again, a report changes nothing.
    package func record(_ reports: [MessageReport], at now: Instant, dryRun: Bool = false) throws -> [RecordedReport?] {
        let places = try find(reports)
        return try database.write { session in
            try zip(reports, places).map { report, place in
                guard let place else { return nil }
                return try Self.record(report, at: place, now, dryRun: dryRun, in: session)
            }
        }
    }

    private struct Place {
        var key: DeliveryKey
        var campaign: String
        var address: EmailAddress
        var handedAt: Instant
        var isOpen: Bool
    }

    private static func record(
        _ report: MessageReport, at place: Place, _ now: Instant, dryRun: Bool, in session: any SQLSession
    ) throws -> RecordedReport {
        let key = place.key
        // A clock that is wrong by hours, or a time that somebody made up: then the message's own, which is the same when told again.
        let isLikely = report.at.map {
            $0 >= place.handedAt.advanced(byMilliseconds: -3_600_000) && $0 <= now.advanced(byMilliseconds: 3_600_000)
        }
        let at = isLikely == true ? report.at ?? place.handedAt : place.handedAt
        let refusal = RefusalClass(of: report.reply)
        var recorded = RecordedReport(
            key: key, campaign: place.campaign, address: place.address, kind: report.kind, reply: report.reply, refusal: refusal, at: at,
            handedAt: place.handedAt, isNew: true, settles: place.isOpen)
        let whose: SQL = "campaign_id = \(key.campaign) AND step = \(key.step) AND contact_id = \(key.contact) AND entry = \(key.entry)"
        let known = try session.count(
            "SELECT count(*) FROM report WHERE \(whose) AND kind = \(report.kind.rawValue) AND at = \(at.milliseconds)")
        recorded.isNew = known == 0
        if dryRun { return recorded }
        if recorded.isNew {
            try session.execute(
                """
                INSERT INTO report (contact_id, campaign_id, step, entry, kind, at, learned_at, handed_at, domain, refusal, code, enhanced, words) \
                VALUES (\(key.contact), \(key.campaign), \(key.step), \(key.entry), \(report.kind.rawValue), \(at.milliseconds), \
                \(now.milliseconds), \(place.handedAt.milliseconds), \(place.address.asciiDomain), \(refusal.rawValue), \
                \(report.reply.code), \(report.reply.enhanced.map { SQLValue.text($0) } ?? .null), \(String(report.reply.text.prefix(1000))))
                """)
            if let reaction = report.kind.reaction {
                try session.execute(
                    """
                    INSERT INTO engagement (contact_id, kind, at, campaign_id, step, entry, url, learned_at, known) \
                    VALUES (\(key.contact), \(reaction), \(at.milliseconds), \(key.campaign), \(key.step), \(key.entry), '', \
                    \(now.milliseconds), 1) ON CONFLICT (contact_id, kind, at, campaign_id, step, entry, url) DO NOTHING
                    """)
            }
        }
        if report.kind == .complaint {
            try ConsentStore.suppress(
                [
                    Suppression(
                        address: place.address, reason: .complaint, at: at, learnedAt: now, source: "reported as spam: \(place.campaign)")
                ],
                in: session)
        }
        if place.isOpen {
            try session.execute(
                """
                UPDATE delivery SET state = 2, reason = 'evidence', settled_at = \(now.milliseconds), due_at = 0, \
                handed_at = COALESCE(handed_at, \(at.milliseconds)) WHERE \(whose) AND \(Self.open)
                """)
        }
        return recorded
    }

    /// What evidence may settle: the unknown, and what a person has put back for want of it and has not gone again.
    private static let open: SQL = "(state = 4 OR (state = 0 AND reason = 'resolved'))"

    /// Settles as sent the unknown messages of a campaign of which an open, a click or a report has come; says how many it was.
    package func resolveByEvidence(_ campaign: CampaignID, at now: Instant) throws -> Int {
        try database.write { session in
            try session.execute(
                """
                UPDATE delivery SET state = 2, reason = 'evidence', settled_at = \(now.milliseconds) WHERE campaign_id = \(campaign) \
                AND state = 4 AND EXISTS (SELECT 1 FROM engagement e WHERE e.contact_id = delivery.contact_id \
                AND e.campaign_id = delivery.campaign_id AND e.step = delivery.step AND e.entry = delivery.entry)
                """)
        }
    }

    // MARK: Which message

    private func find(_ reports: [MessageReport]) throws -> [Place?] {
        try database.read { session in
            var known: [String: Place] = [:]
            // Nearly all name the address that the message went to, and a person has few messages.
            for report in reports {
                guard let address = report.address, !report.identities.contains(where: { known[$0] != nil }) else { continue }
                let whose: SQL = "d.contact_id IN (SELECT id FROM contact WHERE email_key = \(address.key)) AND d.handed_at IS NOT NULL"
                try Self.places(whose, report.identities[...], in: session) { known[$0] = $1 }
            }
            let rest = Set(reports.filter { !$0.identities.contains { known[$0] != nil } }.flatMap(\.identities)).sorted()
            for start in stride(from: 0, to: rest.count, by: 500) {
                try Self.places("d.message_id IS NOT NULL", rest[start..<min(start + 500, rest.count)], in: session) { known[$0] = $1 }
            }
            return reports.map { $0.identities.lazy.compactMap { known[$0] }.first }
        }
    }

    private static func places(
        _ whose: SQL, _ identities: ArraySlice<String>, in session: any SQLSession, _ body: (String, Place) -> Void
    ) throws {
        guard !identities.isEmpty else { return }
        let list = identities.map { "\($0)" as SQL }.joined(separator: ", ")
        try session.forEach(
            """
            SELECT substr(d.message_id, 1, \(raw: "\(MessageReport.length)")), d.campaign_id, d.step, d.contact_id, d.entry, g.name, \
            COALESCE(d.email, c.email), COALESCE(d.handed_at, d.settled_at, 0), \
            CASE WHEN d.state = 4 OR (d.state = 0 AND d.reason = 'resolved') THEN 1 ELSE 0 END \
            FROM delivery d JOIN campaign g ON g.id = d.campaign_id LEFT JOIN contact c ON c.id = d.contact_id \
            WHERE \(whose) AND substr(d.message_id, 1, \(raw: "\(MessageReport.length)")) IN (\(list))
            """
        ) { row in
            guard let address = row.optionalText(6).flatMap({ try? EmailAddress($0) }) else { return }
            let key = DeliveryKey(
                campaign: CampaignID(row.integer(1)), step: row.integer(2), contact: ContactID(row.integer(3)), entry: row.integer(4))
            body(
                row.text(0),
                Place(
                    key: key, campaign: row.text(5), address: address, handedAt: Instant(milliseconds: row.integer(7)),
                    isOpen: row.integer(8) != 0))
        }
    }
}

extension MessageReport.Kind {
    /// What segments call it: `bounced`, `complained`.
    fileprivate var reaction: String? {
        switch self {
        case .failed: "bounce"
        case .complaint: "complaint"
        case .delayed, .delivered: nil
        }
    }
}

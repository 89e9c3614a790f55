import Database
package import Model

/// What one transaction adds to the counts that limits remember by.
struct SentCounts {
    private struct Place: Hashable {
        var second: Int64
        var campaign: Int64
        var relay: String
    }
    private struct DomainPlace: Hashable {
        var second: Int64
        var domain: String
    }

    private var places: [Place: Int64] = [:]
    private var domains: [DomainPlace: Int64] = [:]

    mutating func add(_ settlement: Settlement, to domain: String?) {
        let second = settlement.at.milliseconds / 1000
        places[Place(second: second, campaign: settlement.key.campaign.rawValue, relay: settlement.relay), default: 0] += 1
        if let domain { domains[DomainPlace(second: second, domain: domain), default: 0] += 1 }
    }

    /// In the order of their keys: two senders that write at once wait for each other, and never in a circle.
    func write(in session: any SQLSession) throws {
        let sorted = places.sorted { ($0.key.second, $0.key.campaign, $0.key.relay) < ($1.key.second, $1.key.campaign, $1.key.relay) }
        try session.execute(
            Self.counting, sorted.map { [.integer($0.key.second), .integer($0.key.campaign), .text($0.key.relay), .integer($0.value)] })
        let byDomain = domains.sorted { ($0.key.second, $0.key.domain) < ($1.key.second, $1.key.domain) }
        try session.execute(Self.countingDomains, byDomain.map { [.integer($0.key.second), .text($0.key.domain), .integer($0.value)] })
    }

    private static let counting = SQLBatch(
        insertInto: "sent_count", [.int64("second"), .int64("campaign_id"), .text("relay"), .int64("count")],
        identity: ["second", "campaign_id", "relay"],
        "ON CONFLICT (second, campaign_id, relay) DO UPDATE SET count = sent_count.count + excluded.count")

    private static let countingDomains = SQLBatch(
        insertInto: "sent_to_domain", [.int64("second"), .text("domain"), .int64("count")], identity: ["second", "domain"],
        "ON CONFLICT (second, domain) DO UPDATE SET count = sent_to_domain.count + excluded.count")
}

extension Ledger {
    /// When messages of the campaign reached a relay since `since`, by second and in order: what a limit must remember after a restart. What
    /// happened within a second counts from its end.
    package func attempts(since: Instant, campaign: CampaignID? = nil, relay: String? = nil) throws -> [(at: Instant, count: Int)] {
        let ofCampaign: SQL = campaign.map { " AND campaign_id = \($0)" } ?? ""
        let ofRelay: SQL = relay.map { " AND relay = \($0)" } ?? ""
        return try database.read { session in
            try session.all(
                """
                SELECT second, CAST(sum(count) AS BIGINT) FROM sent_count WHERE second >= \(since.milliseconds / 1000)\(ofCampaign)\(ofRelay) \
                GROUP BY second ORDER BY second
                """
            ) { (Instant(seconds: $0.integer(0) + 1), Int($0.integer(1))) }
        }
    }

    /// The same by the recipients' domains, in ASCII; of a little more than the last day. Of all domains where `some` is nil.
    package func attemptsByDomain(since: Instant, among some: [String]? = nil) throws -> [(at: Instant, domain: String, count: Int)] {
        if some?.isEmpty == true { return [] }
        var known: [String: String] = [:]
        let theirs: SQL = some.map { " AND domain IN (\($0.map { "\($0)" as SQL }.joined(separator: ", ")))" } ?? ""
        return try database.read { session in
            try session.all(
                """
                SELECT second, domain, count FROM sent_to_domain WHERE second >= \(since.milliseconds / 1000)\(theirs) \
                ORDER BY second, domain
                """
            ) { row in
                let written = row.text(1)
                let domain = known[written] ?? (try? EmailAddress("x@\(written)"))?.asciiDomain ?? written
                known[written] = domain
                return (Instant(seconds: row.integer(0) + 1), domain, Int(row.integer(2)))
            }
        }
    }

    /// How many went to these domains in the fastest minute since, a second; nil where nothing did.
    package func peakPerSecond(to domains: [String], since: Instant) throws -> Double? {
        let names = domains.prefix(500).map { "\($0)" as SQL }.joined(separator: ", ")
        let most = try database.read { session in
            try session.count(
                """
                SELECT CAST(COALESCE(max(total), 0) AS BIGINT) FROM (SELECT sum(count) AS total FROM sent_to_domain \
                WHERE second >= \(since.milliseconds / 1000) AND domain IN (\(names)) GROUP BY second / 60) x
                """)
        }
        return most > 0 ? Double(most) / 60 : nil
    }

    /// No limit looks further back than a day; the zones' days may end within these two hours.
    private static let remembered: Int64 = 26 * 3600

    /// Puts together what is too old for any limit, so that the counts grow with the days and not with the messages.
    package func foldCounts(at now: Instant) throws {
        let quarter: Int64 = 900
        let limit = (now.milliseconds / 1000 - Self.remembered) / quarter * quarter
        let old: SQL = "second < \(limit) AND second % \(quarter) <> 0"
        let any = try database.read { session in
            try session.count(
                """
                SELECT count(*) FROM (SELECT 1 FROM sent_count WHERE \(old) UNION ALL \
                SELECT 1 FROM sent_to_domain WHERE second < \(limit) LIMIT 1) x
                """)
        }
        guard any > 0 else { return }
        try database.write { session in
            try session.execute(
                """
                INSERT INTO sent_count (second, campaign_id, relay, count) \
                SELECT second - second % \(quarter), campaign_id, relay, sum(count) FROM sent_count WHERE \(old) GROUP BY 1, 2, 3 \
                ON CONFLICT (second, campaign_id, relay) DO UPDATE SET count = sent_count.count + excluded.count
                """)
            try session.execute("DELETE FROM sent_count WHERE \(old)")
            try session.execute("DELETE FROM sent_to_domain WHERE second < \(limit)")
        }
    }
}

import Database
package import Model

extension CampaignStore {
    /// How many a plan writes to at each domain, by its ASCII form.
    package func domains(of plan: PlanID) throws -> [String: Int] {
        try database.read { session in
            try Self.domains("plan_recipient p ON p.contact_id = c.id WHERE p.plan_id = \(plan) AND p.reason IS NULL", in: session)
        }
    }

    /// How many of those who are still to be written to are at each domain.
    package func domainsLeft(of campaign: CampaignID) throws -> [String: Int] {
        try database.read { session in
            try Self.domains(
                "delivery d ON d.contact_id = c.id WHERE d.campaign_id = \(campaign) AND d.step = 0 AND d.state = 0", in: session)
        }
    }

    private static func domains(_ recipients: SQL, in session: any SQLSession) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        let domain = session.dialect.domain(of: "c.email_key")
        try session.forEach(
            "SELECT \(domain), count(*) FROM contact c JOIN \(recipients) AND c.email_key IS NOT NULL GROUP BY 1"
        ) { counts[$0.text(0)] = Int($0.integer(1)) }
        return counts
    }
}

import Database
import Model

/// Copies for seeds stand in the ledger under no contact, but under their address as it was written.
struct SeedAddresses {
    let session: any SQLSession

    /// How any of these addresses are written among the seeds. Compared by key: what a database takes for lower case ends with ASCII.
    func written(_ addresses: [EmailAddress]) throws -> [String] {
        let keys = Set(addresses.map(\.key))
        return try session.all(
            """
            SELECT DISTINCT email FROM delivery WHERE campaign_id IN (SELECT id FROM campaign) AND step = \(DeliveryKey.seedStep) \
            AND email IS NOT NULL
            """
        ) { $0.text(0) }.filter { written in (try? EmailAddress(written)).map { keys.contains($0.key) } ?? false }
    }
}

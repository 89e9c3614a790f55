import Database

extension Schema {
    /// Who sends which campaign, where several may at once.
    static let senders = Migration("senders") { d in
        """
        -- A row a sender that has not left. lease_until: others may put it out after that, by the database's clock; ended_at: they have.
        -- handed_epoch: what it claimed up to this claim of its own may have been on the wire; what it claimed after, was not.
        -- In delivery, epoch is the number of the claim among its sender's.
        CREATE TABLE sender (
            id \(d.int64) PRIMARY KEY, campaign_id \(d.int64) NOT NULL, machine \(d.text) NOT NULL, host \(d.text) NOT NULL,
            process \(d.int64) NOT NULL, started_at \(d.int64) NOT NULL, renewed_at \(d.int64) NOT NULL, lease_until \(d.int64) NOT NULL,
            handed_epoch \(d.int64) NOT NULL, ended_at \(d.int64));
        DROP TABLE campaign_machine;
        \(d.isShared ? "CREATE INDEX delivery_of_sender ON delivery (sender) WHERE sender IS NOT NULL;" : "")
        """
    }

    /// Which plan a sender carries out; NULL of those from before.
    static let sentPlans = Migration("sent plans") { d in "ALTER TABLE sender ADD COLUMN plan_id \(d.int64)" }

    /// Whose part of which limit.
    static let allotments = Migration("allotments") { d in
        """
        -- Which part of a limit's places is whose, where several programs send under it; wanting: it could do with more. Together they are
        -- never more than the limit, with what those have used who are gone.
        CREATE TABLE allotment (
            limit_key \(d.text) NOT NULL, window_length \(d.int64) NOT NULL, sender \(d.int64) NOT NULL, places \(d.int64) NOT NULL,
            wanting \(d.int64) NOT NULL, PRIMARY KEY (limit_key, window_length, sender)) \(d.clustered);
        -- What a sender has used, until some time: for when it is gone. Sender 0: before limits were shared.
        CREATE TABLE allotment_used (
            limit_key \(d.text) NOT NULL, window_length \(d.int64) NOT NULL, sender \(d.int64) NOT NULL, at \(d.int64) NOT NULL,
            count \(d.int64) NOT NULL, PRIMARY KEY (limit_key, window_length, sender, at)) \(d.clustered);
        """
    }
}

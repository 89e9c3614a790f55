import Database

extension Schema {
    /// What a sender must remember of those before it: how much went where, what servers taught, and what came back later.
    static let traffic = Migration("traffic") { d in
        """
        -- How many messages reached a relay in a second, written with their outcomes: what limits ask of the past, without reading
        -- every attempt. Seconds of more than a day ago are put together by quarter of an hour; those of domains are dropped.
        CREATE TABLE sent_count (
            second \(d.int64) NOT NULL, campaign_id \(d.int64) NOT NULL, relay TEXT NOT NULL, count \(d.int64) NOT NULL,
            PRIMARY KEY (second, campaign_id, relay)) \(d.clustered);
        INSERT INTO sent_count (second, campaign_id, relay, count)
            SELECT at / 1000, campaign_id, relay, count(*) FROM attempt GROUP BY 1, 2, 3;
        CREATE TABLE sent_to_domain (
            second \(d.int64) NOT NULL, domain TEXT NOT NULL, count \(d.int64) NOT NULL, PRIMARY KEY (second, domain)) \(d.clustered);
        -- What stands behind the last @: the address without the longest beginning that ends in one.
        INSERT INTO sent_to_domain (second, domain, count)
            SELECT a.at / 1000, lower(replace(t.email, rtrim(t.email, replace(t.email, '@', '')), '')), count(*)
            FROM attempt a JOIN delivery t ON t.campaign_id = a.campaign_id AND t.step = a.step AND t.contact_id = a.contact_id
            AND t.entry = a.entry WHERE t.email IS NOT NULL AND a.at > (SELECT max(at) - 93600000 FROM attempt) GROUP BY 1, 2;

        -- What a relay or a provider taught: nothing before held_until; so many millionths of a message a second. subject: `relay NAME`
        -- or `provider NAME`.
        CREATE TABLE lesson (
            subject TEXT PRIMARY KEY, noted_at \(d.int64) NOT NULL, held_until \(d.int64) NOT NULL, pace \(d.int64), ceiling \(d.int64),
            words TEXT NOT NULL);

        -- What came back of messages after they had been taken. kind: failed, delayed, delivered, complaint. at: by the report;
        -- handed_at: of the message. refusal: see RefusalClass; words: the server's.
        CREATE TABLE report (
            contact_id \(d.int64) NOT NULL, campaign_id \(d.int64) NOT NULL, step \(d.int64) NOT NULL, entry \(d.int64) NOT NULL,
            kind TEXT NOT NULL, at \(d.int64) NOT NULL, learned_at \(d.int64) NOT NULL, handed_at \(d.int64) NOT NULL,
            domain TEXT NOT NULL, refusal TEXT, code \(d.int64), enhanced TEXT, words TEXT NOT NULL,
            PRIMARY KEY (contact_id, campaign_id, step, entry, kind, at)) \(d.clustered);
        CREATE INDEX report_by_time ON report (learned_at);
        """
    }
}

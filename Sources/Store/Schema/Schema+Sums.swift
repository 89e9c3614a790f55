import Database

extension Schema {
    /// Sums of properties that are named for it, and how many events of a name there are.
    static let sums = Migration("sums") { d in
        """
        -- Properties of which it is kept what their numbers come to. next_contact: people from here on are still to be gone through; NULL
        -- once it can be asked. since: events before this were no longer kept when it began, and are in no sum.
        CREATE TABLE event_summed (
            id \(d.int64) PRIMARY KEY, event \(d.text) NOT NULL, property \(d.text) NOT NULL, next_contact \(d.int64), since \(d.int64),
            UNIQUE (event, property));

        -- A row a person who did the event, faded ones included: when last, how many numbers, what they come to, the least and the most
        -- of them. Written in the transaction that writes the events.
        CREATE TABLE event_sum (
            sum_id \(d.int64) NOT NULL, contact_id \(d.int64) NOT NULL, last_at \(d.int64) NOT NULL, count \(d.int64) NOT NULL,
            total \(d.decimals) NOT NULL, least \(d.decimals), most \(d.decimals),
            PRIMARY KEY (sum_id, contact_id)) \(d.clustered);

        -- The part of it whose events are no longer kept, beside the row of event_faded; and the first and the last, by name, of the
        -- currencies in which those numbers were.
        CREATE TABLE event_sum_faded (
            sum_id \(d.int64) NOT NULL, contact_id \(d.int64) NOT NULL, count \(d.int64) NOT NULL,
            total \(d.decimals) NOT NULL, least \(d.decimals), most \(d.decimals), currency \(d.text), other_currency \(d.text),
            PRIMARY KEY (sum_id, contact_id)) \(d.clustered);

        -- How many of them were written and not dropped, to choose between ways to ask; not exact where people were forgotten.
        ALTER TABLE event_name ADD COLUMN events \(d.int64) NOT NULL DEFAULT 0;
        UPDATE event_name SET events = COALESCE((SELECT sum(s.count) FROM event_summary s WHERE s.name_id = event_name.id), 0);
        """
    }
}

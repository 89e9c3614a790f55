import Database

extension Schema {
    /// Listening well: events in the order in which segments read them, what each person did in sum, what has faded, people known
    /// under two addresses, and those who asked to be forgotten.
    static let listening = Migration("listening") { d in
        events(d) + summaries(d) + identity(d)
    }

    private static func events(_ d: any Dialect) -> String {
        """
        -- What people did. Most questions are about one event within a time, so that is where the rows lie; what one person
        -- did is found through the index. id: 0, and more only where a person did the same thing twice at one instant: told
        -- again, an event is recognised by what it says.
        ALTER TABLE event RENAME TO event_of_before;
        CREATE TABLE event (
            name_id \(d.int64) NOT NULL, at \(d.int64) NOT NULL, contact_id \(d.int64) NOT NULL, id \(d.int64) NOT NULL,
            learned_at \(d.int64) NOT NULL, properties \(d.text),
            PRIMARY KEY (name_id, at, contact_id, id)) \(d.clustered);
        INSERT INTO event (name_id, at, contact_id, id, learned_at, properties)
            SELECT name_id, at, contact_id, row_number() OVER (PARTITION BY contact_id, name_id, at ORDER BY id) - 1, learned_at, properties
            FROM event_of_before ORDER BY 1, 2, 3, 4;
        DROP TABLE event_of_before;
        CREATE INDEX event_of_contact ON event (contact_id, name_id, at);

        -- name_id, at: of the event, so that an ID fades with it. Those given before this step have none, and stay.
        ALTER TABLE event_given_id ADD COLUMN name_id \(d.int64);
        ALTER TABLE event_given_id ADD COLUMN at \(d.int64);

        """
    }

    private static func summaries(_ d: any Dialect) -> String {
        """
        -- What each person did in sum, faded events included; written in the transaction that writes the events.
        CREATE TABLE event_summary (
            name_id \(d.int64) NOT NULL, contact_id \(d.int64) NOT NULL,
            count \(d.int64) NOT NULL, first_at \(d.int64) NOT NULL, last_at \(d.int64) NOT NULL,
            PRIMARY KEY (name_id, contact_id)) \(d.clustered);
        INSERT INTO event_summary (name_id, contact_id, count, first_at, last_at)
            SELECT name_id, contact_id, count(*), min(at), max(at) FROM event GROUP BY name_id, contact_id;

        -- The part of a summary whose events are no longer kept.
        CREATE TABLE event_faded (
            name_id \(d.int64) NOT NULL, contact_id \(d.int64) NOT NULL,
            count \(d.int64) NOT NULL, first_at \(d.int64) NOT NULL, last_at \(d.int64) NOT NULL,
            PRIMARY KEY (name_id, contact_id)) \(d.clustered);

        -- Events of this name before this time are no longer kept, nor taken in.
        CREATE TABLE event_horizon (name_id \(d.int64) PRIMARY KEY, kept_since \(d.int64) NOT NULL);

        """
    }

    private static func identity(_ d: any Dialect) -> String {
        """
        -- The words a person agreed to.
        ALTER TABLE consent ADD COLUMN wording \(d.text);

        -- Two who turned out to be one. What the other was is kept here, and which rows came from them, until it is undone.
        CREATE TABLE contact_merge (
            id \(d.int64) PRIMARY KEY, kept_id \(d.int64) NOT NULL, other_id \(d.int64) NOT NULL, at \(d.int64) NOT NULL,
            undone_at \(d.int64), other_email \(d.text), other_email_key \(d.text), other_attributes \(d.text) NOT NULL,
            other_created_at \(d.int64) NOT NULL, other_updated_at \(d.int64) NOT NULL);
        CREATE INDEX contact_merge_of_other ON contact_merge (other_id);
        CREATE INDEX contact_merge_of_kept ON contact_merge (kept_id);
        -- content: the key of a row that moved, a JSON list.
        CREATE TABLE contact_merge_row (
            merge_id \(d.int64) NOT NULL, number \(d.int64) NOT NULL, kind \(d.text) NOT NULL, content \(d.text) NOT NULL,
            PRIMARY KEY (merge_id, number)) \(d.clustered);

        -- Further addresses of a person.
        CREATE TABLE contact_alias (
            email_key \(d.text) PRIMARY KEY, email \(d.text) NOT NULL, contact_id \(d.int64) NOT NULL, merge_id \(d.int64) NOT NULL);
        CREATE INDEX contact_alias_of_contact ON contact_alias (contact_id);

        -- Keyed hashes of the addresses of those who asked to be forgotten: no import brings them back.
        CREATE TABLE contact_forgotten (hash \(d.text) PRIMARY KEY, at \(d.int64) NOT NULL);
        """
    }
}

extension Schema {
    /// In which currencies events of a name have been: a sum over two is a mistake, and most events have one or none, so that no
    /// event need be read to find out.
    static let currencies = Migration("currencies") { d in
        """
        CREATE TABLE event_currency (name_id \(d.int64) NOT NULL, currency \(d.text) NOT NULL, PRIMARY KEY (name_id, currency)) \(d.clustered);
        \(EventCurrencies.learning(d));
        """
    }
}

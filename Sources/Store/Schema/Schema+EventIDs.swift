import Database

extension Schema {
    /// IDs that senders gave to events, by the event's name too: a purchase 1001 and its refund 1001 are two events.
    static let eventIDs = Migration("event IDs") { d in
        """
        -- name_id, at: of the event, so that an ID fades with it. name_id 0, at NULL: given by a version that did not keep them; such
        -- an ID stands for events of any name.
        ALTER TABLE event_given_id RENAME TO event_given_id_of_before;
        CREATE TABLE event_given_id (
            contact_id \(d.int64) NOT NULL, given \(d.text) NOT NULL, name_id \(d.int64) NOT NULL, at \(d.int64),
            PRIMARY KEY (contact_id, given, name_id)) \(d.clustered);
        INSERT INTO event_given_id (contact_id, given, name_id, at)
            SELECT contact_id, given, COALESCE(name_id, 0), at FROM event_given_id_of_before ORDER BY 1, 2, 3;
        DROP TABLE event_given_id_of_before;
        CREATE INDEX event_given_id_of_any_name ON event_given_id (contact_id) WHERE name_id = 0;
        """
    }
}

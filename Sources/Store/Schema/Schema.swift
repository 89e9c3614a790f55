package import Database

/// The schema, step by step. A released step is never edited.
///
/// Rules that every table keeps:
/// - times are milliseconds since 1970 UTC; what happened has both `at` (when it was) and `learned_at` (when we heard);
/// - every big table has `contact_id` in its key;
/// - nothing that happened is overwritten: events, consents, attribute changes and attempts are only added.
package enum Schema {
    package static let migrator = Migrator([
        foundation, listening, engagement, fading, currencies, sums, machines, traffic, watermarks, senders, allotments, eventIDs, files,
        sentPlans,
    ])

    /// The tables as of the first release.
    static let foundation = Migration("foundation") { dialect in
        people(dialect) + behaviour(dialect) + permission(dialect) + plans(dialect) + ledger(dialect)
    }

    /// What comes back of messages.
    static let engagement = Migration("engagement") { d in
        """
        -- kind: open, click, bounce, complaint. url: the address that was clicked, else empty. known: 0 where a machine may have
        -- done it, which says nothing of the person.
        CREATE TABLE engagement (
            contact_id \(d.int64) NOT NULL, kind \(d.text) NOT NULL, at \(d.int64) NOT NULL,
            campaign_id \(d.int64) NOT NULL, step \(d.int64) NOT NULL, entry \(d.int64) NOT NULL, url \(d.text) NOT NULL,
            learned_at \(d.int64) NOT NULL, known \(d.int64) NOT NULL,
            PRIMARY KEY (contact_id, kind, at, campaign_id, step, entry, url)) \(d.clustered);

        -- Whether it would be known if this message was opened, and if a link in it was clicked.
        ALTER TABLE delivery ADD COLUMN tracks_opens \(d.int64) NOT NULL DEFAULT 0;
        ALTER TABLE delivery ADD COLUMN tracks_clicks \(d.int64) NOT NULL DEFAULT 0;
        """
    }

    /// When faded events were learned, so that what was known at a time can be asked of them too.
    static let fading = Migration("fading") { d in
        """
        -- The latest of them. Of what had faded before this step nobody kept it: the horizon stands for it.
        ALTER TABLE event_faded ADD COLUMN learned_at \(d.int64) NOT NULL DEFAULT 0;
        UPDATE event_faded SET learned_at =
            COALESCE((SELECT h.kept_since FROM event_horizon h WHERE h.name_id = event_faded.name_id), last_at);
        """
    }

    /// Which machine sent a campaign last: what it had in hand its own flight recorder knows, and no other.
    static let machines = Migration("machines") { d in
        "CREATE TABLE campaign_machine (campaign_id \(d.int64) PRIMARY KEY, machine \(d.text) NOT NULL, at \(d.int64) NOT NULL);"
    }

    private static func people(_ d: any Dialect) -> String {
        """
        -- Blocks of IDs handed out to programs: the next free number of each kind.
        CREATE TABLE id_block (kind \(d.text) PRIMARY KEY, next \(d.int64) NOT NULL);

        -- What is known of a person now. attributes: a JSON object, the fold of all attribute_change rows.
        CREATE TABLE contact (
            id \(d.int64) PRIMARY KEY, email \(d.text), email_key \(d.text) UNIQUE, attributes \(d.text) NOT NULL,
            created_at \(d.int64) NOT NULL, updated_at \(d.int64) NOT NULL);

        -- The name another system (a CRM, a shop) knows the person by.
        CREATE TABLE contact_external_id (
            system \(d.text) NOT NULL, external_id \(d.text) NOT NULL, contact_id \(d.int64) NOT NULL,
            PRIMARY KEY (system, external_id)) \(d.clustered);

        -- How attributes came to be what they are. changes: a JSON object of the members set; null removes one.
        CREATE TABLE attribute_change (
            contact_id \(d.int64) NOT NULL, at \(d.int64) NOT NULL, learned_at \(d.int64) NOT NULL,
            changes \(d.text) NOT NULL, source \(d.text) NOT NULL,
            PRIMARY KEY (contact_id, at, learned_at)) \(d.clustered);

        -- Which attributes there are and of which kinds their values have been, so far.
        CREATE TABLE attribute_fact (name \(d.text) NOT NULL, kind \(d.text) NOT NULL, PRIMARY KEY (name, kind)) \(d.clustered);

        """
    }

    private static func behaviour(_ d: any Dialect) -> String {
        """
        CREATE TABLE event_name (id \(d.int64) PRIMARY KEY, name \(d.text) NOT NULL UNIQUE);

        -- Which properties events of a name have had, and of which kinds.
        CREATE TABLE event_property_fact (
            name_id \(d.int64) NOT NULL, property \(d.text) NOT NULL, kind \(d.text) NOT NULL,
            PRIMARY KEY (name_id, property, kind)) \(d.clustered);

        -- id: a hash of what makes the event itself, so that the same event told twice is one row.
        CREATE TABLE event (
            contact_id \(d.int64) NOT NULL, name_id \(d.int64) NOT NULL, at \(d.int64) NOT NULL, id \(d.int64) NOT NULL,
            learned_at \(d.int64) NOT NULL, properties \(d.text),
            PRIMARY KEY (contact_id, name_id, at, id)) \(d.clustered);
        CREATE INDEX event_by_name ON event (name_id, at);

        -- The IDs that senders of events gave them: told again under the same ID, an event is the same one whatever it says.
        CREATE TABLE event_given_id (
            contact_id \(d.int64) NOT NULL, given \(d.text) NOT NULL,
            PRIMARY KEY (contact_id, given)) \(d.clustered);

        """
    }

    private static func permission(_ d: any Dialect) -> String {
        """
        -- state: 0 pending, 1 confirmed, 2 withdrawn. What holds is the latest row that is not pending, by at, then state.
        CREATE TABLE consent (
            contact_id \(d.int64) NOT NULL, topic \(d.text) NOT NULL, at \(d.int64) NOT NULL, state \(d.int64) NOT NULL,
            learned_at \(d.int64) NOT NULL, source \(d.text) NOT NULL,
            PRIMARY KEY (contact_id, topic, at, state, learned_at)) \(d.clustered);

        -- By address, since an address may be suppressed before anybody is known by it.
        CREATE TABLE suppression (
            email_key \(d.text) NOT NULL, reason \(d.text) NOT NULL, at \(d.int64) NOT NULL, learned_at \(d.int64) NOT NULL,
            source \(d.text) NOT NULL, lifted_at \(d.int64),
            PRIMARY KEY (email_key, reason)) \(d.clustered);

        """
    }

    private static func plans(_ d: any Dialect) -> String {
        """
        -- state: see CampaignState.
        CREATE TABLE campaign (
            id \(d.int64) PRIMARY KEY, name \(d.text) NOT NULL UNIQUE, state \(d.text) NOT NULL, state_reason \(d.text),
            created_at \(d.int64) NOT NULL, changed_at \(d.int64) NOT NULL);

        -- at: the plan's `now`. activated_at: when its recipients became rows of the ledger. kind, topic: the campaign's as
        -- planned, which frequency caps count by. excluded: a JSON object, reason to number.
        CREATE TABLE plan (
            id \(d.int64) PRIMARY KEY, campaign_id \(d.int64) NOT NULL, at \(d.int64) NOT NULL, kind \(d.text) NOT NULL, topic \(d.text),
            content_hash \(d.text) NOT NULL, recipients \(d.int64) NOT NULL, excluded \(d.text) NOT NULL, activated_at \(d.int64));
        CREATE INDEX plan_of_campaign ON plan (campaign_id, id);

        -- The files a plan was made from, byte for byte.
        CREATE TABLE plan_source (
            plan_id \(d.int64) NOT NULL, path \(d.text) NOT NULL, content \(d.bytes) NOT NULL,
            PRIMARY KEY (plan_id, path)) \(d.clustered);

        -- Who is in (reason is null) and who is out, and why.
        CREATE TABLE plan_recipient (
            plan_id \(d.int64) NOT NULL, contact_id \(d.int64) NOT NULL, reason \(d.text),
            PRIMARY KEY (plan_id, contact_id)) \(d.clustered);

        """
    }

    private static func ledger(_ d: any Dialect) -> String {
        """
        -- One row per (campaign, step, contact, entry), moving one way; see Ledger for states and invariants.
        -- step: 0 the campaign's message, -1 the copies for seeds (whose contact_id is negative). entry: which pass through a
        -- follow-up. sender, lease_until, epoch: who has it in hand, until when, and how often it has changed hands.
        CREATE TABLE delivery (
            campaign_id \(d.int64) NOT NULL, step \(d.int64) NOT NULL, contact_id \(d.int64) NOT NULL, entry \(d.int64) NOT NULL,
            plan_id \(d.int64) NOT NULL, state \(d.int64) NOT NULL, reason \(d.text), email \(d.text),
            due_at \(d.int64) NOT NULL, attempts \(d.int64) NOT NULL,
            sender \(d.int64), lease_until \(d.int64), epoch \(d.int64) NOT NULL,
            handed_at \(d.int64), settled_at \(d.int64), data_changed \(d.int64) NOT NULL,
            message_id \(d.text), sha256 \(d.text), content_sha256 \(d.text),
            PRIMARY KEY (campaign_id, step, contact_id, entry)) \(d.clustered);
        -- Only what is still to go is in this index, so it shrinks to nothing as a campaign goes out.
        CREATE INDEX delivery_due ON delivery (campaign_id, step, due_at, contact_id) WHERE state = 0;
        -- What each person was sent, for frequency caps and for looking at one person.
        CREATE INDEX delivery_to_contact ON delivery (contact_id, handed_at) WHERE handed_at IS NOT NULL;

        CREATE TABLE attempt (
            campaign_id \(d.int64) NOT NULL, step \(d.int64) NOT NULL, contact_id \(d.int64) NOT NULL, entry \(d.int64) NOT NULL,
            number \(d.int64) NOT NULL, at \(d.int64) NOT NULL, outcome \(d.text) NOT NULL, relay \(d.text) NOT NULL,
            code \(d.int64), enhanced \(d.text), reply \(d.text), queue_id \(d.text),
            PRIMARY KEY (campaign_id, step, contact_id, entry, number)) \(d.clustered);
        """
    }
}

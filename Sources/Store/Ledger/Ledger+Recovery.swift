import Database
package import Model

/// What a recovery found and did.
package struct Recovery: Hashable, Sendable {
    /// Were in hand and had not been on the wire: they go again.
    package var returned = 0
    /// Had an outcome that was not committed yet.
    package var settled = 0
    package var unknown = 0

    package init() {}
    package var isEmpty: Bool { returned + settled + unknown == 0 }

    package static func += (a: inout Recovery, b: Recovery) {
        a.returned += b.returned
        a.settled += b.settled
        a.unknown += b.unknown
    }
}

extension Ledger {
    /// Settles every row of the campaign that a dead sender left in hand. The caller holds the campaign's flight recorder,
    /// so no living sender has any.
    package func recover(_ campaign: CampaignID, from recorder: FlightRecorder, at now: Instant) throws -> Recovery {
        try database.write { session in
            try Self.settle(try Self.inHand("campaign_id = \(campaign) AND state = 1", in: session), by: recorder, at: now, in: session)
        }
    }

    /// Settles what one of several senders of the campaign left, also what was given up since. The caller holds its flight recorder, so it
    /// does not live. What it had taken and not marked needs no recorder to go again.
    package func recover(_ sender: SenderID, of campaign: CampaignID, from recorder: FlightRecorder, at now: Instant) throws -> Recovery {
        try database.write { session in
            try session.execute("UPDATE sender SET ended_at = \(session.dialect.now) WHERE id = \(sender) AND ended_at IS NULL")
            var recovery = Recovery()
            let unmarked = try Self.takeBack(from: sender, in: session)
            try Self.releaseAllotments(of: sender, in: session)
            let rows = try Self.inHand("campaign_id = \(campaign) AND sender = \(sender) AND state IN (1, 4)", in: session)
            recovery = try Self.settle(rows, by: recorder, at: now, in: session)
            recovery.returned += unmarked
            try Self.forget(sender, in: session)
            return recovery
        }
    }

    private struct InHand {
        var key: DeliveryKey
        var attempt: Int64
        var sender: SenderID
    }

    private static func inHand(_ condition: SQL, in session: any SQLSession) throws -> [InHand] {
        let columns: SQL = "campaign_id, step, contact_id, entry, attempts, sender"
        return try session.all("SELECT \(columns) FROM delivery WHERE \(condition) ORDER BY step, contact_id") { row in
            let key = DeliveryKey(
                campaign: CampaignID(row.integer(0)), step: row.integer(1), contact: ContactID(row.integer(2)), entry: row.integer(3))
            return InHand(key: key, attempt: row.integer(4), sender: SenderID(row.integer(5)))
        }
    }

    /// By what the recorder of their dead sender knows.
    private static func settle(_ rows: [InHand], by recorder: FlightRecorder, at now: Instant, in session: any SQLSession) throws
        -> Recovery
    {
        let evidence = Dictionary(recorder.left.map { ($0.key, $0) }, uniquingKeysWith: { _, last in last })
        let blind = recorder.rebooted || !recorder.existed
        var recovery = Recovery()
        for (sender, rows) in Dictionary(grouping: rows, by: \.sender).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let settlements = rows.map { row in
                let slot = evidence[row.key].flatMap { $0.attempt == row.attempt ? $0 : nil }
                if let known = slot?.settlement {
                    recovery.settled += 1
                    return known
                }
                if slot != nil || blind {
                    recovery.unknown += 1
                    let reason =
                        slot != nil
                        ? "the sender was killed while the server's answer was awaited" : "the machine stopped while it was being sent"
                    // Its relay's limits count it too.
                    return Settlement(
                        key: row.key, attempt: row.attempt, at: now, outcome: .unknown, relay: slot?.relay ?? "", reply: reason,
                        messageID: slot?.made?.messageID, sha256: slot?.made?.sha256, contentSHA256: slot?.made?.contentSHA256)
                }
                recovery.returned += 1
                return Settlement(key: row.key, attempt: row.attempt, at: now, outcome: .returned, relay: "")
            }
            try settle(settlements, of: sender, in: session)
        }
        return recovery
    }

    /// A person's word on messages nobody knows about: `sent` makes them accepted, otherwise they go again. All of the
    /// campaign's where `addresses` is nil. Says how many it was.
    ///
    /// That goes for what a machine has in hand that nobody hears of any more: its senders have been put out.
    package func resolve(_ campaign: CampaignID, asSent sent: Bool, addresses: [EmailAddress]?, at now: Instant) throws -> Int {
        let state = sent ? DeliveryState.accepted : .planned
        let set: SQL = """
            UPDATE delivery SET state = \(state.rawValue), reason = 'resolved', \
            handed_at = \(sent ? "handed_at" as SQL : "NULL"), settled_at = \(sent ? SQLValue.integer(now.milliseconds) : .null), due_at = 0, \
            sender = NULL, lease_until = NULL WHERE campaign_id = \(campaign) AND (state = 4 OR state = 1 AND sender IN \
            (SELECT id FROM sender WHERE campaign_id = \(campaign) AND ended_at IS NOT NULL))
            """
        try putOutLapsed(of: campaign)
        return try database.write { session in
            guard let addresses else { return try session.execute(set) }
            return try addresses.reduce(0) { sum, address in
                let whose: SQL = """
                     AND (email = \(address.description) \
                    OR contact_id IN (SELECT id FROM contact WHERE email_key = \(address.key)))
                    """
                return sum + (try session.execute(set + whose))
            }
        }
    }
}

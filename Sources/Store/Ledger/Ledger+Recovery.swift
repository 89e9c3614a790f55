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
}

extension Ledger {
    /// Settles every row of the campaign that a dead sender left in hand. The caller holds the campaign's flight recorder,
    /// so no living sender has any.
    ///
    /// `isElsewhere`: it was another machine that sent last, whose recorder is there, so nothing is known here of what it had in hand.
    package func recover(
        _ campaign: CampaignID, from recorder: FlightRecorder, isElsewhere: Bool = false, at now: Instant
    ) throws -> Recovery {
        let evidence = Dictionary(recorder.left.map { ($0.key, $0) }, uniquingKeysWith: { _, last in last })
        let blind = recorder.rebooted || !recorder.existed || isElsewhere
        return try database.write { session in
            let rows = try session.all(
                "SELECT step, contact_id, entry, attempts FROM delivery WHERE campaign_id = \(campaign) AND state = 1 ORDER BY step, contact_id"
            ) { row in
                (
                    key: DeliveryKey(campaign: campaign, step: row.integer(0), contact: ContactID(row.integer(1)), entry: row.integer(2)),
                    attempt: row.integer(3)
                )
            }
            var recovery = Recovery()
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
                    return Settlement(
                        key: row.key, attempt: row.attempt, at: now, outcome: .unknown, relay: "", reply: reason,
                        messageID: slot?.made?.messageID, sha256: slot?.made?.sha256, contentSHA256: slot?.made?.contentSHA256)
                }
                recovery.returned += 1
                return Settlement(key: row.key, attempt: row.attempt, at: now, outcome: .returned, relay: "")
            }
            try Self.settle(settlements, in: session)
            return recovery
        }
    }

    /// A person's word on messages nobody knows about: `sent` makes them accepted, otherwise they go again. All of the
    /// campaign's where `addresses` is nil. Says how many it was.
    package func resolve(_ campaign: CampaignID, asSent sent: Bool, addresses: [EmailAddress]?, at now: Instant) throws -> Int {
        let state = sent ? DeliveryState.accepted : .planned
        let set: SQL = """
            UPDATE delivery SET state = \(state.rawValue), reason = 'resolved', \
            handed_at = \(sent ? "handed_at" as SQL : "NULL"), settled_at = \(sent ? SQLValue.integer(now.milliseconds) : .null), due_at = 0 \
            WHERE campaign_id = \(campaign) AND state = 4
            """
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

package import Model
import Database
import Store

extension PersonRecord {
    /// One object with all of it: what `contacts show --json` and `contacts export` print.
    package var json: JSONObject {
        [
            "email": contact.email.map { .text("\($0)") } ?? .null,
            "created_at": createdAt.json,
            "addresses": .list(addresses.map { .text("\($0)") }),
            "external_ids": .list(externalIDs.map { .object(["system": .text($0.system), "id": .text($0.id)]) }),
            "attributes": .object(contact.attributes),
            "attribute_changes": .list(changes.map(\.json)),
            "consents": .list(consents.map(\.json)),
            "suppressions": .list(suppressions.map(\.json)),
            "lifted_suppressions": .list(liftedSuppressions.map(\.json)),
            "segments": .list(segments.map { .text($0) }),
            "event_summaries": .list(summaries.map(\.json)),
            "event_sums": .list(sums.map(\.json)),
            "events": .list(events.map(\.json)),
            "event_ids": .list(givenIDs.map(\.json)),
            "messages": .list(messages.map(message)),
            "engagements": .list(engagements.map(\.json)),
            "reports": .list(reports.map(\.json)),
            "plans": .list(plans.map(\.json)),
            "merges": .list(formerSelves.map(\.json)),
        ]
    }

    private func message(_ entry: LedgerEntry) -> JSONValue {
        var object = entry.json
        object["tries"] = .list((attempts[entry.key] ?? []).map(\.json))
        return .object(object)
    }
}

extension Instant? {
    fileprivate var json: JSONValue { map { .text($0.iso) } ?? .null }
}

extension AttemptRecord {
    fileprivate var json: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map { .text($0) } ?? .null }
        return .object([
            "at": .text(at.iso), "outcome": .text(outcome), "relay": .text(relay), "code": code.map { .integer(Int64($0)) } ?? .null,
            "enhanced": text(enhanced), "reply": text(reply), "queue_id": text(queueID),
        ])
    }
}

extension KeptSumRecord {
    fileprivate var json: JSONValue {
        func number(_ value: ExactDecimal?) -> JSONValue {
            value.map { JSONValue(canonicalNumber: $0.description) ?? .text($0.description) } ?? .null
        }
        return .object([
            "event": .text(event), "property": .text(property), "count": .integer(Int64(count)), "sum": number(total),
            "least": number(least), "most": number(most),
        ])
    }
}

extension GivenEventID {
    fileprivate var json: JSONValue {
        .object(["id": .text(id), "event": event.map { .text($0) } ?? .null, "at": at.json])
    }
}

extension EngagementRecord {
    fileprivate var json: JSONValue {
        .object([
            "kind": .text(kind), "at": .text(at.iso), "learned_at": .text(learnedAt.iso), "campaign": campaign.map { .text($0) } ?? .null,
            "url": url.isEmpty ? .null : .text(url), "certain": .bool(isCertain),
        ])
    }
}

extension ReportRecord {
    fileprivate var json: JSONValue {
        .object([
            "kind": .text(kind), "at": .text(at.iso), "learned_at": .text(learnedAt.iso), "campaign": campaign.map { .text($0) } ?? .null,
            "refusal": refusal.map { .text($0) } ?? .null, "reply": .text(reply),
        ])
    }
}

extension PlanStanding {
    fileprivate var json: JSONValue {
        .object([
            "campaign": .text(campaign), "plan": .integer(plan.rawValue), "at": .text(at.iso), "in": .bool(reason == nil),
            "reason": reason.map { .text($0) } ?? .null,
        ])
    }
}

extension FormerSelf {
    fileprivate var json: JSONValue {
        .object([
            "at": .text(mergedAt.iso), "undone_at": partedAt.json, "email": email.map { .text($0) } ?? .null,
            "attributes": .object(attributes), "created_at": .text(createdAt.iso),
        ])
    }
}

extension AttributeChangeRecord {
    fileprivate var json: JSONValue {
        .object([
            "at": .text(at.iso), "learned_at": .text(learnedAt.iso), "changes": .object(changes), "source": .text(source),
        ])
    }
}

extension Consent {
    fileprivate var json: JSONValue {
        .object([
            "topic": .text(topic), "state": .text(state.word), "at": .text(at.iso), "learned_at": .text(learnedAt.iso),
            "source": .text(source), "text": wording.map { .text($0) } ?? .null,
        ])
    }
}

extension Suppression {
    fileprivate var json: JSONValue {
        .object([
            "address": .text("\(address)"), "reason": .text(reason.rawValue), "at": .text(at.iso),
            "learned_at": .text(learnedAt.iso), "source": .text(source), "lifted_at": liftedAt.json,
        ])
    }
}

extension EventSummary {
    fileprivate var json: JSONValue {
        .object([
            "event": .text(name), "count": .integer(Int64(count)), "first": .text(first.iso), "last": .text(last.iso),
        ])
    }
}

extension Event {
    fileprivate var json: JSONValue {
        .object([
            "event": .text(name), "at": .text(at.iso), "learned_at": .text(learnedAt.iso), "properties": .object(properties),
        ])
    }
}

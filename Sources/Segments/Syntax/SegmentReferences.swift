/// The names that a segment uses, each with the place of its first use: what one has to load before checking it, and what
/// changes when one of them does.
package struct SegmentReferences: Sendable {
    package private(set) var attributes: [Name] = []
    package private(set) var events: [Event] = []
    package private(set) var topics: [Name] = []
    package private(set) var segments: [Name] = []
    package private(set) var campaigns: [Name] = []

    package struct Event: Sendable {
        package var name: Name
        /// Asked in `where (…)`, added up or tied.
        package var properties: [Name]
    }

    fileprivate mutating func add(_ node: SyntaxNode) {
        switch node.kind {
        case .all(let items), .any(let items): items.forEach { add($0) }
        case .not(let item): add(item)
        case .condition(.value(let test)): Self.add(test.name, to: &attributes)
        case .condition(.behaviour(let behaviour)): add(WrittenEvent(name: behaviour.event, filter: behaviour.filter))
        case .condition(.sequence(let sequence)):
            add(sequence.first, sequence.same)
            add(sequence.second, sequence.same)
        case .condition(.amount(let amount)): add(amount.event, amount.property)
        case .condition(.edge(let edge)):
            if case .property(let test) = edge.test { add(edge.event, test.name) } else { add(edge.event) }
        case .condition(.engagement(let engagement)):
            if let campaign = engagement.campaign { Self.add(campaign, to: &campaigns) }
        case .condition(.consent(let consent)): Self.add(consent.topic, to: &topics)
        case .condition(.segment(let name)): Self.add(name, to: &segments)
        case .condition(.language(let tag)): Self.add(Name("language", at: tag.span), to: &attributes)
        case .condition(.sample): break
        }
    }

    private mutating func add(_ event: WrittenEvent, _ property: Name? = nil) {
        var inside = SegmentReferences()
        if let filter = event.filter { inside.add(filter) }
        let properties = inside.attributes + (property.map { [$0] } ?? [])
        let index = events.firstIndex { $0.name == event.name } ?? events.endIndex
        if index == events.endIndex { events.append(Event(name: event.name, properties: [])) }
        for property in properties { Self.add(property, to: &events[index].properties) }
    }

    private static func add(_ name: Name, to names: inout [Name]) {
        if !names.contains(name) { names.append(name) }
    }
}

extension SegmentSyntax {
    package var references: SegmentReferences {
        var references = SegmentReferences()
        references.add(root)
        return references
    }
}

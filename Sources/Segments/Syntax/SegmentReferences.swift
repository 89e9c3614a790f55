/// The names that a segment uses, each with the place of its first use: what one has to load before checking it, and what
/// changes when one of them does.
package struct SegmentReferences: Sendable {
    package private(set) var attributes: [Name] = []
    package private(set) var events: [Event] = []
    package private(set) var topics: [Name] = []
    package private(set) var segments: [Name] = []

    package struct Event: Sendable {
        package var name: Name
        /// Asked in `where (…)`.
        package var properties: [Name]
    }

    fileprivate mutating func add(_ node: SyntaxNode) {
        switch node.kind {
        case .all(let items), .any(let items): items.forEach { add($0) }
        case .not(let item): add(item)
        case .condition(.value(let test)): Self.add(test.name, to: &attributes)
        case .condition(.behaviour(let behaviour)): add(behaviour)
        case .condition(.consent(let consent)): Self.add(consent.topic, to: &topics)
        case .condition(.segment(let name)): Self.add(name, to: &segments)
        case .condition(.language(let tag)): Self.add(Name("language", at: tag.span), to: &attributes)
        case .condition(.sample): break
        }
    }

    private mutating func add(_ behaviour: WrittenBehaviour) {
        var inside = SegmentReferences()
        if let filter = behaviour.filter { inside.add(filter) }
        if let index = events.firstIndex(where: { $0.name == behaviour.event }) {
            for property in inside.attributes { Self.add(property, to: &events[index].properties) }
        } else {
            events.append(Event(name: behaviour.event, properties: inside.attributes))
        }
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

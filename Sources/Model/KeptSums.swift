/// Of which properties of which events it is kept what their numbers come to, a person each, beside the events and longer than they.
package struct KeptSums: Hashable, Sendable {
    /// By name of event, each once.
    package var properties: [String: [String]]

    package init(_ properties: [String: [String]] = [:]) {
        self.properties = properties
    }

    package static let none = KeptSums()

    package func contains(event: String, property: String) -> Bool {
        properties[event]?.contains { $0.utf8.elementsEqual(property.utf8) } ?? false
    }
}

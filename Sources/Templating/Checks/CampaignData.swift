import Liquid
import Model

/// What stands under `data:` in a campaign's file, for those who ask a template's paths of it.
struct CampaignData {
    /// Nil where no campaign is known.
    let data: JSONObject?

    static let root = ["campaign", "data"]

    /// In which states the values at a path may be. `*` is any item of a list.
    func states(of path: [String]) -> DataState {
        guard let data, path.starts(with: Self.root) else { return .any }
        var values: [JSONValue?] = [.object(data)]
        for name in path.dropFirst(Self.root.count) {
            values = values.flatMap { value -> [JSONValue?] in
                switch (value, name) {
                case (.list(let items), "*"): items
                case (.list, "size"), (.text, "size"): [.integer(1)]
                case (.list(let items), "first"): [items.first]
                case (.list(let items), "last"): [items.last]
                case (.object(let object), _): [object[name]]
                default: [nil]
                }
            }
        }
        return values.reduce(into: DataState()) { states, value in
            switch value {
            case nil, .null: states.insert(.nothing)
            case .bool(false): states.insert(.no)
            case .text(let text) where text.isEmpty: states.insert(.emptyText)
            default: states.insert(.something)
            }
        }
    }

    /// The first name of a path that no value has, with the names that there are beside it.
    struct Missing {
        /// As its author would say it: `campaign.data.hero`.
        var parent: String
        var name: String
        var depth: Int
        var known: [String]
        /// The parent is a list: its items have names, it has none.
        var isList: Bool
    }

    func missing(_ path: [String]) -> Missing? {
        guard let data, path.starts(with: Self.root) else { return nil }
        var values: [JSONValue] = [.object(data)]
        for (depth, name) in path.enumerated().dropFirst(Self.root.count) {
            if name == "*" {
                values = values.flatMap { value -> [JSONValue] in if case .list(let items) = value { items } else { [] } }
                if values.isEmpty { return nil }
                continue
            }
            let objects = values.compactMap { value -> JSONObject? in if case .object(let object) = value { object } else { nil } }
            let found = objects.compactMap { $0[name] }
            if found.isEmpty {
                if ["size", "first", "last"].contains(name), objects.count < values.count { return nil }
                let parent = path[..<depth].joined(separator: ".").replacing(".*", with: "")
                let known = objects.flatMap(\.names).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
                let isList = objects.isEmpty && values.contains { if case .list = $0 { true } else { false } }
                return Missing(parent: parent, name: name, depth: depth - Self.root.count, known: known, isList: isList)
            }
            values = found
        }
        return nil
    }
}

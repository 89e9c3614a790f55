import Diagnostics

/// Decides between which nodes each lifted tag stands, so that what opens and closes does so under one parent.
///
/// A loop goes as deep as it can, into the list or table whose items or rows it repeats; a condition stays as far out as
/// it can, so that a list with nothing in it leaves no empty list behind.
struct TagPlacement {
    /// The marks that stand before the child of this number of a node.
    private(set) var marks: [ObjectIdentifier: [Int: [Int]]] = [:]
    /// Which node each mark stands in, lifted or not.
    private var parents: [Int: Place] = [:]
    /// Marks that open and close under different parents, with the opening one.
    private(set) var torn: [(mark: Int, opening: Int)] = []

    private struct Place: Equatable {
        var node: ObjectIdentifier
        /// A URL and a title are places of their own.
        var part = 0
    }

    private struct Candidate {
        var node: MarkdownNode
        var index: Int
    }

    init(_ document: MarkdownNode, lines: [LiftedLines.Line], marks table: Marks) {
        var candidates: [Int: [Candidate]] = [:]
        var isIndented: [Int: Bool] = [:]
        for line in lines {
            let found = Self.candidates(for: line, in: document)
            for mark in line.marks {
                candidates[mark] = found
                isIndented[mark] = line.indent >= 2
            }
        }
        locate(document)
        let tags = (Array(parents.keys) + Array(candidates.keys)).filter { table.isTag($0) }.sorted()
        let groups = LiquidGroups(tags, marks: table)
        var chosen: [ObjectIdentifier: MarkdownNode] = [:]
        for group in groups.groups where group.isClosed {
            let lifted = group.members.compactMap { candidates[$0] }
            if lifted.count == group.members.count {
                let within = group.outer.flatMap { chosen[ObjectIdentifier($0)] }
                let indented = group.members.allSatisfy { isIndented[$0] == true }
                let prefersDeep = indented || group.name == "for" || group.name == "tablerow"
                if let node = Self.common(lifted, within: within, prefersDeep: prefersDeep) { chosen[ObjectIdentifier(group)] = node }
            }
        }
        for tag in tags {
            guard let own = candidates[tag] else { continue }
            let group = groups.enclosing[tag]
            let isMember = groups.members.contains(tag)
            let within = group.flatMap { chosen[ObjectIdentifier($0)] }
            let place =
                isMember && within != nil
                ? own.first { $0.node === within }
                : Self.choose(own, within: within, prefersDeep: isIndented[tag] == true)
            if let place = place ?? own.first {
                marks[ObjectIdentifier(place.node), default: [:]][place.index, default: []].append(tag)
                parents[tag] = Place(node: ObjectIdentifier(place.node))
            }
        }
        for group in groups.groups where group.isClosed {
            let opening = group.members[0]
            for member in group.members.dropFirst() where parents[member] != parents[opening] {
                torn.append((member, opening))
                break
            }
        }
    }

    // MARK: Where a line may stand

    /// Outermost first.
    private static func candidates(for line: LiftedLines.Line, in document: MarkdownNode) -> [Candidate] {
        var found: [Candidate] = []
        var current: MarkdownNode? = document
        var isInside = true
        while let node = current {
            let index = Self.index(of: line.gap, in: node.children)
            let previous = index > 0 ? node.children[index - 1] : nil
            let goesOn = previous.map { $0.kind.isContainer && $0.lastStart >= line.gap } ?? false
            if !goesOn, allows(node, line, isInside: isInside), !(node.kind == .table && index == 0) {
                found.append(Candidate(node: node, index: index))
                var next = index < node.children.count ? node.children[index] : nil
                while let list = next, list.kind.isList, previous?.kind.isContainer != true {
                    found.append(Candidate(node: list, index: 0))
                    next = nil
                }
            }
            isInside = goesOn
            current = previous.flatMap { $0.kind.isContainer ? $0 : nil }
        }
        return found
    }

    /// The first child that starts on this line or later.
    private static func index(of line: Int, in children: [MarkdownNode]) -> Int {
        var low = 0
        var high = children.count
        while low < high {
            let middle = (low + high) / 2
            if children[middle].startLine < line { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func allows(_ node: MarkdownNode, _ line: LiftedLines.Line, isInside: Bool) -> Bool {
        if isInside { return true }
        switch node.kind {
        case .item: return line.indent > node.startColumn - 1 && line.indent >= 2
        case .quote: return line.isQuoted
        default: return true
        }
    }

    // MARK: Choosing

    private static func common(_ places: [[Candidate]], within: MarkdownNode?, prefersDeep: Bool) -> MarkdownNode? {
        guard let first = places.first else { return nil }
        let shared = first.filter { candidate in places.allSatisfy { $0.contains { $0.node === candidate.node } } }
        return choose(shared, within: within, prefersDeep: prefersDeep)?.node
    }

    private static func choose(_ candidates: [Candidate], within: MarkdownNode?, prefersDeep: Bool) -> Candidate? {
        let inside = within.map { outer in candidates.filter { isNode($0.node, within: outer) } } ?? candidates
        return prefersDeep ? inside.last : inside.first
    }

    private static func isNode(_ node: MarkdownNode, within outer: MarkdownNode) -> Bool {
        var current: MarkdownNode? = node
        while let candidate = current {
            if candidate === outer { return true }
            current = candidate.parent
        }
        return false
    }

    // MARK: Marks that were not lifted

    private mutating func locate(_ node: MarkdownNode) {
        let own = ObjectIdentifier(node)
        let owner = node.parent.map { ObjectIdentifier($0) } ?? own
        for mark in Marks.marks(in: node.literal) {
            parents[mark.index] = Place(node: node.kind.isCodeBlock ? own : owner)
        }
        switch node.kind {
        case .link(let url, let title), .image(let url, let title):
            for mark in Marks.marks(in: url) { parents[mark] = Place(node: own, part: 1) }
            for mark in Marks.marks(in: title) { parents[mark] = Place(node: own, part: 2) }
        case .codeBlock(let info):
            for mark in Marks.marks(in: info) { parents[mark] = Place(node: own, part: 1) }
        default: break
        }
        for child in node.children { locate(child) }
    }
}

extension MarkdownNode.Kind {
    var isCodeBlock: Bool { if case .codeBlock = self { true } else { false } }
}

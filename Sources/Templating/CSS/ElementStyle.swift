/// What holds for one element: every declaration that reaches it, from the weakest to the strongest.
struct ElementStyle {
    enum Role {
        /// Goes into `style=""`.
        case inlined
        /// Stays in `<style>`, and may be made important there.
        case kept
        /// Stays in `<style>` as it is.
        case fixed
        /// As ``kept``, but nothing depends on it.
        case hack
        /// Stands in `style=""` already.
        case own
    }

    struct Entry {
        /// Among all declarations of all sheets; -1 for the element's own.
        var id: Int
        var rule: Int
        var declaration: StyleSheet.Declaration
        var role: Role
        var weight: Int
        /// Its place is not known: it may be stronger or weaker than any other.
        var isUnordered: Bool
    }

    private(set) var entries: [Entry] = []
    /// The element's own style cannot be read, so that nothing can go behind it.
    private(set) var ownIsUnclear = false
    /// Some of it stays in `<style>`.
    private(set) var hasKept = false

    /// - Parameter allows: whether a declaration may be written into the element at all.
    init(
        _ element: PageElements.Element, _ matches: [Cascade.Match], in cascade: Cascade, marks: Marks,
        allows: (Int, StyleSheet.Declaration) -> Bool
    ) {
        // A rule that matches by several selectors counts once for each role, by its heaviest.
        struct Key: Hashable {
            var rule: Int
            var role: Role
        }
        var heaviest: [Key: (weight: Int, isUnordered: Bool)] = [:]
        var order: [Key] = []
        for match in matches {
            let statement = cascade.statements[Int(match.statement)]
            let rule = cascade.rules[statement.rule]
            let role: Role
            switch statement.role {
            case .inlined: role = match.certainty == .yes && element.isEditable ? .inlined : .fixed
            case .kept: role = rule.canBeRaised ? .kept : .fixed
            case .hack: role = .hack
            }
            if role == .hack, !rule.canBeRaised { continue }
            if role != .inlined { hasKept = true }
            let key = Key(rule: statement.rule, role: role)
            let isUnordered = statement.selector.isOpaque || cascade.sheets[rule.sheet].part != 0
            if let known = heaviest[key] {
                heaviest[key] = (max(known.weight, statement.selector.weight), known.isUnordered || isUnordered)
            } else {
                heaviest[key] = (statement.selector.weight, isUnordered)
                order.append(key)
            }
        }
        order.sort { (heaviest[$0]?.weight ?? 0, $0.rule) < (heaviest[$1]?.weight ?? 0, $1.rule) }
        for key in order {
            let rule = cascade.rules[key.rule]
            for (number, declaration) in rule.rule.declarations.enumerated() {
                var role = key.role
                if role == .inlined, !allows(rule.first + number, declaration) {
                    role = .fixed
                    hasKept = true
                }
                entries.append(
                    Entry(
                        id: rule.first + number, rule: key.rule, declaration: declaration, role: role, weight: heaviest[key]?.weight ?? 0,
                        isUnordered: heaviest[key]?.isUnordered ?? true))
            }
        }
        addOwn(element, marks)
    }

    private mutating func addOwn(_ element: PageElements.Element, _ marks: Marks) {
        guard let value = element.node.attribute("style")?.value, !value.isEmpty else { return }
        let bytes = Array(value.utf8)
        let body = StyleSheet.declarations(CSSScanner(bytes, end: bytes.count), 0..<bytes.count)
        let found = Marks.marks(in: bytes)
        let inValues = body.found.reduce(0) { $0 + ($1.marks?.count ?? 0) }
        ownIsUnclear = !body.isBalanced || body.nested != nil || found.count > inValues || found.contains { marks.isTag($0.index) }
        var own = body.found
        if ownIsUnclear {
            own.append(StyleSheet.Declaration(name: "", value: [], isImportant: false, end: 0, marks: nil, properties: .any))
        }
        for declaration in own {
            entries.append(Entry(id: -1, rule: -1, declaration: declaration, role: .own, weight: 0, isUnordered: false))
        }
    }

    /// How strong an entry is as its author wrote it; of two on the same level the later one wins.
    static func level(_ entry: Entry) -> Int {
        switch (entry.role == .own, entry.declaration.isImportant) {
        case (false, false): 0
        case (true, false): 1
        case (false, true): 2
        case (true, true): 3
        }
    }

    /// Whether the entry at `one` wins over that at `other`, as their authors wrote them.
    func wins(_ one: Int, over other: Int) -> Bool {
        let levels = (Self.level(entries[one]), Self.level(entries[other]))
        return levels.0 == levels.1 ? one > other : levels.0 > levels.1
    }

    func meet(_ one: Int, _ other: Int) -> Bool {
        entries[one].id != entries[other].id && entries[one].declaration.properties.meets(entries[other].declaration.properties)
    }

    // MARK: What goes where

    enum Place {
        case sheet, normal, important
    }

    /// Finds for every entry a place in which it wins and loses as it did before.
    ///
    /// - Parameters:
    ///   - raised: declarations of ``Role/kept`` and ``Role/hack`` that are made important in their sheet.
    ///   - stays: whether a rule stays in its sheet, whatever becomes of it here.
    /// - Returns: for each entry; an entry that finds no other place stays in its sheet.
    func places(raised: Set<Int>, stays: (Int) -> Bool) -> [Place] {
        var places = entries.map { entry -> Place in
            switch entry.role {
            case .inlined: .normal
            case .own: entry.declaration.isImportant ? .important : .normal
            case .kept, .fixed, .hack: .sheet
            }
        }
        let staying = entries.map { $0.role == .inlined && $0.declaration.isImportant && stays($0.rule) }
        guard hasKept || ownIsUnclear || staying.contains(true) else { return places }
        func rank(_ index: Int) -> Int {
            switch places[index] {
            // It is in the sheet as well, where it beats what is not important here.
            case .normal: staying[index] ? 2 : 1
            case .important: 3
            case .sheet: entries[index].declaration.isImportant || raised.contains(entries[index].id) ? 2 : 0
            }
        }
        var isSettled = false
        while !isSettled {
            isSettled = true
            for one in entries.indices where entries[one].role == .inlined && places[one] != .sheet {
                if ownIsUnclear, entries[one].declaration.isImportant, places[one] == .normal {
                    places[one] = .important
                    isSettled = false
                }
                for other in entries.indices where other != one && entries[other].role != .hack && meet(one, other) {
                    guard let change = change(one, other, places, ranks: (rank(one), rank(other))) else { continue }
                    places[one] = change
                    isSettled = false
                    if change == .sheet { break }
                }
            }
        }
        return places
    }

    /// The place that an entry must take instead; nil where it is right.
    private func change(_ one: Int, _ other: Int, _ places: [Place], ranks: (Int, Int)) -> Place? {
        if entries[other].isUnordered { return .sheet }
        let won = wins(one, over: other)
        // On one level all stand in the order in which they win.
        guard ranks.0 != ranks.1, won != (ranks.0 > ranks.1) else { return nil }
        if won { return entries[one].declaration.isImportant && places[one] == .normal ? .important : .sheet }
        // The other one is yet to be made important.
        return entries[other].role == .inlined && entries[other].declaration.isImportant && places[other] == .normal ? nil : .sheet
    }
}

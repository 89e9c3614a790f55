/// Says which elements of a page a selector matches, as far as that can be known before the page is rendered.
struct SelectorMatcher {
    /// What an element inside a partial or a capture stands in is not known further out than this.
    private static let deepest = 2000

    let page: PageElements
    /// What may be spent on one page; where it is used up nothing is inlined.
    private(set) var budget: Int

    private let byID: [String: [Int]]
    private let byClass: [String: [Int]]
    private let byName: [String: [Int]]
    /// Elements whose classes or identity depend on Liquid.
    private let uncertain: [Int]
    /// Whether the first compounds of the selector in hand match some ancestor of an element; per compound.
    private var above: [[UInt8]] = []

    private static let unasked: UInt8 = 9
    private static let asking: UInt8 = 8

    init(_ page: PageElements, budget: Int) {
        self.page = page
        self.budget = budget
        var byID: [String: [Int]] = [:]
        var byClass: [String: [Int]] = [:]
        var byName: [String: [Int]] = [:]
        var uncertain: [Int] = []
        for (index, element) in page.elements.enumerated() {
            byName[element.name, default: []].append(index)
            if let id = element.id { byID[id.lowercased(), default: []].append(index) }
            for name in Set(element.classes.map { $0.lowercased() }) { byClass[name, default: []].append(index) }
            if element.hasUncertainClasses || element.hasUncertainAttributes { uncertain.append(index) }
        }
        (self.byID, self.byClass, self.byName, self.uncertain) = (byID, byClass, byName, uncertain)
    }

    mutating func spend(_ steps: Int) { budget -= steps }

    /// All elements that the selector matches, or may match, in their order.
    mutating func matches(_ selector: Selector) -> [(element: Int, certainty: Certainty)] {
        guard let subject = selector.compounds.last else { return [] }
        var found: [(element: Int, certainty: Certainty)] = []
        above = []
        for index in candidates(subject) {
            budget -= 1
            guard budget > 0 else { return found }
            let certainty = prefix(selector, selector.compounds.count - 1, index)
            if certainty > .no { found.append((index, certainty)) }
        }
        return found
    }

    /// As if any ancestors could be had.
    mutating func subjects(_ selector: Selector) -> [Int] {
        guard let subject = selector.compounds.last else { return [] }
        return candidates(subject).filter { index in
            budget -= 1
            return matches(subject, index) > .no
        }
    }

    private func candidates(_ subject: Selector.Compound) -> [Int] {
        let certain: [Int]
        if let id = subject.ids.first {
            certain = byID[id.lowercased()] ?? []
        } else if let name = subject.classes.first {
            certain = byClass[name.lowercased()] ?? []
        } else if let type = subject.type {
            return byName[type] ?? []
        } else {
            return Array(page.elements.indices)
        }
        guard !uncertain.isEmpty else { return certain }
        return Array(Set(certain).union(uncertain)).sorted()
    }

    // MARK: Ancestors and neighbours

    /// Whether the compounds up to `last` match, that one at this element.
    private mutating func prefix(_ selector: Selector, _ last: Int, _ element: Int) -> Certainty {
        let own = matches(selector.compounds[last], element)
        guard own > .no, last > 0 else { return own }
        switch selector.combinators[last - 1] {
        case .descendant: return min(own, ancestor(selector, last - 1, element, 0))
        case .child: return min(own, parent(selector, last - 1, page.elements[element].parent, 0))
        case .adjacent, .sibling: return min(own, neighbour(selector, last - 1, element))
        }
    }

    private mutating func parent(_ selector: Selector, _ last: Int, _ parent: PageElements.Parent, _ depth: Int) -> Certainty {
        switch parent {
        case .none: return .no
        case .unknown: return .maybe
        case .element(let index): return prefix(selector, last, index)
        case .partial(let part):
            return depth > 32 ? .maybe : everywhere(part) { matcher, place in matcher.parent(selector, last, place, depth + 1) }
        }
    }

    private mutating func ancestor(_ selector: Selector, _ last: Int, _ element: Int, _ depth: Int) -> Certainty {
        if above.isEmpty {
            budget -= page.elements.count * selector.compounds.count / 16
            above = Array(repeating: Array(repeating: Self.unasked, count: page.elements.count), count: selector.compounds.count)
        }
        let known = above[last][element]
        if let certainty = Certainty(rawValue: known) { return certainty }
        guard known != Self.asking, depth < Self.deepest, budget > 0 else { return .maybe }
        budget -= 1
        above[last][element] = Self.asking
        let result = outwards(selector, last, page.elements[element].parent, depth + 1)
        above[last][element] = result.rawValue
        return result
    }

    private mutating func outwards(_ selector: Selector, _ last: Int, _ parent: PageElements.Parent, _ depth: Int) -> Certainty {
        switch parent {
        case .none: return .no
        case .unknown: return .maybe
        case .element(let index):
            let own = prefix(selector, last, index)
            return own == .yes ? .yes : max(own, ancestor(selector, last, index, depth))
        case .partial(let part):
            return depth > Self.deepest
                ? .maybe : everywhere(part) { matcher, place in matcher.outwards(selector, last, place, depth + 32) }
        }
    }

    /// What holds wherever a partial is rendered holds for it.
    private mutating func everywhere(_ part: Int, _ ask: (inout SelectorMatcher, PageElements.Parent) -> Certainty) -> Certainty {
        let places = page.parts[part].places
        guard let first = places.first, places.count <= 64 else { return .maybe }
        let answer = ask(&self, first)
        for place in places.dropFirst() where ask(&self, place) != answer { return .maybe }
        return answer
    }

    private mutating func neighbour(_ selector: Selector, _ last: Int, _ element: Int) -> Certainty {
        guard page.elements[element].hasCertainNeighbours else { return .maybe }
        var result = Certainty.no
        var current = page.elements[element].previous
        while let index = current {
            budget -= 1
            guard budget > 0 else { return .maybe }
            result = max(result, prefix(selector, last, index))
            if result == .yes || selector.combinators[last] == .adjacent { break }
            current = page.elements[index].previous
        }
        return result
    }

    // MARK: One element

    private mutating func matches(_ compound: Selector.Compound, _ index: Int) -> Certainty {
        budget -= 1
        let element = page.elements[index]
        if let type = compound.type, type != element.name { return .no }
        var result = Certainty.yes
        for id in compound.ids {
            result = min(result, Self.compare(id, element.id, orMaybe: element.hasUncertainAttributes))
        }
        for name in compound.classes where result > .no {
            if element.classes.contains(name) { continue }
            // Without a doctype, case does not count.
            let isNear = element.hasUncertainClasses || element.classes.contains { $0.lowercased() == name.lowercased() }
            result = isNear ? .maybe : .no
        }
        for test in compound.attributes where result > .no { result = min(result, Self.attribute(test, element)) }
        for pseudo in compound.pseudos where result > .no { result = min(result, matches(pseudo, element, index)) }
        return result
    }

    private static func compare(_ wanted: String, _ found: String?, orMaybe: Bool) -> Certainty {
        if found == wanted { return .yes }
        return orMaybe || found?.lowercased() == wanted.lowercased() ? .maybe : .no
    }

    private static func attribute(_ test: Selector.AttributeTest, _ element: PageElements.Element) -> Certainty {
        guard let found = element.node.attribute(test.name) else { return element.hasUncertainAttributes ? .maybe : .no }
        // What a style says changes when it is inlined; what Liquid says is not known.
        if test.name == "style" { return .maybe }
        if test.relation == .exists { return .yes }
        if !Marks.marks(in: found.value).isEmpty { return .maybe }
        if holds(test, found.value, test.value) { return .yes }
        // Some attributes of HTML are compared without case.
        guard holds(test, found.value.lowercased(), test.value.lowercased()) else { return .no }
        return test.ignoresCase ? .yes : .maybe
    }

    private static func holds(_ test: Selector.AttributeTest, _ found: String, _ wanted: String) -> Bool {
        switch test.relation {
        case .exists: true
        case .equals: found == wanted
        case .word: found.split(whereSeparator: \.isWhitespace).contains { $0 == wanted }
        case .dash: found == wanted || found.hasPrefix(wanted + "-")
        case .prefix: !wanted.isEmpty && found.hasPrefix(wanted)
        case .suffix: !wanted.isEmpty && found.hasSuffix(wanted)
        case .part: !wanted.isEmpty && found.contains(wanted)
        }
    }

    private mutating func matches(_ pseudo: Selector.Pseudo, _ element: PageElements.Element, _ index: Int) -> Certainty {
        switch pseudo {
        case .state: return .maybe
        case .link, .anyLink:
            guard ["a", "area"].contains(element.name) else { return .no }
            let isLink: Certainty = element.node.attribute("href") != nil ? .yes : element.hasUncertainAttributes ? .maybe : .no
            if case .anyLink = pseudo { return isLink }
            return min(isLink, .maybe)
        case .root: return element.name == "html" ? .yes : .no
        case .empty:
            if element.node.children.isEmpty { return .yes }
            return element.node.children.contains { if case .element = $0.kind { true } else { false } } ? .no : .maybe
        case .nth(let step, let offset, let fromEnd, let ofType):
            guard element.hasCertainNeighbours else { return .maybe }
            let place = element.order
            let number =
                fromEnd
                ? (ofType ? place.countOfType - place.ofType : place.count - place.number) + 1 : ofType ? place.ofType : place.number
            return Self.isInSeries(number, step, offset) ? .yes : .no
        case .not(let compounds):
            var result = Certainty.yes
            for compound in compounds { result = min(result, matches(compound, index).negated) }
            return result
        }
    }

    /// Whether `step * n + offset` is the number for some `n` that is not negative.
    private static func isInSeries(_ number: Int, _ step: Int, _ offset: Int) -> Bool {
        if step == 0 { return number == offset }
        let difference = number - offset
        return difference % step == 0 && difference / step >= 0
    }
}

/// Says which elements of a page a selector matches, as far as that can be known before the page is rendered.
///
/// Names are numbers here (``PageNames``), and what is asked of an element thousands of times lies side by side: a page of 100 kB with
/// 300 rules asks some 100,000 times.
struct SelectorMatcher {
    /// What an element inside a partial or a capture stands in is not known further out than this.
    private static let deepest = 2000

    let page: PageElements
    /// What may be spent on one page; where it is used up nothing is inlined.
    private(set) var budget: Int

    private let names: PageNames
    /// Whether a compound of the selector in hand matches some ancestor of an element: by compound, then by element.
    private var above: [UInt8] = []
    /// What of it was written to since it was clean.
    private var touched: [Int] = []

    private static let unasked: UInt8 = 9
    private static let asking: UInt8 = 8

    init(_ page: PageElements, budget: Int) {
        self.page = page
        self.budget = budget
        names = PageNames(page)
    }

    mutating func spend(_ steps: Int) { budget -= steps }

    /// All elements that the selector matches, or may match, in their order.
    mutating func matches(_ selector: Selector) -> [(element: Int, certainty: Certainty)] {
        let selector = names.selector(selector)
        guard let subject = selector.compounds.last else { return [] }
        forget(selector)
        var found: [(element: Int, certainty: Certainty)] = []
        for index in names.candidates(subject) {
            budget -= 1
            guard budget > 0 else { return found }
            let certainty = prefix(selector, selector.compounds.count - 1, index)
            if certainty > .no { found.append((index, certainty)) }
        }
        return found
    }

    /// As if any ancestors could be had.
    mutating func subjects(_ selector: Selector) -> [Int] {
        let selector = names.selector(selector)
        guard let subject = selector.compounds.last else { return [] }
        return names.candidates(subject).filter { index in
            budget -= 1
            return budget > 0 && matches(subject, index) > .no
        }
    }

    // MARK: Ancestors and neighbours

    private mutating func forget(_ selector: PageNames.Selector) {
        for index in touched { above[index] = Self.unasked }
        touched = []
        let missing = page.elements.count * (selector.compounds.count - 1) - above.count
        if missing > 0 { above += Array(repeating: Self.unasked, count: missing) }
    }

    /// Whether the compounds up to `last` match, that one at this element.
    private mutating func prefix(_ selector: PageNames.Selector, _ last: Int, _ element: Int) -> Certainty {
        let own = matches(selector.compounds[last], element)
        guard own > .no, last > 0 else { return own }
        switch selector.combinators[last - 1] {
        case .descendant: return min(own, ancestor(selector, last - 1, element, 0))
        case .child: return min(own, parent(selector, last - 1, names.elements[element].parent, 0))
        case .adjacent, .sibling: return min(own, neighbour(selector, last - 1, element))
        }
    }

    private mutating func parent(
        _ selector: PageNames.Selector, _ last: Int, _ parent: PageElements.Parent, _ depth: Int
    ) -> Certainty {
        switch parent {
        case .none: return .no
        case .unknown: return .maybe
        case .element(let index): return prefix(selector, last, index)
        case .partial(let part):
            return depth > 32 ? .maybe : everywhere(part) { matcher, place in matcher.parent(selector, last, place, depth + 1) }
        }
    }

    private mutating func ancestor(_ selector: PageNames.Selector, _ last: Int, _ element: Int, _ depth: Int) -> Certainty {
        let place = last * names.elements.count + element
        let known = above[place]
        if let certainty = Certainty(rawValue: known) { return certainty }
        guard known != Self.asking, depth < Self.deepest, budget > 0 else { return .maybe }
        budget -= 1
        above[place] = Self.asking
        touched.append(place)
        let result = outwards(selector, last, names.elements[element].parent, depth + 1)
        above[place] = result.rawValue
        return result
    }

    private mutating func outwards(
        _ selector: PageNames.Selector, _ last: Int, _ parent: PageElements.Parent, _ depth: Int
    ) -> Certainty {
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
        budget -= places.count
        guard budget > 0 else { return .maybe }
        let answer = ask(&self, first)
        for place in places.dropFirst() where ask(&self, place) != answer { return .maybe }
        return answer
    }

    private mutating func neighbour(_ selector: PageNames.Selector, _ last: Int, _ element: Int) -> Certainty {
        guard names.elements[element].hasCertainNeighbours else { return .maybe }
        var result = Certainty.no
        var current = names.elements[element].previous
        while current >= 0 {
            budget -= 1
            guard budget > 0 else { return .maybe }
            result = max(result, prefix(selector, last, current))
            if result == .yes || selector.combinators[last] == .adjacent { break }
            current = names.elements[current].previous
        }
        return result
    }

    // MARK: One element

    private mutating func matches(_ compound: PageNames.Compound, _ index: Int) -> Certainty {
        budget -= 1
        let element = names.elements[index]
        if let type = compound.type, type != element.name { return .no }
        var result = Certainty.yes
        for id in compound.ids {
            let isNear = element.hasUncertainAttributes || id.folded == element.id.folded
            result = min(result, id.exact == element.id.exact ? .yes : isNear ? .maybe : .no)
        }
        for wanted in compound.classes where result > .no {
            // Without a doctype, case does not count.
            var isNear = element.hasUncertainClasses
            var isThere = false
            for place in element.classes {
                let name = names.classes[place]
                if name.exact == wanted.exact {
                    isThere = true
                    break
                }
                isNear = isNear || name.folded == wanted.folded
            }
            budget -= element.classes.count / 16
            if !isThere { result = isNear ? .maybe : .no }
        }
        for test in compound.attributes where result > .no { result = min(result, attribute(test, index)) }
        for pseudo in compound.pseudos where result > .no { result = min(result, matches(pseudo, index)) }
        for negation in compound.negations where result > .no { result = min(result, matches(negation, index).negated) }
        return result
    }

    private mutating func attribute(_ test: Selector.AttributeTest, _ index: Int) -> Certainty {
        let element = names.elements[index]
        guard let found = page.elements[index].node.attribute(test.name) else { return element.hasUncertainAttributes ? .maybe : .no }
        // What a style says changes when it is inlined; what Liquid says is not known.
        if test.name == "style" { return .maybe }
        if test.relation == .exists { return .yes }
        budget -= found.value.utf8.count
        guard budget > 0 else { return .maybe }
        let value = Array(found.value.utf8)
        let wanted = Array(test.value.utf8)
        if !Marks.marks(in: value).isEmpty { return .maybe }
        if Self.holds(test, value, wanted) { return .yes }
        // Some attributes of HTML are compared without case.
        guard Self.holds(test, value.map(Self.folded), wanted.map(Self.folded)) else { return .no }
        return test.ignoresCase ? .yes : .maybe
    }

    private static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    private static func holds(_ test: Selector.AttributeTest, _ found: [UInt8], _ wanted: [UInt8]) -> Bool {
        switch test.relation {
        case .exists: true
        case .equals: found == wanted
        case .word: found.split(whereSeparator: CSSScanner.isBlank).contains { $0.elementsEqual(wanted) }
        case .dash: found == wanted || found.starts(with: wanted + [UInt8(ascii: "-")])
        case .prefix: !wanted.isEmpty && found.starts(with: wanted)
        case .suffix: !wanted.isEmpty && found.suffix(wanted.count).elementsEqual(wanted)
        case .part: !wanted.isEmpty && found.holds(wanted)
        }
    }

    private func matches(_ pseudo: Selector.Pseudo, _ index: Int) -> Certainty {
        let element = page.elements[index]
        switch pseudo {
        case .state, .not: return .maybe
        case .link, .anyLink:
            guard element.name == "a" || element.name == "area" else { return .no }
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
        }
    }

    /// Whether `step * n + offset` is the number for some `n` that is not negative.
    private static func isInSeries(_ number: Int, _ step: Int, _ offset: Int) -> Bool {
        if step == 0 { return number == offset }
        let difference = number - offset
        return difference % step == 0 && difference / step >= 0
    }
}

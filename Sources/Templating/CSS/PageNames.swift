/// The names of a page's elements, classes and identities as numbers, so that a selector is compared with an element without looking
/// at text; and which elements bear each.
struct PageNames {
    /// A name as it is written and in small letters: without a doctype, case does not count.
    struct Name: Equatable {
        var exact: Int
        var folded: Int
    }

    struct Element {
        var name: Int
        var id: Name
        /// In ``PageNames/classes``.
        var classes: Range<Int>
        var parent: PageElements.Parent
        /// The element before it; -1 where there is none.
        var previous: Int
        var hasCertainNeighbours: Bool
        var hasUncertainClasses: Bool
        var hasUncertainAttributes: Bool
    }

    /// A ``Selector`` in the numbers of one page.
    struct Selector {
        var compounds: [Compound]
        var combinators: [Templating.Selector.Combinator]
    }

    /// A class, since it is handed about for each element that is asked.
    final class Compound {
        let type: Int?
        let ids: [Name]
        let classes: [Name]
        let attributes: [Templating.Selector.AttributeTest]
        /// But for negations.
        let pseudos: [Templating.Selector.Pseudo]
        let negations: [Compound]

        init(_ compound: Templating.Selector.Compound, in page: PageNames) {
            type = compound.type.map { page.numbers[$0] ?? PageNames.foreign }
            ids = compound.ids.map { page.known($0) }
            classes = compound.classes.map { page.known($0) }
            attributes = compound.attributes
            var pseudos: [Templating.Selector.Pseudo] = []
            var negations: [Compound] = []
            for pseudo in compound.pseudos {
                if case .not(let compounds) = pseudo {
                    negations += compounds.map { Compound($0, in: page) }
                } else {
                    pseudos.append(pseudo)
                }
            }
            self.pseudos = pseudos
            self.negations = negations
        }
    }

    private(set) var elements: [Element] = []
    private(set) var classes: [Name] = []

    /// An element with more is said to have others too: each rule would have to look at all of them.
    private static let mostClasses = 100
    /// Of a name that the page does not have, and of no name.
    private static let foreign = -2
    private static let none = Name(exact: -1, folded: -1)

    private var numbers: [String: Int] = [:]
    private var byID: [[Int]] = []
    private var byClass: [[Int]] = []
    private var byName: [[Int]] = []
    /// Elements whose classes or identity depend on Liquid.
    private var uncertain: [Int] = []

    init(_ page: PageElements) {
        elements.reserveCapacity(page.elements.count)
        for (index, element) in page.elements.enumerated() {
            let start = classes.count
            for name in element.classes.prefix(Self.mostClasses) {
                let name = number(name)
                classes.append(name)
                if byClass[name.folded].last != index { byClass[name.folded].append(index) }
            }
            let name = number(element.name)
            byName[name.exact].append(index)
            let id = element.id.map { number($0) }
            if let id { byID[id.folded].append(index) }
            let hasMore = element.classes.count > Self.mostClasses
            if hasMore || element.hasUncertainClasses || element.hasUncertainAttributes { uncertain.append(index) }
            elements.append(
                Element(
                    name: name.exact, id: id ?? Self.none, classes: start..<classes.count, parent: element.parent,
                    previous: element.previous ?? -1, hasCertainNeighbours: element.hasCertainNeighbours,
                    hasUncertainClasses: hasMore || element.hasUncertainClasses, hasUncertainAttributes: element.hasUncertainAttributes))
        }
    }

    private mutating func number(_ text: String) -> Name {
        let exact = number(of: text)
        let isFolded = text.utf8.allSatisfy { !(0x41...0x5A).contains($0) && $0 < 0x80 }
        return Name(exact: exact, folded: isFolded ? exact : number(of: text.lowercased()))
    }

    private mutating func number(of text: String) -> Int {
        if let known = numbers[text] { return known }
        let number = numbers.count
        numbers[text] = number
        byID.append([])
        byClass.append([])
        byName.append([])
        return number
    }

    // MARK: Selectors

    func selector(_ selector: Templating.Selector) -> Selector {
        Selector(compounds: selector.compounds.map { Compound($0, in: self) }, combinators: selector.combinators)
    }

    private func known(_ text: String) -> Name {
        Name(exact: numbers[text] ?? Self.foreign, folded: numbers[text.lowercased()] ?? Self.foreign)
    }

    /// Elements that a compound may match.
    func candidates(_ subject: Compound) -> [Int] {
        let certain: [Int]
        if let id = subject.ids.first {
            certain = id.folded >= 0 ? byID[id.folded] : []
        } else if let name = subject.classes.first {
            certain = name.folded >= 0 ? byClass[name.folded] : []
        } else if let type = subject.type {
            return type >= 0 ? byName[type] : []
        } else {
            return Array(elements.indices)
        }
        return uncertain.isEmpty ? certain : Self.merged(certain, uncertain)
    }

    /// Both in their order, each once.
    private static func merged(_ one: [Int], _ other: [Int]) -> [Int] {
        var result: [Int] = []
        result.reserveCapacity(one.count + other.count)
        var (first, second) = (0, 0)
        while first < one.count || second < other.count {
            let next = min(first < one.count ? one[first] : .max, second < other.count ? other[second] : .max)
            result.append(next)
            if first < one.count, one[first] == next { first += 1 }
            if second < other.count, other[second] == next { second += 1 }
        }
        return result
    }
}

/// One selector of a rule, from the outermost compound to the one that the element itself must be.
struct Selector {
    enum Combinator {
        case descendant, child, adjacent, sibling
    }

    enum Relation: Equatable {
        case exists, equals, word, dash, prefix, suffix, part
    }

    struct AttributeTest {
        var name: String
        var relation: Relation
        var value: String
        /// `[type="a" i]`
        var ignoresCase: Bool
    }

    indirect enum Pseudo {
        /// `:hover`, and all that a page alone cannot tell.
        case state
        /// `:link` and `:visited` together, or `:any-link`.
        case anyLink
        /// `:link` or `:visited` alone.
        case link(isVisited: Bool)
        case root, empty
        /// `an+b`, counted from the end, among those of the same type.
        case nth(Int, Int, fromEnd: Bool, ofType: Bool)
        case not([Compound])
    }

    struct Compound {
        var type: String?
        var ids: [String] = []
        var classes: [String] = []
        var attributes: [AttributeTest] = []
        var pseudos: [Pseudo] = []

        /// Mail programs put classes, identities and attributes of their own into a page; types are what they are.
        var isTypeOnly: Bool { ids.isEmpty && classes.isEmpty && attributes.isEmpty }
    }

    var compounds: [Compound] = []
    /// Between a compound and the next.
    var combinators: [Combinator] = []
    var specificity: (ids: Int, classes: Int, types: Int) = (0, 0, 0)
    /// It styles a part of an element, such as `::before`.
    var hasPseudoElement = false
    /// Depends on something that happens later, or is not understood in part: it may match where the rest does.
    var isUncertain = false
    /// Nothing at all is known of what it matches, nor of its weight.
    var isOpaque = false
    /// `a:link` with an `a:visited` beside it in the same list, or the other way round.
    var linkForm: String?
    var isVisitedForm = false
}

extension Selector {
    static func list(_ scanner: CSSScanner, _ range: Range<Int>) -> [Selector] {
        var selectors: [Selector] = []
        var start = range.lowerBound
        repeat {
            let end = scanner.end(from: start, within: range.upperBound, at: [UInt8(ascii: ",")])
            var reader = SelectorReader(scanner.text(start..<end))
            selectors.append(reader.readAll())
            start = end + 1
        } while start <= range.upperBound
        return pairingLinks(selectors)
    }

    /// A link is either visited or not: together the two mean every link.
    private static func pairingLinks(_ selectors: [Selector]) -> [Selector] {
        guard selectors.contains(where: { $0.linkForm != nil }) else { return selectors }
        let links = Set(selectors.filter { !$0.isVisitedForm }.compactMap(\.linkForm))
        let visited = Set(selectors.filter(\.isVisitedForm).compactMap(\.linkForm))
        return selectors.map { selector in
            guard let form = selector.linkForm, links.contains(form), visited.contains(form) else { return selector }
            var paired = selector
            paired.isUncertain = false
            for index in paired.compounds.indices {
                for pseudo in paired.compounds[index].pseudos.indices {
                    if case .link = paired.compounds[index].pseudos[pseudo] { paired.compounds[index].pseudos[pseudo] = .anyLink }
                }
            }
            return paired
        }
    }

    /// One number that orders selectors; each part is cut at 1023.
    var weight: Int {
        min(specificity.ids, 1023) << 20 | min(specificity.classes, 1023) << 10 | min(specificity.types, 1023)
    }
}

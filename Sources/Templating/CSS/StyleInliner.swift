import Diagnostics

/// Writes the rules of `<style>` into the elements that they match, since not every mail program reads `<style>`.
///
/// ```html
/// <style>p { color: red } a:hover { color: blue }</style><p>…</p>
/// <style>a:hover { color: blue }</style><p style="color:red">…</p>
/// ```
///
/// What a reader of `<style>` sees does not change. In particular:
/// - Rules that hold at some times only stay (`@media`, `:hover`, what stands in a branch of Liquid), as do those for what mail
///   programs add by themselves (`.ExternalClass`, `[data-ogsc]`), `@font-face`, `*`, and rules for `html`.
/// - What stays and used to win over something inlined is made `!important` (see ``Raising``). Where that would change
///   something else, what it has to win over stays in `<style>` too.
/// - A rule goes from `<style>` once it is written into everything that it may match; its comments go with it.
/// - Partials are styled by the page that renders them, as far as the rule holds wherever they are rendered.
/// - Nothing else of the author's source changes.
struct StyleInliner {
    /// Steps that may be spent on one page: one of 100 kB with 300 rules takes about a third of them.
    private static let budget = 800_000
    /// Of each style that no element before had, whatever is in it. Some thousands are as much as a page may have.
    private static let costOfStyle = 250
    /// Bytes that all `style=""` of a page may gain.
    private static let mostBytes = 1 << 20

    private let compilation: Compilation
    private var page: PageElements
    private let sources: [PreparedPart]

    /// - Parameters:
    ///   - sources: a page and the partials that it renders.
    ///   - hasUnseenHTML: more HTML comes from elsewhere.
    /// - Returns: the edits for each of them, in their order.
    static func edits(_ sources: [PreparedPart], hasUnseenHTML: Bool, in compilation: Compilation) -> [[TextEdit]] {
        let none = sources.map { _ in [TextEdit]() }
        guard sources.first.map({ hasStyle($0.nodes) }) == true else { return none }
        var page = PageElements(compilation, hasUnseenHTML: hasUnseenHTML)
        for source in sources { page.add(source.nodes, partial: source.name) }
        let inliner = StyleInliner(compilation: compilation, page: page, sources: sources)
        return inliner.edits() ?? none
    }

    private static func hasStyle(_ nodes: [HTMLNode]) -> Bool {
        nodes.contains { $0.name == "style" || hasStyle($0.children) }
    }

    private func edits() -> [[TextEdit]]? {
        let texts = sources.map(\.text.bytes)
        var cascade = Cascade(page, texts: texts, budget: Self.budget, compilation: compilation)
        guard !isInTheWay(cascade) else { return nil }
        var page = page
        page.excludeUnequalCopies(cascade.matches)
        let marked = MarkedDeclarations(cascade, page: texts.first ?? [], compilation)

        var styles: [ElementStyle] = []
        // Elements that the same rules match are styled alike: of some thousand, a hundred differ.
        var numbers: [StyleKey: Int] = [:]
        var styleOf: [Int?] = []
        var raising = Raising()
        for (index, element) in page.elements.enumerated() {
            let matches = cascade.matches[index]
            guard !matches.isEmpty, !Cascade.unseen.contains(element.name) else {
                styleOf.append(nil)
                continue
            }
            let key = StyleKey(matches: matches, own: element.node.attribute("style")?.value, element)
            if let known = numbers[key] {
                styleOf.append(known)
                continue
            }
            // Before it is built: one rule can have thousands of declarations.
            cascade.spendDeclarations(of: index)
            cascade.spend(Self.costOfStyle)
            guard !cascade.isExhausted else { return exhausted() }
            let style = ElementStyle(element, matches, in: cascade, marks: compilation.marks) { id, declaration in
                marked.allow(id, declaration, in: element)
            }
            raising.look(at: style, isForbidden: page.hasUnseenHTML)
            numbers[key] = styles.count
            styleOf.append(styles.count)
            styles.append(style)
        }
        let raised = raising.result()
        guard let places = places(styles, raised, &cascade) else { return exhausted() }
        let attributes = zip(styles, places).map { StyleAttribute($0, $1) }
        let sizes = attributes.map(\.size)
        var edits = sources.map { _ in [TextEdit]() }
        var done: Set<PageElements.Place> = []
        var room = Self.mostBytes
        for (number, element) in zip(styleOf, page.elements) where element.isEditable {
            // Copies of a formatting element share their place.
            guard let number, done.insert(element.place).inserted else { continue }
            room -= sizes[number]
            guard room >= 0 else { return exhausted() }
            edits[element.part] += attributes[number].edits(element.node, texts[element.part])
        }
        SheetEdits(cascade: cascade, page: page, raised: raised).add(to: &edits, texts: texts)
        return edits
    }

    /// Where everything goes. What stays in the sheet for one element is there for all, so this is asked again until no rule
    /// more has to stay.
    private func places(_ styles: [ElementStyle], _ raised: Set<Int>, _ cascade: inout Cascade) -> [[ElementStyle.Place]]? {
        var places: [[ElementStyle.Place]] = []
        var isSettled = false
        while !isSettled {
            isSettled = true
            places = styles.map { $0.places(raised: raised) { cascade.rules[$0].stays } }
            for (style, places) in zip(styles, places) {
                cascade.spend(style.hasKept ? style.entries.count * style.entries.count / 32 : style.entries.count)
                for (entry, place) in zip(style.entries, places) where place == .sheet && !cascade.rules[entry.rule].stays {
                    cascade.rules[entry.rule].stays = true
                    isSettled = false
                }
            }
            if cascade.isExhausted { return nil }
        }
        return places
    }

    // MARK: Where nothing is inlined

    private func isInTheWay(_ cascade: Cascade) -> Bool {
        if cascade.isExhausted { return exhausted() == nil }
        for sheet in cascade.sheets {
            let source = sources[sheet.part]
            if let obstacle = sheet.parsed.obstacle {
                compilation.report(
                    .warning, "the styles stay in <style>: this cannot be written into elements", in: source.text,
                    at: Span(obstacle.lowerBound, obstacle.upperBound), fallback: source.own,
                    hint: "no layers, scopes, namespaces or rules within rules: mail programs do not know them")
                return true
            }
            // An output or a partial may bring any rule.
            let brings = sheet.parsed.looseMarks.contains { mark in
                !compilation.marks.isTag(mark) || ["render", "include", "liquid", "echo"].contains(compilation.marks.tagName(mark) ?? "")
            }
            if brings { return true }
        }
        return false
    }

    private func exhausted() -> [[TextEdit]]? {
        let span = compilation.sources.isEmpty ? nil : Span(0, 1)
        if let source = sources.first, let span {
            compilation.report(
                .warning, "the styles stay in <style>: there are too many rules for a page of this size", in: source.text, at: span,
                fallback: source.own)
        }
        return nil
    }
}

/// What decides how an element is styled.
private struct StyleKey: Hashable {
    var matches: [Cascade.Match]
    var own: String?
    var isEditable: Bool
    /// In a partial, some things may not be said.
    var isInPage: Bool

    init(matches: [Cascade.Match], own: String?, _ element: PageElements.Element) {
        self.matches = matches
        self.own = own
        isEditable = element.isEditable
        isInPage = element.part == 0
    }
}

extension PageElements {
    /// A formatting element that is copied by the rules of HTML stands at one place of the source: where its copies would
    /// get other styles, none of them gets any.
    mutating func excludeUnequalCopies(_ matches: [[Cascade.Match]]) {
        var first: [Place: Int] = [:]
        var unequal: Set<Place> = []
        for (index, element) in elements.enumerated() where element.isEditable {
            if let other = first[element.place] {
                let isSame =
                    matches[index].count == matches[other].count
                    && zip(matches[index], matches[other]).allSatisfy { $0.statement == $1.statement && $0.certainty == $1.certainty }
                if !isSame { unequal.insert(element.place) }
            } else {
                first[element.place] = index
            }
        }
        guard !unequal.isEmpty else { return }
        for index in elements.indices where unequal.contains(elements[index].place) { exclude(index) }
    }
}

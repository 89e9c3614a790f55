/// All rules of a page in the order in which they win, and which of them matches what.
struct Cascade {
    /// One selector of a rule.
    struct Statement {
        enum Role {
            /// Can be written into every element that it matches.
            case inlined
            /// Stays in `<style>`: `:hover`, `@media`.
            case kept
            /// Matches nothing here, and stays for mail programs that put their own classes and attributes into a page.
            case hack
        }

        var rule: Int
        var selector: Selector
        var role: Role
    }

    struct Rule {
        var sheet: Int
        var rule: StyleSheet.Rule
        /// Of its first declaration among all.
        var first: Int
        /// Its declarations may be made important: all its selectors stay.
        var canBeRaised = false
        /// It has to stay in `<style>`, whatever becomes of its declarations.
        var stays = false
    }

    struct Sheet {
        /// Of the `<style>` element.
        var element: Int
        var part: Int
        var range: Range<Int>
        var parsed: StyleSheet
        /// In ``Cascade/rules``.
        var rules: Range<Int>
    }

    struct Match: Hashable {
        var statement: Int32
        var certainty: Certainty
    }

    private(set) var sheets: [Sheet] = []
    var rules: [Rule] = []
    private(set) var statements: [Statement] = []
    /// By element.
    private(set) var matches: [[Match]]
    private(set) var declarationCount = 0

    private var matcher: SelectorMatcher
    /// For all `<style>` elements of a page.
    private var room = (bytes: MessageBounds.styles, statements: MessageBounds.statements)
    private let compilation: Compilation

    init(_ page: PageElements, texts: [[UInt8]], budget: Int, compilation: Compilation) {
        self.compilation = compilation
        matcher = SelectorMatcher(page, budget: budget)
        matches = Array(repeating: [], count: page.elements.count)
        for style in page.styles where !isExhausted {
            read(style.element, isCertain: style.isCertain, texts[page.elements[style.element].part])
        }
        for index in statements.indices where !isExhausted { match(index) }
        settleRoles()
    }

    var page: PageElements { matcher.page }
    var isExhausted: Bool { matcher.budget <= 0 }
    mutating func spend(_ steps: Int) { matcher.spend(steps) }
    private mutating func exhaust() { spend(max(0, matcher.budget)) }

    /// What it takes to weigh all that reaches an element: a look at each declaration, or at each pair of them.
    mutating func spendDeclarations(of element: Int) {
        var count = page.elements[element].node.attribute("style").map { $0.value.utf8.count / 8 } ?? 0
        var isPlain = true
        for match in matches[element] {
            let statement = statements[Int(match.statement)]
            count += rules[statement.rule].rule.declarations.count
            isPlain = isPlain && statement.role == .inlined && match.certainty == .yes
        }
        spend(count * 4 + (isPlain ? 0 : count * count / 16))
    }

    /// Elements that nobody sees and that need no style.
    static let unseen: Set<String> = ["head", "meta", "title", "style", "script", "link", "base", "template", "param", "source"]

    // MARK: Sheets

    private mutating func read(_ element: Int, isCertain: Bool, _ bytes: [UInt8]) {
        let node = page.elements[element].node
        let type = node.attribute("type")?.value.lowercased().split(whereSeparator: \.isWhitespace).joined() ?? "text/css"
        guard type == "text/css" || type.isEmpty, let text = node.children.first, text.offset >= 0 else { return }
        let range = text.offset..<Self.endOfStyle(bytes, from: text.offset)
        room.bytes -= range.count
        guard room.bytes >= 0 else { return exhaust() }
        let sheet = StyleSheet(bytes, in: range, atMost: room.statements)
        room.statements = sheet.room
        guard room.statements > 0 else { return exhaust() }
        let media = node.attribute("media")?.value.lowercased().split(whereSeparator: \.isWhitespace).joined() ?? "all"
        var holds = isCertain && ["all", "screen", ""].contains(media)
        for mark in sheet.looseMarks where !Self.quiet.contains(compilation.marks.tagName(mark) ?? "") { holds = false }
        sheets.append(
            Sheet(
                element: element, part: page.elements[element].part, range: range, parsed: sheet,
                rules: rules.count..<(rules.count + sheet.rules.count)))
        for rule in sheet.rules {
            let entry = Rule(sheet: sheets.count - 1, rule: rule, first: declarationCount)
            let stays = !holds || rule.isConditional || rule.isFixed
            declarationCount += rule.declarations.count
            for selector in rule.selectors {
                let isKept = stays || selector.isUncertain || selector.isOpaque || selector.hasPseudoElement || Self.isUniversal(selector)
                statements.append(Statement(rule: rules.count, selector: selector, role: isKept ? .kept : .inlined))
            }
            rules.append(entry)
        }
    }

    private static let quiet: Set<String> = ["assign", "comment", "increment", "decrement"]

    /// `*` alone would be written into everything.
    private static func isUniversal(_ selector: Selector) -> Bool {
        guard selector.compounds.count == 1, let only = selector.compounds.first else { return false }
        return only.type == nil && only.isTypeOnly && only.pseudos.isEmpty
    }

    private static func endOfStyle(_ bytes: [UInt8], from start: Int) -> Int {
        let closing = Array("</style".utf8)
        var index = start
        while index + closing.count <= bytes.count {
            if bytes[index] == closing[0], zip(bytes[index...], closing).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) { return index }
            index += 1
        }
        return bytes.count
    }

    // MARK: Matches

    private mutating func match(_ index: Int) {
        let selector = statements[index].selector
        if selector.isOpaque {
            matcher.spend(page.elements.count)
            for element in page.elements.indices { add(index, element, .maybe) }
            return
        }
        let found = matcher.matches(selector).filter { !Self.unseen.contains(page.elements[$0.element].name) }
        // A pseudo-element is a part of the element, with nothing to win or lose against the element's own style.
        if selector.hasPseudoElement { return }
        if found.isEmpty { return nothing(index) }
        for (element, certainty) in found { add(index, element, statements[index].role == .inlined ? certainty : .maybe) }
    }

    private mutating func nothing(_ index: Int) {
        let selector = statements[index].selector
        if selector.compounds.allSatisfy(\.isTypeOnly) { return }
        statements[index].role = .hack
        guard Self.isForPrograms(selector) else { return }
        for element in matcher.subjects(selector) where !Self.unseen.contains(page.elements[element].name) { add(index, element, .maybe) }
    }

    /// `[data-ogsc] .ink`, `u + .body .ink`, `#MessageViewBody a`: what stands in front is added by some mail program, and then
    /// the rule holds.
    private static func isForPrograms(_ selector: Selector) -> Bool {
        selector.compounds.dropLast().contains { compound in
            !compound.attributes.isEmpty || compound.type == "u" || compound.ids.contains { $0.hasPrefix("Message") }
        }
    }

    private mutating func add(_ statement: Int, _ element: Int, _ certainty: Certainty) {
        matcher.spend(1)
        matches[element].append(Match(statement: Int32(statement), certainty: certainty))
    }

    private mutating func settleRoles() {
        for index in rules.indices {
            rules[index].canBeRaised = !rules[index].rule.isFixed && sheets[rules[index].sheet].part == 0
            rules[index].stays = page.hasUnseenHTML
        }
        for statement in statements {
            if statement.role != .inlined { rules[statement.rule].stays = true }
            if statement.role == .inlined || statement.selector.isOpaque { rules[statement.rule].canBeRaised = false }
        }
    }
}

/// The elements of a page and of the partials that it renders, in the order in which they were written, ready to be asked
/// what surrounds them.
///
/// What Liquid may change is known as such: a branch or a loop makes it uncertain which neighbours an element has, a mark in
/// an attribute what it says, a partial where it stands.
struct PageElements {
    enum Parent {
        /// At the outside of a page.
        case none
        case element(Int)
        /// At the outside of a partial: where that is rendered.
        case partial(Int)
        /// Within `{% capture %}`, or in a comment for some mail programs only.
        case unknown
    }

    struct Element {
        var node: HTMLNode
        var part: Int
        var name: String
        var parent: Parent
        var classes: [String] = []
        var id: String?
        /// It may have other classes than these, another identity, other attributes.
        var hasUncertainClasses = false
        var hasUncertainAttributes = false
        /// The element before it, and its place among all and among those of its type, both from 1.
        var previous: Int?
        var order = (number: 1, count: 1, ofType: 1, countOfType: 1)
        /// Its neighbours are those that it has in the source.
        var hasCertainNeighbours = true
        /// Can be given a style.
        var isEditable = true
        /// Where its start tag stands; copies that the parser made of an element share it.
        var place: Place { Place(part: part, offset: node.offset) }
    }

    struct Place: Hashable {
        var part: Int
        var offset: Int
    }

    /// A text that elements stand in.
    struct Part {
        var name: String?
        /// Where it is rendered.
        var places: [Parent] = []
    }

    private(set) var elements: [Element] = []
    private(set) var parts: [Part] = []
    /// HTML may come from data, or from tags whose HTML is not seen here.
    private(set) var hasUnseenHTML: Bool
    /// The `<style>` elements, as indices, and whether each holds for the whole page at all times.
    private(set) var styles: [(element: Int, isCertain: Bool)] = []

    private let compilation: Compilation
    /// For what stands in comments: what the page has left.
    private var room: HTMLGuard.Room
    /// Names that hold HTML of the templates themselves.
    private let captured: [String]
    private var partials: [String: Int] = [:]
    /// Open `{% capture %}` and other blocks.
    private var captures = 0
    private var branches = 0
    /// Open `<!--[if …]><!-->`.
    private var isRevealed = false

    init(_ compilation: Compilation, hasUnseenHTML: Bool) {
        self.compilation = compilation
        self.hasUnseenHTML = hasUnseenHTML
        room = compilation.room
        captured = compilation.marks.entries.indices.filter { compilation.marks.tagName($0) == "capture" }.compactMap { index in
            let words = compilation.text(of: index).split { !($0.isLetter || $0.isNumber || $0 == "_") }
            return words.count > 1 ? String(words[1]) : nil
        }
    }

    // MARK: Building

    /// - Parameter name: of a partial; nil for the page, which comes first.
    mutating func add(_ nodes: [HTMLNode], partial name: String?) {
        let part = number(of: name)
        captures = 0
        branches = 0
        isRevealed = false
        children(nodes, part, name == nil ? .none : .partial(part), isEditable: true, isCaptured: false)
    }

    private mutating func number(of name: String?) -> Int {
        if let name, let part = partials[name] { return part }
        parts.append(Part(name: name))
        if let name { partials[name] = parts.count - 1 }
        return parts.count - 1
    }

    private static let skipped: Set<String> = ["head", "template", "svg", "math", "object", "noscript"]

    private mutating func children(_ nodes: [HTMLNode], _ part: Int, _ parent: Parent, isEditable: Bool, isCaptured: Bool) {
        let isCertain = !nodes.contains { isTurningPoint($0) }
        var previous: Int?
        var own: [Int] = []
        var ofType: [String: Int] = [:]
        for node in nodes {
            switch node.kind {
            case .comment(let text): comment(text, part, parent)
            case .text(let text): if outputs(in: text, saying: ["raw"]) { hasUnseenHTML = true }
            case .element(let name, let attributes):
                let isFloating = captures > 0 && !isCaptured
                var element = Element(node: node, part: part, name: name, parent: isFloating ? .unknown : parent)
                element.isEditable = isEditable && node.offset >= 0 && name != "html" && name != "style"
                element.previous = previous
                if case .partial = parent {
                    element.hasCertainNeighbours = false
                } else {
                    element.hasCertainNeighbours = isCertain && !isFloating
                }
                ofType[name, default: 0] += 1
                element.order = (own.count + 1, 0, ofType[name] ?? 1, 0)
                read(attributes, into: &element)
                elements.append(element)
                let index = elements.count - 1
                own.append(index)
                previous = index
                if name == "style" { styles.append((index, part == 0 && isEditable && branches == 0 && captures == 0 && !isRevealed)) }
                children(
                    node.children, part, .element(index), isEditable: isEditable && (name == "head" || !Self.skipped.contains(name)),
                    isCaptured: captures > 0)
            }
        }
        for index in own {
            elements[index].order.count = own.count
            elements[index].order.countOfType = ofType[elements[index].name] ?? 1
        }
    }

    private mutating func read(_ attributes: [HTMLNode.Attribute], into element: inout Element) {
        for attribute in attributes {
            let nameMarks = Marks.marks(in: attribute.name)
            if !nameMarks.isEmpty {
                // `<td {% if x %}class="a"{% endif %}>`: which of its attributes it has is not known.
                element.hasUncertainClasses = true
                element.hasUncertainAttributes = true
                let hasStyle = element.node.attribute("style") != nil || attribute.name.contains("style")
                if hasStyle || nameMarks.contains(where: { !compilation.marks.isTag($0) }) { element.isEditable = false }
                continue
            }
            switch attribute.name {
            case "class":
                let marks = Marks.marks(in: attribute.value)
                let isTorn = marks.contains { compilation.marks.isTag($0) }
                let words = attribute.value.split(whereSeparator: \.isWhitespace).map { String($0) }
                element.classes = isTorn ? [] : words.filter { marks.isEmpty || Marks.marks(in: $0).isEmpty }
                element.hasUncertainClasses = element.hasUncertainClasses || !marks.isEmpty
            case "id":
                element.id = attribute.value
                if !Marks.marks(in: attribute.value).isEmpty { element.hasUncertainAttributes = true }
            case "style":
                if attribute.range == nil { element.isEditable = false }
            default: break
            }
        }
    }

    // MARK: Liquid between elements

    private static let quiet: Set<String> = ["assign", "comment", "increment", "decrement", "cycle"]

    /// Something between elements that may bring, repeat or leave out elements.
    private func isTurningPoint(_ node: HTMLNode) -> Bool {
        switch node.kind {
        case .comment(let text):
            return Marks.marks(in: text).contains { index in
                compilation.marks.isTag(index) && compilation.marks.tagName(index).map { !Self.quiet.contains($0) } ?? false
            }
        case .text(let text): return outputs(in: text, saying: ["raw", "newline_to_br"] + captured)
        case .element: return false
        }
    }

    private func outputs(in text: String, saying words: [String]) -> Bool {
        Marks.marks(in: text).contains { index in
            guard !compilation.marks.isTag(index) else { return false }
            let output = compilation.text(of: index)
            return words.contains { output.contains($0) }
        }
    }

    private static let opening: Set<String> = ["if", "unless", "case", "for", "tablerow", "ifchanged", "block"]

    private mutating func comment(_ text: String, _ part: Int, _ parent: Parent) {
        for index in Marks.marks(in: text) {
            guard let name = compilation.marks.tagName(index) else { continue }
            if name == "capture" {
                captures += 1
            } else if name == "endcapture" {
                captures = max(0, captures - 1)
            } else if Self.opening.contains(name) {
                branches += 1
            } else if name.hasPrefix("end") {
                branches = max(0, branches - 1)
            } else if name == "render" || name == "include" || name == "liquid" {
                let found = PartialNames.names(in: compilation.text(of: index))
                if found.isDynamic { hasUnseenHTML = true }
                for partial in found.names {
                    let number = number(of: partial)
                    parts[number].places.append(captures > 0 ? .unknown : parent)
                }
            }
        }
        conditional(text, part)
    }

    /// `<!--[if mso]>…<![endif]-->` holds elements that only some mail programs see. Rules may be meant for them.
    private mutating func conditional(_ text: String, _ part: Int) {
        guard text.hasPrefix("[if") else {
            if text.hasPrefix("<![endif]") || text.hasPrefix("[endif]") { isRevealed = false }
            return
        }
        let inside = text.firstRange(of: "]>").map { text[$0.upperBound...] } ?? ""
        if inside == "<!" || inside.allSatisfy(\.isWhitespace) {
            isRevealed = true
            return
        }
        let bytes = Array(inside.utf8)
        guard bytes.contains(UInt8(ascii: "<")) else { return }
        guard HTMLGuard.problem(in: bytes, &room) == nil else {
            hasUnseenHTML = true
            return
        }
        let state = (captures, branches)
        for node in HTMLNode.parse(bytes, isPage: false) { unseen(node, part) }
        (captures, branches) = state
    }

    private mutating func unseen(_ node: HTMLNode, _ part: Int) {
        guard case .element(let name, let attributes) = node.kind else { return }
        var element = Element(node: node, part: part, name: name, parent: .unknown)
        element.hasCertainNeighbours = false
        read(attributes, into: &element)
        element.isEditable = false
        elements.append(element)
        for child in node.children { unseen(child, part) }
    }

    /// Gives the element no style.
    mutating func exclude(_ index: Int) { elements[index].isEditable = false }
}

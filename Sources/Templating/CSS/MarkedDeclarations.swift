/// Which declarations with Liquid in their values may be written into elements.
///
/// An output means the same everywhere on a page, unless a name in it is set behind the place where it stands. In a partial
/// it means something else.
struct MarkedDeclarations {
    private var movable: Set<Int> = []

    private static let setters: Set<String> = ["assign", "capture", "for", "tablerow", "increment", "decrement"]

    init(_ cascade: Cascade, page: [UInt8], _ compilation: Compilation) {
        // Where a name is set last, and where any may be.
        var last: [Substring: Int] = [:]
        var lastOfAny = -1
        for found in Marks.marks(in: page) {
            guard let tag = compilation.marks.tagName(found.index) else { continue }
            if tag == "liquid" || tag == "include" { lastOfAny = found.range.lowerBound }
            guard Self.setters.contains(tag) else { continue }
            let words = Self.words(compilation.text(of: found.index))
            if words.count > 1 { last[words[1]] = found.range.lowerBound }
        }
        for rule in cascade.rules {
            let start = cascade.sheets[rule.sheet].range.lowerBound
            for (number, declaration) in rule.rule.declarations.enumerated() {
                guard let marks = declaration.marks, !marks.isEmpty else { continue }
                let isMovable = marks.allSatisfy { mark in
                    !compilation.marks.isTag(mark) && lastOfAny <= start
                        && Self.words(compilation.text(of: mark)).allSatisfy { (last[$0] ?? -1) <= start }
                }
                if isMovable { movable.insert(rule.first + number) }
            }
        }
    }

    func allow(_ id: Int, _ declaration: StyleSheet.Declaration, in element: PageElements.Element) -> Bool {
        guard let marks = declaration.marks else { return false }
        return marks.isEmpty || element.part == 0 && movable.contains(id)
    }

    private static func words(_ text: String) -> [Substring] {
        text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }
}

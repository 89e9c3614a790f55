/// Which declarations with Liquid in their values may be written into elements.
///
/// An output means the same everywhere on a page, unless a name in it is set behind the place where it stands. In a partial
/// it means something else.
struct MarkedDeclarations {
    private var movable: Set<Int> = []

    private static let setters: Set<String> = ["assign", "capture", "for", "tablerow", "increment", "decrement"]

    init(_ cascade: Cascade, page: [UInt8], _ compilation: Compilation) {
        let tags = Marks.marks(in: page).filter { compilation.marks.isTag($0.index) }
        for rule in cascade.rules {
            let start = cascade.sheets[rule.sheet].range.lowerBound
            for (number, declaration) in rule.rule.declarations.enumerated() {
                guard let marks = declaration.marks, !marks.isEmpty else { continue }
                let isMovable = marks.allSatisfy { mark in
                    !compilation.marks.isTag(mark) && !Self.isSet(compilation.text(of: mark), in: tags, behind: start, compilation)
                }
                if isMovable { movable.insert(rule.first + number) }
            }
        }
    }

    func allow(_ id: Int, _ declaration: StyleSheet.Declaration, in element: PageElements.Element) -> Bool {
        guard let marks = declaration.marks else { return false }
        return marks.isEmpty || element.part == 0 && movable.contains(id)
    }

    private static func isSet(_ output: String, in tags: [Marks.Found], behind offset: Int, _ compilation: Compilation) -> Bool {
        let names = Set(words(output))
        return tags.contains { found in
            guard found.range.lowerBound > offset, let tag = compilation.marks.tagName(found.index) else { return false }
            if tag == "liquid" || tag == "include" { return true }
            guard setters.contains(tag) else { return false }
            let words = words(compilation.text(of: found.index))
            return words.count > 1 && names.contains(words[1])
        }
    }

    private static func words(_ text: String) -> [Substring] {
        text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }
}

/// What changes within `<style>`: rules that are in the elements now go, and what has to win over those is made important.
struct SheetEdits {
    let cascade: Cascade
    let page: PageElements
    let raised: Set<Int>

    func add(to edits: inout [[TextEdit]], texts: [[UInt8]]) {
        for index in cascade.sheets.indices {
            let sheet = cascade.sheets[index]
            let rules = cascade.rules[sheet.rules]
            let gone = rules.filter { !$0.stays }
            let isEmpty = gone.count == rules.count && !gone.isEmpty && sheet.parsed.others.isEmpty && sheet.parsed.looseMarks.isEmpty
            if isEmpty, let whole = element(sheet, texts[sheet.part]) {
                edits[sheet.part].append(TextEdit(whole, ComposedText()))
                continue
            }
            let ends = (rules.map(\.rule.range) + sheet.parsed.others).map(\.upperBound).sorted()
            for rule in gone {
                edits[sheet.part].append(TextEdit(withComments(rule.rule.range, sheet, ends: ends, texts[sheet.part]), ComposedText()))
            }
            for rule in rules where rule.stays {
                for (number, declaration) in rule.rule.declarations.enumerated() where raised.contains(rule.first + number) {
                    edits[sheet.part].append(TextEdit(insert: " !important", at: declaration.end))
                }
            }
        }
    }

    /// The whole element with its line, where that is in the head: elsewhere it counts among its neighbours.
    private func element(_ sheet: Cascade.Sheet, _ bytes: [UInt8]) -> Range<Int>? {
        let element = page.elements[sheet.element]
        guard case .element(let parent) = element.parent, page.elements[parent].name == "head", element.node.offset >= 0 else { return nil }
        guard let close = bytes[sheet.range.upperBound...].firstIndex(of: UInt8(ascii: ">")) else { return nil }
        var end = close + 1
        let line = bytes[end...].prefix { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        if end + line.count < bytes.count, bytes[end + line.count] == 0x0A { end += line.count + 1 }
        return element.node.offset..<end
    }

    /// From behind what comes before it: its comments, and the blanks.
    private func withComments(_ range: Range<Int>, _ sheet: Cascade.Sheet, ends: [Int], _ bytes: [UInt8]) -> Range<Int> {
        var low = 0
        var high = ends.count
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        var start = low > 0 ? max(sheet.range.lowerBound, ends[low - 1]) : sheet.range.lowerBound
        for found in Marks.marks(in: bytes, start..<range.lowerBound) { start = found.range.upperBound }
        if start == sheet.range.lowerBound {
            // `<!--` around a whole sheet stays.
            let scanner = CSSScanner(bytes, end: range.lowerBound)
            let blank = scanner.afterBlanks(from: start, within: range.lowerBound)
            if bytes[blank..<range.lowerBound].starts(with: Array("<!--".utf8)) { start = blank + 4 }
        }
        return start..<range.upperBound
    }
}

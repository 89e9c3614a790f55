import Diagnostics

/// Finds elements that are not closed, end tags that close nothing, and elements that open in one branch of Liquid and close
/// in another.
///
/// It reads the source, not the tree: a parser repairs what it finds, and each mail program repairs it in its own way. End
/// tags that HTML allows to be left out (`</p>`, `</li>`, `</td>`) are not missed.
struct HTMLBalance {
    struct Problem {
        var message: String
        var range: Range<Int>
        var isTorn: Bool
        var hint: String?
    }

    private struct Open {
        var name: String
        var range: Range<Int>
        var isOptional: Bool
    }

    /// An open block of Liquid, and how many elements were open when it began.
    private struct Branch {
        var mark: Int
        var name: String
        var base: Int
    }

    /// More than a person reads at once.
    private static let most = 10

    private let text: ComposedText
    private let compilation: Compilation
    /// Tags that open a block which the same file closes.
    private let openings: Set<Int>
    private(set) var problems: [Problem] = []
    private var open: [Open] = []
    /// Where elements of a name stand among the open ones.
    private var places: [String: [Int]] = [:]
    private var branches: [Branch] = []
    /// End tags of elements that were told of already.
    private var expected: [String: Int] = [:]
    private var foreign = 0

    init(_ text: ComposedText, in compilation: Compilation) {
        self.text = text
        self.compilation = compilation
        openings = Self.openings(in: text, compilation.marks)
        var scanner = HTMLScanner(text.bytes)
        while let token = scanner.next(), problems.count < Self.most { read(token) }
        if problems.count < Self.most { close(to: 0) { "<\($0)> is never closed" } }
    }

    private mutating func read(_ token: HTMLScanner.Token) {
        switch token {
        case .text(let range), .opaque(let range): marks(in: range)
        case .start(let name, let range, let closesItself):
            marks(in: range)
            let name = plain(name)
            if HTMLGuard.void.contains(name) { return }
            if closesItself, foreign > 0 || name.contains(":") { return }
            if name == "svg" || name == "math" { foreign += 1 }
            places[name, default: []].append(open.count)
            open.append(Open(name: name, range: range, isOptional: HTMLGuard.optionalEnd.contains(name)))
        case .end(let name, let range): end(plain(name), range)
        }
    }

    /// `<h{{ n }}>` closes with `</h{{ n }}>`; what Liquid tags add to a name is not part of it.
    private func plain(_ name: String) -> String {
        let bytes = Array(name.utf8)
        guard let mark = Marks.marks(in: bytes).first else { return name }
        let start = String(decoding: bytes[..<mark.range.lowerBound], as: UTF8.self)
        return compilation.marks.isTag(mark.index) ? start : start + "*"
    }

    // MARK: Elements

    private mutating func end(_ name: String, _ range: Range<Int>) {
        // `</br>` and `</p>` make elements of their own.
        if HTMLGuard.void.contains(name) { return }
        let base = branches.last?.base ?? 0
        guard let place = places[name]?.last else {
            if let count = expected[name], count > 0 {
                expected[name] = count - 1
            } else {
                add("</\(name)> closes nothing", range, hint: "remove it, or open <\(name)> before it")
            }
            return
        }
        guard place >= base else {
            guard let branch = branches.last else { return }
            let line = compilation.line(of: branch.mark)
            add(
                "</\(name)> closes what was opened before {% \(branch.name) %} on line \(line)", range, isTorn: true,
                hint: "open and close it within the same branch, or outside of both")
            return
        }
        close(to: place + 1) { "<\($0)> is not closed before </\(name)>" }
        pop()
    }

    private mutating func close(to count: Int, isTorn: Bool = false, _ message: (String) -> String) {
        while open.count > count, let last = open.last {
            pop()
            if last.isOptional { continue }
            expected[last.name, default: 0] += 1
            add(message(last.name), last.range, isTorn: isTorn, hint: isTorn ? "close it within the same branch" : "add </\(last.name)>")
        }
    }

    private mutating func pop() {
        guard let last = open.popLast() else { return }
        places[last.name]?.removeLast()
        if places[last.name]?.isEmpty == true { places[last.name] = nil }
        if last.name == "svg" || last.name == "math" { foreign -= 1 }
    }

    private mutating func add(_ message: String, _ range: Range<Int>, isTorn: Bool = false, hint: String? = nil) {
        guard problems.count < Self.most else { return }
        problems.append(Problem(message: message, range: range, isTorn: isTorn, hint: hint))
    }

    // MARK: Liquid

    /// Whatever has an end is a block. What has none, and what stands across another, Liquid tells: it tears nothing apart, least of all
    /// the layout around it.
    private static func openings(in text: ComposedText, _ marks: Marks) -> Set<Int> {
        let names = Set(marks.entries.indices.compactMap { marks.tagName($0) }.filter { $0.hasPrefix("end") }.map { $0.dropFirst(3) })
        var result: Set<Int> = []
        var open: [Int: [(name: String, mark: Int)]] = [:]
        for found in Marks.marks(in: text.bytes) {
            guard let name = marks.tagName(found.index) else { continue }
            let source = marks.entries[found.index].source
            guard name.hasPrefix("end") else {
                if names.contains(name[...]) { open[source, default: []].append((name, found.index)) }
                continue
            }
            let opened = name.dropFirst(3)
            guard let place = open[source]?.lastIndex(where: { $0.name == opened }), let mark = open[source]?[place].mark else { continue }
            result.insert(mark)
            open[source]?.removeSubrange(place...)
        }
        return result
    }

    private mutating func marks(in range: Range<Int>) {
        for found in Marks.marks(in: text.bytes, range) {
            guard let name = compilation.marks.tagName(found.index) else { continue }
            if openings.contains(found.index) {
                branches.append(Branch(mark: found.index, name: name, base: open.count))
            } else if ["else", "elsif", "elseif", "when"].contains(name) {
                endBranch()
            } else if let last = branches.last, name == "end\(last.name)" {
                endBranch()
                branches.removeLast()
            }
        }
    }

    private mutating func endBranch() {
        guard let branch = branches.last else { return }
        close(to: branch.base, isTorn: true) { "<\($0)> opens in {% \(branch.name) %} and is not closed in it" }
    }
}

import Diagnostics

/// Tells which outputs are the author's own words, or encoded already, so that nothing in them has to be kept in its place: what the
/// campaign's file says under `data:`, names that stand for it, and what ends with `url_encode`.
///
/// It remembers what it was asked: a template may have thousands of links and of names.
final class AuthorsValues {
    private struct Key: Hashable {
        var name: String
        var source: Int
    }

    private let compilation: Compilation
    private var answers: [Key: Bool] = [:]
    private var files: [Int: Settings] = [:]

    init(_ compilation: Compilation) {
        self.compilation = compilation
    }

    func isAuthors(_ mark: Int) -> Bool {
        guard compilation.marks.tagName(mark) == nil else { return false }
        let parts = Self.pipeline(Self.inside(compilation.text(of: mark)))
        if parts.count > 1, parts.last?.trimmed == "url_encode" { return true }
        return isAuthors(parts, in: compilation.marks.entries[mark].source, depth: 0)
    }

    private static func inside(_ text: String) -> Substring {
        text.dropFirst(2).dropLast(2).drop { $0 == "-" }
    }

    /// Parted at its bars, with the texts between quotes left out.
    private static func pipeline(_ text: Substring) -> [String] {
        var parts = [""]
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
                parts[parts.count - 1] += " "
            } else if character == "|" {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    /// Whether every value in it is the author's. A filter is named in front of its colon.
    private func isAuthors(_ parts: [String], in source: Int, depth: Int) -> Bool {
        for (number, part) in parts.enumerated() {
            let values = number == 0 ? Substring(part) : part.firstIndex(of: ":").map { part[part.index(after: $0)...] } ?? ""
            let words = values.split { !($0.isLetter || $0.isNumber || "_.[]?".contains($0)) }
            for word in words where word.first?.isNumber != true {
                guard isAuthors(path: String(word), in: source, depth: depth) else { return false }
            }
        }
        return true
    }

    private func isAuthors(path: String, in source: Int, depth: Int) -> Bool {
        let names = path.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        guard let root = names.first, depth < 64 else { return false }
        // What is in brackets is looked at as if it were a value of its own.
        if let bracket = path.firstIndex(of: "["), !path[bracket...].allSatisfy({ $0.isNumber || "[].".contains($0) }) { return false }
        if root == "campaign" || root == "organisation" || root == "forloop" || root == "now" { return true }
        if root == "contact" || root == "links" { return false }
        return isSetByAuthor(String(root), in: source, depth: depth)
    }

    // MARK: Names that are set

    private static let setters: Set<String> = ["assign", "for", "tablerow", "capture", "liquid"]

    /// What a file gives its names.
    private struct Settings {
        /// By name, each time; nil where it is captured.
        var values: [String: [[String]?]] = [:]
        /// `{% liquid %}` may set any name that stands in it.
        var blocks: [Substring] = []
    }

    /// Whether all that gives the name a value in its file gives it one of the author's.
    private func isSetByAuthor(_ name: String, in source: Int, depth: Int) -> Bool {
        let key = Key(name: name, source: source)
        if let known = answers[key] { return known }
        // A name that is made of itself has to be taken for data.
        answers[key] = false
        let settings = settings(of: source)
        let values = settings.values[name] ?? []
        let answer =
            !values.isEmpty && !settings.blocks.contains { $0.contains(name) }
            && values.allSatisfy { value in value.map { isAuthors($0, in: source, depth: depth + 1) } ?? false }
        answers[key] = answer
        return answer
    }

    private func settings(of source: Int) -> Settings {
        if let known = files[source] { return known }
        var settings = Settings()
        for (index, entry) in compilation.marks.entries.enumerated() where entry.source == source {
            guard let tag = compilation.marks.tagName(index), Self.setters.contains(tag) else { continue }
            let inside = Self.inside(compilation.text(of: index)).drop(while: \.isWhitespace).dropFirst(tag.count)
            if tag == "liquid" { settings.blocks.append(inside) }
            let rest = inside.drop(while: \.isWhitespace)
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            var value = rest.dropFirst(name.count).drop(while: \.isWhitespace)
            value = tag == "assign" ? value.dropFirst() : value.hasPrefix("in") ? value.dropFirst(2) : value
            // `limit:` and its like follow the list of a loop.
            if tag != "assign" { value = value.drop(while: \.isWhitespace).prefix { !$0.isWhitespace } }
            settings.values[String(name), default: []].append(tag == "capture" ? nil : Self.pipeline(value))
        }
        files[source] = settings
        return settings
    }
}

extension String {
    fileprivate var trimmed: Substring { drop(while: \.isWhitespace).prefix { !$0.isWhitespace && $0 != "-" } }
}

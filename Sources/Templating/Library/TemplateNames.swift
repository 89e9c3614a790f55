import Workspace

/// Which template each file of `Templates/` belongs to.
///
/// `spring.md` or `spring.html` is the template *spring*, `spring.it.md` its Italian variant if *spring* itself is there,
/// `spring.txt` and `spring.it.txt` are the plain-text parts somebody wrote by hand.
struct TemplateNames {
    struct File {
        var path: String
        var isMarkdown: Bool
        /// Nil for the template itself.
        var language: String?
    }

    static let folder = "Templates"
    static let layouts = "Templates/layouts"
    static let partials = "Templates/partials"

    /// Templates with their files, the base first.
    private(set) var files: [String: [File]] = [:]
    /// Pairs of files that claim the same place.
    private(set) var clashes: [(String, String)] = []

    init(_ paths: [String]) {
        var stems: [String: String] = [:]
        for path in paths where !path.hasPrefix(Self.layouts + "/") && !path.hasPrefix(Self.partials + "/") {
            let name = path.dropFirst(Self.folder.count + 1)
            guard let ending = [".md", ".html"].first(where: { name.hasSuffix($0) }), !name.contains("/") else { continue }
            let stem = String(name.dropLast(ending.count))
            if let other = stems[stem] { clashes.append((other, path)) } else { stems[stem] = path }
        }
        for stem in stems.keys.sorted() {
            guard let path = stems[stem] else { continue }
            if let (base, language) = Self.variant(stem), stems[base] != nil {
                files[base, default: []].append(File(path: path, isMarkdown: path.hasSuffix(".md"), language: language))
            } else {
                files[stem, default: []].insert(File(path: path, isMarkdown: path.hasSuffix(".md"), language: nil), at: 0)
            }
        }
    }

    var names: [String] { files.keys.sorted() }

    /// `spring.pt-br` is *spring* in Brazilian Portuguese (RFC 5646 tags, in either case).
    private static func variant(_ stem: String) -> (base: String, language: String)? {
        guard let dot = stem.lastIndex(of: ".") else { return nil }
        let tag = stem[stem.index(after: dot)...].lowercased()
        let parts = tag.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = parts.first, (2...3).contains(first.count), first.allSatisfy({ $0.isASCII && $0.isLetter }),
            parts.dropFirst().allSatisfy({ (2...8).contains($0.count) && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
        else { return nil }
        return (String(stem[..<dot]), tag)
    }
}

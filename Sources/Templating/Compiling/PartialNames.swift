/// Which partials a piece of Liquid names: `{% render 'footer' %}`, `{% include "footer" %}`, also within `{% liquid %}`.
enum PartialNames {
    struct Found {
        var names: [String] = []
        /// `{% include name %}`: it may be any.
        var isDynamic = false
    }

    private static let renders = ["render", "include"].map { Array($0.utf8) }

    static func names(in tag: String) -> Found {
        var found = Found()
        // Nearly nothing does, and all Liquid of a message is asked.
        let bytes = Array(tag.utf8)
        guard renders.contains(where: { bytes.holds($0) }) else { return found }
        for word in ["render", "include"] {
            var rest = Substring(tag)
            while let range = rest.firstRange(of: word) {
                let before = range.lowerBound == rest.startIndex ? nil : rest[rest.index(before: range.lowerBound)]
                rest = rest[range.upperBound...]
                guard before?.isLetter != true, before != "_", before != "." else { continue }
                let argument = rest.drop { $0.isWhitespace }
                if let quote = argument.first, quote == "'" || quote == "\"" {
                    found.names.append(String(argument.dropFirst().prefix { $0 != quote }))
                } else if word == "include", argument.startIndex > rest.startIndex, argument.first?.isLetter == true {
                    found.isDynamic = true
                }
            }
        }
        return found
    }
}

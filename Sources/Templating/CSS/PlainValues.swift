/// Values that every mail program understands for their property, so that nothing weaker needs to be kept as a fallback.
///
/// It only has to know what is common in mail: what is not known here is written beside what it overrules.
enum PlainValues {
    static func isValid(_ declaration: StyleSheet.Declaration) -> Bool {
        guard let kind = kinds[declaration.name], declaration.value.count <= 64 else { return false }
        let words = String(decoding: declaration.value, as: UTF8.self).lowercased().split(separator: " ")
        guard !words.isEmpty, words.count <= kind.most else { return false }
        return words.allSatisfy { kind.accepts(String($0)) }
    }

    private struct Kind {
        var most = 1
        var words: Set<String> = []
        var color = false
        var length = false
        var negative = false

        func accepts(_ word: String) -> Bool {
            words.contains(word) || color && PlainValues.isColor(word) || length && PlainValues.isLength(word, negative: negative)
        }
    }

    private static let colors: Set<String> = [
        "black", "white", "red", "green", "blue", "gray", "silver", "maroon", "yellow", "olive", "lime", "aqua", "teal", "navy", "fuchsia",
        "purple", "orange",
    ]

    private static let kinds: [String: Kind] = {
        var kinds: [String: Kind] = [:]
        let sides = ["top", "right", "bottom", "left"]
        for name in ["color", "background-color"] + sides.map({ "border-\($0)-color" }) {
            kinds[name] = Kind(words: name == "color" ? [] : ["transparent"], color: true)
        }
        kinds["border-color"] = Kind(most: 4, words: ["transparent"], color: true)
        kinds["padding"] = Kind(most: 4, length: true)
        kinds["margin"] = Kind(most: 4, words: ["auto"], length: true, negative: true)
        for side in sides {
            kinds["padding-\(side)"] = Kind(length: true)
            kinds["margin-\(side)"] = Kind(words: ["auto"], length: true, negative: true)
        }
        for name in ["width", "height"] { kinds[name] = Kind(words: ["auto"], length: true) }
        for name in ["max-width", "max-height"] { kinds[name] = Kind(words: ["none"], length: true) }
        for name in ["min-width", "min-height", "font-size"] { kinds[name] = Kind(length: true) }
        kinds["line-height"] = Kind(words: ["normal"], length: true)
        kinds["letter-spacing"] = Kind(words: ["normal"])
        kinds["border-radius"] = Kind(length: true)
        kinds["border-spacing"] = Kind(words: ["0"])
        kinds["border"] = Kind(words: ["0", "none"])
        for side in sides { kinds["border-\(side)"] = Kind(words: ["0", "none"]) }
        kinds["text-align"] = Kind(words: ["left", "right", "center", "justify"])
        kinds["vertical-align"] = Kind(words: ["top", "middle", "bottom", "baseline"])
        kinds["font-weight"] = Kind(words: ["normal", "bold", "100", "200", "300", "400", "500", "600", "700", "800", "900"])
        kinds["font-style"] = Kind(words: ["normal", "italic"])
        kinds["text-decoration"] = Kind(words: ["none", "underline", "line-through"])
        kinds["text-transform"] = Kind(words: ["none", "uppercase", "lowercase", "capitalize"])
        kinds["display"] = Kind(words: ["block", "inline", "inline-block", "none", "table", "table-cell", "table-row"])
        kinds["border-collapse"] = Kind(words: ["collapse", "separate"])
        kinds["outline"] = Kind(words: ["none", "0"])
        kinds["white-space"] = Kind(words: ["normal", "nowrap"])
        return kinds
    }()

    private static func isColor(_ word: String) -> Bool {
        if colors.contains(word) { return true }
        let digits = word.utf8.dropFirst()
        return word.hasPrefix("#") && (digits.count == 3 || digits.count == 6)
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func isLength(_ word: String, negative: Bool) -> Bool {
        var rest = Substring(word)
        if negative, rest.hasPrefix("-") { rest = rest.dropFirst() }
        let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard !number.isEmpty, number.filter({ $0 == "." }).count <= 1, number.last != "." else { return false }
        let unit = rest.dropFirst(number.count)
        return ["px", "em", "pt", "%"].contains(unit) || unit.isEmpty && number.allSatisfy { $0 == "0" }
    }
}

/// The filters of standard Liquid. What each does is in the file of its family.
enum StandardFilter: String, CaseIterable, Sendable {
    // Text
    case append, prepend, capitalize, downcase, upcase, strip, lstrip, rstrip, squish
    case stripNewlines = "strip_newlines"
    case newlineToBr = "newline_to_br"
    case replace
    case replaceFirst = "replace_first"
    case replaceLast = "replace_last"
    case remove
    case removeFirst = "remove_first"
    case removeLast = "remove_last"
    case truncate
    case truncateWords = "truncatewords"
    case slice, split, size
    // Escaping and encoding
    case escape, raw
    case escapeOnce = "escape_once"
    case stripHTML = "strip_html"
    case urlEncode = "url_encode"
    case urlDecode = "url_decode"
    case base64Encode = "base64_encode"
    case base64Decode = "base64_decode"
    case base64URLEncode = "base64_url_safe_encode"
    case base64URLDecode = "base64_url_safe_decode"
    // Numbers
    case abs, ceil, floor, round, plus, minus, times, modulo
    case dividedBy = "divided_by"
    case atLeast = "at_least"
    case atMost = "at_most"
    // Arrays
    case join, first, last, concat, map, reverse, sort, uniq, compact, sum, `where`, reject, find, has
    case sortNatural = "sort_natural"
    case findIndex = "find_index"
    // The rest
    case date
    case `default` = "default"

    static func named(_ name: String) -> StandardFilter? {
        name == "h" ? .escape : byName[name]
    }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    /// How many it takes; checked when a template is parsed.
    var arguments: ClosedRange<Int> {
        switch self {
        case .append, .prepend, .remove, .removeFirst, .removeLast, .split, .plus, .minus, .times, .modulo, .dividedBy, .atLeast, .atMost,
            .concat, .map, .date:
            1...1
        case .replace, .replaceFirst, .slice, .where, .reject, .find, .has, .findIndex: 1...2
        case .replaceLast: 2...2
        case .truncate, .truncateWords: 0...2
        case .join, .sort, .sortNatural, .uniq, .compact, .sum, .round, .default: 0...1
        default: 0...0
        }
    }
}

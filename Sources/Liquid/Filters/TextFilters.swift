/// Filters that make text of text. Each appends its result to a buffer: to the output itself where it is the last filter
/// of an output, so that no value is made of it.
struct TextFilters {
    let filter: StandardFilter
    let first: Value
    let second: Value
    let context: FilterContext

    static func includes(_ filter: StandardFilter) -> Bool {
        switch filter {
        case .append, .prepend, .capitalize, .downcase, .upcase, .strip, .lstrip, .rstrip, .squish, .stripNewlines, .newlineToBr, .replace,
            .replaceFirst, .replaceLast, .remove, .removeFirst, .removeLast, .truncate, .truncateWords, .escape, .escapeOnce, .stripHTML,
            .urlEncode, .urlDecode, .base64Encode, .base64Decode, .base64URLEncode, .base64URLDecode:
            true
        default: false
        }
    }

    /// Whether the result is HTML already, in HTML mode: see ``OutputMode/html``.
    func makesMarkup(of input: Value) -> Bool {
        switch filter {
        case .escape, .escapeOnce, .newlineToBr: true
        case .append, .prepend: input.isMarkup || first.isMarkup
        case .strip, .lstrip, .rstrip, .squish, .stripNewlines: input.isMarkup
        default: false
        }
    }

    func apply(to input: Value, meter: inout Meter, into out: inout Output) throws(FilterFailure) {
        let start = out.count
        let isHTML = context.mode == .html
        let text = isHTML && needsEscaping(input) ? escaped(input) : input.text(in: context)
        try meter.work(bytes: text.utf8.count)
        switch filter {
        case .append, .prepend:
            let isEscaped = isHTML && input.isMarkup && !first.isMarkup
            let other = isEscaped ? escaped(first) : first.text(in: context)
            guard text.utf8.count + other.utf8.count <= meter.valueBytes else { throw .tooMuchData }
            out.append(filter == .append ? text : other)
            out.append(filter == .append ? other : text)
        case .capitalize, .downcase, .upcase:
            // Beyond ASCII it takes much longer.
            if !text.isASCII { try meter.work(bytes: text.utf8.count * 32) }
            Self.changeCase(of: text, filter, into: &out)
        case .strip, .lstrip, .rstrip: out.strip(text, start: filter != .rstrip, end: filter != .lstrip)
        case .squish: out.squish(text)
        case .stripNewlines: out.append(text, replacingNewlinesBy: "")
        case .newlineToBr: out.append(text, replacingNewlinesBy: "<br />\n")
        case .replace, .replaceFirst, .replaceLast, .remove, .removeFirst, .removeLast:
            try replace(in: text, meter: meter, into: &out)
        case .truncate, .truncateWords:
            try meter.work(bytes: text.utf8.count * 3)
            try truncate(text, input: input, into: &out)
        case .escape:
            if isHTML, input.isMarkup {
                out.append(text)
            } else {
                out.append(escaping: text)
            }
        case .escapeOnce:
            try meter.work(bytes: text.utf8.count)
            out.append(escapingOnce: text)
        case .stripHTML:
            try meter.work(bytes: text.utf8.count * 3)
            out.append(strippingHTML: text)
        default:
            try meter.work(bytes: text.utf8.count * 3)
            try Encoding(filter).apply(to: text, into: &out)
        }
        try meter.work(bytes: out.count - start)
    }

    /// Text that becomes part of markup is escaped first.
    private func needsEscaping(_ input: Value) -> Bool {
        guard !input.isMarkup else { return false }
        switch filter {
        case .newlineToBr: return true
        case .append, .prepend: return first.isMarkup
        default: return false
        }
    }

    private func escaped(_ value: Value) -> String {
        var bytes = Output()
        bytes.append(escaping: value.text(in: context))
        return bytes.text()
    }

    private static func changeCase(of text: String, _ filter: StandardFilter, into out: inout Output) {
        if text.isASCII {
            let start = out.count
            out.append(text)
            out.change(from: start) { byte, index in
                guard byte.isLetter else { return }
                let isUpper = filter == .upcase || (filter == .capitalize && index == 0)
                byte = isUpper ? byte & ~0x20 : byte | 0x20
            }
            return
        }
        switch filter {
        case .upcase: out.append(text.uppercased())
        case .downcase: out.append(text.lowercased())
        default:
            let head = String(String.UnicodeScalarView(text.unicodeScalars.prefix(1)))
            out.append(head.unicodeScalars.first?.properties.titlecaseMapping ?? "")
            out.append(String(String.UnicodeScalarView(text.unicodeScalars.dropFirst())).lowercased())
        }
    }

    private func replace(in text: String, meter: Meter, into out: inout Output) throws(FilterFailure) {
        let search = ByteSearch(first.text(in: context))
        let removes = filter == .remove || filter == .removeFirst || filter == .removeLast
        let replacement = removes ? "" : second.text(in: context)
        let limit = out.count + meter.valueBytes
        switch filter {
        case .replaceFirst, .removeFirst:
            out.append(text, replacing: search.first(in: text), of: search.count, by: replacement)
        case .replaceLast, .removeLast:
            out.append(text, replacing: search.last(in: text), of: search.count, by: replacement)
        default:
            guard out.append(text, replacingAll: search, by: replacement, limit: limit) else { throw .tooMuchData }
        }
        if out.count > limit { throw .tooMuchData }
    }

    /// Counts code points, as the reference does.
    private func truncate(_ text: String, input: Value, into out: inout Output) throws(FilterFailure) {
        let ellipsis = second.isNull && !hasSecond ? "..." : second.text(in: context)
        if filter == .truncate {
            let length = hasFirst ? try first.wholeNumber() : 50
            let isShort = length >= 0 && text.utf8Offset(ofScalar: length) ?? text.utf8.count == text.utf8.count
            let kept = max(0, length.subtractingClamped(ellipsis.unicodeScalars.count))
            guard !isShort, let end = text.utf8Offset(ofScalar: kept) else {
                out.append(text)
                return
            }
            out.append(contentsOf: text.utf8.prefix(end))
            out.append(ellipsis)
        } else {
            let words = hasFirst ? try first.wholeNumber() : 15
            out.append(text, words: max(1, words), ellipsis: ellipsis)
        }
    }

    let hasFirst: Bool
    let hasSecond: Bool
}

extension String {
    fileprivate var isASCII: Bool { withBytes { $0.allSatisfy { $0 < 0x80 } } }
}

extension Value {
    var isMarkup: Bool {
        if case .markup = self { true } else { false }
    }

    /// For lengths and positions: a whole number, or a text that is nothing but one.
    func wholeNumber() throws(FilterFailure) -> Int {
        if case .integer(let number) = self { return Int(number) }
        let text = string.flatMap { $0.utf8.count < 100 ? $0 : "" } ?? (isDecimal ? text : "")
        let digits = text.utf8.drop { $0.isSpace }.reversed().drop { $0.isSpace }.reversed()
        guard let number = Int(String(decoding: Array(digits), as: UTF8.self)) else {
            throw FilterFailure("expected a whole number, found \(kind)")
        }
        return number
    }

    private var isDecimal: Bool {
        if case .decimal = self { true } else { false }
    }
}

extension Int {
    func subtractingClamped(_ other: Int) -> Int {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }

    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}

import Diagnostics
import Liquid

extension MessageChecks {
    /// What is written out in the uses of mail's own filters must be something they know.
    ///
    /// - Parameter language: of the variant.
    func filters(_ templates: [Template], texts: TextTable?, language: String, origins: Origins) {
        for use in templates.flatMap(\.filterUses) {
            if compilation.hasEnough { return }
            let checks = FilterChecks(use: use, origins: origins, helps: compilation.helps) { compilation.report($0) }
            switch use.name {
            case "t": checks.text(texts, language: language)
            case "money": checks.money()
            case "number": checks.number()
            default: checks.date()
            }
        }
    }
}

/// Looks at one use of a filter.
struct FilterChecks {
    let use: HostFilterUse
    let origins: Origins
    let helps: Bool
    let report: (Diagnostic) -> Void

    private func report(_ message: String, at span: Span, hint: String?, _ severity: Diagnostic.Severity = .error) {
        report(origins.diagnostic(Diagnostic(severity, message, in: use.source, at: span, hint: hint)))
    }

    private func literal(_ place: Int) -> Value? { use.arguments.indices.contains(place) ? use.arguments[place] : nil }

    private func checkLanguage(_ place: Int) {
        guard let value = literal(place) else { return }
        if case .string(let tag) = value, LanguageTag(tag) != nil { return }
        let hint = suggestion(for: value.text, among: LanguageTag.languages) ?? "write a tag such as \"it\" or \"pt-br\""
        report("there is no language \"\(value.text)\"", at: use.span, hint: hint)
    }

    func date() { checkLanguage(1) }

    func money() {
        if let currency = literal(0), !Languages.currencies.contains(currency.text.uppercased()) {
            let hint = suggestion(for: currency.text.uppercased(), among: Languages.currencies.sorted()) ?? "write its code: money: \"EUR\""
            report("there is no currency \"\(currency.text)\"", at: use.span, hint: hint)
        }
        checkLanguage(1)
    }

    func number() {
        for place in use.arguments.indices {
            guard let value = use.arguments[place] else { continue }
            guard case .integer(let count) = value else {
                checkLanguage(place)
                continue
            }
            if !(0...Int64(MailFilters.mostPlaces)).contains(count) {
                report("a number has 0 to \(MailFilters.mostPlaces) digits behind the point", at: use.span, hint: nil)
            }
        }
    }

    func text(_ texts: TextTable?, language: String) {
        guard let texts else {
            return report("there is no \(TextTable.path), where the texts for t are", at: use.span, hint: "make it: NAME: {en: …, it: …}")
        }
        guard !texts.isBroken, let key = use.input?.text else { return }
        guard let entry = texts.entries[key] else {
            let hint = (helps ? suggestion(for: key, among: texts.entries.keys.sorted()) : nil) ?? "add it to \(TextTable.path)"
            return report("there is no text \"\(key)\"", at: use.inputSpan, hint: hint)
        }
        let wanted = entry.names
        for name in wanted.subtracting(use.names).sorted() {
            report("the text \"\(key)\" needs \"\(name)\"", at: use.span, hint: "give it: t: \(name): …")
        }
        for name in use.names where !wanted.contains(name) {
            let hint = suggestion(for: name, among: wanted.sorted()) ?? "write {{ \(name) }} into it, or leave it out here"
            report("the text \"\(key)\" has no place for \"\(name)\"", at: use.span, hint: hint)
        }
        let missing = Set(texts.languages + [TextTable.normal(language)]).filter { tag in
            !entry.has(tag) && !entry.has(String(tag.prefix { $0 != "-" }))
        }
        if !missing.isEmpty {
            let message = "the text \"\(key)\" is missing in \(missing.sorted().joined(separator: ", "))"
            report(Diagnostic(.warning, message, in: texts.source, at: entry.span, hint: nil))
        }
    }
}

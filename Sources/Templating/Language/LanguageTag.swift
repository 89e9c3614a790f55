import Foundation
import Synchronization

/// A language as Foundation knows it, found from a tag such as `it`, `pt-br` or `zh_TW`.
///
/// Tags come from data and may say anything: what is looked up is only ever one of the languages there are, so that
/// whatever is kept for each of them stays small.
struct LanguageTag: Hashable, Sendable {
    /// `pt_BR`
    let identifier: String

    static let english = LanguageTag(known: "en")

    private init(known identifier: String) {
        self.identifier = identifier
    }

    /// That very tag, else its language; nil where neither is known.
    init?(_ tag: String) {
        guard tag.utf8.count <= 35 else { return nil }
        let parts = tag.split { $0 == "-" || $0 == "_" }.map { String($0) }
        guard let language = parts.first?.lowercased(), Self.known.languages.contains(language) else { return nil }
        let region = parts.dropFirst().last { $0.utf8.count == 2 || $0.utf8.count == 3 }?.uppercased()
        let script = parts.dropFirst().first { $0.utf8.count == 4 }?.capitalized
        let wanted = [language, script, region].compactMap { $0 }.joined(separator: "_")
        if Self.known.identifiers.contains(wanted) {
            identifier = wanted
        } else if let region, let full = Self.known.scripted["\(language)_\(region)"] {
            identifier = full
        } else if let script, Self.known.identifiers.contains("\(language)_\(script)") {
            identifier = "\(language)_\(script)"
        } else {
            identifier = language
        }
    }

    var locale: Locale { Locale(identifier: identifier) }
    var isEnglish: Bool { identifier == "en" || identifier.hasPrefix("en_") }

    /// All there are, for suggestions.
    static var languages: [String] { known.languages.sorted() }

    private static let known = Known()

    private struct Known: Sendable {
        var identifiers: Set<String> = []
        var languages: Set<String> = []
        /// `zh_TW` is written `zh_Hant_TW` in full.
        var scripted: [String: String] = [:]

        init() {
            for identifier in Locale.availableIdentifiers.sorted() {
                let plain = String(identifier.prefix { $0 != "@" })
                identifiers.insert(plain)
                let parts = plain.split(separator: "_")
                guard let language = parts.first, let last = parts.last else { continue }
                languages.insert(String(language))
                if parts.count == 3, scripted["\(language)_\(last)"] == nil { scripted["\(language)_\(last)"] = plain }
            }
        }
    }
}

/// A tag's language, remembered: what a message asks is nearly always what the one before it asked.
final class LanguageMemory: Sendable {
    private struct State {
        var found: [String: LanguageTag] = [:]
    }

    private let state = Mutex(State())
    private static let most = 512

    /// The language of `tag`, else of `base`, else English.
    func language(_ tag: String, base: String) -> LanguageTag {
        state.withLock { state in
            if let known = state.found[tag] { return known }
            let language = LanguageTag(tag) ?? LanguageTag(base) ?? .english
            if state.found.count < Self.most { state.found[tag] = language }
            return language
        }
    }
}

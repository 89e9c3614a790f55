import Foundation
import Liquid
import Synchronization

/// What has been learned from Foundation about how languages write numbers, money and dates: once for each, then kept.
final class Languages: Sendable {
    static let shared = Languages()

    private struct Key: Hashable {
        var language: LanguageTag
        /// Empty for plain numbers.
        var currency: String
    }

    private struct State {
        var patterns: [Key: NumberPattern] = [:]
        var calendars: [LanguageTag: CalendarNames] = [:]
    }

    private let state = Mutex(State())

    /// ISO 4217.
    static let currencies = Set(Locale.commonISOCurrencyCodes)

    func numbers(_ language: LanguageTag) -> NumberPattern? {
        pattern(Key(language: language, currency: "")) {
            let style = Decimal.FormatStyle(locale: language.locale)
            return NumberPattern(fraction: 0...3) { $0.formatted(style) }
        }
    }

    /// Nil where there is no such currency.
    func money(_ currency: String, _ language: LanguageTag) -> NumberPattern? {
        guard Self.currencies.contains(currency) else { return nil }
        return pattern(Key(language: language, currency: currency)) {
            let style = Decimal.FormatStyle.Currency(code: currency, locale: language.locale)
            return NumberPattern(fraction: nil) { $0.formatted(style) }
        }
    }

    private func pattern(_ key: Key, _ make: () -> NumberPattern?) -> NumberPattern? {
        if let known = state.withLock({ $0.patterns[key] }) { return known }
        guard let made = make() else { return nil }
        return state.withLock { state in
            if let known = state.patterns[key] { return known }
            state.patterns[key] = made
            return made
        }
    }

    func calendar(_ language: LanguageTag) -> CalendarNames {
        // English is what standard Liquid writes.
        if language.isEnglish { return .english }
        if let known = state.withLock({ $0.calendars[language] }) { return known }
        let made = Self.names(language) ?? .english
        state.withLock { $0.calendars[language] = made }
        return made
    }

    private static func names(_ language: LanguageTag) -> CalendarNames? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.locale = language.locale
        let halves = [calendar.amSymbol, calendar.pmSymbol]
        guard
            let dated = CalendarNames.Form(
                months: calendar.monthSymbols, shortMonths: calendar.shortMonthSymbols, weekdays: calendar.weekdaySymbols,
                shortWeekdays: calendar.shortWeekdaySymbols, halves: halves),
            let alone = CalendarNames.Form(
                months: calendar.standaloneMonthSymbols, shortMonths: calendar.shortStandaloneMonthSymbols,
                weekdays: calendar.standaloneWeekdaySymbols, shortWeekdays: calendar.shortStandaloneWeekdaySymbols, halves: halves)
        else { return nil }
        return CalendarNames(dated: dated, alone: alone)
    }
}

import Liquid

/// The filters that mail adds to Liquid: `t`, `money`, `number`, and `date` with a language.
///
/// | | |
/// |---|---|
/// | `{{ "unsubscribe" \| t }}` | the text of that name in the reader's language, from `Templates/strings.yaml` |
/// | `{{ order.total \| money: "EUR", "it" }}` | 1.234,50 € |
/// | `{{ 1234.5 \| number: "de", 2 }}` | 1.234,50 |
/// | `{{ event.at \| date: "%A %e %B", "it" }}` | lunedì 2 novembre |
///
/// Without a language they speak the reader's. What is no number and no date stays as it is, so that `default` can follow.
struct MailFilters {
    /// Nil where the workspace has no texts.
    let texts: TextTable?
    /// The workspace's language.
    let base: String

    private static let memory = LanguageMemory()
    static let mostPlaces = 20

    var all: [HostFilter] { [date, money, number, text] }
    /// Without `t`, whose texts are a workspace's.
    var standalone: [HostFilter] { [date, money, number] }

    private func language(_ argument: Value?, _ context: FilterContext) -> LanguageTag {
        Self.memory.language(argument?.text(in: context) ?? context.language, base: base)
    }

    private var date: HostFilter {
        HostFilter("date", arguments: 1...2) { input, arguments, context in
            if let known = context.dates?.text(of: input, arguments) { return known }
            let names = Languages.shared.calendar(language(arguments.count > 1 ? arguments[1] : nil, context))
            let text = try DateFilter.text(of: input, pattern: arguments[0], names: names, in: context)
            context.dates?.keep(text, for: input, arguments)
            return text
        }
    }

    private var money: HostFilter {
        HostFilter("money", arguments: 1...2) { input, arguments, context in
            guard let number = ExactNumber(input) else { return input }
            let currency = arguments[0].text(in: context).uppercased()
            guard let pattern = Languages.shared.money(currency, language(arguments.count > 1 ? arguments[1] : nil, context)) else {
                throw FilterFailure("there is no such currency", hint: "write its code: money: \"EUR\"")
            }
            return Self.written(number, pattern, pattern.fraction)
        }
    }

    private var number: HostFilter {
        HostFilter("number", arguments: 0...2) { input, arguments, context in
            guard let number = ExactNumber(input) else { return input }
            var places: Int?
            var named: Value?
            for argument in arguments {
                if case .integer(let count) = argument { places = Int(clamping: count) } else { named = argument }
            }
            guard places.map({ (0...Self.mostPlaces).contains($0) }) ?? true else {
                throw FilterFailure("a number has 0 to \(Self.mostPlaces) digits behind the point")
            }
            guard let pattern = Languages.shared.numbers(language(named, context)) else { return input }
            return Self.written(number, pattern, places.map { $0...$0 } ?? pattern.fraction)
        }
    }

    private static func written(_ number: ExactNumber, _ pattern: NumberPattern, _ fraction: ClosedRange<Int>) -> Value {
        var out: [UInt8] = []
        out.reserveCapacity(32)
        pattern.write(number, fraction: fraction, into: &out)
        return .string(String(decoding: out, as: UTF8.self))
    }

    private var text: HostFilter {
        HostFilter("t", takesNames: true) { input, arguments, context in
            let key = input.text(in: context)
            guard let pattern = texts?.text(key, in: context.language, base: base) else {
                // The key may be data, which an error does not show.
                throw FilterFailure("there is no text of this name", hint: "add it to \(TextTable.path)")
            }
            return .string(
                pattern.filled { name in
                    stride(from: 0, to: arguments.count - 1, by: 2).first { arguments[$0].text(in: context) == name }.map {
                        arguments[$0 + 1].text(in: context)
                    }
                })
        }
    }
}

import Diagnostics

/// What is known of a value when a template is read: how it may stand, and which data it comes from.
struct Meaning: Equatable {
    /// When it may stand so.
    var nothing: Circumstances
    var emptyText: Circumstances
    var no: Circumstances
    var something: Circumstances
    /// Data that is missed where this is written.
    var lacks: [Lack] = []
    /// The data that this is as it is; `*` stands for an item of a list.
    var path: [String]?
    /// All data that is in it.
    var sources: [[String]] = []

    struct Lack: Equatable {
        var place: Place
        var when: Circumstances
    }

    /// Where data is read.
    struct Place: Hashable {
        var path: [String]
        var source: Int
        var span: Span
        /// The innermost call of a partial around it.
        var call: Int?
    }

    /// Of which nothing is known but that it does not come from data that may be missed.
    static let unknown = Meaning(nothing: .always, emptyText: .always, no: .always, something: .always)
    static let text = Meaning(nothing: .never, emptyText: .never, no: .never, something: .always)
    static let never = Meaning(nothing: .never, emptyText: .never, no: .never, something: .never)

    init(nothing: Circumstances, emptyText: Circumstances, no: Circumstances, something: Circumstances) {
        (self.nothing, self.emptyText, self.no, self.something) = (nothing, emptyText, no, something)
    }

    /// Data.
    init(_ place: Place) {
        nothing = Circumstances(place.path, .nothing)
        emptyText = Circumstances(place.path, .emptyText)
        no = Circumstances(place.path, .no)
        something = Circumstances(place.path, .something)
        lacks = [Lack(place: place, when: Circumstances(place.path, .lacking))]
        path = place.path
        sources = [place.path]
    }

    init(_ literal: Value) {
        self = .never
        switch literal {
        case .null: nothing = .always
        case .bool(false): no = .always
        case .string(let text) where text.isEmpty: emptyText = .always
        default: something = .always
        }
    }

    /// A member of it, or an item: where it is missed, that is too.
    var part: Meaning {
        var result = Meaning.unknown
        result.lacks = lacks
        result.sources = sources
        return result
    }

    /// How much there is to put together.
    var weight: Int {
        let states = nothing.cases.count + emptyText.cases.count + no.cases.count + something.cases.count
        return lacks.reduce(states) { $0 + $1.when.cases.count }
    }

    var isTrue: Circumstances { emptyText.or(something) }
    var isFalse: Circumstances { nothing.or(no) }

    /// In any state, and missed wherever its data lacks.
    var rough: Meaning {
        var result = Meaning.unknown
        // One case is no work.
        result.lacks = lacks.map { $0.when.cases.count < 2 ? $0 : Lack(place: $0.place, when: Circumstances($0.place.path, .lacking)) }
        result.sources = sources
        result.path = path
        return result
    }

    // MARK: Joining

    /// What it is where it is used only then.
    func when(_ reach: Circumstances) -> Meaning {
        if reach.isAlways { return self }
        var result = self
        result.nothing = nothing.and(reach)
        result.emptyText = emptyText.and(reach)
        result.no = no.and(reach)
        result.something = something.and(reach)
        result.lacks = Self.when(reach, lacks)
        return result
    }

    static func when(_ reach: Circumstances, _ lacks: [Lack]) -> [Lack] {
        lacks.compactMap { lack in
            let when = lack.when.and(reach)
            return when.isNever ? nil : Lack(place: lack.place, when: when)
        }
    }

    /// One or the other.
    func or(_ other: Meaning) -> Meaning {
        var result = self
        result.nothing = nothing.or(other.nothing)
        result.emptyText = emptyText.or(other.emptyText)
        result.no = no.or(other.no)
        result.something = something.or(other.something)
        result.add(other.lacks)
        result.add(sources: other.sources)
        if path != other.path { result.path = nil }
        return result
    }

    private static let most = 24

    mutating func add(_ more: [Lack]) {
        for lack in more { _ = add(lack) }
    }

    /// - Returns: false where there is no room for it.
    mutating func add(_ lack: Lack) -> Bool {
        if let index = lacks.firstIndex(where: { $0.place == lack.place }) {
            lacks[index].when = lacks[index].when.or(lack.when)
        } else if lacks.count < Self.most {
            lacks.append(lack)
        } else {
            return false
        }
        return true
    }

    mutating func add(sources more: [[String]]) {
        for source in more where sources.count < Self.most && !sources.contains(source) { sources.append(source) }
    }
}

// MARK: - Filters

extension Meaning {
    /// `| default: other`. Wherever it stands among the filters, what is missed in front of it is not missed any more.
    func orDefault(_ other: Meaning, keepsFalse: Bool) -> Meaning {
        let replaced = keepsFalse ? nothing.or(emptyText) : nothing.or(emptyText).or(no)
        var result = Meaning.never
        result.something = something
        if keepsFalse { result.no = no }
        result.lacks = Self.when(result.something.or(result.no), lacks)
        result.sources = sources
        result = result.or(other.when(replaced))
        result.path = nil
        return result
    }

    /// What other standard filters make of it.
    func through(_ filter: StandardFilter, _ arguments: [Meaning]) -> Meaning {
        var result = self
        switch filter {
        case .append, .prepend:
            let other = arguments.first ?? .never
            result.nothing = .never
            result.emptyText = nothing.or(emptyText).and(other.nothing.or(other.emptyText))
            result.no = .never
            result.something = something.or(no).or(other.something).or(other.no)
        // Where both are missed nothing is written, and a default may follow.
        case .size, .abs, .ceil, .floor, .round, .plus, .minus, .times, .modulo, .dividedBy, .atLeast, .atMost, .sum, .has:
            // Nothing counts as 0: something is written, but not what was meant.
            (result.nothing, result.emptyText, result.no, result.something) = (.never, .never, .never, .always)
        case _ where TextFilters.includes(filter):
            if !TextFilters.keepsNothing(filter) {
                result.nothing = .never
                result.emptyText = nothing.or(emptyText)
            }
            result.no = .never
            result.something = something.or(no)
        default: break
        }
        return result.with(arguments)
    }

    /// Changed by something that takes these.
    func with(_ arguments: [Meaning]) -> Meaning {
        var result = self
        result.path = nil
        for argument in arguments {
            result.add(argument.lacks)
            result.add(sources: argument.sources)
        }
        return result
    }
}

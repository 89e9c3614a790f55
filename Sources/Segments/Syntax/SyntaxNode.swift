package import Diagnostics
package import Model

/// A piece of a segment as written: a condition, or conditions joined. Equality looks at what is said, not at where.
package struct SyntaxNode: Hashable, Sendable {
    package indirect enum Kind: Hashable, Sendable {
        /// Two or more, joined by `and`.
        case all([SyntaxNode])
        /// Two or more, joined by `or`.
        case any([SyntaxNode])
        case not(SyntaxNode)
        case condition(WrittenCondition)
    }

    package var kind: Kind
    package var span: Span

    package init(_ kind: Kind, at span: Span = Span(0, 0)) {
        self.kind = kind
        self.span = span
    }

    package static func == (a: SyntaxNode, b: SyntaxNode) -> Bool { a.kind == b.kind }
    package func hash(into hasher: inout Hasher) { hasher.combine(kind) }
}

/// One condition of the language. A form that the language gains is a case here, one in `Condition`, and a row in each of
/// parser, printer, checker, compiler and evaluator: the compiler names the places.
package enum WrittenCondition: Hashable, Sendable {
    case value(WrittenValueTest)
    case behaviour(WrittenBehaviour)
    case sequence(WrittenSequence)
    case amount(WrittenAmount)
    case edge(WrittenEdge)
    case engagement(WrittenEngagement)
    case consent(WrittenConsent)
    /// `language is it`
    case language(Name)
    /// `in segment lapsed`
    case segment(Name)
    /// `sample 10% seed "spring"`
    case sample(percent: Number, seed: String)
}

/// A test of an attribute, or of a property inside `where (…)`.
package struct WrittenValueTest: Hashable, Sendable {
    package var name: Name
    package var test: Test

    package enum Test: Hashable, Sendable {
        case compare(Comparison, Literal)
        case oneOf([Literal])
        /// `contains`, `starts with`, `ends with`, `~=`
        case match(TextMatch, Literal)
        case known(Bool)
        case window(Window)
        /// `has anniversary within next 7 days`
        case anniversary(TimeSpan)
    }
}

package enum Comparison: String, CaseIterable, Hashable, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="
}

package enum TextMatch: String, CaseIterable, Hashable, Sendable {
    case contains = "contains"
    case starts = "starts with"
    case ends = "ends with"
    case alike = "~="
}

/// A value as written: `"IT"`, `18`, `true`, `2026-01-31`.
package struct Literal: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case text(String)
        case number(Number)
        case truth(Bool)
        case time(TimePoint)
    }

    package var value: Value
    package var span: Span

    package init(_ value: Value, at span: Span = Span(0, 0)) {
        self.value = value
        self.span = span
    }

    package static func == (a: Literal, b: Literal) -> Bool { a.value == b.value }
    package func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

/// `did purchase where (amount > 10) at least 3 times in last 7 days`, `did not purchase today`
package struct WrittenBehaviour: Hashable, Sendable {
    package var event: Name
    package var negated: Bool
    package var filter: SyntaxNode?
    package var times: Times?
    package var window: Window?
}

/// How often: `at least 3 times`; of messages also `fewer than 3` and `more than 3`.
package struct Times: Hashable, Sendable {
    package enum Bound: String, CaseIterable, Hashable, Sendable {
        case atLeast = "at least"
        case atMost = "at most"
        case exactly
        case fewerThan = "fewer than"
        case moreThan = "more than"
    }

    package var bound: Bound
    package var count: Int

    package init(_ bound: Bound, _ count: Int) {
        self.bound = bound
        self.count = count
    }
}

/// `consents to offers`, `consented to offers in last 2 days`, `withdrew from offers`
package struct WrittenConsent: Hashable, Sendable {
    package enum Act: String, CaseIterable, Hashable, Sendable {
        /// Consent stands now.
        case consents = "consents to"
        /// A confirmation was given in the window, whatever came after.
        case consented = "consented to"
        /// A withdrawal was made in the window, whatever came after.
        case withdrew = "withdrew from"
    }

    package var act: Act
    package var topic: Name
    package var window: Window?
}

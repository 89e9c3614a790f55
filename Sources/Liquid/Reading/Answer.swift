/// When a condition may hold and when it may fail.
struct Answer {
    var holds: Circumstances
    var fails: Circumstances

    static let unknown = Answer(holds: .always, fails: .always)

    var negated: Answer { Answer(holds: fails, fails: holds) }

    var weight: Int { holds.cases.count + fails.cases.count }

    func and(_ other: Answer) -> Answer { Answer(holds: holds.and(other.holds), fails: fails.or(other.fails)) }
    func or(_ other: Answer) -> Answer { Answer(holds: holds.or(other.holds), fails: fails.and(other.fails)) }

    /// Whether it is true.
    init(_ value: Meaning) {
        holds = value.isTrue
        fails = value.isFalse
    }

    init(holds: Circumstances, fails: Circumstances) {
        self.holds = holds
        self.fails = fails
    }

    enum Side {
        case value(Meaning)
        case empty, blank
    }

    init(_ left: Side, _ operation: Comparison, _ right: Side) {
        switch (left, operation, right) {
        case (_, .notEqual, _): self = Answer(left, .equal, right).negated
        case (.value(let value), .equal, .empty), (.empty, .equal, .value(let value)):
            // A list may be empty too.
            self.init(holds: value.emptyText.or(value.something), fails: value.nothing.or(value.no).or(value.something))
        case (.value(let value), .equal, .blank), (.blank, .equal, .value(let value)):
            self.init(holds: value.nothing.or(value.emptyText).or(value.no).or(value.something), fails: value.something)
        case (.value(let left), .equal, .value(let right)): self = Self.equal(left, right)
        case (.value(let left), _, .value(let right)): self.init(holds: left.isTrue.and(right.isTrue), fails: .always)
        default: self = .unknown
        }
    }

    private static func equal(_ left: Meaning, _ right: Meaning) -> Answer {
        let holds = left.nothing.and(right.nothing).or(left.emptyText.and(right.emptyText)).or(left.no.and(right.no))
            .or(left.something.and(right.something))
        for (one, other) in [(left, right), (right, left)] where one.something.isNever {
            // `nil`, `""` and `false` are each equal to themselves and to nothing else.
            if one.nothing.isAlways, one.emptyText.isNever, one.no.isNever {
                return Answer(holds: holds, fails: other.emptyText.or(other.no).or(other.something))
            }
            if one.emptyText.isAlways, one.nothing.isNever, one.no.isNever {
                return Answer(holds: holds, fails: other.nothing.or(other.no).or(other.something))
            }
            if one.no.isAlways, one.nothing.isNever, one.emptyText.isNever {
                return Answer(holds: holds, fails: other.nothing.or(other.emptyText).or(other.something))
            }
        }
        return Answer(holds: holds, fails: .always)
    }
}

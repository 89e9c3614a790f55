import Diagnostics

/// A piece of a template, as it was written. ``Compiler`` makes instructions of it.
indirect enum Node: Sendable {
    case text(Span)
    /// The inside of `raw`: never blank, even where it is only spaces.
    case verbatim(Span)
    /// The lines of a `liquid` tag.
    case sequence(Block)
    case output(FilteredExpression)
    case assign(name: String, FilteredExpression)
    case capture(name: String, Block, Span)
    /// `if` and `unless`: the first branch whose condition holds.
    case conditional([Branch], otherwise: Block?)
    case select(Select)
    case loop(Loop)
    case tableRow(TableRow)
    case cycle(Cycle)
    /// `increment` writes before it counts up, `decrement` after it counted down.
    case counter(name: String, delta: Int64, Span)
    case interrupt(Interrupt, Span)
    case partial(PartialCall)
    case ifChanged(Block, Span)
    case host(HostUse)
    /// What leaves no trace in the output but had to be noted, such as a comment.
    case nothing

    /// Whether it can be left out of the output together with the spaces around it: a block of nothing but spaces,
    /// assignments and comments writes nothing at all.
    func isBlank(in source: SourceText) -> Bool {
        switch self {
        case .text(let span): source.bytes.trimming(span).start >= span.end
        case .assign, .capture, .nothing: true
        case .conditional(let branches, let otherwise): branches.allSatisfy(\.body.isBlank) && otherwise?.isBlank ?? true
        case .select(let select): select.isBlank
        case .loop(let loop): loop.body.isBlank && loop.otherwise?.isBlank ?? true
        case .tableRow(let row): row.body.isBlank
        case .ifChanged(let body, _): body.isBlank
        case .sequence(let body): body.isBlank
        case .verbatim, .output, .cycle, .counter, .interrupt, .partial, .host: false
        }
    }
}

struct Block: Sendable {
    var nodes: [Node] = []
    var isBlank = true

    /// Its spaces are dropped when the whole of the tag it belongs to is blank.
    mutating func dropText() {
        nodes.removeAll { if case .text = $0 { true } else { false } }
    }
}

struct Branch {
    var condition: Condition
    /// `unless` asks for the opposite; its `elsif` does not.
    var isNegated: Bool
    var body: Block
}

/// `case`: every `when` that fits is carried out; an `else` is if nothing before it did.
struct Select {
    enum Part {
        /// A value that fits twice is carried out twice, as in the reference.
        case when([ConditionOperand], Block)
        case otherwise(Block)
    }

    var subject: Expression
    var parts: [Part]
    var span: Span

    var isBlank: Bool {
        parts.allSatisfy {
            switch $0 {
            case .when(_, let body), .otherwise(let body): body.isBlank
            }
        }
    }
}

struct Loop {
    var variable: String
    var collection: Expression
    var limit: Expression?
    var offset: Offset?
    var isReversed: Bool
    var body: Block
    var otherwise: Block?
    /// `item-contact.items`: what `forloop.name` says, and the mark that `offset: continue` goes on from.
    var name: String
    var span: Span

    enum Offset {
        case at(Expression)
        case `continue`
    }
}

struct TableRow {
    var variable: String
    var collection: Expression
    var columns: Expression?
    var limit: Expression?
    var offset: Expression?
    var body: Block
    var span: Span
}

struct Cycle {
    /// `cycle name: …`
    var name: Expression?
    /// Cycles with the same values in the same words share their turn.
    var identity: String
    var values: [Expression]
    var span: Span
}

enum Interrupt: UInt8 {
    case `break`, `continue`
}

struct PartialCall {
    enum Style {
        /// Sees only its arguments and the data.
        case render
        /// Sees and changes everything of the place that includes it.
        case include
    }

    var style: Style
    var name: Expression
    var subject: Expression?
    /// `for`: once for each item of the subject.
    var repeats: Bool
    var alias: String?
    var arguments: [(name: String, nameSpan: Span, value: Expression)]
    var span: Span
}

/// A block tag that the host renders itself.
struct HostUse {
    var name: String
    var arguments: [Expression]
    var body: Block
    var span: Span
}

/// Every name that has a meaning in a template: tags, filters, host blocks. Found when a template is parsed.
final class KnownNames: Sendable {
    let hostBlocks: Set<String>
    private let hostFilters: [String: Int]
    private let hostArguments: [ClosedRange<Int>]
    private let hostTakesNames: [Bool]
    let partials: [String]

    init(_ options: ParseOptions) {
        hostBlocks = options.hostBlocks
        hostFilters = Dictionary(options.hostFilters.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 })
        hostArguments = options.hostFilters.map(\.arguments)
        hostTakesNames = options.hostFilters.map(\.takesNames)
        partials = options.knownPartials
    }

    func filter(_ name: String) -> FilterUse.Function? {
        if let place = hostFilters[name] { return .host(place) }
        return StandardFilter.named(name).map { .standard($0) }
    }

    var filterNames: [String] { StandardFilter.allCases.map(\.rawValue) + hostFilters.keys.sorted() }

    func arguments(of function: FilterUse.Function) -> ClosedRange<Int> {
        switch function {
        case .standard(let filter): filter.arguments
        case .host(let place): hostArguments[place]
        }
    }

    func takesNames(_ function: FilterUse.Function) -> Bool {
        if case .host(let place) = function { hostTakesNames[place] } else { false }
    }

    var tagNames: [String] { TagName.allCases.map(\.rawValue) + hostBlocks.sorted() }

    /// Tags that open a block, divide one or stand alone.
    func isTag(_ name: String) -> Bool {
        TagName.named(name) != nil || TagName.dividers.contains(name) || isHostBlock(name)
    }

    func isHostBlock(_ name: String) -> Bool { !hostBlocks.isEmpty && hostBlocks.contains(name) }

    func isCloser(_ name: String) -> Bool {
        guard name.utf8.starts(with: "end".utf8) else { return false }
        let block = String(name.dropFirst(3))
        return TagName.named(block).map { TagName.blocks.contains($0) } ?? hostBlocks.contains(block)
    }

    var closerNames: [String] { TagName.blocks.map { "end" + $0.rawValue } + hostBlocks.sorted().map { "end" + $0 } }
}

/// The tags of the language.
enum TagName: String, CaseIterable {
    case assign, `break`, capture, `case`, comment, `continue`, cycle, decrement, doc, echo, `for`, `if`, ifchanged, include
    case increment, liquid, raw, render, tablerow, unless
    case inlineComment = "#"

    static let blocks: [TagName] = [.capture, .case, .comment, .doc, .for, .if, .ifchanged, .raw, .tablerow, .unless]
    static let dividers = ["else", "elsif", "when"]

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    static func named(_ name: String) -> TagName? { byName[name] }

    static func isCloser(_ name: String) -> Bool {
        name.utf8.starts(with: "end".utf8) || dividers.contains(name)
    }
}

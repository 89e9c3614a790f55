import Diagnostics

/// Values and conditions.
extension TemplateReader {
    // MARK: Values

    mutating func read(_ value: FilteredExpression) -> Meaning {
        var result = read(value.base)
        for filter in value.filters {
            let arguments = filter.arguments.map { read($0) }
            let named = filter.named.map { read($0.value) }
            let allowFalse = filter.allowFalse.map { read($0) }
            spend(result.weight * (1 + arguments.reduce(0) { $0 + $1.weight }))
            switch filter.function {
            case .standard where isTired: result = result.with(arguments)
            case .standard(.default):
                result = result.orDefault(
                    arguments.first ?? Meaning(.string("")), keepsFalse: allowFalse.map { !$0.something.isNever } ?? false)
            case .standard(let standard): result = result.through(standard, arguments)
            case .host:
                result = result.with(arguments + named)
            }
        }
        return result
    }

    mutating func read(_ expression: Expression?, contained: String? = nil) -> Meaning {
        switch expression {
        case nil: return .unknown
        case .literal(let value, _): return Meaning(value)
        case .range(let first, let last, _):
            _ = read(first)
            _ = read(last)
            return .unknown
        case .path(let path): return read(path, contained)
        }
    }

    private mutating func read(_ path: Path, _ contained: String?) -> Meaning {
        if case .computed(let inner) = path.root { _ = read(inner) }
        for case .computed(let inner) in path.steps { _ = read(inner) }
        guard case .name(let root) = path.root else { return .unknown }
        note(use: root)
        var names: [String] = []
        // As far as it is written out.
        var plain = 0
        for step in path.steps {
            switch step {
            case .name(let name), .key(let name): names.append(name)
            case .index, .computed: names.append("*")
            }
            if plain == names.count - 1, names.last != "*" { plain += 1 }
        }
        if let local = self.names[root] {
            guard !names.isEmpty else { return local }
            guard let start = local.path else { return local.part }
            let whole = start + names
            var result = Meaning(place(whole, at: path.span))
            // It stands under a name: what is missed there may be told at the place where the name was given.
            result.sources = local.sources + result.sources
            return result
        }
        let known = [root] + names.prefix(plain)
        if repeats == 0, reading.references.count < Self.most {
            reading.references.append(Reference(path: known, source: text, span: path.span, contained: contained))
        }
        let data = Meaning(place(known, at: path.span))
        guard plain < names.count else { return data }
        // Where the list lacks, so do its items.
        var part = Meaning(place([root] + names, at: path.span))
        part.add(data.lacks)
        return part
    }

    /// A name is read or set in the partial around this place.
    mutating func note(use name: String) {
        if let call { reading.calls[call].reads?.insert(name) }
    }

    // MARK: Conditions

    /// Liquid reads them from right to left.
    mutating func ask(_ condition: Condition) -> Answer {
        let answers = condition.tests.map { ask($0) }
        guard var result = answers.last else { return .unknown }
        for (index, joint) in condition.joints.enumerated().reversed() where answers.indices.contains(index) {
            spend(answers[index].weight * result.weight)
            if isTired { return .unknown }
            result = joint == .and ? answers[index].and(result) : answers[index].or(result)
        }
        return result
    }

    private mutating func ask(_ test: Condition.Test) -> Answer {
        var contained: String?
        if case (.contains, .value(let value))? = test.comparison, case .string(let text)? = value.literal { contained = text }
        let left = side(test.left, contained)
        guard let (operation, right) = test.comparison else {
            guard case .value(let value) = left, !isTired else { return .unknown }
            return Answer(value)
        }
        let other = side(right)
        if case .value(let one) = left, case .value(let two) = other { spend(one.weight * two.weight) }
        return isTired ? .unknown : Answer(left, operation, other)
    }

    mutating func side(_ operand: ConditionOperand, _ contained: String? = nil) -> Answer.Side {
        switch operand {
        case .value(let value): .value(read(value, contained: contained))
        case .empty: .empty
        case .blank: .blank
        }
    }
}

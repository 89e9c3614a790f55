import Diagnostics

/// Values, filters and conditions.
extension Compiler {
    mutating func operand(_ expression: Expression?) -> Operand {
        guard let expression else { return .absent }
        switch expression {
        case .literal(.string(let text), _): return .constant(assembly.text(text))
        case .literal(let value, _): return .constant(assembly.constants.add(value))
        case .range(let first, let last, let span):
            let entry = RangeEntry(first: rangeEnd(first), last: rangeEnd(last), span: self.span(span))
            return .range(assembly.ranges.add(entry))
        case .path(let path): return operand(path)
        }
    }

    /// A decimal that is written out loses its fraction.
    private mutating func rangeEnd(_ expression: Expression) -> Operand {
        guard case .literal(.decimal(let number), let span) = expression else { return operand(expression) }
        return operand(.literal(.integer(Int64(exactly: number.rounded(.towardZero)) ?? 0), span))
    }

    mutating func operand(_ value: FilteredExpression) -> Operand {
        let base = operand(value.base)
        if value.filters.isEmpty { return base }
        let filters = value.filters.map { filter($0) }
        for (index, use) in value.filters.enumerated() {
            guard case .host = use.function else { continue }
            note(use, input: index == 0 ? value.base.literal : nil, at: value.base.span)
        }
        let entry = PipelineEntry(base: base, firstFilter: Int32(assembly.filters.count), filterCount: Int32(filters.count))
        assembly.filters += filters
        return .pipeline(assembly.pipelines.add(entry))
    }

    private mutating func filter(_ use: FilterUse) -> FilterEntry {
        let arguments = use.arguments.map { operand($0) } + use.named.flatMap { [.constant(assembly.text($0.name)), operand($0.value)] }
        let allowFalse = operand(use.allowFalse)
        let function: FilterEntry.Function =
            switch use.function {
            case .standard(let filter): .standard(filter)
            case .host(let place): .host(Int32(place))
            }
        let entry = FilterEntry(
            function: function, firstArgument: Int32(assembly.operands.count), argumentCount: Int32(arguments.count),
            allowFalse: allowFalse,
            span: span(use.span))
        assembly.operands += arguments
        return entry
    }

    private mutating func operand(_ path: Path) -> Operand {
        var steps = path.steps
        let root: Operand
        switch path.root {
        case .name("forloop"): root = loopOperand(&steps)
        case .name("tablerowloop"):
            if case .name(let field)? = steps.first, let known = TableRowField(rawValue: field) {
                steps.removeFirst()
                root = .tableRow(known)
            } else {
                root = .slot(assembly.tablerowSlot)
            }
        case .name(let name): root = .slot(assembly.slot(name))
        case .computed(let inner):
            let operand = operand(inner)
            root = .computedRoot(assembly.operands.add(operand))
        }
        if steps.isEmpty { return root }
        let compiled = steps.map { step($0) }
        let entry = PathEntry(root: root, firstStep: Int32(assembly.steps.count), stepCount: Int32(compiled.count), span: span(path.span))
        assembly.steps += compiled
        return .path(assembly.paths.add(entry))
    }

    /// `forloop.parentloop.index`: the field, and how many loops further out. What it takes is taken from `steps`.
    private func loopOperand(_ steps: inout [Path.Step]) -> Operand {
        var up: UInt8 = 0
        while case .name(let field)? = steps.first, let known = LoopField(rawValue: field), up < .max {
            steps.removeFirst()
            if known != .parentloop { return .loop(known, up: up) }
            guard case .name? = steps.first else { return .loop(.parentloop, up: up) }
            up += 1
        }
        return up == 0 ? .wholeLoop : .loop(.parentloop, up: up - 1)
    }

    private mutating func step(_ step: Path.Step) -> Step {
        switch step {
        case .name(let name): .field(assembly.name(name), Command(rawValue: name))
        case .key(let name): .field(assembly.name(name), nil)
        case .index(let index): .index(index)
        case .computed(let inner): .computed(operand(inner))
        }
    }

    // MARK: Conditions

    mutating func condition(_ condition: Condition) -> Int32 {
        var tests: [TestEntry] = []
        for (index, test) in condition.tests.enumerated() {
            let joint: TestEntry.Joint =
                index < condition.joints.count ? (condition.joints[index] == .and ? .and : .or) : .none
            tests.append(
                TestEntry(
                    left: side(test.left), operation: test.comparison?.operation, right: test.comparison.map { side($0.right) } ?? .empty,
                    joint: joint, span: span(test.span)))
        }
        let entry = ConditionEntry(firstTest: Int32(assembly.tests.count), testCount: Int32(tests.count))
        assembly.tests += tests
        return assembly.conditions.add(entry)
    }

    mutating func side(_ operand: ConditionOperand) -> TestEntry.Side {
        switch operand {
        case .value(let expression): .value(self.operand(expression))
        case .empty: .empty
        case .blank: .blank
        }
    }
}

extension Assembly {
    var forloopSlot: Int32 { slotsByName["forloop"] ?? 0 }
    var tablerowSlot: Int32 { slotsByName["tablerowloop"] ?? 0 }
}

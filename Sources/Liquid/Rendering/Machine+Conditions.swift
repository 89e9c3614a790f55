/// Comparisons, and what they decide.
extension Machine {
    mutating func holds(_ index: Int32) throws(RenderError) -> Bool {
        let entry = program.conditions[index]
        var place = entry.firstTest
        let last = entry.firstTest + entry.testCount - 1
        while true {
            let test = program.tests[place]
            let result = try holds(test)
            // From right to left: the rest counts as one.
            switch test.joint {
            case .and where result: break
            case .or where !result: break
            default: return result
            }
            if place == last { return result }
            place += 1
        }
    }

    private mutating func holds(_ test: TestEntry) throws(RenderError) -> Bool {
        guard let operation = test.operation else {
            guard case .value(let operand) = test.left else { return true }
            return try value(of: operand).isTruthy
        }
        switch operation {
        case .equal: return try areEqual(test)
        case .notEqual: return try !areEqual(test)
        default: break
        }
        guard case .value(let leftOperand) = test.left, case .value(let rightOperand) = test.right else {
            // `empty` and `blank` are more or less than nothing, and in no list.
            return false
        }
        let left = try value(of: leftOperand)
        let right = try value(of: rightOperand)
        try pay(left, right, test.span)
        if operation == .contains { return left.contains(right) }
        guard let order = left.order(right) else {
            guard left.isOrdered, right.isOrdered else { return false }
            throw error(FilterFailure("cannot compare \(left.kind) with \(right.kind)"), test.span)
        }
        switch operation {
        case .less: return order < 0
        case .lessOrEqual: return order <= 0
        case .greater: return order > 0
        default: return order >= 0
        }
    }

    mutating func areEqual(_ test: TestEntry) throws(RenderError) -> Bool {
        switch (test.left, test.right) {
        case (.value(let leftOperand), .value(let rightOperand)):
            let left = try value(of: leftOperand)
            let right = try value(of: rightOperand)
            if left.isSimple || right.isSimple { return left.equals(right) }
            try pay(left, right, test.span)
            return left.equals(right)
        case (.value(let operand), .empty), (.empty, .value(let operand)): return try value(of: operand).isEmpty
        case (.value(let operand), .blank), (.blank, .value(let operand)): return try value(of: operand).isBlank
        // Neither of the two words is a value that could be empty.
        default: return false
        }
    }

    /// Comparing long texts and lists is work.
    private mutating func pay(_ left: Value, _ right: Value, _ span: Int32) throws(RenderError) {
        do {
            try meter.work(steps: left.comparisonWork + (right.string.map { $0.utf8.count / 64 } ?? 0))
        } catch {
            throw self.error(error, span)
        }
    }

    // MARK: Case

    mutating func select(_ entry: SelectEntry) throws(RenderError) -> Flow {
        try enter(entry.span)
        defer { leave() }
        var isElse = true
        for place in entry.firstPart..<entry.firstPart + entry.partCount {
            let part = program.selectParts[place]
            var times = 0
            if part.testCount == 0 {
                times = isElse ? 1 : 0
            } else {
                for test in part.firstTest..<part.firstTest + part.testCount where try areEqual(program.tests[test]) { times += 1 }
                if times > 0 { isElse = false }
            }
            for _ in 0..<times {
                let flow = try run(part.start, part.end)
                if flow != .normal { return flow }
            }
        }
        return .normal
    }
}

extension Value {
    /// Has an order with others of its kind.
    fileprivate var isOrdered: Bool {
        switch self {
        case .integer, .decimal, .string, .markup, .instant: true
        default: false
        }
    }

    fileprivate var isSimple: Bool {
        switch self {
        case .null, .bool, .integer, .decimal: true
        default: false
        }
    }

    fileprivate var comparisonWork: Int {
        switch self {
        case .string(let text), .markup(let text): text.utf8.count / 64
        case .array(let items): items.count / 4
        case .object(let object): object.count / 2
        default: 0
        }
    }
}

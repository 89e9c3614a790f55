/// Comparisons, and what they decide.
extension Machine {
    mutating func holds(_ index: Int32) throws(RenderError) -> Bool {
        let entry = program.conditions[index]
        var place = entry.firstTest
        let last = entry.firstTest + entry.testCount - 1
        while true {
            let test = program.tests[place]
            if place > entry.firstTest { try pay(steps: 1, test.span) }
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
            if let place = place(of: operand) { return place.pointee.isTruthy }
            return try value(of: operand).isTruthy
        }
        switch operation {
        case .equal: return try areEqual(test)
        case .notEqual: return try !areEqual(test)
        default: break
        }
        guard case .value(let leftOperand) = test.left, case .value(let rightOperand) = test.right else {
            // `empty` and `blank` are neither more nor less than anything, and in no list; but every text holds the empty one.
            guard operation == .contains, case .value(let operand) = test.left else { return false }
            return try value(of: operand).string != nil
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
            if let left = place(of: leftOperand), let right = place(of: rightOperand) { return try areEqual(left, right, test.span) }
            var left = try value(of: leftOperand)
            var right = try value(of: rightOperand)
            return try areEqual(&left, &right, test.span)
        case (.value(let operand), .empty), (.empty, .value(let operand)): return try value(of: operand).isEmpty
        case (.value(let operand), .blank), (.blank, .value(let operand)):
            let value = try value(of: operand)
            try pay(bytes: value.textLength, test.span)
            return value.isBlank
        // Neither of the two words is a value that could be empty.
        default: return false
        }
    }

    private mutating func areEqual(
        _ left: UnsafePointer<Value>, _ right: UnsafePointer<Value>, _ span: Int32
    ) throws(RenderError) -> Bool {
        if !left.pointee.isSimple, !right.pointee.isSimple { try pay(left.pointee, right.pointee, span) }
        return left.pointee.equals(right.pointee)
    }

    /// Comparing long texts and lists is work.
    private mutating func pay(_ left: Value, _ right: Value, _ span: Int32) throws(RenderError) {
        try pay(bytes: left.weight() + right.weight(), span)
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
                try pay(steps: Int(part.testCount), entry.span)
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

}

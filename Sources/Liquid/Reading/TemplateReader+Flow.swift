import Diagnostics

/// Conditions, loops and partials.
extension TemplateReader {
    mutating func walk(_ branches: [Branch], _ otherwise: Block?) -> Written {
        // Without `else` there is one way more.
        var fork = newFork(branches.count + 1)
        var rest = Circumstances.always
        for (number, branch) in branches.enumerated() {
            let asked = ask(branch.condition)
            let answer = branch.isNegated ? asked.negated : asked
            take(number, of: &fork, when: rest.and(answer.holds)) { $0.walk(branch.body) }
            rest = rest.and(answer.fails)
        }
        take(branches.count, of: &fork, when: rest) { $0.walk(otherwise) }
        return join(fork)
    }

    /// Each `when` that fits is carried out, one after the other.
    mutating func walk(_ select: Select) -> Written {
        var subject = Answer.Side.value(read(select.subject))
        let hasElse = select.parts.contains { if case .otherwise = $0 { true } else { false } }
        let whole = newFork(select.parts.count + (hasElse ? 0 : 1))
        var rest = Circumstances.always
        var written = Written.nothing
        for (number, part) in select.parts.enumerated() {
            var fork = whole
            switch part {
            case .when(let values, let body):
                let answers = values.map { Answer(subject, .equal, side($0)) }
                let answer = answers.dropFirst().reduce(answers.first ?? .unknown) { $0.or($1) }
                take(number, of: &fork, when: answer.holds) { $0.walk(body) }
                take(number, of: &fork, when: answer.fails)
                rest = rest.and(answer.fails)
            case .otherwise(let body):
                take(number, of: &fork, when: rest) { $0.walk(body) }
                take(number, of: &fork)
            }
            written = written.then(join(fork))
            // It is asked anew each time, and a part may have changed it.
            repeats += 1
            subject = .value(read(select.subject))
            repeats -= 1
        }
        return written
    }

    mutating func walk(_ loop: Loop) -> Written {
        let items = read(loop.collection)
        _ = read(loop.limit)
        if case .at(let offset)? = loop.offset { _ = read(offset) }
        if loop.otherwise == nil { miss(items) }
        return walk(items, as: loop.variable, loop.body, otherwise: loop.otherwise)
    }

    mutating func walk(_ items: Meaning, as variable: String, _ body: Block, otherwise: Block?) -> Written {
        var fork = newFork(2)
        let open = names.openBranches + 1
        interrupts.append((open, []))
        take(0, of: &fork, when: items.something) { reader in
            let outer = reader.names[variable]
            var written = Written.nothing
            let times = reader.repeats
            for turn in 0..<4 {
                reader.names.begin()
                reader.names[variable] = Self.item(of: items)
                written = reader.walk(body)
                let changed = reader.names.end()
                let ends = [LocalNames.Branch(reach: .always, changed: changed)] + (reader.interrupts.last?.branches ?? [])
                let before = ends.flatMap(\.changed.keys).map { ($0, reader.names[$0]) }
                reader.interrupts[reader.interrupts.count - 1].branches = []
                reader.joinTurn(ends)
                reader.repeats = times + 1
                let changes = before.filter { name, meaning in name != variable && reader.names[name] != meaning }
                if changes.isEmpty || turn == 3 { break }
                if reader.isTired {
                    // The next turn would find them wherever it writes these.
                    for (name, _) in changes { reader.names[name].map { reader.miss($0) } }
                    break
                }
            }
            reader.repeats = times
            reader.names[variable] = outer
            // It may end after any of its turns.
            return Written(empty: .always, some: written.some)
        }
        interrupts.removeLast()
        take(1, of: &fork) { $0.walk(otherwise) }
        return join(fork)
    }

    /// Behind a turn of a loop, or before it.
    private mutating func joinTurn(_ ends: [LocalNames.Branch]) {
        for branch in ends where !isTired {
            for meaning in branch.changed.values { spend(meaning.weight) }
        }
        let place = place([])
        names.join([LocalNames.Branch(reach: .always, changed: [:])] + ends, isRough: isTired) { name in
            var place = place
            place.path = [name]
            return Meaning(place)
        }
    }

    mutating func interrupt() {
        guard let last = interrupts.indices.last else { return }
        interrupts[last].branches.append(
            LocalNames.Branch(reach: .always, changed: names.changed(since: interrupts[last].openBranches)))
    }

    static func item(of items: Meaning) -> Meaning {
        guard let path = items.path else {
            var item = Meaning.unknown
            item.sources = items.sources
            return item
        }
        var item = Meaning.unknown
        item.path = path + ["*"]
        item.sources = [path]
        return item
    }

    // MARK: Partials

    mutating func walk(_ call: PartialCall) -> Written {
        _ = read(call.name)
        let subject = call.subject.map { read($0) }
        let given = call.arguments.map { ($0.name, read($0.value)) }
        guard case .literal(.string(let name), let span) = call.name else {
            // It may be any, and read any name.
            reading.isComplete = false
            partials.forEach { partial in if let call = partial.call { reading.calls[call].reads = nil } }
            return Written(empty: .always, some: .always)
        }
        if call.repeats {
            var fork = newFork(2)
            take(0, of: &fork, when: subject?.something ?? .always) { $0.walk(call, name, span, given, subject.map { Self.item(of: $0) }) }
            take(1, of: &fork)
            if let subject { miss(subject) }
            return join(fork)
        }
        return walk(call, name, span, given, subject)
    }

    private mutating func walk(
        _ call: PartialCall, _ name: String, _ span: Span, _ given: [(String, Meaning)], _ subject: Meaning?
    ) -> Written {
        if let outer = partials.firstIndex(where: { $0.name == name }) {
            if partials[outer].choices == choices.count { endless(from: outer, name, at: call.span) }
            return Written(empty: .always, some: .always)
        }
        guard let partial = library.partial(name) else { return Written(empty: .always, some: .always) }
        guard partials.count < 100, callsLeft > 0, reading.references.count < Self.most else {
            reading.isComplete = false
            return Written(empty: .always, some: .always)
        }
        callsLeft -= 1
        let alias = call.alias ?? PartialLibrary.variable(of: name)
        let number = note(call, name, at: span)
        partials.append((name, choices.count, number))
        let outerSource = source
        source = index(of: partial.source)
        defer {
            source = outerSource
            partials.removeLast()
            if call.style == .include, let outer = self.call {
                // What is included reads the names of the place around it.
                let reads = reading.calls[number].reads
                reading.calls[outer].reads = reads.flatMap { reading.calls[outer].reads?.union($0) }
            }
        }
        var own = given
        if let subject { own.append((alias, subject)) }
        if call.style == .render {
            var inner = LocalNames(Dictionary(own, uniquingKeysWith: { $1 }))
            swap(&names, &inner)
            interrupts.append((0, []))
            let written = walk(partial.body)
            interrupts.removeLast()
            swap(&names, &inner)
            return written
        }
        if subject == nil { own.append((alias, names[alias] ?? .unknown)) }
        let hidden = own.map { ($0.0, names[$0.0]) }
        for (name, meaning) in own { names[name] = meaning }
        let written = walk(partial.body)
        for (name, meaning) in hidden.reversed() { names[name] = meaning }
        return written
    }

    private mutating func note(_ call: PartialCall, _ name: String, at span: Span) -> Int {
        let place = place([name], at: span)
        if let number = callsByPlace[place] { return number }
        callsByPlace[place] = reading.calls.count
        reading.calls.append(
            PartialUse(name: name, source: text, span: span, arguments: call.arguments.map { ($0.name, $0.nameSpan) }, reads: []))
        return reading.calls.count - 1
    }

    private mutating func endless(from outer: Int, _ name: String, at span: Span) {
        guard reading.endless.count < 50 else { return }
        let chain = partials[outer...].map(\.name) + [name]
        let way = chain.count > 2 ? " (\(chain.joined(separator: " → ")))" : ""
        reading.endless.append(
            Diagnostic(
                .error, "the partial \"\(name)\" renders itself without end\(way)", in: text, at: span,
                hint: "put this between {% if %} and {% endif %}, or take it out"))
    }
}

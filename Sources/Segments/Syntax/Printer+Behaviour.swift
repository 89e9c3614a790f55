extension WrittenEvent: CustomStringConvertible {
    package var description: String {
        filter.map { "\(name.written) where (\($0))" } ?? name.written
    }

    /// With one of its properties: `purchase.amount where (…)`
    func description(of property: Name?) -> String {
        let named = property.map { "\(name.written).\($0.written)" } ?? name.written
        return filter.map { "\(named) where (\($0))" } ?? named
    }
}

extension WrittenSequence: CustomStringConvertible {
    package var description: String {
        var text = "did \(first) then \(negated ? "not " : "")\(second) within \(within)"
        if let same { text += " with same \(same.written)" }
        if let window { text += " \(window)" }
        return text
    }
}

extension WrittenAmount: CustomStringConvertible {
    package var description: String {
        let set = "\(function.rawValue) of \(event.description(of: property))"
        let asked = window.map { "\(set) \($0)" } ?? set
        switch test {
        case .compare(let comparison, let number): return "\(asked) \(comparison.rawValue) \(number.text)"
        case .top(let percent): return "\(asked) in top \(percent.text)%"
        }
    }
}

extension WrittenEdge: CustomStringConvertible {
    package var description: String {
        switch test {
        case .time(let window): "\(end.rawValue) \(event) \(window)"
        case .property(let test): "\(end.rawValue) \(event.description(of: test.name)) \(test.test)"
        }
    }
}

extension WrittenEngagement: CustomStringConvertible {
    package var description: String {
        var text = act.rawValue
        if act == .received {
            if let times { text += " \(times.bound.rawValue) \(times.count) message\(times.count == 1 ? "" : "s")" }
        } else {
            if let link { text += " \(Lexer.quoted(link)) in" }
            text += " \(campaign?.written ?? "any")"
            if let times { text += " \(times)" }
        }
        if let window { text += " \(window)" }
        return text
    }
}

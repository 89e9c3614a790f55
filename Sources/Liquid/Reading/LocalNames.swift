/// What the names that a template gives values to mean, at one place of it.
///
/// Between ``begin()`` and ``end()`` lies a branch: what it changed is handed out and taken back, so that the next branch starts
/// from the same.
struct LocalNames {
    private var meanings: [String: Meaning]
    /// What names meant before each open branch changed them.
    private var before: [[String: Meaning?]] = []

    /// A branch that was walked through.
    struct Branch {
        var reach: Circumstances
        var changed: [String: Meaning]
    }

    init(_ meanings: [String: Meaning] = [:]) {
        self.meanings = meanings
        for name in ["forloop", "tablerowloop"] where meanings[name] == nil { self.meanings[name] = .unknown }
    }

    subscript(name: String) -> Meaning? {
        get { meanings[name] }
        set {
            if let last = before.indices.last, before[last].index(forKey: name) == nil {
                before[last].updateValue(meanings[name], forKey: name)
            }
            meanings[name] = newValue
        }
    }

    mutating func begin() { before.append([:]) }

    mutating func end() -> [String: Meaning] {
        guard let old = before.popLast() else { return [:] }
        var changed: [String: Meaning] = [:]
        for (name, meaning) in old {
            changed[name] = meanings[name]
            meanings[name] = meaning
        }
        return changed
    }

    var openBranches: Int { before.count }

    /// What was changed since so many branches were open.
    func changed(since count: Int) -> [String: Meaning] {
        var changed: [String: Meaning] = [:]
        for branch in before.dropFirst(count) {
            for name in branch.keys { changed[name] = meanings[name] }
        }
        return changed
    }

    /// Goes on behind branches of which one was taken.
    ///
    /// - Parameters:
    ///   - isRough: what is missed is missed whatever the branch.
    ///   - unset: what a name means that one of them gives a value to and another does not.
    mutating func join(_ branches: [Branch], isRough: Bool, unset: (String) -> Meaning) {
        let names = Set(branches.flatMap(\.changed.keys))
        guard !names.isEmpty else { return }
        for name in names {
            let outside = meanings[name] ?? unset(name)
            let parts = branches.map { branch in
                let meaning = branch.changed[name] ?? outside
                return isRough ? meaning.rough : meaning.when(branch.reach)
            }
            guard var joined = parts.first else { continue }
            for part in parts.dropFirst() { joined = joined.or(part) }
            self[name] = joined
        }
    }
}

/// Decides which declarations that stay in `<style>` are made important there.
///
/// A rule of `@media` or of `:hover` used to win over a plainer one by its place or its weight. Once that one stands in
/// `style=""`, it only still wins if it is important. It is made so where that changes nothing else: nowhere may it then win
/// over something that it lost to before.
struct Raising {
    private var wanted: Set<Int> = []
    private var vetoed: Set<Int> = []
    /// Must be raised together with it.
    private var needs: [Int: Set<Int>] = [:]

    mutating func look(at style: ElementStyle, isForbidden: Bool) {
        let entries = style.entries
        for one in entries.indices where entries[one].role == .kept || entries[one].role == .hack {
            let kept = entries[one]
            guard !kept.declaration.isImportant else { continue }
            if isForbidden { vetoed.insert(kept.id) }
            for other in entries.indices where other != one && style.meet(one, other) {
                look(kept, entries[other], wins: style.wins(one, over: other))
            }
        }
    }

    private mutating func look(_ kept: ElementStyle.Entry, _ other: ElementStyle.Entry, wins: Bool) {
        if other.role == .hack, kept.role != .hack { return }
        if other.isUnordered {
            vetoed.insert(kept.id)
        } else if other.declaration.isImportant {
            // Both are important then, and the heavier one wins.
            if other.role != .own, (other.weight, other.id) < (kept.weight, kept.id) { vetoed.insert(kept.id) }
        } else if wins {
            if other.role == .inlined { wanted.insert(kept.id) }
        } else if other.role == .kept || other.role == .hack {
            needs[kept.id, default: []].insert(other.id)
        } else {
            vetoed.insert(kept.id)
        }
    }

    /// What is to be raised, all of it with what it needs.
    func result() -> Set<Int> {
        var vetoed = vetoed
        var raised = wanted.subtracting(vetoed)
        var isSettled = false
        while !isSettled {
            isSettled = true
            for id in raised {
                guard let needed = needs[id], !needed.isSubset(of: raised) else { continue }
                isSettled = false
                if needed.isDisjoint(with: vetoed) {
                    raised.formUnion(needed)
                } else {
                    vetoed.insert(id)
                    raised.remove(id)
                }
            }
        }
        return raised
    }
}

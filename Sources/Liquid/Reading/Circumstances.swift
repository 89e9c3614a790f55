/// How a value of the data stands, as far as a template's flow depends on it.
package struct DataState: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It is not there, or null.
    package static let nothing = DataState(rawValue: 1)
    package static let emptyText = DataState(rawValue: 2)
    package static let no = DataState(rawValue: 4)
    /// All else, blank texts and empty lists included.
    package static let something = DataState(rawValue: 8)

    /// Where it is written out, nothing is seen.
    package static let lacking: DataState = [.nothing, .emptyText]
    package static let any: DataState = [.nothing, .emptyText, .no, .something]
}

/// When something happens in a rendering, said of the data: one of some cases, each of which asks states of some values.
///
/// It is never too narrow: where it leaves a case out, that case cannot be. Where a template asks more than how a value stands
/// (`contact.plan == "pro"`), or there would be too many cases, it is too wide.
package struct Circumstances: Hashable, Sendable {
    /// States by path; a value that is not named may be in any.
    package typealias Case = [[String]: DataState]

    package private(set) var cases: [Case]

    package static let never = Circumstances(cases: [])
    package static let always = Circumstances(cases: [[:]])
    private static let most = 16

    private init(cases: [Case]) { self.cases = cases }

    package init(_ path: [String], _ states: DataState) {
        cases = states.isEmpty ? [] : states == .any ? [[:]] : [[path: states]]
    }

    package var isNever: Bool { cases.isEmpty }
    package var isAlways: Bool { cases.first?.isEmpty == true }

    package func and(_ other: Circumstances) -> Circumstances {
        if isNever || other.isAlways { return self }
        if other.isNever || isAlways { return other }
        // Either alone is wider.
        if cases.count * other.cases.count > Self.most * 4 { return cases.count < other.cases.count ? self : other }
        var result = Circumstances.never
        for one in cases {
            for two in other.cases {
                let both = one.merging(two) { $0.intersection($1) }
                if !both.values.contains([]) { result.add(both) }
            }
        }
        return result
    }

    package func or(_ other: Circumstances) -> Circumstances {
        if isAlways || other.isNever { return self }
        if other.isAlways || isNever { return other }
        var result = self
        for one in other.cases { result.add(one) }
        return result
    }

    private mutating func add(_ new: Case) {
        var new = new
        var index = 0
        while index < cases.count {
            if Self.covers(cases[index], new) { return }
            if Self.covers(new, cases[index]) {
                cases.remove(at: index)
            } else if let one = Self.union(cases[index], new) {
                // What it becomes may be joined to one that was passed.
                cases.remove(at: index)
                new = one
                index = 0
            } else {
                index += 1
            }
        }
        cases.append(new)
        if cases.count > Self.most { widen() }
    }

    private static func covers(_ wide: Case, _ narrow: Case) -> Bool {
        wide.allSatisfy { path, states in narrow[path].map { states.isSuperset(of: $0) } ?? false }
    }

    /// Two cases that differ in one value only are one.
    private static func union(_ one: Case, _ two: Case) -> Case? {
        guard one.count == two.count else { return nil }
        var different: [String]?
        for (path, states) in one {
            guard let other = two[path] else { return nil }
            if states == other { continue }
            guard different == nil else { return nil }
            different = path
        }
        guard let different, let a = one[different], let b = two[different] else { return one }
        var result = one
        result[different] = a.union(b) == .any ? nil : a.union(b)
        return result
    }

    /// To what all cases have in common.
    private mutating func widen() {
        guard var wide = cases.first else { return }
        for one in cases.dropFirst() {
            for (path, states) in wide { wide[path] = one[path].map { states.union($0) } }
        }
        cases = [wide.filter { $0.value != .any }]
    }

    /// Whether it may be so, where this is how the values stand. What nobody knows of may be in all states.
    package func mayHold(_ states: (_ path: [String]) -> DataState) -> Bool {
        cases.contains { $0.allSatisfy { !$1.isDisjoint(with: states($0)) } }
    }
}

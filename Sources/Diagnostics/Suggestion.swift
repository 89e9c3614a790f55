/// The known name a person most likely meant, or nil when nothing is near.
///
/// Near means at most a third of the longer name's characters changed (at least one, at most three), counting a swap of
/// two neighbours as one change: optimal string alignment distance. Ties go to the name that comes first.
///
///     nearest("purchse", among: ["page_viewed", "purchase"])   // "purchase"
package func nearest(_ name: String, among known: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased())
    var best: (name: String, distance: Int)?
    for candidate in known where candidate != name {
        let other = Array(candidate.lowercased())
        let limit = min(3, max(1, max(wanted.count, other.count) / 3))
        guard abs(other.count - wanted.count) <= limit else { continue }
        let distance = alignmentDistance(wanted, other, atMost: limit)
        if distance <= limit, distance < best?.distance ?? .max {
            best = (candidate, distance)
        }
    }
    return best?.name
}

/// `did you mean "X"?` for ``Diagnostic/hint``, or nil.
package func suggestion(for name: String, among known: some Sequence<String>) -> String? {
    nearest(name, among: known).map { "did you mean \"\($0)\"?" }
}

/// Exact up to `most`, and more than that otherwise. Only what is so near to the diagonal is looked at, and no further than there is hope: a
/// template may name thousands of things that are not there.
private func alignmentDistance(_ a: [Character], _ b: [Character], atMost most: Int) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    let far = most + 1
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 1...a.count {
        var row = Array(repeating: far, count: b.count + 1)
        row[0] = i
        let band = max(1, i - most)...max(1, min(b.count, i + most))
        var least = far
        for j in band {
            let cost = a[i - 1] == b[j - 1] ? 0 : 1
            row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                row[j] = min(row[j], beforeLast[j - 2] + 1)
            }
            least = min(least, row[j])
        }
        // A swap reaches back by two rows.
        if least > most, last.allSatisfy({ $0 > most }) { return far }
        beforeLast = last
        last = row
    }
    return last[b.count]
}

/// The known name a person most likely meant, or nil when nothing is near.
///
/// Near means at most a third of the longer name's characters changed (at least one, at most three), counting a swap of
/// two neighbours as one change: optimal string alignment distance. Ties go to the name that comes first.
///
///     nearest("purchse", among: ["page_viewed", "purchase"])   // "purchase"
package func nearest(_ name: String, among known: some Sequence<String>) -> String? {
    let wanted = letters(name)
    var best: (name: String, distance: Int)?
    for candidate in known where candidate != name {
        // No letter has more than a few bytes: what differs so much in length is told apart before it is looked at.
        guard candidate.utf8.count <= 4 * (name.utf8.count + 3) else { continue }
        let other = letters(candidate)
        let limit = min(3, max(1, max(wanted.count, other.count) / 3))
        guard abs(other.count - wanted.count) <= limit else { continue }
        let distance = alignmentDistance(wanted, other, atMost: limit)
        if distance <= limit, distance < best?.distance ?? .max {
            best = (candidate, distance)
        }
    }
    return best?.name
}

/// In lower case. Scalars are near enough to what people take for letters, and a good deal quicker than characters.
private func letters(_ name: String) -> [UInt32] {
    if name.utf8.allSatisfy({ $0 < 0x80 }) { return name.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? UInt32($0 | 0x20) : UInt32($0) } }
    return name.lowercased().unicodeScalars.map(\.value)
}

/// `did you mean "X"?` for ``Diagnostic/hint``, or nil.
package func suggestion(for name: String, among known: some Sequence<String>) -> String? {
    nearest(name, among: known).map { "did you mean \"\($0)\"?" }
}

/// Exact up to `most`, and more than that otherwise. Only what is so near to the diagonal is looked at, and no further than there is hope: a
/// template may name thousands of things that are not there.
private func alignmentDistance(_ a: [UInt32], _ b: [UInt32], atMost most: Int) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    let far = most + 1
    var beforeLast = Array(repeating: far, count: b.count + 1)
    var last = Array(0...b.count)
    var row = beforeLast
    for i in 1...a.count {
        row.withUnsafeMutableBufferPointer { $0.update(repeating: far) }
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
        swap(&beforeLast, &last)
        swap(&last, &row)
    }
    return last[b.count]
}

/// A part of a hundred as people write it: `5%`, `0.3%`. Exact to one in a million.
package struct Share: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var partsPerMillion: Int

    /// Nil outside 0 to 100 %.
    package init?(partsPerMillion: Int) {
        guard (0...1_000_000).contains(partsPerMillion) else { return nil }
        self.partsPerMillion = partsPerMillion
    }

    /// Reads `5%`, `0.3 %`, with at most four decimals; nil for anything else, also for `5` without its sign.
    package init?(_ text: some StringProtocol) {
        guard text.last == "%" else { return nil }
        let number = trimmingBlanks(String(text.dropLast()))
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...3).contains(whole.count), whole.allSatisfy(Self.isDigit), let percent = Int(whole) else {
            return nil
        }
        var fraction = 0
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...4).contains(digits.count), digits.allSatisfy(Self.isDigit),
                let value = Int(digits + String(repeating: "0", count: 4 - digits.count))
            else { return nil }
            fraction = value
        }
        self.init(partsPerMillion: percent * 10_000 + fraction)
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

    package static func < (a: Share, b: Share) -> Bool { a.partsPerMillion < b.partsPerMillion }

    package var fraction: Double { Double(partsPerMillion) / 1_000_000 }

    package var description: String {
        var decimals = String(partsPerMillion % 10_000 + 10_000).dropFirst()
        while decimals.last == "0" { decimals = decimals.dropLast() }
        return "\(partsPerMillion / 10_000)\(decimals.isEmpty ? "" : ".\(decimals)")%"
    }
}

import Foundation

/// How a language writes numbers, or amounts of one currency.
///
/// Foundation knows it, and is slow: it is asked for a few samples once, and everything is read off them. Numbers are then
/// written here, byte by byte, for each message.
final class NumberPattern: Sendable {
    private let positive: Affixes
    private let negative: Affixes
    private let point: [UInt8]
    private let separator: [UInt8]
    /// Digits behind the last separator, and between two; 0 where there are no separators.
    private let lastGroup: Int
    private let group: Int
    /// Digits that have to stand before the first separator: Spanish writes 1234, and 12.345.
    private let leastLeading: Int
    /// From 0 to 9.
    private let digits: [[UInt8]]
    /// How many digits stand behind the point where nobody says.
    let fraction: ClosedRange<Int>

    private struct Affixes: Sendable {
        var prefix: [UInt8]
        var suffix: [UInt8]
    }

    /// - Parameters:
    ///   - fraction: nil where the samples tell, as for a currency.
    ///   - format: gives samples.
    init?(fraction: ClosedRange<Int>?, format: (Decimal) -> String) {
        guard let one = Sample(format(1)), let minus = Sample(format(-1)), let large = Sample(format(123_456_789_012)),
            let parted = fraction == nil ? one : Sample(format(Decimal(string: "1.5") ?? 0))
        else { return nil }
        positive = Affixes(prefix: one.prefix, suffix: one.suffix)
        negative = Affixes(prefix: minus.prefix, suffix: minus.suffix)
        let hasFraction = fraction == nil && one.runs.count == 2
        let places = hasFraction ? one.runs[1] : 0
        self.fraction = fraction ?? places...places
        point = parted.separators.last ?? Array(".".utf8)
        let groups = hasFraction ? large.runs.dropLast() : large.runs[...]
        if groups.count > 1 {
            separator = large.separators.first ?? []
            lastGroup = groups.last ?? 3
            group = groups.count > 2 ? groups[groups.endIndex - 2] : lastGroup
        } else {
            separator = []
            lastGroup = 0
            group = 0
        }
        let whole = hasFraction ? 2 : 1
        var least = 1
        for number in [1234, 12345] as [Decimal] {
            guard let sample = Sample(format(number)), sample.runs.count == whole else { break }
            least += 1
        }
        leastLeading = least
        var digits: [[UInt8]] = []
        for number in 0...9 {
            guard let sample = Sample(format(Decimal(number))) else { return nil }
            digits.append(sample.firstDigit)
        }
        self.digits = digits
    }

    /// One number as Foundation writes it, taken apart.
    private struct Sample {
        var prefix: [UInt8] = []
        var suffix: [UInt8] = []
        /// How many digits stand together, from left to right.
        var runs: [Int] = []
        var separators: [[UInt8]] = []
        var firstDigit: [UInt8] = []

        /// Nil where there is no digit.
        init?(_ text: String) {
            var between: [UInt8] = []
            var isInRun = false
            for scalar in text.unicodeScalars {
                let bytes = Array(String(scalar).utf8)
                guard scalar.properties.numericType == .decimal else {
                    between += bytes
                    isInRun = false
                    continue
                }
                if isInRun {
                    runs[runs.count - 1] += 1
                } else {
                    if runs.isEmpty {
                        prefix = between
                        firstDigit = bytes
                    } else {
                        separators.append(between)
                    }
                    between = []
                    runs.append(1)
                    isInRun = true
                }
            }
            guard !runs.isEmpty else { return nil }
            suffix = between
        }
    }

    /// - Parameter fraction: how few and how many digits behind the point.
    func write(_ number: ExactNumber, fraction: ClosedRange<Int>, into out: inout [UInt8]) {
        let number = number.rounded(to: fraction.upperBound)
        let affixes = number.isNegative ? negative : positive
        out += affixes.prefix
        let count = number.wholeCount
        let isGrouped = lastGroup > 0 && count >= lastGroup + leastLeading
        for place in (0..<count).reversed() {
            out += digits[Int(number.digit(at: place))]
            if isGrouped, place >= lastGroup, place > 0, (place - lastGroup) % group == 0 { out += separator }
        }
        let places = max(fraction.lowerBound, number.places)
        if places > 0 {
            out += point
            for place in 1...places { out += digits[Int(number.digit(at: -place))] }
        }
        out += affixes.suffix
    }
}

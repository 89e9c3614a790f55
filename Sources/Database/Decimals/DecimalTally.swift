/// Adds up numbers as JSON writes them, exactly and in any order.
///
/// Nearly all numbers have at most 18 digits, nine of them decimals: those are added as two integers, without allocating
/// anything. The others go into an ``ExactDecimal``. All bits zero is an empty tally, as a database hands out memory.
package struct DecimalTally {
    /// How many numbers were added.
    package private(set) var count: Int64 = 0
    private var whole: Int64 = 0
    private var billionths: Int64 = 0
    private var others: Others?

    private final class Others {
        var sum = ExactDecimal.zero
    }

    package init() {}

    /// What is no number is left out.
    package mutating func add(_ text: UnsafeBufferPointer<UInt8>) {
        if let (units, parts) = Self.parts(text) {
            let (sum, overflow) = whole.addingReportingOverflow(units)
            if !overflow {
                whole = sum
                billionths += parts
                count += 1
                // Far from the end of Int64: a billion more may come before this is looked at again.
                if billionths.magnitude > 4_000_000_000_000_000_000 { settle() }
                return
            }
        }
        guard let number = ExactDecimal(json: text) else { return }
        addLarge(number)
        count += 1
    }

    private mutating func settle() {
        addLarge(small)
        whole = 0
        billionths = 0
    }

    private mutating func addLarge(_ number: ExactDecimal) {
        let kept = others ?? Others()
        kept.sum = kept.sum + number
        others = kept
    }

    private var small: ExactDecimal {
        let parts = ExactDecimal(billionths)
        return ExactDecimal(whole) + parts.movedPoint(by: -9)
    }

    /// Zero where nothing was added.
    package var sum: ExactDecimal {
        others.map { $0.sum + small } ?? small
    }

    /// Nil where nothing was added.
    package var average: ExactDecimal? {
        count == 0 ? nil : sum.divided(by: Int(count))
    }

    /// The number in units and billionths, both with its sign; nil where it has more digits than fit, or is none.
    private static func parts(_ text: UnsafeBufferPointer<UInt8>) -> (Int64, Int64)? {
        guard let first = text.first else { return nil }
        var index = first == UInt8(ascii: "-") ? 1 : 0
        let start = index
        var units: Int64 = 0
        while index < text.count, text[index] >= 0x30, text[index] <= 0x39, index - start < 18 {
            units = units &* 10 &+ Int64(text[index] &- 0x30)
            index += 1
        }
        guard index > start else { return nil }
        var parts: Int64 = 0
        if index < text.count {
            guard text[index] == UInt8(ascii: "."), index + 1 < text.count, text.count - index <= 10 else { return nil }
            var factor: Int64 = 1_000_000_000
            index += 1
            while index < text.count, text[index] >= 0x30, text[index] <= 0x39 {
                factor /= 10
                parts += factor &* Int64(text[index] &- 0x30)
                index += 1
            }
            guard index == text.count else { return nil }
        }
        return start == 1 ? (-units, -parts) : (units, parts)
    }
}

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

    /// The ``ExactDecimal/orderKey`` of the sum. It is asked for once a group, of which there are many: where all numbers were small, it
    /// is written without allocating anything, and that took half of a question off (27,000 groups).
    package func withSumKey<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard others == nil, let (units, parts) = settled else { return sum.orderKey.withUnsafeBytes(body) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { key in
            // Digits from the fourth byte on, 19 and nine; before them room for the sign and the power, and after them for the end.
            Self.write(parts.magnitude, digitsInto: key[22..<31])
            Self.write(units.magnitude, digitsInto: key[3..<22])
            guard let first = key[3..<31].firstIndex(where: { $0 != 0 }), let last = key[3..<31].lastIndex(where: { $0 != 0 }) else {
                key[0] = 1
                return body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(key)[..<1]))
            }
            let isNegative = units < 0 || parts < 0
            let power = 22 - first + ExactDecimal.orderKeyBias
            key[first - 3] = isNegative ? 0 : 2
            key[first - 2] = UInt8(power >> 8 & 0xFF)
            key[first - 1] = UInt8(power & 0xFF)
            for index in first...last { key[index] += 1 }
            if isNegative {
                for index in first - 2...last { key[index] = ~key[index] }
                key[last + 1] = 0xFF
            }
            return body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(key)[(first - 3)...(isNegative ? last + 1 : last)]))
        }
    }

    /// Units and less than one more, both of one sign; nil where the units are more than fit.
    private var settled: (units: Int64, parts: Int64)? {
        let billion: Int64 = 1_000_000_000
        var (units, overflow) = whole.addingReportingOverflow(billionths / billion)
        var parts = billionths % billion
        guard !overflow else { return nil }
        if units > 0, parts < 0 {
            units -= 1
            parts += billion
        } else if units < 0, parts > 0 {
            units += 1
            parts -= billion
        }
        return (units, parts)
    }

    private static func write(_ number: UInt64, digitsInto place: Slice<UnsafeMutableBufferPointer<UInt8>>) {
        var rest = number
        var place = place
        for index in place.indices.reversed() {
            place[index] = UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
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

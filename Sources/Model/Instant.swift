/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z, the form in which every time is stored.
package struct Instant: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package init(seconds: Int64) {
        milliseconds = seconds &* 1000
    }

    package static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

    /// Saturates rather than traps: a span of a million years from a file must not end the program.
    package func advanced(byMilliseconds delta: Int64) -> Instant {
        let (sum, overflow) = milliseconds.addingReportingOverflow(delta)
        return Instant(milliseconds: overflow ? (delta > 0 ? .max : .min) : sum)
    }

    /// Earliest and latest time that is accepted from input: years 1900 to 9999.
    package static let earliest = Instant(milliseconds: CivilDate(year: 1900, month: 1, day: 1).daysSinceEpoch * 86_400_000)
    package static let latest = Instant(milliseconds: CivilDate(year: 9999, month: 12, day: 31).daysSinceEpoch * 86_400_000)
}

extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC, with milliseconds only where there are any: `2026-11-02T09:30:00Z`.
    package var description: String { iso }

    package var iso: String {
        let text = canonical
        return milliseconds % 1000 == 0 ? text.prefix(19) + "Z" : text
    }

    /// RFC 3339 in UTC at one fixed width, so that text order is time order: `2026-11-02T09:30:00.000Z`.
    /// This is how a point in time is kept inside attributes and properties.
    package var canonical: String {
        let (days, rest) = milliseconds.floorDivided(by: 86_400_000)
        let date = CivilDate(daysSinceEpoch: days)
        if (0...9999).contains(date.year) { return Self.text(of: date, millisecondOfDay: Int(rest)) }
        let time = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60].map { $0.padded(to: 2) }.joined(separator: ":")
        return "\(date)T\(time).\((rest % 1000).padded(to: 3))Z"
    }

    /// Digit by digit: an import writes one of these for every time of every line.
    private static func text(of date: CivilDate, millisecondOfDay: Int) -> String {
        String(unsafeUninitializedCapacity: 24) { out in
            func put(_ value: Int, _ width: Int, at place: Int) {
                var rest = value
                for index in (place..<place + width).reversed() {
                    out[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
            }
            out.initialize(repeating: UInt8(ascii: "-"))
            put(date.year, 4, at: 0)
            put(date.month, 2, at: 5)
            put(date.day, 2, at: 8)
            out[10] = UInt8(ascii: "T")
            put(millisecondOfDay / 3_600_000, 2, at: 11)
            out[13] = UInt8(ascii: ":")
            put(millisecondOfDay / 60_000 % 60, 2, at: 14)
            out[16] = UInt8(ascii: ":")
            put(millisecondOfDay / 1000 % 60, 2, at: 17)
            out[19] = UInt8(ascii: ".")
            put(millisecondOfDay % 1000, 3, at: 20)
            out[23] = UInt8(ascii: "Z")
            return 24
        }
    }
}

extension Instant {
    /// Reads RFC 3339 and its usual relatives: `2026-11-02T09:30:00Z`, `2026-11-02 09:30:00.5+01:00`, `2026-11-02T09:30Z`.
    ///
    /// A time without an offset is not an instant; see ``LocalTime`` for reading it in a zone. Nil for anything else,
    /// including days and hours that do not exist and years outside 1900 to 9999. A leap second counts as the second after.
    package init?(iso text: some StringProtocol) {
        guard let read = ISOTime(text), let offset = read.offsetMinutes else { return nil }
        self.init(milliseconds: read.localMilliseconds - Int64(offset) * 60_000)
    }
}

/// What a written time says before a zone is applied.
struct ISOTime {
    /// Milliseconds since 1970 as if the written time were UTC.
    var localMilliseconds: Int64
    /// Nil where the text names no offset.
    var offsetMinutes: Int?

    init?(_ text: some StringProtocol) {
        self.init(parsing: String(text))
    }

    /// Over bytes, since an import reads a time for every line and `String.UTF8View` costs four times as much.
    private init?(parsing text: String) {
        var text = text
        guard let read = text.withUTF8({ Self(bytes: $0) }) else { return nil }
        self = read
    }

    private init?(bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count >= 16 else { return nil }
        var reader = DigitReader(bytes)
        guard let date = reader.date(), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.digits(2), hour < 24, reader.skip(":"), let minute = reader.digits(2), minute < 60
        else { return nil }
        var second = 0
        var fraction = 0
        if reader.skip(":") {
            guard let whole = reader.digits(2), whole <= 60 else { return nil }
            second = whole
            if reader.skip(".") || reader.skip(",") {
                guard let part = reader.fraction() else { return nil }
                fraction = part
            }
        }
        if reader.skip("Z") || reader.skip("z") {
            offsetMinutes = 0
        } else if let sign = reader.sign() {
            guard let hours = reader.digits(2), hours < 24 else { return nil }
            _ = reader.skip(":")
            guard let minutes = reader.atEnd ? 0 : reader.digits(2), minutes < 60 else { return nil }
            offsetMinutes = sign * (hours * 60 + minutes)
        }
        guard reader.atEnd, (1900...9999).contains(date.year) else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        localMilliseconds = seconds * 1000 + Int64(fraction)
    }
}

/// Reads fixed-width numbers from bytes, without making strings: event import reads a time for every line.
struct DigitReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    /// `bytes` outlives the reader.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    var atEnd: Bool { index == bytes.count }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func sign() -> Int? {
        if skip("+") { return 1 }
        return skip("-") ? -1 : nil
    }

    mutating func digits(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let byte = next, byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
            index += 1
        }
        return value
    }

    /// A decimal fraction of a second as milliseconds, cut not rounded.
    mutating func fraction() -> Int? {
        var value = 0
        var read = 0
        while let byte = next, byte >= 0x30, byte <= 0x39 {
            if read < 3 { value = value * 10 + Int(byte - 0x30) }
            read += 1
            index += 1
        }
        guard read > 0 else { return nil }
        return read == 1 ? value * 100 : read == 2 ? value * 10 : value
    }

    mutating func date() -> CivilDate? {
        guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2) else { return nil }
        return CivilDate(validYear: year, month: month, day: day)
    }
}

extension Int64 {
    /// Quotient rounded down and the remainder, which is never negative. `divisor` must be positive.
    func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (q, r) = quotientAndRemainder(dividingBy: divisor)
        return r < 0 ? (q - 1, r + divisor) : (q, r)
    }

    func padded(to width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}

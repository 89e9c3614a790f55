/// `slice` and `split`.
enum Slicing {
    /// A part of a list, or of a text in code points. Negative positions count from the end.
    static func slice(
        _ input: Value, _ offset: Value, _ length: Value, context: FilterContext, meter: inout Meter
    ) throws(FilterFailure) -> Value {
        let offset = try offset.wholeNumber()
        let length = length.isTruthy ? try length.wholeNumber() : 1
        if case .array(let items) = input {
            guard let range = range(offset, length, of: items.count) else { return .array([]) }
            try meter.make(items: range.count)
            return .array(Array(items[range]))
        }
        let text = input.text(in: context)
        try meter.work(bytes: text.utf8.count * 2)
        guard let range = range(offset, length, of: text.scalarCount), let start = text.utf8Offset(ofScalar: range.lowerBound),
            let end = text.utf8Offset(ofScalar: range.upperBound)
        else { return "" }
        try meter.make(bytes: end - start)
        return .string(String(decoding: text.utf8.prefix(end).dropFirst(start), as: UTF8.self))
    }

    private static func range(_ offset: Int, _ length: Int, of count: Int) -> Range<Int>? {
        let start = offset < 0 ? offset.addingClamped(count) : offset
        guard start >= 0, start <= count, length >= 0 else { return nil }
        return start..<min(count, start.addingClamped(length))
    }

    /// At a space: into words. At nothing: into characters. Empty parts at the end are left out.
    static func split(_ text: String, by separator: String, meter: inout Meter) throws(FilterFailure) -> Value {
        var text = text
        try meter.work(bytes: text.utf8.count)
        let search = ByteSearch(separator)
        let isWords = separator == " "
        let result: Result<[Value], FilterFailure> = text.withUTF8 { bytes in
            Result { () throws(FilterFailure) -> [Value] in
                var parts: [Value] = []
                var start = 0
                while start < bytes.count {
                    var end: Int
                    var next: Int
                    if isWords {
                        while start < bytes.count, bytes[start].isSpace { start += 1 }
                        if start == bytes.count { break }
                        end = start
                        while end < bytes.count, !bytes[end].isSpace { end += 1 }
                        next = end
                    } else if search.count == 0 {
                        end = start + 1
                        while end < bytes.count, bytes[end].continuesCharacter { end += 1 }
                        next = end
                    } else {
                        end = search.first(in: bytes, from: start) ?? bytes.count
                        next = end + search.count
                    }
                    try meter.make(bytes: 2 * MemoryLayout<Value>.stride + end - start)
                    try meter.work(steps: 1)
                    parts.append(.string(String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)))
                    start = next
                }
                while let last = parts.last, last.isEmpty { parts.removeLast() }
                return parts
            }
        }
        return .array(try result.get())
    }
}

/// Bytes that grow: what a rendering writes.
///
/// A bare buffer, since a mail is written in hundreds of small pieces and an array asks at each who else holds it.
struct Output: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 128) {
        self.capacity = max(16, capacity)
        start = .allocate(capacity: self.capacity)
    }

    deinit {
        start.deallocate()
    }

    // MARK: Reading

    /// Good until something is appended.
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

    func bytes(from mark: Int) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: bytes[mark...]) }

    func text(from mark: Int = 0) -> String { String(decoding: bytes(from: mark), as: UTF8.self) }

    // MARK: Writing

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        start[count] = byte
        count += 1
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafePointer<UInt8>, _ number: Int) {
        if capacity - count < number { grow(by: number) }
        (start + count).update(from: bytes, count: number)
        count += number
    }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        if let start = bytes.baseAddress { append(start, bytes.count) }
    }

    mutating func append(_ text: String) {
        text.withBytes { append($0) }
    }

    mutating func append(_ text: StaticString) {
        append(text.utf8Start, text.utf8CodeUnitCount)
    }

    mutating func append(contentsOf bytes: some Collection<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ append($0) }) == nil {
            for byte in bytes { append(byte) }
        }
    }

    /// Everything after the first `count` bytes is taken back.
    mutating func truncate(to count: Int) {
        self.count = min(self.count, max(0, count))
    }

    /// Changes what stands after `mark`, in its place.
    mutating func change(from mark: Int, _ body: (inout UInt8, _ index: Int) -> Void) {
        for index in mark..<count { body(&start[index], index - mark) }
    }

    mutating func reverse(from mark: Int) {
        var first = mark
        var last = count - 1
        while first < last {
            (start[first], start[last]) = (start[last], start[first])
            first += 1
            last -= 1
        }
    }

    @inline(never)
    private mutating func grow(by more: Int) {
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: start, count: count)
        start.deallocate()
        start = larger
    }
}

extension String {
    /// The UTF-8 where it lies: on this platform a string is always in one piece.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = self
        return copy.withUTF8(body)
    }
}

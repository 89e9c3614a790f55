import Foundation

/// Reads a file through one buffer that only grows to the longest record, so that a file of any size takes little memory.
struct ByteFile: ~Copyable {
    private let descriptor: Int32
    private(set) var buffer: [UInt8]
    /// The bytes not consumed yet are `buffer[position..<end]`.
    private(set) var position = 0
    private(set) var end = 0
    private(set) var atEnd = false
    /// Why reading ended before the end of the file.
    private(set) var failure: String?

    static let longestRecord = 4 << 20

    init(path: String) throws(ImportProblem) {
        var info = stat()
        guard stat(path, &info) == 0 else { throw .cannotRead(path: path, reason: String(cString: strerror(errno))) }
        guard info.st_mode & S_IFMT != S_IFDIR else { throw .cannotRead(path: path, reason: "it is a folder") }
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw .cannotRead(path: path, reason: String(cString: strerror(errno))) }
        descriptor = opened
        buffer = [UInt8](repeating: 0, count: 1 << 18)
    }

    /// Bytes that are in memory already.
    init(bytes: [UInt8]) {
        descriptor = -1
        buffer = bytes
        end = bytes.count
        atEnd = true
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// A file that can't be read to its end must not pass for a short one.
    func throwFailure(path: String) throws(ImportProblem) {
        if let failure { throw .cannotRead(path: path, reason: failure) }
    }

    mutating func consume(_ count: Int) {
        position += count
    }

    /// Reads on, keeping what is not consumed; false when there is no more, or no room for a record that long.
    mutating func refill() -> Bool {
        if atEnd { return false }
        if position > 0 {
            buffer.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                memmove(base, base + position, end - position)
            }
            end -= position
            position = 0
        }
        if end == buffer.count {
            guard buffer.count < Self.longestRecord else { return false }
            buffer.append(contentsOf: repeatElement(0, count: buffer.count))
        }
        let start = end
        let room = buffer.count - end
        var count = 0
        repeat {
            count = buffer.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { read(descriptor, $0 + start, room) } ?? 0
            }
        } while count < 0 && errno == EINTR
        if count <= 0 {
            if count < 0 { failure = String(cString: strerror(errno)) }
            atEnd = true
            return false
        }
        end += count
        return true
    }
}

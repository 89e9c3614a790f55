/// Lines of a file, without their ends.
struct LineReader: ~Copyable {
    private var file: ByteFile
    private let path: String
    private(set) var number = 0

    init(path: String) throws(ImportProblem) {
        var file = try ByteFile(path: path)
        while file.end - file.position < 4, file.refill() {}
        try file.throwFailure(path: path)
        let start = file.buffer[file.position..<file.end]
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) { throw .utf16(path: path) }
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { file.consume(3) }
        if file.position == file.end { throw .empty(path: path) }
        self.path = path
        self.file = file
    }

    mutating func next(_ line: inout [UInt8]) throws(ImportProblem) -> Bool {
        var searched = 0
        while true {
            let start = file.position
            if let end = file.buffer[(start + searched)..<file.end].firstIndex(of: 0x0A) {
                line.replaceSubrange(line.startIndex..., with: file.buffer[start..<end])
                file.consume(end + 1 - start)
                number += 1
                return true
            }
            searched = file.end - start
            if file.refill() { continue }
            try file.throwFailure(path: path)
            guard file.atEnd else { throw .longRecord(path: path, line: number + 1) }
            guard searched > 0 else { return false }
            line.replaceSubrange(line.startIndex..., with: file.buffer[file.position..<file.end])
            file.consume(searched)
            number += 1
            return true
        }
    }
}

import Foundation

/// The messages of a file or a folder, one by one: a single message, an mbox, a Maildir, or a folder of such files.
///
/// Of a message no more than `longest` bytes are handed over, and never more than that is in memory.
struct MailFiles {
    let path: String
    let longest: Int

    func forEach(_ body: ([UInt8]) throws -> Void) throws {
        for file in try files() {
            var mailbox = try MailboxFile(path: file, longest: longest)
            var message: [UInt8] = []
            while try mailbox.next(&message) { try body(message) }
        }
    }

    /// In the order of their names. What a Maildir has not delivered yet (`tmp`) is none.
    private func files() throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw ImportProblem.cannotRead(path: path, reason: "there is no such file or folder")
        }
        guard isFolder.boolValue else { return [path] }
        let inner = ["cur", "new"].map { "\(path)/\($0)" }.filter { FileManager.default.fileExists(atPath: $0) }
        return try ([path] + inner).flatMap { try Self.files(in: $0) }
    }

    private static func files(in folder: String) throws(ImportProblem) -> [String] {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw .cannotRead(path: folder, reason: error.localizedDescription)
        }
        return names.filter { !$0.hasPrefix(".") }.sorted().map { "\(folder)/\($0)" }.filter { file in
            var info = stat()
            return stat(file, &info) == 0 && info.st_mode & S_IFMT == S_IFREG && info.st_size > 0
        }
    }
}

/// The messages of one file. In an mbox each begins with a line `From …` behind an empty one; any other file is one message.
struct MailboxFile: ~Copyable {
    private var file: ByteFile
    private let path: String
    private let longest: Int
    private let isMailbox: Bool
    /// The last line was empty, or there was none.
    private var afterEmpty = true
    private var inMiddleOfLine = false
    private var isOver = false

    /// A line of more is taken in pieces.
    private static let piece = 1 << 16
    private static let from = Array("From ".utf8)

    init(path: String, longest: Int) throws(ImportProblem) {
        var file = try ByteFile(path: path)
        while file.end - file.position < Self.from.count, file.refill() {}
        try file.throwFailure(path: path)
        isMailbox = file.buffer[file.position..<file.end].starts(with: Self.from)
        self.file = file
        self.path = path
        self.longest = longest
    }

    mutating func next(_ message: inout [UInt8]) throws(ImportProblem) -> Bool {
        message.removeAll(keepingCapacity: true)
        var hasBegun = false
        while !isOver {
            let start = file.position
            let end = file.buffer[start..<file.end].firstIndex(of: 0x0A).map { $0 + 1 }
            if end == nil, file.end - start < Self.piece, !file.atEnd {
                // What is left has moved, whether there was more or not.
                _ = file.refill()
                continue
            }
            try file.throwFailure(path: path)
            let line = file.buffer[start..<(end ?? file.end)]
            guard !line.isEmpty else {
                isOver = true
                break
            }
            if isMailbox, !inMiddleOfLine, afterEmpty, line.starts(with: Self.from) {
                // The next one's; it is met again.
                if hasBegun { return true }
                hasBegun = true
            } else {
                hasBegun = true
                message += line.prefix(max(0, longest - message.count))
            }
            afterEmpty = !inMiddleOfLine && (line.elementsEqual([0x0A]) || line.elementsEqual([0x0D, 0x0A]))
            inMiddleOfLine = end == nil
            file.consume(line.count)
        }
        return hasBegun
    }
}

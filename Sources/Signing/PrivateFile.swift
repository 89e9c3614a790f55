import Foundation

/// A small file that only its owner may read.
struct PrivateFile {
    /// What the file is for: errors speak of that.
    enum Content {
        case keys
        case dkimKey

        var name: String { self == .keys ? "file of keys" : "key file" }
        var missing: SigningError.Code { self == .keys ? .noKeys : .noDKIMKey }
        var bad: SigningError.Code { self == .keys ? .badKeys : .badDKIMKey }
        var remedy: String { self == .keys ? "pitwall init makes one" : "pitwall dkim new DOMAIN --selector S makes one" }
    }

    private static let largest = 65_536
    let path: String
    let content: Content

    init(_ path: String, holding content: Content = .keys) {
        self.path = path
        self.content = content
    }

    /// Refuses what others may read or write, what is no plain file, and what is too large to be a list of keys.
    func read() throws(SigningError) -> [UInt8] {
        let (bytes, isOpen) = try readOpen()
        guard !isOpen else {
            throw SigningError(.keysReadable, "\(path): others than its owner may read this \(content.name)", hint: "chmod 600 \(path)")
        }
        return bytes
    }

    /// As ``read()``, and whether others may read it, for the caller to judge.
    func readOpen() throws(SigningError) -> (bytes: [UInt8], isOpen: Bool) {
        // O_NONBLOCK: opening a pipe that somebody put there must not wait for a writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            let problem = errno
            if problem == ENOENT { throw SigningError(content.missing, "\(path): there is no such file", hint: content.remedy) }
            throw failure("cannot be opened", problem)
        }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw failure("cannot be examined", errno) }
        guard facts.st_mode & S_IFMT == S_IFREG, facts.st_size <= Self.largest else {
            throw SigningError(content.bad, "\(path): is no \(content.name)")
        }
        var bytes = [UInt8](repeating: 0, count: Self.largest + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { Foundation.read(file, $0.baseAddress.map { $0 + filled }, $0.count - filled) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("cannot be read", errno) }
            if count == 0 { break }
            filled += count
        }
        guard filled <= Self.largest else { throw SigningError(content.bad, "\(path): is no \(content.name)") }
        return (Array(bytes.prefix(filled)), facts.st_mode & 0o077 != 0)
    }

    /// Writes a new file with mode 0600; on the disk, name and all, when this returns. Nothing is left where it fails.
    func create(_ bytes: [UInt8]) throws(SigningError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            let problem = errno
            if problem == EEXIST {
                throw SigningError(
                    .keysExist, "\(path): there is a file already", hint: "it is left as it is; name another or move it away")
            }
            throw failure("cannot be created", problem)
        }
        do throws(SigningError) {
            defer { close(file) }
            try write(bytes, to: file)
            guard fchmod(file, 0o600) == 0, fsync(file) == 0 else { throw failure("cannot be written", errno) }
        } catch {
            unlink(path)
            throw error
        }
        syncFolder()
    }

    private func write(_ bytes: [UInt8], to file: Int32) throws(SigningError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot be written", errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Not every file system lets a folder be synced; the file itself is safe by then.
    private func syncFolder() {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private func failure(_ what: String, _ code: Int32) -> SigningError {
        SigningError(.io, "\(path): \(what): \(String(cString: strerror(code)))")
    }
}

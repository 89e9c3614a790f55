import Foundation
import Synchronization

/// Loopback ports.
enum Ports {
    struct Refused: Error {}

    /// One that nobody listens at.
    static func free() throws -> Int {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }

    /// A socket that listens at a port of the system's choice.
    static func listen() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && Foundation.listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw Refused() }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    static func connect(to port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        let isConnected = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// What has come; nil at the end.
    static func read(_ descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes[..<count]) : nil
    }

    static func write(_ descriptor: Int32, _ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// Stands between the driver and a server, and cuts the line once, at a commit.
final class CuttingProxy: Sendable {
    enum Cut: Sendable {
        /// The server never hears of it.
        case beforeCommit
        /// The server has done it; nobody hears of that.
        case afterCommit
    }

    let port: Int
    private let listener: Int32
    private let server: Int
    private let cut = Mutex<Cut?>(nil)

    init(to server: Int) throws {
        self.server = server
        (listener, port) = try Ports.listen()
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                guard let upstream = Ports.connect(to: self.server) else {
                    close(client)
                    continue
                }
                Thread.detachNewThread { self.carry(client, upstream) }
            }
        }
    }

    /// Whether the line is still to be cut.
    var isArmed: Bool { cut.withLock { $0 != nil } }

    /// The next commit is the last thing that comes through.
    func arm(_ way: Cut) { cut.withLock { $0 = way } }

    func end() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func carry(_ client: Int32, _ upstream: Int32) {
        var lines = [pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: upstream, events: Int16(POLLIN), revents: 0)]
        var isLast = false
        defer {
            close(client)
            close(upstream)
        }
        while poll(&lines, 2, -1) > 0 {
            if lines[0].revents != 0 {
                guard let bytes = Ports.read(client) else { return }
                if String(decoding: bytes, as: UTF8.self).contains("COMMIT\0"), let way = cut.withLock({ $0.take() }) {
                    if case .beforeCommit = way { return }
                    isLast = true
                }
                Ports.write(upstream, bytes)
            }
            if lines[1].revents != 0 {
                guard let bytes = Ports.read(upstream), !isLast else { return }
                Ports.write(client, bytes)
            }
        }
    }
}

/// Speaks as much of PostgreSQL's protocol as a program needs to come in, and says which version it is.
final class OldServer: Sendable {
    let port: Int
    private let listener: Int32

    init(version: String) throws {
        (listener, port) = try Ports.listen()
        Thread.detachNewThread { [listener] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                _ = Ports.read(client)
                Ports.write(client, Self.welcome(version))
                _ = Ports.read(client)
                close(client)
            }
        }
    }

    func end() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// In without a password, what it is, a key to cancel by, ready.
    private static func welcome(_ version: String) -> [UInt8] {
        func message(_ kind: Character, _ body: [UInt8]) -> [UInt8] {
            [kind.asciiValue ?? 0] + word(UInt32(body.count + 4)) + body
        }
        func word(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        func fact(_ name: String, _ value: String) -> [UInt8] { message("S", Array("\(name)\0\(value)\0".utf8)) }
        return message("R", word(0)) + fact("server_version", version) + fact("server_encoding", "UTF8") + fact("client_encoding", "UTF8")
            + message("K", word(1) + word(2)) + message("Z", [UInt8(ascii: "I")])
    }
}

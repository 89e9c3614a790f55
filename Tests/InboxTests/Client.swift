import Foundation

/// A plain SMTP client on a blocking socket, which can be as rude as a test needs.
///
/// SAFETY: a test uses a client from one thread at a time.
final class Client: @unchecked Sendable {
    enum Failure: Error { case cannotConnect, timeout }

    private let socket: Int32
    private var unread: [UInt8] = []
    /// The connection ended with a reset rather than with an orderly end.
    private(set) var wasReset = false
    private(set) var isAtEnd = false

    init(port: Int) throws {
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else { throw Failure.cannotConnect }
    }

    deinit { close(socket) }

    /// Says that nothing more will be sent.
    func hangUp() { _ = shutdown(socket, Int32(SHUT_WR)) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// The next reply, all its lines, without the last line end; nil at the end of the connection.
    func reply() throws -> String? {
        var lines: [String] = []
        while let line = try line() {
            lines.append(line)
            if line.dropFirst(3).first != "-" { return lines.joined(separator: "\n") }
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    /// The codes of the next `count` replies.
    func codes(_ count: Int) throws -> [String] {
        try (0..<count).map { _ in try reply().map { String($0.prefix(3)) } ?? "end" }
    }

    /// Sends a line and reads its reply.
    func say(_ line: String) throws -> String {
        send(line + "\r\n")
        return try reply() ?? "end"
    }

    /// Greeting and EHLO.
    func greet() throws {
        _ = try reply()
        _ = try say("EHLO test")
    }

    /// A whole message, one command after another; the code that answers the dot.
    func deliver(_ text: String, to recipient: String = "ada@example.com") throws -> String {
        _ = try say("MAIL FROM:<news@example.com>")
        _ = try say("RCPT TO:<\(recipient)>")
        _ = try say("DATA")
        send(text + "\r\n.\r\n")
        return try reply() ?? "end"
    }

    /// Everything until the server closes.
    func rest() throws -> String {
        var text = ""
        while let line = try line() { text += line + "\n" }
        return text
    }

    private func line() throws -> String? {
        while true {
            if let end = unread.firstIndex(of: 0x0A) {
                let line = unread[..<end]
                unread.removeFirst(end + 1)
                return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = recv(socket, &chunk, chunk.count, 0)
            if count < 0, errno == EAGAIN { throw Failure.timeout }
            if count <= 0 {
                wasReset = count < 0
                isAtEnd = true
                return nil
            }
            unread.append(contentsOf: chunk[..<count])
        }
    }
}

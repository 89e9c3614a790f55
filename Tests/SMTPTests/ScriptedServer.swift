import Foundation
import Glibc
import Synchronization

/// A server on loopback whose every connection runs a closure on a thread of its own. It ends with the test.
final class ScriptedServer: Sendable {
    let port: Int
    private let listener: Int32
    private let accepted = Mutex(0)
    /// Sockets that are open; each is closed by its own thread alone, so that no number is used after it was given away.
    private let open = Mutex<Set<Int32>>([])

    init(_ behave: @escaping @Sendable (Peer) -> Void) throws {
        (listener, port) = try Loopback.listen()
        let thread = Thread { [self] in
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else { break }
                accepted.withLock { $0 += 1 }
                open.withLock { _ = $0.insert(socket) }
                let peer = Thread { [self] in
                    behave(Peer(socket))
                    open.withLock { _ = $0.remove(socket) }
                    close(socket)
                }
                peer.start()
            }
            close(listener)
        }
        thread.start()
    }

    var connections: Int { accepted.withLock { $0 } }

    func end() {
        shutdown(listener, Int32(SHUT_RDWR))
        open.withLock { for socket in $0 { shutdown(socket, Int32(SHUT_RDWR)) } }
    }
}

/// One connection of a scripted server.
final class Peer {
    private let socket: Int32
    private var bytes: [UInt8] = []

    init(_ socket: Int32) {
        self.socket = socket
    }

    /// The next line without its end; nil once the other side has gone.
    func line() -> String? {
        while true {
            if let end = bytes.firstIndex(of: 0x0A) {
                let text = String(decoding: bytes[..<end], as: UTF8.self)
                bytes.removeFirst(end + 1)
                return text.hasSuffix("\r") ? String(text.dropLast()) : text
            }
            guard read() else { return nil }
        }
    }

    /// Reads until the final dot; false where the other side went before.
    @discardableResult
    func message() -> Bool {
        while let line = line() { if line == "." { return true } }
        return false
    }

    @discardableResult
    func read(atMost count: Int = 65_536) -> Bool {
        var chunk = [UInt8](repeating: 0, count: count)
        let got = recv(socket, &chunk, count, 0)
        guard got > 0 else { return false }
        bytes += chunk[..<got]
        return true
    }

    func say(_ text: String) { say(Array((text + "\r\n").utf8)) }

    func say(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// Answers the greeting and EHLO.
    func greet(_ capabilities: String...) {
        say("220 scripted ESMTP")
        while let line = line(), !line.hasPrefix("EHLO") {}
        for capability in ["scripted"] + capabilities.dropLast() { say("250-\(capability)") }
        say("250 \(capabilities.last ?? "OK")")
    }

    /// Waits until the other side closes, reading and forgetting.
    func silence() {
        while read() { bytes.removeAll() }
    }

    /// From now on closing sends RST; to be called last.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// Waits until the other side has closed or reset, without reading.
    func waitForClose() {
        var descriptor = pollfd(fd: socket, events: 0x2000, revents: 0)
        while poll(&descriptor, 1, 10_000) < 0 {}
    }

    /// Keeps the receive window small, so that a large body blocks.
    func shrink() {
        var size: Int32 = 4096
        setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, 4)
    }

    /// Behaves like a good server until the other side goes, except where `answer` says otherwise.
    func serve(_ answer: (String) -> String? = { _ in nil }) {
        while let line = line() {
            let verb = line.prefix(4).uppercased()
            let reply = answer(verb) ?? (verb == "DATA" ? "354 go on" : verb == "QUIT" ? "221 bye" : "250 ok")
            say(reply)
            if verb == "DATA", reply.hasPrefix("354") {
                guard message() else { return }
                say(answer(".") ?? "250 2.0.0 Ok: queued as S1")
            }
            if verb == "QUIT" { return }
        }
    }
}

enum Loopback {
    struct Failed: Error {}

    /// A listening socket on a port that the system chose.
    static func listen() throws -> (socket: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, 100) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard descriptor >= 0, isBound else { throw Failed() }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A port that nobody listens on at the moment.
    static func freePort() throws -> Int {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }

    /// True once somebody listens there; false after ten seconds.
    static func isListening(_ port: Int) -> Bool {
        let end = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < end {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isConnected { return true }
            poll(nil, 0, 5)
        }
        return false
    }
}

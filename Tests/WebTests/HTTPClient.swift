import Foundation

/// One request over one connection, on a blocking socket and a thread of its own: the server under test needs the threads of
/// the cooperative pool.
struct HTTPAnswer {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: String

    static func get(_ path: String, port: Int, headers: [String] = []) async throws -> HTTPAnswer {
        try await exchange("GET", path, headers, [], port)
    }

    static func post(
        _ path: String, _ body: String, port: Int, type: String? = "application/x-www-form-urlencoded", headers: [String] = []
    ) async throws -> HTTPAnswer {
        let type = type.map { ["Content-Type: \($0)"] } ?? []
        return try await exchange("POST", path, headers + type + ["Content-Length: \(body.utf8.count)"], Array(body.utf8), port)
    }

    enum Failure: Error { case cannotConnect, noAnswer }

    static func exchange(_ method: String, _ path: String, _ headers: [String], _ body: [UInt8], _ port: Int) async throws -> HTTPAnswer {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + headers + ["", ""]
        let request = Array(lines.joined(separator: "\r\n").utf8) + body
        let bytes = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try raw(request, port) }) }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { throw Failure.noAnswer }
        let head = text[..<end.lowerBound].components(separatedBy: "\r\n")
        guard let status = head.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { throw Failure.noAnswer }
        var fields: [String: String] = [:]
        for line in head.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            if sides.count == 2 { fields[sides[0].lowercased()] = sides[1].trimmingCharacters(in: .whitespaces) }
        }
        return HTTPAnswer(status: status, headers: fields, body: String(text[end.upperBound...]))
    }

    private static func raw(_ request: [UInt8], _ port: Int) throws -> [UInt8] {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
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
        var rest = request[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { break }
            rest = rest.dropFirst(sent)
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &chunk, chunk.count, 0)
            guard count > 0 else { return answer }
            answer.append(contentsOf: chunk[..<count])
        }
    }
}

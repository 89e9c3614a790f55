import CResolv

/// Questions to the system's resolver.
enum DNS {
    enum Answer: Equatable {
        /// Each record's strings put together; empty where there is no record.
        case records([String])
        /// This machine may be offline.
        case noAnswer
        case unreadable
    }

    /// The TXT records of a name. Waits some seconds at most.
    ///
    /// `PITWALL_DNS` names another server than the system's, as `127.0.0.1:5353`.
    static func txt(_ name: String) -> Answer {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var filled = 0
        let parts = (Environment["PITWALL_DNS"] ?? "").split(separator: ":").map { String($0) }
        let port = parts.dropFirst().first.flatMap { UInt16($0) } ?? 53
        let found = pitwall_dns_txt(name, parts.first, port, &bytes, bytes.count, &filled)
        switch Int(found) {
        case PITWALL_DNS_NO_ANSWER: return .noAnswer
        case ..<0: return .unreadable
        default:
            let records = bytes.prefix(filled).split(separator: 0, omittingEmptySubsequences: false).dropLast()
            return .records(records.map { String(decoding: $0, as: UTF8.self) })
        }
    }
}

extension RefusalClass {
    /// Reads the enhanced code first (RFC 3463, and what Gmail and Exchange Online have added to it), then the words, then
    /// what the codes still suggest. A code that servers use for many things (5.7.1, 4.2.1, 5.0.0, …) decides nothing before
    /// the words have been asked.
    package init(of reply: Reply) {
        if [530, 534, 535, 538].contains(reply.code) {
            self = .login
            return
        }
        let code = reply.enhanced.flatMap { EnhancedCode($0) }
        if code.flatMap(Self.decided) == .noSuchUser, let truth = Self.deniedForAnotherReason(reply.text) {
            self = truth
            return
        }
        self = code.flatMap(Self.decided) ?? Self.byWords(reply.text) ?? code.flatMap(Self.suggested) ?? Self.byCode(reply.code)
    }

    private struct EnhancedCode {
        var type: Int
        var subject: Int
        var detail: Int

        init?(_ text: String) {
            let parts = text.split(separator: ".").map { Int($0) }
            guard parts.count == 3, let type = parts[0], let subject = parts[1], let detail = parts[2] else { return nil }
            (self.type, self.subject, self.detail) = (type, subject, detail)
        }
    }

    /// Codes that mean one thing wherever they are seen.
    private static func decided(_ code: EnhancedCode) -> RefusalClass? {
        switch (code.subject, code.detail) {
        // 1.10: a null MX (RFC 7505), and Exchange's RecipientNotFound.
        case (1, 1...3), (1, 6), (1, 10): .noSuchUser
        case (1, 7...8), (7, 60), (7, 506), (7, 750): .sender
        case (2, 2): .mailboxFull
        case (2, 3), (3, 4): .tooBig
        case (3, 1...2), (3, 5), (4, 1...3), (4, 6...7): code.type == 4 ? .relayTrouble : nil
        // 4.5: Gmail's daily sending limit. 7.28, 7.65x: an unusual rate. 7.500: busy.
        case (1, 90), (4, 5), (5, 3), (7, 28), (7, 500), (7, 508), (7, 650...652), (7, 705): .throttled
        case (7, 8), (7, 11), (7, 57), (7, 139): .login
        // RFC 7372, RFC 7489, and Gmail's and Exchange Online's own. 7.29: no TLS; 7.25: no reverse DNS.
        case (7, 20...27), (7, 29...32), (7, 509), (7, 515): .authentication
        case (7, 501...503), (7, 511), (7, 606...649), (7, 708): .blocked
        case (7, 350): .spamVerdict
        default: nil
        }
    }

    /// What an ambiguous code means where the words say nothing.
    private static func suggested(_ code: EnhancedCode) -> RefusalClass? {
        switch (code.type, code.subject, code.detail) {
        case (5, 2, 1), (5, 4, 4): .noSuchUser
        case (4, 2, 1): .throttled
        case (_, 7, 9): .login
        case (_, 3, _), (4, 4, _): .relayTrouble
        case (4, 7, 0): .throttled
        case (_, 7, _): .policy
        default: nil
        }
    }

    private static func byCode(_ code: Int) -> RefusalClass {
        switch code {
        case 421: .throttled
        case 552: .tooBig
        default: .unknown
        }
    }

    // MARK: Words

    private static let aboutOthers: Set<RefusalClass> = [.throttled, .blocked, .authentication, .spamVerdict, .policy, .sender, .login]

    /// "550 5.1.1 sent to too many recipients this hour": some servers give the code of an unknown user to whatever they refuse. Where the
    /// words speak of us alone, nobody is burned for it.
    private static func deniedForAnotherReason(_ text: String) -> RefusalClass? {
        guard let spoken = byWords(text), aboutOthers.contains(spoken) else { return nil }
        // Neither is one.
        if spoken == .sender || spoken == .login { return spoken }
        let folded = text.utf8.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
        // Of many, not of this one.
        if spoken == .throttled, ["too many unknown", "too many invalid"].contains(where: { folded.holds(Array($0.utf8)) }) {
            return spoken
        }
        let isAlsoMissing = phrasesInBytes.contains { $0.refusal == .noSuchUser && $0.phrases.contains { folded.holds($0) } }
        return isAlsoMissing ? nil : spoken
    }

    /// The first class one of whose phrases the text holds. Over bytes: a list that has aged brings thousands of refusals.
    private static func byWords(_ text: String) -> RefusalClass? {
        let folded = text.utf8.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
        return phrasesInBytes.first { $0.phrases.contains { folded.holds($0) } }?.refusal
    }
}

extension [UInt8] {
    /// Whether `needle`, which is not empty, stands somewhere in it.
    func holds(_ needle: [UInt8]) -> Bool {
        guard let first = needle.first, count >= needle.count else { return false }
        return withUnsafeBufferPointer { text in
            needle.withUnsafeBufferPointer { needle in
                var start = 0
                while start <= text.count - needle.count {
                    if text[start] == first {
                        var length = 1
                        while length < needle.count, text[start + length] == needle[length] { length += 1 }
                        if length == needle.count { return true }
                    }
                    start += 1
                }
                return false
            }
        }
    }
}

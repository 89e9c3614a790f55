package import Model

/// How a connection is secured, as libcurl tells it.
package struct TLSFacts: Hashable, Sendable {
    /// `TLSv1.3`.
    package var version: String
    package var cipher: String
    /// The certificate's subject and issuer, `CN=mail.example.com`; empty where libcurl did not say.
    package var subject = ""
    package var issuer = ""
    /// The last day on which the certificate is good.
    package var until: CivilDate?

    /// From libcurl's own lines of text; nil where there was no handshake.
    package init?(lines: some Sequence<String>) {
        var found: TLSFacts?
        for line in lines {
            let line = line.trimmingSpaces
            if let rest = line.after("SSL connection using ") {
                let parts = rest.split(separator: " / ", maxSplits: 1)
                found = TLSFacts(version: parts.first.map { String($0) } ?? "", cipher: parts.dropFirst().first.map { String($0) } ?? "")
            } else if let rest = line.after("subject: ") {
                found?.subject = rest
            } else if let rest = line.after("issuer: ") {
                found?.issuer = rest
            } else if let rest = line.after("expire date: ") {
                found?.until = Self.date(rest)
            }
        }
        guard let found else { return nil }
        self = found
    }

    private init(version: String, cipher: String) {
        (self.version, self.cipher) = (version, cipher)
    }

    /// `Nov 26 23:00:00 2027 GMT`.
    private static func date(_ text: String) -> CivilDate? {
        let words = text.split(separator: " ").map { String($0) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count >= 4, let month = months.firstIndex(of: words[0]), let day = Int(words[1]), let year = Int(words[3]),
            (1...31).contains(day), (1900...9999).contains(year)
        else { return nil }
        return CivilDate(year: year, month: month + 1, day: day)
    }
}

extension String {
    fileprivate func after(_ prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}

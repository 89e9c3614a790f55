/// Those who run the mailboxes of many: the domains of each, and how its replies can be told from a relay's own.
///
/// A smarthost that passes on Gmail's "421 … gsmtp" speaks of Gmail; one that says "too many messages" speaks of itself.
package struct KnownProvider: Hashable, Sendable {
    package let name: String
    /// The first stands for all.
    package let domains: [String]
    /// What only this one's replies hold, in lower case.
    package let marks: [String]

    package static let all: [KnownProvider] = [
        KnownProvider(name: "google", domains: ["gmail.com", "googlemail.com"], marks: ["gsmtp", "google.com", "gmail"]),
        KnownProvider(
            name: "microsoft",
            domains: [
                "outlook.com", "hotmail.com", "live.com", "msn.com", "passport.com", "hotmail.co.uk", "hotmail.fr", "hotmail.it",
                "hotmail.de", "hotmail.es", "live.co.uk", "live.fr", "live.it", "live.de", "live.nl", "outlook.fr", "outlook.it",
                "outlook.de", "outlook.es",
            ], marks: ["outlook.com", "hotmail", "microsoft", "office365", "(s3140)", "(s3150)", "as(48"]),
        KnownProvider(
            name: "yahoo",
            domains: [
                "yahoo.com", "ymail.com", "rocketmail.com", "aol.com", "aim.com", "yahoo.co.uk", "yahoo.fr", "yahoo.it", "yahoo.de",
                "yahoo.es", "yahoo.ca", "yahoo.co.in", "yahoo.com.br", "yahoo.com.au", "yahoo.com.mx", "yahoo.com.ar", "verizon.net",
            ], marks: ["yahoo", "aol.com", "[tss0"]),
        KnownProvider(name: "apple", domains: ["icloud.com", "me.com", "mac.com"], marks: ["icloud", "apple.com"]),
        KnownProvider(
            name: "gmx", domains: ["gmx.net", "gmx.de", "gmx.at", "gmx.ch", "gmx.com", "web.de", "mail.com", "email.com"],
            marks: ["gmx.net", "gmx.com", "web.de", "kundenserver.de", "1and1.com"]),
        KnownProvider(name: "t-online", domains: ["t-online.de", "magenta.de"], marks: ["t-online.de", "telekom.de"]),
        KnownProvider(name: "orange", domains: ["orange.fr", "wanadoo.fr"], marks: ["orange.fr", "wanadoo.fr"]),
        KnownProvider(name: "libero", domains: ["libero.it", "virgilio.it", "iol.it", "inwind.it"], marks: ["libero.it", "italiaonline"]),
        KnownProvider(name: "comcast", domains: ["comcast.net", "xfinity.com"], marks: ["comcast"]),
        KnownProvider(name: "mail.ru", domains: ["mail.ru", "bk.ru", "inbox.ru", "list.ru"], marks: ["mail.ru"]),
        KnownProvider(name: "yandex", domains: ["yandex.ru", "yandex.com", "ya.ru"], marks: ["yandex"]),
        KnownProvider(name: "proton", domains: ["proton.me", "protonmail.com", "pm.me"], marks: ["proton"]),
    ]

    /// Whose reply this is; nil where it may be the relay's own. Words with an @ in them say nothing: servers repeat the
    /// recipient's address.
    package init?(namedIn reply: Reply) {
        let words = reply.text.lowercased().split(separator: " ").filter { !$0.contains("@") }
        let text = Array(words.joined(separator: " ").utf8)
        guard let found = Self.marksInBytes.first(where: { $0.marks.contains { text.holds($0) } }) else { return nil }
        self = Self.all[found.index]
    }

    private init(name: String, domains: [String], marks: [String]) {
        (self.name, self.domains, self.marks) = (name, domains, marks)
    }

    private static let marksInBytes = all.enumerated().map { (index: $0.offset, marks: $0.element.marks.map { Array($0.utf8) }) }
}

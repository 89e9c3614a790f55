package import Model

/// What `pitwall.yaml` says, decoded. Flags and environment are applied on top by the command line.
///
///     let settings = try Settings(reading: SourceText(name: "pitwall.yaml", bytes: bytes))
///     settings.relays.first?.connections   // 10 where the file does not say
package struct Settings: Sendable {
    package struct Organisation: Hashable, Sendable {
        package var name: String
        package var postalAddress: String?

        package init(name: String, postalAddress: String? = nil) {
            self.name = name
            self.postalAddress = postalAddress
        }
    }

    package struct TopicSettings: Hashable, Sendable {
        package var name: String
        package var title: String
        package var cap: FrequencyCap?
    }

    package var title: String
    package var organisation: Organisation
    /// A file name, relative to the workspace unless absolute.
    package var database: String
    package var zone: Zone
    /// Of templates without a language in their name, and of people whose language nobody knows.
    package var language: String
    /// Without a slash at its end.
    package var publicURL: String?
    package var returnPath: EmailAddress?
    package var unsubscribeTo: EmailAddress?
    /// Relative to the workspace unless absolute.
    package var keysFile: String
    package var helo: String?
    package var relays: [RelaySettings]
    /// Of everything that this workspace sends.
    package var limits: [Rate] = []
    package var providers: [ProviderSettings] = []
    /// For each domain that is in no provider's group, by itself.
    package var domainLimits: [Rate] = []
    /// How long a message that is put off is tried again.
    package var giveUp: TimeSpan?
    /// How long a machine that is not heard of any more is waited for, to say what became of the messages in its hands.
    package var machineGoneAfter: TimeSpan?
    /// In the order of the file.
    package var topics: [TopicSettings]
    package var cap: FrequencyCap?
    package var retention: Retention
    /// What is added up beside the events.
    package var summaries = KeptSums.none
    /// What happens to events of people nobody knows.
    package var unknownContact: UnknownContact
    package var dkim = DKIMSettings()

    package init(title: String = "Pitwall", organisation: Organisation = Organisation(name: "")) {
        self.title = title
        self.organisation = organisation
        database = "pitwall.sqlite"
        zone = .utc
        language = "en"
        keysFile = "secrets/keys"
        relays = []
        topics = []
        retention = .forever
        unknownContact = .reject
    }

    package func topic(_ name: String) -> TopicSettings? {
        topics.first { $0.name == name }
    }

    /// The database a setting names, or what is wrong with it. Also for the flag and the environment variable.
    package static func problem(withDatabase name: String) -> String? {
        guard !name.allSatisfy(\.isWhitespace) else { return "no database is named; use a file name or postgres://USER@HOST/NAME" }
        guard name.contains("://") else {
            let lower = name.lowercased()
            let isMeantAsURL = lower.hasPrefix("postgres:") || lower.hasPrefix("postgresql:")
            return isMeantAsURL ? "two slashes are missing; write it like postgres://USER@HOST/NAME" : nil
        }
        guard isServer(name) else { return "this kind of database is not supported; use a file name or postgres://USER@HOST/NAME" }
        guard name.hasPrefix("postgres") else { return "write postgres:// in small letters" }
        return hasPassword(name) ? "a password does not belong here: give it in PITWALL_DATABASE_PASSWORD, PGPASSWORD or ~/.pgpass" : nil
    }

    /// Whether the database is a server's, as `postgres://news@db.example.com/pitwall`, not a file.
    package static func isServer(_ name: String) -> Bool {
        let lower = name.lowercased()
        return lower.hasPrefix("postgres://") || lower.hasPrefix("postgresql://")
    }

    /// Such a text is quoted nowhere.
    package static func hasPassword(_ url: String) -> Bool {
        guard let start = url.firstRange(of: "://")?.upperBound else { return false }
        let rest = url[start...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let user = authority.lastIndex(of: "@").map { authority[..<$0] }
        return user?.contains(":") == true || rest.lowercased().contains("password=")
    }
}

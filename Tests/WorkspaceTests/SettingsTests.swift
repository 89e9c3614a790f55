import Diagnostics
import Model
import Testing
import Workspace

private func settings(_ text: String) throws -> Settings {
    try Settings(reading: SourceText(name: "pitwall.yaml", text: text))
}

@Suite struct SettingsTests {
    static let whole = """
        title: Pitwall demo
        organisation: {name: Pitwall Demo, postal_address: "1 Pit Lane, Monza"}
        database: pitwall.sqlite
        zone: Europe/Rome
        language: pt_BR
        public_url: https://news.example.com/
        return_path: bounces@example.com
        unsubscribe_to: unsubscribe@example.com
        keys_file: secrets/keys
        helo: mail.example.com
        relays:
          - name: main
            url: smtp://127.0.0.1:2525
            tls: required
            username: news
            password_file: secrets/relay
            connections: 20
            messages_per_connection: 500
            limits: [600/min, 50000/day]
            ca_file: secrets/ca.pem
        topics:
          newsletter: {title: The newsletter}
          offers: {title: Offers, cap: 2 per 7 days}
          plain:
        cap: 3 messages per 7 days
        events: {unknown_contact: create}
        retention: {page_viewed: 180 days, default: 540 days}
        summaries: {purchase: [amount, items, amount], trip: distance}
        """

    @Test func `every setting is read`() throws {
        let read = try settings(Self.whole)
        #expect(read.title == "Pitwall demo")
        #expect(read.organisation == Settings.Organisation(name: "Pitwall Demo", postalAddress: "1 Pit Lane, Monza"))
        #expect(read.zone == Zone("Europe/Rome"))
        #expect(read.language == "pt-br")
        #expect(read.publicURL == "https://news.example.com")
        #expect(read.returnPath?.wire == "bounces@example.com")
        #expect(read.topics.map(\.name) == ["newsletter", "offers", "plain"])
        #expect(read.topic("offers")?.cap == FrequencyCap("2 per 7 days"))
        #expect(read.cap?.count == 3)
        #expect(read.unknownContact == .create)
        #expect(read.retention.span(of: "page_viewed") == TimeSpan(180, .day))
        #expect(read.retention.span(of: "purchase") == TimeSpan(540, .day))
        #expect(read.summaries == KeptSums(["purchase": ["amount", "items"], "trip": ["distance"]]))
        let relay = try #require(read.relays.first)
        #expect(relay.url == "smtp://127.0.0.1:2525")
        #expect(relay.tls == .required)
        #expect(relay.connections == 20)
        #expect(relay.limits.map(\.description) == ["600/min", "50000/day"])
    }

    @Test(arguments: [
        ("retention: 540 days", 1, 12, "must be a mapping"), ("retention: {visit: soon}", 1, 20, "how long to keep them"),
        ("retention:\n  default: 3 hours", 2, 12, "for a day at least"), ("events: {unknown_contact: creat}", 1, 27, "create or reject"),
        ("events: {unknown: create}", 1, 10, "unknown key"), ("summaries: purchase", 1, 12, "must be a mapping"),
        ("summaries: {purchase: []}", 1, 23, "no property is named"), ("summaries: {purchase: {amount: sum}}", 1, 23, "not a mapping"),
        ("summaries:\n  purchase: [amount, 'a\"b']", 2, 22, "a property's name"), ("summaries: {purchase: }", 1, 23, "nothing"),
    ])
    func `a mistake about events is shown where it is`(_ text: String, _ line: Int, _ column: Int, _ message: String) {
        let error = #expect(throws: DiagnosticList.self) { try settings(text) }
        #expect(error?.items.first?.location?.line == line)
        #expect(error?.items.first?.location?.column == column)
        #expect(error?.items.first?.message.contains(message) == true)
    }

    @Test func `an empty file leaves the defaults`() throws {
        let read = try settings("")
        #expect(read.database == "pitwall.sqlite")
        #expect(read.keysFile == "secrets/keys")
        #expect(read.retention.isForever)
        #expect(read.summaries == .none)
        #expect(read.unknownContact == .reject)
        #expect(read.relays.isEmpty)
        #expect(read.language == "en")
    }

    @Test(arguments: ["italian", "e", "12", "it-", "it--ch", "it_c"]) func `a language is a tag`(text: String) {
        #expect(throws: DiagnosticList.self) { try settings("language: \(text)") }
    }

    @Test func `all mistakes of a file are told at once, in its order`() {
        let text = "titel: x\nzone: Europe/Roma\nrelays:\n  - {name: a, url: 'http://x', conections: 3}\ncap: often\n"
        #expect(
            complaint { _ = try settings(text) } == """
                pitwall.yaml:1:1: error: unknown key "titel" [did you mean "title"?]
                pitwall.yaml:2:7: error: unknown time zone "Europe/Roma" [did you mean "Europe/Rome"?]
                pitwall.yaml:4:20: error: expected smtp://HOST:PORT or smtps://HOST:PORT
                pitwall.yaml:4:32: error: unknown key "conections" in relays [did you mean "connections"?]
                pitwall.yaml:5:6: error: expected a cap such as 3 messages per 7 days, not "often"
                """)
    }

    @Test func `a text that would speak to the terminal is refused`() {
        let said = complaint { _ = try settings("organisation: {name: \"Acme\\e[31m\"}") }
        #expect(said.contains("control characters have no place here"), "\(said)")
    }

    static let sending = """
        limits: [200000/day]
        domain_limits: [30/min]
        give_up: 3 days
        machine_gone_after: 2 hours
        providers:
          google: {domains: [Gmail.com, googlemail.com], limits: [20/s]}
          firm: [firm.example, bücher.example]
          yahoo: {limits: [5/s]}
        relays:
          - {name: main, url: "smtp://mx1.example.com:587", weight: 3, connection_age: 10 minutes}
          - {name: spare, url: "smtp://mx2.example.com", standby: true, warmup: {start: 500/day, grow: 30% daily, until: 200000/day}}
          - {name: shop, url: "smtp://mx3.example.com", match: {from_domain: shop.example}}
          - {name: both, url: "smtp://mx4.example.com", match: {from_domain: [shop.example, other.example]}}
        """

    @Test func `limits, providers and roles of relays are read`() throws {
        let read = try settings(Self.sending)
        #expect(read.limits.map(\.description) == ["200000/day"] && read.domainLimits.map(\.description) == ["30/min"])
        #expect(read.giveUp == TimeSpan(3, .day))
        #expect(read.machineGoneAfter == TimeSpan(2, .hour))
        #expect(read.providers.map(\.name) == ["google", "firm", "yahoo"])
        #expect(read.providers.map(\.domains) == [["gmail.com", "googlemail.com"], ["firm.example", "xn--bcher-kva.example"], []])
        #expect(read.providers.map { $0.limits.map(\.description) } == [["20/s"], [], ["5/s"]])
        #expect(read.relays.map(\.weight) == [3, 1, 1, 1] && read.relays.map(\.isStandby) == [false, true, false, false])
        #expect(read.relays[0].connectionAge == TimeSpan(10, .minute))
        #expect(read.relays[1].warmUp == WarmUpSettings(start: 500, growth: 0.3, until: 200_000))
        #expect(read.relays.carrying(fromDomain: "shop.example") == [2, 3])
        #expect(read.relays.carrying(fromDomain: "other.example") == [3])
        #expect(read.relays.carrying(fromDomain: "example.com") == [0, 1])
    }

    @Test(arguments: [
        ("limits: [10/week]", "expected a rate such as 600/min"),
        ("providers: {google: [gmail]}", "expected a domain such as gmail.com"),
        ("providers: {a: [x.com], b: [X.com]}", "x.com is a's already"),
        ("providers: {google: {limit: [1/s]}}", "unknown key \"limit\" in provider google"),
        ("give_up: 0 days", "it must be longer than nothing"), ("give_up: soon", "expected a time such as 2 days"),
        ("relays: [{url: 'smtp://a.example', weight: 0}]", "expected a whole number from 1 to 1000"),
        ("relays: [{url: 'smtp://a.example', standby: true}]", "every relay stands by for another"),
        ("relays: [{url: 'smtp://a.example', warmup: {start: 500/day}}]", "until"),
        ("relays: [{url: 'smtp://a.example', warmup: {start: 500/min, until: 9/day}}]", "expected a rate a day such as 500/day"),
        ("relays: [{url: 'smtp://a.example', warmup: {start: 5/day, grow: -3%, until: 9/day}}]", "expected a growth such as 30% daily"),
        ("relays: [{url: 'smtp://a.example', warmup: {start: 50/day, until: 9/day}}]", "a warm-up ends above its start"),
        ("relays: [{url: 'smtp://a.example', match: {from: a.example}}]", "unknown key \"from\" in match"),
        ("relays: [{url: 'smtp://a.example', match: {}}]", "match says which From domains the relay is for"),
        ("relays: [{url: 'smtp://a.example', match: {from_domain: []}}]", "from_domain has no domain"),
        ("relays: [{url: 'smtp://a.example', password_file: secrets/relay}]", "a password needs a username"),
    ])
    func `a mistake in how mail is sent is told where it is`(text: String, words: String) {
        let said = complaint { _ = try settings(text) }
        #expect(said.contains(words), "\(said)")
    }

    @Test(arguments: ["postgres://user@host/name", "postgresql://host/name"])
    func `a PostgreSQL database is named by its URL`(name: String) throws {
        #expect(try settings("database: \(name)").database == name)
        #expect(Settings.isServer(name))
    }

    @Test(arguments: ["", " ", "postgres:/news", "postgresql:news", "mysql://db/news"])
    func `what names no database is refused, with how to write it`(name: String) throws {
        #expect(try #require(Settings.problem(withDatabase: name)).contains("postgres://USER@HOST/NAME"))
        #expect(Settings.problem(withDatabase: "news.sqlite") == nil)
    }

    @Test(arguments: ["postgres://user:geheim@host/name", "postgres://host/name?password=geheim", "postgres://a:b:geheim@host"])
    func `a password in the database's URL is refused without being shown`(name: String) {
        let said = complaint { _ = try settings("database: \"\(name)\"") }
        #expect(said.contains("PITWALL_DATABASE_PASSWORD") && !said.contains("geheim"))
    }

    @Test(arguments: [
        ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, RelaySettings.Encryption.none), ("smtp://localhost", "localhost", 25, .none),
        ("smtp://[::1]:587", "::1", 587, .none), ("smtp://mail.example.com:587", "mail.example.com", 587, .required),
        ("smtps://mail.example.com", "mail.example.com", 465, .required), ("smtps://127.0.0.1:465/", "127.0.0.1", 465, .required),
        ("smtp://127.example.com", "127.example.com", 25, .required),
    ])
    func `TLS is required except on loopback`(url: String, host: String, port: Int, tls: RelaySettings.Encryption) throws {
        let relay = try RelaySettings(url: url)
        #expect(relay.host == host)
        #expect(relay.port == port)
        #expect(relay.tls == tls)
        #expect(relay.connections == 10)
    }

    @Test(arguments: [
        "", "smtp://", "smtp://:25", "smtp://host:", "smtp://host:0", "smtp://host:99999", "smtp://a b", "smtp://[::1", "smtp://[zz]:25",
        "smtp://host/path", "http://host",
    ])
    func `a URL that is no relay is refused`(url: String) {
        #expect(throws: RelaySettings.Problem.self) { try RelaySettings(url: url) }
    }

    @Test func `a password in a relay's URL is refused and not repeated`() {
        let said = complaint { _ = try settings("relays: [{url: 'smtp://news:hunter2@mail.example.com'}]") }
        #expect(said.contains("password_file"))
        #expect(!said.contains("hunter2"))
    }
}

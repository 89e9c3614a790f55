import Database
import Signing
import Delivery
import Diagnostics
import Model
import Store
import Testing

@testable import Campaigns

@Suite struct PlannerTests {
    @Test func `a plan says who is in, who is out, and how long it takes`() throws {
        var house = try WorkspaceDesk(campaign: "expect: 5-10\nsend: {rate: 1/min}")
        let ada = try #require(try house.desk.contact("ada@example.com"))
        try house.desk.consents.record([
            Consent(contact: ada.id, topic: "news", state: .withdrawn, at: Desk.noon, learnedAt: Desk.noon, source: "link")
        ])
        let made = try house.plan()
        #expect(made.plan.recipients == 2)
        #expect(made.plan.excluded == ["no_consent": 1])
        #expect(made.unexpected)
        #expect(made.secondsAtLimits == 60)
        house.files["Campaigns/launch.yaml"] = WorkspaceDesk.campaign + "\nexpect: 2-2\n"
        #expect(!(try house.plan().unexpected))
    }

    @Test(arguments: [
        ("domain_limits: [2/min]", 60.0), ("providers: {small: {domains: [example.com], limits: [1/hour]}}", 7200),
        ("providers: {small: {domains: [example.org], limits: [1/hour]}}", 0),
    ]) func `how long it takes goes by the limits of providers too`(_ limits: String, _ seconds: Double) throws {
        var house = try WorkspaceDesk()
        house.files["pitwall.yaml"] = WorkspaceDesk.settings + "\n" + limits
        #expect(try house.plan().secondsAtLimits == seconds)
    }

    @Test func `a value that some lack and that has no default is a check with how many, and no address`() throws {
        let made = try WorkspaceDesk().plan()
        let texts = made.checks.map(\.message)
        #expect(texts.contains { $0 == "1 of 3 recipients have no first_name, such as e…@example.com" })
        #expect(!texts.contains { $0.contains("city") || $0.contains("eve@") })
    }

    @Test(arguments: [
        #"segment: city = "Rome" or city = "Oslo""#, #"segment: 'city in ("Rome", "Oslo")'"#,
        "segment: |\n  city is known  # at all\n  and not did buy", #"segment: "city in (\"Rome\", \"Oslo\")""#,
        "segment: city is known and\n  in segment everybody", "segment: everybody\nexclude: [city is unknown]",
        "segment: everybody\nexclude:\n  - not city starts with \"R\" and not city = \"Oslo\"",
    ])
    func `conditions may stand in a campaign, in place of the name of a segment`(_ who: String) throws {
        var house = try WorkspaceDesk()
        house.files["Campaigns/launch.yaml"] = WorkspaceDesk.campaign.replacing("segment: everybody", with: who)
        _ = try house.desk.importEvents(#"{"email":"bob@example.com","event":"buy","at":"2026-01-02"}"#)
        #expect(try house.plan().plan.recipients == 2)
    }

    @Test(arguments: [
        ("segment: city is known and did byy", #":5:32: error: no event "byy" has ever been recorded (did you mean "buy"?)"#),
        (
            "segment: |\n  city is known\n  and cty = \"Rome\"",
            #":7:7: error: no contact has an attribute "cty" (did you mean "city"?)"#
        ),
        (
            "segment: everybody or did buy",
            #":5:20: error: a test is expected after "everybody", not "or" (a segment is asked for with: in segment everybody)"#
        ),
        (
            "segment: everybody\nexclude: [in segment evrybody]",
            #":6:22: error: no segment "evrybody" is there (did you mean "everybody"?)"#
        ),
        (
            #"segment: "cty = \"Rome\"""#,
            #": conditions:1:1: error: no contact has an attribute "cty" (did you mean "city"?)"#
        ),
    ])
    func `a mistake in conditions is shown where it stands in the campaign`(_ who: String, _ told: String) throws {
        var house = try WorkspaceDesk()
        house.files["Campaigns/launch.yaml"] = WorkspaceDesk.campaign.replacing("segment: everybody", with: who)
        _ = try house.desk.importEvents(#"{"email":"bob@example.com","event":"buy","at":"2026-01-02"}"#)
        let mistakes = #expect(throws: DiagnosticList.self) { try house.plan() }
        #expect(mistakes?.items.map { "\($0.headline) (\($0.hint ?? ""))" } == ["Campaigns/launch.yaml" + told])
    }

    @Test func `a plan freezes what it was made from, and its hash is that of the files`() throws {
        var house = try WorkspaceDesk()
        let first = try house.plan()
        let frozen = try house.workspace.campaigns.sources(of: first.plan.id)
        #expect(Set(frozen.keys) == Set(house.files.keys))
        #expect(try house.plan().plan.contentHash == first.plan.contentHash)
        house.files["Templates/launch.md"]? += "P.S.\n"
        #expect(try house.plan().plan.contentHash != first.plan.contentHash)
    }

    @Test func `all that is wrong is told at once, and nothing is kept`() throws {
        var house = try WorkspaceDesk()
        house.files["Campaigns/launch.yaml"] = WorkspaceDesk.campaign.replacing("everybody", with: "evrybody").replacing(
            "template: launch", with: "template: lunch")
        let mistakes = #expect(throws: DiagnosticList.self) { try house.plan() }
        #expect(mistakes?.items.count == 2)
        #expect(mistakes?.items.allSatisfy { $0.hint?.contains("did you mean") == true } == true)
        #expect(try house.desk.count("plan") == 0)
        #expect(try house.desk.count("campaign") == 0)
    }

    @Test func `a plan says what it asks of events that are no longer kept, and a prune who would ask`() throws {
        var house = try WorkspaceDesk()
        house.files["Segments/everybody.segment"] = "did buy at most 9 times in last 900 days\n"
        house.files["Segments/recent.segment"] = "did not buy in last 30 days\n"
        let old = Desk.noon.advanced(byMilliseconds: -400 * 86_400_000)
        let entry = EventStore.Entry(email: try EmailAddress("ada@example.com"), name: "buy", at: old, properties: [:])
        _ = try house.desk.events.record([entry], at: Desk.noon)
        #expect(try house.plan().checks.allSatisfy { !$0.message.contains("kept since") })
        let year = Desk.noon.advanced(byMilliseconds: -365 * 86_400_000)
        #expect(try house.workspace.segmentsShort(of: ["buy": year], at: Desk.noon) == ["everybody"])
        house.files["Campaigns/other.yaml"] = WorkspaceDesk.campaign.replacing(
            "everybody", with: "did buy at most 9 times in last 900 days")
        #expect(try house.workspace.segmentsShort(of: ["buy": year], at: Desk.noon) == ["everybody", "Campaigns/other.yaml"])
        house.files["Campaigns/other.yaml"] = nil
        try house.desk.events.prune(Retention(fallback: TimeSpan(365, .day)), at: Desk.noon)
        #expect(
            try house.plan().checks.map(\.message).filter { $0.contains("kept since") }
                == ["each \"buy\" is kept since 2026-01-15 only: older ones do not count here"])
        #expect(try house.workspace.segmentsShort(of: ["buy": year], at: Desk.noon) == [])
    }

    @Test func `a campaign that no relay carries is told before it is sent`() throws {
        var house = try WorkspaceDesk()
        let words = "no relay carries mail from example.com"
        #expect(!(try house.plan().checks.map(\.message).contains(words)))
        house.files["pitwall.yaml"] = WorkspaceDesk.settings.replacing(
            "limits: [100/min]", with: "limits: [100/min], match: {from_domain: shop.example}")
        #expect(try house.plan().checks.map(\.message).contains(words))
    }

    @Test func `an unknown campaign is told with the nearest name`() throws {
        let house = try WorkspaceDesk()
        let error = #expect(throws: UseError.self) { try Planner(try house.workspace).plan("lauch", at: Desk.noon) }
        #expect(error?.hint?.contains("launch") == true)
    }
}

@Suite struct SenderTests {
    @Test func `who asked to be forgotten, or wants no mail, gets no copy as a seed, and the plan says so`() throws {
        let house = try WorkspaceDesk(campaign: "seeds: [qa@example.com, Gone@example.com, angry@example.com]")
        let (gone, angry) = (try EmailAddress("gone@example.com"), try EmailAddress("angry@example.com"))
        _ = try house.desk.contacts.forget(gone, hash: { ForgottenPeople.hash($0, key: house.keys.identity) }, at: Desk.noon)
        let angers = Suppression(address: angry, reason: .complaint, at: Desk.noon, learnedAt: Desk.noon, source: "report")
        try house.desk.consents.suppress([angers])
        let forgotten = try ForgottenPeople(house.desk.contacts) { house.keys }
        let planned = try Planner(try house.workspace, forgotten: forgotten).plan("launch", at: Desk.noon)
        #expect(
            planned.checks.map(\.message).filter { $0.contains("seed") } == [
                "the seed Gone@example.com asked to be forgotten: it gets no copy",
                "the seed angry@example.com is on the suppression list: it gets no copy",
            ])
        let sender = try house.sender()
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        try sender.activate(prepared, agreed: true)
        let copies = try house.desk.database.read { session in
            try session.all("SELECT email FROM delivery WHERE step = -1 ORDER BY email") { $0.text(0) }
        }
        #expect(copies == ["angry@example.com", "qa@example.com"])
    }

    @Test func `what is sent is what was planned, and changed files are told`() throws {
        var house = try WorkspaceDesk()
        _ = try house.plan()
        house.files["Templates/launch.md"]? += "P.S.\n"
        house.files["Segments/everybody.segment"] = nil
        let prepared = try #require(try house.sender().prepare("launch", plan: nil))
        #expect(Set(prepared.changedFiles) == ["Templates/launch.md", "Segments/everybody.segment"])
        #expect(!prepared.isResumed)
    }

    @Test func `a plan that was begun goes on before a newer one`() throws {
        let house = try WorkspaceDesk()
        let sender = try house.sender()
        let first = try house.plan()
        try sender.activate(try #require(try sender.prepare("launch", plan: nil)), agreed: false)
        let second = try house.plan()
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        #expect(prepared.plan.id == first.plan.id)
        #expect(prepared.isResumed)
        #expect(try sender.prepare("launch", plan: second.plan.id)?.plan.id == second.plan.id)
        #expect(throws: UseError.self) { try sender.prepare("launch", plan: PlanID(99)) }
        #expect(try sender.prepare("other", plan: nil) == nil)
    }

    @Test func `outside what is expected a person has to agree`() throws {
        let house = try WorkspaceDesk(campaign: "expect: 50-60")
        _ = try house.plan()
        let sender = try house.sender()
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        let error = #expect(throws: UseError.self) { try sender.activate(prepared, agreed: false) }
        #expect(error?.message.contains("3 people") == true)
        #expect(try house.desk.count("delivery") == 0)
        try sender.activate(prepared, agreed: true)
        #expect(try house.desk.count("delivery") == 3)
    }

    @Test(arguments: [("at_send", 4), ("at_plan", 3)]) func `who comes after the plan is in only where people are asked for again`(
        _ audience: String, _ expected: Int
    ) throws {
        let house = try WorkspaceDesk(campaign: "audience: \(audience)")
        _ = try house.plan()
        try house.desk.importContacts("email\nnew@example.com\n", now: Instant(milliseconds: 0)) {
            $0.consent = ConsentTemplate(topic: "news", state: .confirmed, at: $0.now, source: "form")
        }
        let sender = try house.sender()
        try sender.activate(try #require(try sender.prepare("launch", plan: nil)), agreed: false)
        #expect(try house.desk.count("delivery") == expected)
    }

    @Test func `a sum that has come to be over two currencies stops a send that asks for people again`() throws {
        var house = try WorkspaceDesk(campaign: "audience: at_send")
        house.files["Segments/everybody.segment"] = "sum of buy.amount >= 0\n"
        func buy(_ currency: String, _ address: String) throws {
            let entry = EventStore.Entry(
                email: try EmailAddress(address), name: "buy", at: Desk.noon, properties: ["amount": 5, "currency": .text(currency)])
            _ = try house.desk.events.record([entry], at: Desk.noon)
        }
        let ada = try #require(try house.desk.contact("ada@example.com")).id
        try buy("EUR", "ada@example.com")
        _ = try house.plan()
        #expect(try house.workspace.segments(holding: ada, at: Desk.noon) == ["everybody"])
        try buy("USD", "bob@example.com")
        let sender = try house.sender()
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        let error = #expect(throws: DiagnosticList.self) { try sender.activate(prepared, agreed: true) }
        #expect(error?.items.first?.message == "sum of buy.amount is over several currencies: EUR, USD")
        #expect(try house.desk.count("delivery") == 0)
        #expect(try house.workspace.segments(holding: ada, at: Desk.noon) == [])
    }

    @Test func `two sends of one campaign exclude each other`() throws {
        let house = try WorkspaceDesk()
        let sender = try house.sender()
        let id = try house.plan().campaign.id
        let first = try sender.takePost(for: id)
        let error = #expect(throws: FlightRecorder.Problem.self) { _ = try sender.takePost(for: id) }
        #expect(error?.description == "this campaign is being sent by another pitwall right now")
        withExtendedLifetime(first) {}
    }

    @Test func `a whole send through real messages reaches each person with their own`() throws {
        let house = try WorkspaceDesk()
        _ = try house.plan()
        let sender = try house.sender()
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        let post = try sender.takePost(for: prepared.campaign.id)
        #expect(post.recovery.isEmpty)
        try sender.activate(prepared, agreed: false)
        let transport = ScriptedTransport.accepting(width: 2)
        let report = try sender.run(prepared, post: post, transport: transport).run()
        #expect(report.accepted == 3)
        #expect(Set(transport.recipients) == ["ada@example.com", "bob@example.com", "eve@example.com"])

        // The preview of the same plan is the same but for its Date.
        let later = try house.sender(at: Desk.noon.advanced(byMilliseconds: 86_400_000))
        let composer = try MessageComposer(
            prepared.definition, plan: prepared.plan, in: try house.workspace, keys: house.keys, clock: later.clock)
        var entries: [LedgerEntry] = []
        try later.workspace.ledger.forEach(LedgerFilter()) { entries.append($0) }
        #expect(entries.count == 3)
        for entry in entries {
            let contact = try #require(try house.desk.contact(entry.address))
            let preview = try composer.compose(Recipient(contact: contact, address: try EmailAddress(entry.address)))
            #expect(preview.contentSHA256 == entry.contentSHA256)
            #expect(preview.sha256 != entry.sha256)
            #expect(preview.messageID == entry.messageID)
        }
    }
}

@Suite struct MessageComposerTests {
    private func compose(
        _ house: WorkspaceDesk, _ prepared: Sender.Prepared, purpose: MessageComposer.Purpose = .delivery, step: Int64 = 0, entry: Int64 = 0
    ) throws -> ComposedMessage {
        let ada = try #require(try house.desk.contact("ada@example.com"))
        let composer = try MessageComposer(
            prepared.definition, plan: prepared.plan, in: try house.workspace, keys: house.keys, purpose: purpose
        ) { Desk.noon }
        return try composer.compose(Recipient(contact: ada, address: try EmailAddress("ada@example.com"), step: step, entry: entry))
    }

    @Test func `the same plan and person make the same bytes, another plan, step or entry another message`() throws {
        let house = try WorkspaceDesk()
        let sender = try house.sender()
        let first = try house.plan()
        let second = try house.plan()
        let one = try #require(try sender.prepare("launch", plan: first.plan.id))
        let two = try #require(try sender.prepare("launch", plan: second.plan.id))
        let message = try compose(house, one)
        #expect(try compose(house, one).bytes == message.bytes)
        let others = [try compose(house, two), try compose(house, one, step: -1), try compose(house, one, entry: 1)]
        #expect(Set((others + [message]).map(\.messageID)).count == 4)
    }

    @Test func `a test send has its own Message-ID each time`() throws {
        let house = try WorkspaceDesk()
        let plan = try house.plan().plan
        let prepared = try #require(try house.sender().prepare("launch", plan: plan.id))
        let real = try compose(house, prepared)
        let tests = [try compose(house, prepared, purpose: .test(nonce: [1])), try compose(house, prepared, purpose: .test(nonce: [2]))]
        #expect(Set((tests + [real]).map(\.messageID)).count == 3)
    }

    @Test func `what the standards ask of a newsletter is in its header, and the return path names the message`() throws {
        let house = try WorkspaceDesk()
        let plan = try house.plan().plan
        let message = try compose(house, try #require(try house.sender().prepare("launch", plan: plan.id)))
        let text = String(decoding: message.bytes, as: UTF8.self).replacing("\r\n ", with: " ")
        for line in [
            "List-Unsubscribe: ", "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "List-Id: ",
            "Feedback-ID: launch:news:marketing:example.com",
        ] {
            #expect(text.contains("\r\n\(line)"), "\(line)")
        }
        #expect(!text.contains("\r\nPrecedence:"))
        #expect(!text.contains("\r\nAuto-Submitted:"))
        let sender = message.envelope.sender
        #expect(sender.hasPrefix("bounces+\(message.messageID.prefix { $0 != "@" })@"))
        #expect(sender.prefix { $0 != "@" }.utf8.count <= 64)
    }

    @Test func `where somebody reads that mailbox, leaving by mail is offered too, as a mailto URL`() throws {
        for (page, expected) in [
            ("public_url: https://news.example.com\n", "<mailto:leave@example.com?subject=unsubscribe>"),
            ("", "List-Unsubscribe: <mailto:leave@example.com?subject=unsubscribe>\r\n"),
        ] {
            var house = try WorkspaceDesk()
            house.files["pitwall.yaml"] = WorkspaceDesk.settings.replacing(
                "public_url: https://news.example.com\n", with: "\(page)unsubscribe_to: leave@example.com\n")
            let plan = try house.plan().plan
            let message = try compose(house, try #require(try house.sender().prepare("launch", plan: plan.id)))
            let text = String(decoding: message.bytes, as: UTF8.self).replacing("\r\n ", with: " ")
            #expect(text.contains(expected), "\(text.prefix(900))")
        }
    }

    @Test func `a plan warns where nobody can leave and where no postal address is named`() throws {
        var house = try WorkspaceDesk()
        #expect(try !house.plan().checks.contains { $0.message.contains("nobody can leave") || $0.message.contains("where its sender is") })
        house.files["pitwall.yaml"] = WorkspaceDesk.settings.replacing("public_url: https://news.example.com\n", with: "").replacing(
            ", postal_address: \"1 Pit Lane, Monza\"", with: "")
        let checks = try house.plan().checks.map(\.description)
        #expect(checks.contains { $0.hasPrefix("Campaigns/launch.yaml:4:8: warning: nobody can leave") }, "\(checks)")
        #expect(checks.contains { $0.contains("where its sender is") }, "\(checks)")
        house.files["Campaigns/launch.yaml"] = WorkspaceDesk.campaign.replacing("kind: marketing", with: "kind: service").replacing(
            "topic: news\n", with: "")
        #expect(try !house.plan().checks.contains { $0.message.contains("nobody can leave") })
    }

    @Test func `service mail asks nobody to unsubscribe`() throws {
        var house = try WorkspaceDesk()
        house.files["Campaigns/launch.yaml"] = WorkspaceDesk.campaign.replacing("kind: marketing", with: "kind: service").replacing(
            "topic: news\n", with: "")
        let plan = try house.plan().plan
        #expect(plan.recipients == 3)
        let message = try compose(house, try #require(try house.sender().prepare("launch", plan: plan.id)))
        #expect(!String(decoding: message.bytes, as: UTF8.self).contains("List-Unsubscribe"))
    }

    @Test func `a value of a contact never becomes a header or a recipient`() throws {
        let house = try WorkspaceDesk()
        _ = try house.desk.contacts.record(
            [
                ContactStore.Entry(
                    email: try EmailAddress("ada@example.com"),
                    attributes: ["first_name": "A\r\nBcc: eve@example.com\r\n\r\nX", "last_name": "\"><x@y.example>, <z@y.example>"])
            ], at: Desk.noon, source: "test")
        let plan = try house.plan().plan
        let message = try compose(house, try #require(try house.sender().prepare("launch", plan: plan.id)))
        let text = String(decoding: message.bytes, as: UTF8.self)
        let header = text.prefix(upTo: (text.firstRange(of: "\r\n\r\n") ?? text.endIndex..<text.endIndex).lowerBound)
        #expect(!header.lowercased().contains("\r\nbcc:"))
        let to = try #require(header.replacing("\r\n ", with: " ").split(separator: "\r\n").first { $0.hasPrefix("To: ") })
        #expect(to.hasSuffix(" <ada@example.com>"))
        // Quoted from its first to its last character, with every quote inside escaped.
        #expect(to.hasPrefix("To: \"") || to.hasPrefix("To: =?"))
        #expect(message.envelope.recipient.description == "ada@example.com")
    }
}

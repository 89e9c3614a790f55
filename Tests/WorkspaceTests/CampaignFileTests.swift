import Diagnostics
import Model
import Testing
import Workspace

private func campaign(_ text: String) throws -> CampaignFile {
    let settings = try Settings(reading: SourceText(name: "pitwall.yaml", text: "zone: Europe/Rome\ntopics: {newsletter: , offers: }"))
    return try CampaignFile(reading: SourceText(name: "Campaigns/spring-launch.yaml", text: text), settings: settings)
}

@Suite struct CampaignFileTests {
    static let whole = """
        version: 1
        title: Spring launch
        kind: marketing
        topic: newsletter
        segment: newsletter
        exclude: [in-trial, lapsed]
        addresses: lists/vip.csv
        audience: at_plan
        expect: 8000-12000
        template: spring-launch
        from: "Pitwall, the team <news@example.com>"
        reply_to: hello@example.com
        subject: "Spring: now"
        preheader: Three things
        data: {code: SPRING, percent: 20, items: [{name: A, price: 9.5}]}
        utm: {campaign: spring}
        seeds: [qa@example.com]
        stop_if: {refused: 5%, complaints: 0.3%}
        send:
          between: 08:00-20:00
          not_after: 2026-12-03 20:00
          rate: 600/min
        holdout: 5%
        """

    @Test func `every key is read`() throws {
        let file = try campaign(Self.whole)
        #expect(file.name == "spring-launch")
        #expect(file.title == "Spring launch")
        #expect(file.topic?.value == "newsletter")
        #expect(file.exclude.map(\.value) == ["in-trial", "lapsed"])
        #expect(file.audience == .atPlan)
        #expect(file.expect == 8000...12000)
        #expect(file.from.value == NamedAddress(name: "Pitwall, the team", address: try EmailAddress("news@example.com")))
        #expect(file.data["percent"] == 20)
        #expect(file.data["items"] == .list([.object(["name": "A", "price": .real(9.5)])]))
        #expect(file.utm == [CampaignFile.TrackingParameter(name: "campaign", value: "spring")])
        #expect(file.stopIf.complaints?.partsPerMillion == 3000)
        #expect(file.holdout?.partsPerMillion == 50_000)
        #expect(file.send.between?.description == "08:00-20:00")
        #expect(file.send.notAfter == Instant(iso: "2026-12-03T19:00:00Z"))
        #expect(file.send.rate == Rate("600/min"))
    }

    @Test func `a few keys are enough`() throws {
        let file = try campaign("topic: offers\ntemplate: x\nfrom: a@example.com\n")
        #expect(file.title == "spring-launch")
        #expect(file.kind == .marketing)
        #expect(file.audience == .atSend)
        #expect(file.segment == nil)
    }

    @Test func `all mistakes are told at once`() {
        let text = """
            topic: newsleter
            template: x
            tracking: {opens: on}
            audience: at-send
            expect: 10
            from: nobody
            send: {between: 8-20, rate: fast, not_after: tomorrow, at: 2026-12-01}
            holdout: 5
            seeds: [a@example.com, b@]
            addresses: ../list.csv
            """
        let said = complaint { _ = try campaign(text) }
        let expected = """
            Campaigns/spring-launch.yaml:1:8: error: no topic "newsleter" is declared [did you mean "newsletter"?]
            Campaigns/spring-launch.yaml:3:1: error: unknown key "tracking"
            Campaigns/spring-launch.yaml:4:11: error: expected at_send or at_plan, not "at-send" [did you mean "at_send"?]
            Campaigns/spring-launch.yaml:5:9: error: expected a range such as 8000-12000, not "10"
            Campaigns/spring-launch.yaml:6:7: error: the address has no @
            Campaigns/spring-launch.yaml:7:17: error: expected two times of day such as 08:00-20:00, not "8-20"
            Campaigns/spring-launch.yaml:7:29: error: expected a rate such as 600/min, not "fast"
            Campaigns/spring-launch.yaml:7:46: error: expected a time such as 2026-12-03 20:00, not "tomorrow"
            Campaigns/spring-launch.yaml:7:56: error: unknown key "at" in send
            Campaigns/spring-launch.yaml:8:10: error: expected a percentage such as 5%, not "5"
            Campaigns/spring-launch.yaml:9:24: error: the address has a domain that cannot exist
            Campaigns/spring-launch.yaml:10:12: error: "../list.csv" is not a plain path within the workspace
            """.split(separator: "\n")
        for (line, start) in zip(said.split(separator: "\n"), expected) { #expect(line.hasPrefix(start)) }
        #expect(said.split(separator: "\n").count == expected.count)
    }

    @Test(arguments: [
        ("template: x\nfrom: a@example.com", "the key \"topic\" is missing"),
        ("topic: offers\nfrom: a@example.com", "the key \"template\" is missing"),
        ("topic: offers\ntemplate: x", "the key \"from\" is missing"),
        ("kind: service\ntemplate: x\nfrom: a@example.com", "does not say to whom"),
        ("", "the key \"template\" is missing"),
        ("- a", "must be a mapping"),
        ("topic:\ntemplate: x\nfrom: a@example.com", "and there is nothing"),
        ("version: 2\ntopic: offers\ntemplate: x\nfrom: a@example.com", "expected 1, not \"2\""),
        ("topic: offers\ntemplate: ../x\nfrom: a@example.com", "the name of a template"),
        ("topic: offers\ntemplate: x\nfrom: \"A\\nBcc: x <a@example.com>\"", "characters that cannot be there"),
    ])
    func `what is missing or wrong is named`(text: String, expected: String) {
        #expect(complaint { _ = try campaign(text) }.contains(expected))
    }

    @Test(arguments: [
        ("5%", 50_000), ("0.3%", 3000), ("100%", 1_000_000), ("0.0001 %", 1), ("101%", nil), ("5", nil), ("%", nil), ("-1%", nil),
        (".5%", nil), ("5.%", nil),
    ])
    func `a percentage is exact`(text: String, expected: Int?) {
        #expect(Share(text)?.partsPerMillion == expected)
    }

    @Test(arguments: [
        ("08:00-20:00", 479, false), ("08:00-20:00", 480, true), ("08:00-20:00", 1200, false), ("22:00-06:00", 0, true),
        ("22:00-06:00", 360, false), ("00:00-24:00", 1439, true),
    ])
    func `hours may span midnight`(text: String, minute: Int, expected: Bool) {
        #expect(DayWindow(text)?.contains(minuteOfDay: minute) == expected)
    }

    @Test(arguments: ["", "8-20", "08:00", "08:00-08:00", "25:00-26:00", "08:60-09:00", "24:00-08:00", "-1:00-02:00"])
    func `hours that are none are refused`(text: String) {
        #expect(DayWindow(text) == nil)
    }
}

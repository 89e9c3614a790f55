package import Diagnostics
import Model

extension CampaignFile {
    static let keys = [
        "version", "title", "kind", "topic", "segment", "exclude", "addresses", "audience", "expect", "template", "from", "reply_to",
        "subject", "preheader", "data", "utm", "attachments", "seeds", "stop_if", "holdout", "send",
    ]

    /// - Parameter settings: give the zone of local times, and the topics there are.
    /// - Throws: every mistake of the file, not only the first.
    package init(reading source: SourceText, settings: Settings) throws(DiagnosticList) {
        var reader = YAMLReader(source)
        let root = try YAMLNode.parse(source)
        let fields = reader.fields(of: root, known: Self.keys)
        self.source = source
        name = Self.name(of: source)
        _ = reader.word(fields["version"], ["1": 1])
        title = reader.text(fields["title"]) ?? name
        kind = reader.word(fields["kind"], ["marketing": .marketing, "service": .service]) ?? .marketing
        topic = reader.topic(fields["topic"], settings)
        segment = reader.located(fields["segment"])
        exclude = reader.list(fields["exclude"]) { $0.located($1) }
        addresses = reader.path(fields["addresses"])
        audience = reader.word(fields["audience"], ["at_send": .atSend, "at_plan": .atPlan]) ?? .atSend
        expect = reader.value(fields["expect"], "a range such as 8000-12000", Self.range)
        subject = reader.located(fields["subject"])
        preheader = reader.located(fields["preheader"])
        data = reader.data(fields["data"])
        utm = reader.utm(fields["utm"])
        attachments = reader.list(fields["attachments"]) { $0.path($1) }
        seeds = reader.list(fields["seeds"]) { $0.address($1) }
        stopIf = reader.stopConditions(fields["stop_if"])
        holdout = reader.share(fields["holdout"])
        send = reader.sending(fields["send"], settings.zone)
        replyTo = reader.namedAddress(fields["reply_to"])
        let from = reader.namedAddress(fields["from"]).map { Located($0, at: fields["from"]?.span ?? Span(0, 0)) }
        let template = reader.name(fields["template"], "the name of a template")
        reader.requirements(of: fields, kind: kind)
        try reader.finish()
        guard let from, let template else { throw DiagnosticList(reader.problems) }
        self.from = from
        self.template = template
    }

    private static func name(of source: SourceText) -> String {
        let file = source.name.split(separator: "/").last.map { String($0) } ?? source.name
        return file.hasSuffix(".yaml") ? String(file.dropLast(5)) : file
    }

    private static func range(_ text: String) -> ClosedRange<Int>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { trimmingBlanks(String($0)) }
        guard parts.count == 2, let low = Int(parts[0]), let high = Int(parts[1]), low >= 0, low <= high else { return nil }
        return low...high
    }
}

extension YAMLReader {
    fileprivate mutating func requirements(of fields: YAMLFields, kind: CampaignFile.Kind) {
        require("template", in: fields, hint: "template: NAME sends Templates/NAME.md or Templates/NAME.html")
        require("from", in: fields, hint: "for example from: Pitwall <news@example.com>")
        if kind == .marketing {
            let hint = "name the topic that people consent to, or say kind: service where no consent is needed"
            require("topic", in: fields, hint: hint)
        } else if fields["segment"] == nil, fields["addresses"] == nil {
            let hint = "a service campaign goes to a segment, or to a list: addresses: FILE.csv"
            report("this campaign does not say to whom it goes", at: nil, hint: hint)
        }
    }

    fileprivate mutating func located(_ node: YAMLNode?) -> Located<String>? {
        guard let node, let text = text(node) else { return nil }
        return Located(text, at: node.span)
    }

    fileprivate mutating func name(_ node: YAMLNode?, _ expected: String) -> Located<String>? {
        guard let node, let text = value(node, expected, { CampaignFile.isName($0) ? $0 : nil }) else { return nil }
        return Located(text, at: node.span)
    }

    fileprivate mutating func topic(_ node: YAMLNode?, _ settings: Settings) -> Located<String>? {
        guard let topic = name(node, "the name of a topic") else { return nil }
        if settings.topic(topic.value) == nil {
            let known = settings.topics.map(\.name)
            let hint = suggestion(for: topic.value, among: known) ?? "topics are declared under topics: in pitwall.yaml"
            report("no topic \"\(topic.value)\" is declared", at: topic.span, hint: hint)
        }
        return topic
    }

    fileprivate mutating func path(_ node: YAMLNode?) -> Located<String>? {
        guard let node, let text = text(node, "a file name") else { return nil }
        do throws(WorkspaceError) {
            try WorkspacePath.check(text)
            return Located(text, at: node.span)
        } catch {
            report("\"\(error.path)\" \(error.message)", at: node.span, hint: error.hint)
            return nil
        }
    }

    fileprivate mutating func data(_ node: YAMLNode?) -> JSONObject {
        guard let node else { return [:] }
        _ = members(of: node, in: "data")
        return node.json.object ?? [:]
    }

    fileprivate mutating func utm(_ node: YAMLNode?) -> [CampaignFile.TrackingParameter] {
        let known = ["source", "medium", "campaign", "term", "content", "id"]
        return fields(of: node, in: "utm", known: known).members.compactMap { member in
            text(member.value).map { CampaignFile.TrackingParameter(name: member.key, value: $0) }
        }
    }

    fileprivate mutating func share(_ node: YAMLNode?) -> Share? {
        value(node, "a percentage such as 5%") { Share($0) }
    }

    fileprivate mutating func stopConditions(_ node: YAMLNode?) -> CampaignFile.StopConditions {
        let fields = fields(of: node, in: "stop_if", known: ["refused", "complaints"])
        let refused = share(fields["refused"])
        return CampaignFile.StopConditions(refused: refused, complaints: share(fields["complaints"]))
    }

    fileprivate mutating func sending(_ node: YAMLNode?, _ zone: Zone) -> CampaignFile.Sending {
        let fields = fields(of: node, in: "send", known: ["between", "not_after", "rate"])
        let between = value(fields["between"], "two times of day such as 08:00-20:00") { DayWindow($0) }
        let notAfter = value(fields["not_after"], "a time such as 2026-12-03 20:00") { zone.instant(reading: $0) }
        let rate = value(fields["rate"], "a rate such as 600/min") { Rate($0) }
        return CampaignFile.Sending(between: between, notAfter: notAfter, notAfterSpan: fields["not_after"]?.span, rate: rate)
    }
}

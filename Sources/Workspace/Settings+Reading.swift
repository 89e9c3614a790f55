package import Diagnostics
import Foundation
import Model

extension Settings {
    static let keys = [
        "title", "organisation", "database", "zone", "public_url", "return_path", "unsubscribe_to", "keys_file", "helo", "relays",
        "limits", "providers", "domain_limits", "give_up", "machine_gone_after", "topics", "cap", "events", "retention", "summaries",
        "dkim", "language",
    ]

    /// - Throws: every mistake of the file, not only the first.
    package init(reading source: SourceText) throws(DiagnosticList) {
        self.init()
        var reader = YAMLReader(source)
        let fields = reader.fields(of: try YAMLNode.parse(source), known: Self.keys)
        organisation = reader.organisation(fields["organisation"]) ?? organisation
        title = reader.text(fields["title"]) ?? (organisation.name.isEmpty ? title : organisation.name)
        database = reader.database(fields["database"]) ?? database
        zone = reader.zone(fields["zone"]) ?? zone
        language = reader.value(fields["language"], "a language such as en, it or pt-br", Self.languageTag) ?? language
        publicURL = reader.publicURL(fields["public_url"])
        returnPath = reader.address(fields["return_path"])
        unsubscribeTo = reader.address(fields["unsubscribe_to"])
        keysFile = reader.text(fields["keys_file"], "a file name") ?? keysFile
        helo = reader.value(fields["helo"], "a host name such as mail.example.com") { HostName.isValid($0) ? $0.lowercased() : nil }
        relays = reader.relays(fields["relays"])
        limits = reader.rates(fields["limits"])
        providers = reader.providers(fields["providers"])
        domainLimits = reader.rates(fields["domain_limits"])
        giveUp = reader.span(fields["give_up"], "2 days")
        machineGoneAfter = reader.span(fields["machine_gone_after"], "1 hour")
        topics = reader.topics(fields["topics"])
        cap = reader.cap(fields["cap"])
        unknownContact = reader.unknownContact(fields["events"]) ?? unknownContact
        retention = reader.retention(fields["retention"])
        summaries = reader.summaries(fields["summaries"])
        dkim = reader.dkim(fields["dkim"])
        try reader.finish()
    }

    /// RFC 5646, as far as people write it: letters, then parts of letters and digits. In lower case with hyphens.
    private static func languageTag(_ text: String) -> String? {
        let tag = text.lowercased().replacing("_", with: "-")
        let parts = tag.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard let first = parts.first, (2...3).contains(first.count), first.allSatisfy({ (0x61...0x7A).contains($0) }) else { return nil }
        let isTag = parts.dropFirst().allSatisfy {
            (2...8).contains($0.count) && $0.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        }
        return isTag ? tag : nil
    }
}

enum HostName {
    /// Letters, digits, hyphens and dots as RFC 1123 section 2.1 has them, or an address literal.
    static func isValid(_ text: String) -> Bool {
        if text.hasPrefix("["), text.hasSuffix("]") {
            return text.dropFirst().dropLast().utf8.allSatisfy { Self.isLabel($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
        }
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && labels.allSatisfy {
                (1...63).contains($0.count) && $0.allSatisfy(isLabel) && $0.first != UInt8(ascii: "-") && $0.last != UInt8(ascii: "-")
            }
    }

    private static func isLabel(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
    }
}

extension YAMLReader {
    fileprivate mutating func organisation(_ node: YAMLNode?) -> Settings.Organisation? {
        guard node != nil else { return nil }
        let fields = fields(of: node, in: "organisation", known: ["name", "postal_address"])
        let postal = text(fields["postal_address"])
        return Settings.Organisation(name: text(fields["name"]) ?? "", postalAddress: postal)
    }

    fileprivate mutating func database(_ node: YAMLNode?) -> String? {
        guard let name = text(node, "a file name") else { return nil }
        if let problem = Settings.problem(withDatabase: name) { report(problem, at: Settings.hasPassword(name) ? nil : node?.span) }
        return name
    }

    fileprivate mutating func zone(_ node: YAMLNode?) -> Zone? {
        guard let name = text(node, "a time zone") else { return nil }
        guard let zone = Zone(name) else {
            let hint = suggestion(for: name, among: Zone.knownNames) ?? "write it like Europe/Rome, or UTC"
            report("unknown time zone \"\(name.prefix(80))\"", at: node?.span, hint: hint)
            return nil
        }
        return zone
    }

    fileprivate mutating func publicURL(_ node: YAMLNode?) -> String? {
        value(node, "an address such as https://news.example.com") { text in
            guard !text.contains(where: { $0.isWhitespace }), let parts = URLComponents(string: text),
                let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty,
                parts.query == nil, parts.fragment == nil, parts.user == nil, parts.password == nil
            else { return nil }
            var url = text
            while url.hasSuffix("/") { url.removeLast() }
            return url
        }
    }

    fileprivate mutating func cap(_ node: YAMLNode?) -> FrequencyCap? {
        value(node, "a cap such as 3 messages per 7 days") { FrequencyCap($0) }
    }

    fileprivate mutating func topics(_ node: YAMLNode?) -> [Settings.TopicSettings] {
        var topics: [Settings.TopicSettings] = []
        for member in members(of: node, in: "topics") {
            guard CampaignFile.isName(member.key) else {
                report("a topic's name has letters, digits, - and _ only", at: member.keySpan)
                continue
            }
            let fields = member.value.isEmpty ? nil : fields(of: member.value, in: "topic \(member.key)", known: ["title", "cap"])
            let title = text(fields?["title"]) ?? member.key
            topics.append(Settings.TopicSettings(name: member.key, title: title, cap: cap(fields?["cap"])))
        }
        return topics
    }

    fileprivate mutating func relays(_ node: YAMLNode?) -> [RelaySettings] {
        guard let node else { return [] }
        guard case .sequence = node.content else {
            report("relays must be a list", at: node.span, hint: "start each relay with - url: smtp://…")
            return []
        }
        var names: Set<String> = []
        let relays = list(node) { reader, item in
            guard let relay = reader.relay(item) else { return nil as RelaySettings? }
            if !names.insert(relay.name).inserted {
                reader.report("two relays are named \"\(relay.name)\"", at: item.span, hint: "give each its own name")
            }
            return relay
        }
        if !relays.isEmpty, relays.allSatisfy(\.isStandby) {
            report("every relay stands by for another", at: node.span, hint: "take standby out of the one that mail goes through as a rule")
        }
        return relays
    }
}

import Diagnostics
package import Model

/// A provider's domains and what it may be sent, as `providers:` gives them.
package struct ProviderSettings: Hashable, Sendable {
    package var name: String
    /// In ASCII, in lower case; none where it is one that Pitwall knows.
    package var domains: [String]
    package var limits: [Rate]
}

/// `warmup: {start: 500/day, grow: 30% daily, until: 200000/day}`, messages a day.
package struct WarmUpSettings: Hashable, Sendable {
    package var start: Int
    /// 0.3 for 30 %.
    package var growth: Double
    package var until: Int

    package init(start: Int, growth: Double, until: Int) {
        (self.start, self.growth, self.until) = (start, growth, until)
    }
}

extension YAMLReader {
    /// `[600/min, 50000/day]`.
    mutating func rates(_ node: YAMLNode?) -> [Rate] {
        list(node) { reader, item in reader.value(item, "a rate such as 600/min") { Rate($0) } }
    }

    /// `providers: {google: [gmail.com, googlemail.com], firm: {domains: [firm.example], limits: [100/min]}}`.
    mutating func providers(_ node: YAMLNode?) -> [ProviderSettings] {
        var providers: [ProviderSettings] = []
        var owners: [String: String] = [:]
        for member in members(of: node, in: "providers") {
            guard CampaignFile.isName(member.key) else {
                report("a provider's name has letters, digits, - and _ only", at: member.keySpan)
                continue
            }
            var provider = ProviderSettings(name: member.key, domains: [], limits: [])
            if case .sequence = member.value.content {
                provider.domains = domains(member.value)
            } else {
                let fields = fields(of: member.value, in: "provider \(member.key)", known: ["domains", "limits"])
                provider.domains = domains(fields["domains"])
                provider.limits = rates(fields["limits"])
            }
            for domain in provider.domains {
                if let owner = owners[domain] {
                    report("\(domain) is \(owner)'s already", at: member.value.span, hint: "a domain belongs to one provider")
                }
                owners[domain] = member.key
            }
            providers.append(provider)
        }
        return providers
    }

    mutating func domains(_ node: YAMLNode?) -> [String] {
        list(node) { reader, item in
            reader.value(item, "a domain such as gmail.com") { (try? EmailAddress("x@\($0)"))?.asciiDomain }
        }
    }

    mutating func warmUp(_ node: YAMLNode?) -> WarmUpSettings? {
        guard let node else { return nil }
        let fields = fields(of: node, in: "warmup", known: ["start", "grow", "until"])
        let form = "write it like {start: 500/day, grow: 30% daily, until: 200000/day}"
        for name in ["start", "until"] { require(name, in: fields, hint: form) }
        let start = perDay(fields["start"])
        let until = perDay(fields["until"])
        let growth = value(fields["grow"], "a growth such as 30% daily") { Self.growth($0) }
        guard let start, let until else { return nil }
        if until < start { report("a warm-up ends above its start", at: fields["until"]?.span, hint: form) }
        return WarmUpSettings(start: start, growth: growth ?? 0.3, until: max(start, until))
    }

    private mutating func perDay(_ node: YAMLNode?) -> Int? {
        value(node, "a rate a day such as 500/day") { text in
            Rate(text).flatMap { $0.window == TimeSpan(1, .day) ? $0.count : nil }
        }
    }

    /// `30% daily`, more than nothing and at most tenfold.
    private static func growth(_ text: String) -> Double? {
        let words = text.split(separator: " ").map { String($0) }
        let number = words.first.map { $0.hasSuffix("%") ? String($0.dropLast()) : $0 }
        let unit = words.dropFirst().joined(separator: " ")
        guard let number, let percent = Double(number), percent > 0, percent <= 1000,
            words.first?.hasSuffix("%") == true ? ["", "daily"].contains(unit) : ["% daily", "%"].contains(unit)
        else { return nil }
        return percent / 100
    }

    /// `match: {from_domain: shop.example}`, one or several.
    mutating func fromDomains(_ node: YAMLNode?) -> [String] {
        guard let node else { return [] }
        let fields = fields(of: node, in: "match", known: ["from_domain"])
        // Without a domain it would carry everybody's mail.
        let form = "write it like match: {from_domain: shop.example}, or take match out"
        guard let domain = fields["from_domain"] else {
            report("match says which From domains the relay is for", at: node.span, hint: form)
            return []
        }
        if case .sequence(let items) = domain.content {
            if items.isEmpty { report("from_domain has no domain", at: domain.span, hint: form) }
            return domains(domain)
        }
        return value(domain, "a domain such as shop.example") { (try? EmailAddress("x@\($0)"))?.asciiDomain }.map { [$0] } ?? []
    }

    /// Longer than a moment, for whatever waits.
    mutating func span(_ node: YAMLNode?, _ example: String) -> TimeSpan? {
        guard let span = value(node, "a time such as \(example)", { TimeSpan($0) }) else { return nil }
        guard span.milliseconds > 0 else {
            report("it must be longer than nothing", at: node?.span, hint: "write it like \(example)")
            return nil
        }
        return span
    }
}

extension RelaySettings {
    /// What to do where no relay carries the mail of a campaign.
    package static let hintForStrangers = "name it in a relay's match: {from_domain: …} in pitwall.yaml, or take match out of one"
}

extension Sequence<RelaySettings> {
    /// The numbers of those that carry mail from this domain: the ones that name it, else the ones that name none.
    package func carrying(fromDomain domain: String) -> [Int] {
        let all = Array(enumerated())
        let named = all.filter { $0.element.fromDomains.contains(domain) }
        return (named.isEmpty ? all.filter { $0.element.fromDomains.isEmpty } : named).map(\.offset)
    }
}

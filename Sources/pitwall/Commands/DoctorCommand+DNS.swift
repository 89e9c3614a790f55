import Campaigns
import Model
import SMTP
import Workspace

extension DoctorCommand {
    /// What the DNS says of the domains that campaigns are sent from: receivers ask it whether mail is ours.
    func senders(_ workspace: OpenWorkspace, _ examination: inout Examination) {
        if workspace.settings.relays.allSatisfy(\.isOnLoopback), relay == nil {
            return examination.note("SPF, DMARC", .good, "not looked up: mail stays on this machine")
        }
        var domains: Set<String> = []
        for name in (try? CampaignDefinition.names(workspace.files)) ?? [] {
            let definition = try? CampaignDefinition(name, files: workspace.files, vocabulary: nil)
            if let domain = definition?.file.from.value.address.asciiDomain { domains.insert(domain) }
        }
        // SPF is asked of the return path (RFC 7208), DMARC of the From address (RFC 7489).
        let paths = workspace.settings.returnPath.map { [$0.asciiDomain] } ?? Array(domains)
        for domain in Set(paths).sorted() { spf(domain, &examination) }
        for domain in domains.sorted() { dmarc(domain, &examination) }
    }

    private func spf(_ domain: String, _ examination: inout Examination) {
        let subject = "SPF of \(domain)"
        guard let records = records(domain, subject, &examination) else { return }
        let found = records.filter { $0.lowercased() == "v=spf1" || $0.lowercased().hasPrefix("v=spf1 ") }
        switch found.count {
        case 0:
            examination.note(
                subject, .poor,
                "no record: receivers can't tell that our relay may send for it\npublish a TXT record such as v=spf1 include:RELAY -all")
        case 1:
            let opens = found[0].lowercased().split(separator: " ").contains { ["+all", "all", "?all"].contains($0) }
            examination.note(subject, opens ? .poor : .good, opens ? "\(found[0])\nit lets everybody send" : found[0])
        default: examination.note(subject, .bad, "\(found.count) records: receivers take that for none (RFC 7208 section 4.5)")
        }
    }

    private func dmarc(_ domain: String, _ examination: inout Examination) {
        let subject = "DMARC of \(domain)"
        // Where the domain says nothing, the one above it may speak for it.
        var name = domain
        while true {
            guard let records = records("_dmarc.\(name)", subject, &examination) else { return }
            if let found = records.first(where: { $0.lowercased().hasPrefix("v=dmarc1") }) {
                return examination.note(subject, .good, name == domain ? found : "\(found) (of \(name))")
            }
            let parent = name.split(separator: ".").dropFirst()
            guard parent.count >= 2 else { break }
            name = parent.joined(separator: ".")
        }
        examination.note(
            subject, .poor,
            "no record: Gmail and Yahoo want one from who sends much\npublish a TXT record at _dmarc.\(domain) such as v=DMARC1; p=none")
    }

    private func records(_ name: String, _ subject: String, _ examination: inout Examination) -> [String]? {
        switch DNS.txt(name) {
        case .records(let records): return records
        case .noAnswer: examination.note(subject, .poor, "no name server answers (offline?): not known")
        case .unreadable: examination.note(subject, .bad, "the answer for \(name) can't be read")
        }
        return nil
    }
}

extension TLSFacts {
    /// The certificate, for people.
    var certificate: String {
        var words = "certificate"
        if let name = Self.name(in: subject) { words += " of \(name)" }
        if let name = Self.name(in: issuer) { words += " by \(name)" }
        guard let until else { return words }
        let days = until.daysSinceEpoch - Zone.utc.date(at: Clock.now()).daysSinceEpoch
        return "\(words), good until \(until)" + (days < 21 ? " (\(days) days left: is it renewed by itself?)" : "")
    }

    /// The common name of `C=US; O=Example; CN=mail.example.com`.
    private static func name(in text: String) -> String? {
        let parts = text.split { $0 == ";" || $0 == "," }.map { $0.trimmingSpaces }
        return (parts.first { $0.hasPrefix("CN=") } ?? parts.first { $0.hasPrefix("O=") }).map { String($0.drop { $0 != "=" }.dropFirst()) }
    }
}

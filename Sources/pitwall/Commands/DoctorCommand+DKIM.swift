import Campaigns
import Signing
import Workspace

extension DoctorCommand {
    /// Each key: whether it can be used, and whether the DNS has its public half.
    func dkim(_ workspace: OpenWorkspace, _ examination: inout Examination) {
        let dkim = workspace.settings.dkim
        if dkim.relaySigns { return examination.note("DKIM", .good, "the relay signs") }
        if dkim.keys.isEmpty {
            let isLocal = workspace.settings.relays.allSatisfy(\.isOnLoopback)
            return examination.note(
                "DKIM", isLocal ? .good : .poor, "no key: mail goes out unsigned (pitwall dkim new DOMAIN --selector s1)")
        }
        var usable: [String: [DKIMKey.Algorithm]] = [:]
        for key in dkim.keys {
            let subject = "DKIM \(key.selector) of \(key.domain)"
            do throws(SigningError) {
                let used = try workspace.identity(key).key
                usable[key.domain, default: []].append(used.algorithm)
                for warning in used.warnings { examination.note(subject, .poor, warning) }
                record(of: used, DKIMRecord.name(domain: key.domain, selector: key.selector), subject, &examination)
            } catch {
                examination.note(subject, .bad, "\(error)")
            }
        }
        for (domain, algorithms) in usable.sorted(by: { $0.key < $1.key }) where !algorithms.contains(.rsa) {
            examination.note("DKIM of \(domain)", .bad, "no RSA key beside the Ed25519 one, which many receivers cannot check yet")
        }
    }

    private func record(of key: DKIMKey, _ name: String, _ subject: String, _ examination: inout Examination) {
        switch DNS.txt(name) {
        case .noAnswer: examination.note(subject, .poor, "no name server answers (offline?): whether \(name) is published is not known")
        case .unreadable: examination.note(subject, .bad, "the answer for \(name) cannot be read")
        case .records(let records):
            let found = records.map { DKIMRecord.compare($0, with: key) }
            if found.contains(.same) { return examination.note(subject, .good, "\(name) has this key") }
            let words =
                found.contains(.differs)
                ? "\(name) has another key: signatures made here are refused"
                : found.contains(.revoked) ? "\(name) says that its key was taken back" : "\(name) has no DKIM record"
            examination.note(subject, .bad, "\(words)\npublish what `pitwall dkim show` shows")
        }
    }
}

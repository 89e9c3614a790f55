import Diagnostics
import Model
package import Signing
package import Workspace

extension OpenWorkspace {
    /// What signs the campaign's messages: the keys of its From domain, else of the nearest domain above it. Nil where there are none.
    ///
    /// The keys are those of the settings as they are now, not as the plan froze them: a key that was changed since is the one that
    /// receivers find.
    ///
    /// - Throws: ``SigningError`` where a key cannot be used. Nothing goes out unsigned that should be signed.
    package func dkimSigner(for definition: CampaignDefinition) throws(SigningError) -> DKIMSigner? {
        let identities = try dkimKeys(for: definition.file.from.value.address.asciiDomain)
        return identities.isEmpty ? nil : try DKIMSigner(identities)
    }

    /// The keys that may speak for mail from `domain`.
    package func dkimKeys(for domain: String) throws(SigningError) -> [DKIMSigner.Identity] {
        var identities: [DKIMSigner.Identity] = []
        for key in settings.dkim.aligned(with: domain) {
            identities.append(try identity(key))
        }
        return identities
    }

    package func identity(_ key: DKIMSettings.Key) throws(SigningError) -> DKIMSigner.Identity {
        DKIMSigner.Identity(
            domain: key.domain, selector: key.selector, key: try DKIMKey(contentsOf: path(key.keyFile)), unsigned: key.leaveOut)
    }

    /// What is to be said about the signatures of a campaign before it goes out.
    func dkimChecks(_ definition: CampaignDefinition) -> [Diagnostic] {
        let from = definition.file.from
        func warning(_ message: String, _ hint: String?) -> Diagnostic {
            Diagnostic(.warning, message, in: definition.file.source, at: from.span, hint: hint)
        }
        let domain = from.value.address.asciiDomain
        let dkim = settings.dkim
        if dkim.relaySigns { return [] }
        guard !dkim.aligned(with: domain).isEmpty else {
            // On loopback things are tried out, or a mail server of this machine signs.
            if dkim.keys.isEmpty, settings.relays.allSatisfy(\.isOnLoopback) { return [] }
            let known = dkim.keys.map(\.domain)
            let hint =
                suggestion(for: domain, among: known)
                ?? "make a key with: pitwall dkim new \(domain) --selector s1; or say dkim: relay where the relay signs"
            return [warning("there is no DKIM key for \(domain): Gmail, Yahoo and Outlook refuse much mail that is not signed", hint)]
        }
        do throws(SigningError) {
            let keys = try dkimKeys(for: domain)
            _ = try DKIMSigner(keys)
            return keys.flatMap { key in
                key.key.warnings.map { warning("the DKIM key \(key.selector) of \(key.domain): \($0)", nil) }
            }
        } catch {
            return [warning("nothing can be sent with this DKIM key: \(error.message)", error.hint)]
        }
    }
}

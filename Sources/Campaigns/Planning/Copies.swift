package import Model
import Store

extension OpenWorkspace {
    /// Why somebody is sent no copy of a campaign, be it as a seed or to try it out; nil where nothing is against it. A seed agreed to
    /// nothing, but who wants no mail gets none of this kind either.
    package func objection(
        of address: EmailAddress, to definition: CampaignDefinition, _ forgotten: ForgottenPeople
    ) throws -> String? {
        if forgotten.contains(address) { return "asked to be forgotten" }
        return try consents.isSuppressed(address, by: definition.rules) ? "is on the suppression list" : nil
    }
}

package import Model
package import Workspace

/// What a workspace's data holds, so that a template's names can be checked before anything is sent.
package struct TemplateKnowledge: Sendable {
    /// Names of attributes that some contact has; nil where nobody has looked.
    package var contactAttributes: [String]?
    /// Names of the segments there are; nil where nobody has looked.
    package var segments: [String]?
    /// Of templates without a language in their name, and of readers whose language nobody knows.
    package var language: String

    package init(contactAttributes: [String]? = nil, segments: [String]? = nil, language: String = "en") {
        self.contactAttributes = contactAttributes
        self.segments = segments
        self.language = language
    }

    /// Every contact has these names to itself, whether it has a value or not.
    static let standardAttributes = ["email"] + Contact.Standard.allCases.map(\.rawValue)
}

/// What a template is loaded for.
package struct TemplateUse: Sendable {
    /// Nil where no campaign is known: what only marketing mail must have is then a warning.
    package var kind: CampaignFile.Kind?
    package var subject: AuthoredText?
    package var preheader: AuthoredText?
    package var utm: [CampaignFile.TrackingParameter]
    /// What `campaign.data` holds; nil where no campaign is known.
    package var data: JSONObject?

    package init(
        kind: CampaignFile.Kind? = nil, subject: AuthoredText? = nil, preheader: AuthoredText? = nil,
        utm: [CampaignFile.TrackingParameter] = [], data: JSONObject? = nil
    ) {
        self.kind = kind
        self.subject = subject
        self.preheader = preheader
        self.utm = utm
        self.data = data
    }

    /// The use that a campaign makes of its template.
    package init(_ campaign: CampaignFile) {
        self.init(
            kind: campaign.kind, subject: campaign.subject.map { AuthoredText($0, in: campaign.source) },
            preheader: campaign.preheader.map { AuthoredText($0, in: campaign.source) }, utm: campaign.utm, data: campaign.data)
    }
}

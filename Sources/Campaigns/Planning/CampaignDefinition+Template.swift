import Model
import Segments
package import Templating
import Workspace

extension CampaignDefinition {
    static func template(_ file: CampaignFile, settings: Settings, files: any FileSource, vocabulary: Vocabulary?) throws -> MessageTemplate {
        MessageTemplate()
    }

    func messageData(contact: Contact, address: EmailAddress, unsubscribe: String, preferences: String, now: Instant) -> MessageData {
        MessageData(contact: contact, unsubscribe: unsubscribe)
    }
}

extension OpenWorkspace {
    package func templates() throws -> TemplateLibrary { TemplateLibrary() }
}

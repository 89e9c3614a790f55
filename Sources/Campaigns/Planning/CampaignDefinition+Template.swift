import Diagnostics
import Segments
package import Templating
import Workspace

extension CampaignDefinition {
    /// The campaign's message, compiled. `vocabulary`: what the data holds, where names are to be checked against it.
    static func template(
        _ file: CampaignFile, files: any FileSource, vocabulary: Vocabulary?, settings: Settings
    ) throws -> MessageTemplate {
        let library = TemplateLibrary(files: files, knowledge: TemplateKnowledge(vocabulary, language: settings.language))
        guard try library.names().contains(file.template.value) else {
            throw DiagnosticList([
                Diagnostic(
                    .error, "there is no template \"\(file.template.value)\"", in: file.source, at: file.template.span,
                    hint: suggestion(for: file.template.value, among: try library.names()) ?? "make Templates/\(file.template.value).md")
            ])
        }
        return try library.load(file.template.value, for: TemplateUse(file))
    }
}

extension TemplateKnowledge {
    /// Attributes that the data holds; any name goes where there is no data yet.
    init(_ vocabulary: Vocabulary?, language: String) {
        let attributes = vocabulary.map { $0.attributes.keys.sorted() } ?? []
        self.init(contactAttributes: attributes.isEmpty ? nil : attributes, segments: vocabulary?.segments, language: language)
    }
}

extension OpenWorkspace {
    package func templates() throws -> TemplateLibrary {
        TemplateLibrary(files: files, knowledge: TemplateKnowledge(try vocabulary(), language: settings.language))
    }
}

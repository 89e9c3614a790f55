package import Diagnostics
import Liquid
import Model

/// A message that is ready to be rendered for anybody: all its language variants, compiled and checked.
///
/// It is immutable, and any number of threads may render it at once; per message only Liquid runs.
package struct MessageTemplate: Sendable {
    package let name: String
    /// Links of the first variant's page, in their order.
    package let links: [MessageLink]
    /// What each variant carries, by its language; `""` is the template itself.
    package let pictures: [String: [MessagePicture]]
    package let warnings: [Diagnostic]
    /// Every place where a variant reads data.
    package let references: [TemplateReference]
    /// Attributes that a variant misses where a recipient lacks them, in the order of its text.
    package let gaps: [TemplateGap]
    /// Segments that some variant asks about: `{% if contact.segments contains "vip" %}`. Sorted.
    package let segments: [String]

    private let base: CompiledVariant
    private let variants: [String: CompiledVariant]
    private let parameters: LinkTarget.Parameters

    init(
        name: String, base: CompiledVariant, variants: [String: CompiledVariant], parameters: LinkTarget.Parameters, warnings: [Diagnostic]
    ) {
        self.name = name
        self.base = base
        self.variants = variants
        self.parameters = parameters
        self.warnings = warnings
        links = base.links
        pictures = variants.mapValues(\.pictures).merging(["": base.pictures]) { variant, _ in variant }
        references = base.references + variants.keys.sorted().flatMap { variants[$0]?.references ?? [] }
        gaps = base.gaps + variants.keys.sorted().flatMap { variants[$0]?.gaps ?? [] }
        segments = Set(references.compactMap(\.segment)).sorted()
    }

    /// Tags of the variants there are beside the template itself.
    package var languages: [String] { variants.keys.sorted() }

    /// The variant in somebody's language: that very tag, else its first part (`pt` for `pt-br`), else the template itself.
    private func variant(for language: String?) -> CompiledVariant {
        guard let language, !variants.isEmpty else { return base }
        let tag = TextTable.normal(language)
        if let exact = variants[tag] { return exact }
        return variants[String(tag.prefix { $0 != "-" })] ?? base
    }

    /// Which variant somebody of this language reads; nil is the template itself.
    package func variantLanguage(for language: String?) -> String? { variant(for: language).language }

    /// - Throws: where the template cannot be rendered with this data, with the place in the author's file.
    package func render(_ data: MessageData) throws(Diagnostic) -> RenderedMessage {
        try variant(for: data.contact.language).render(data, parameters)
    }
}

/// One place where a template, its layout or a partial reads data.
package struct TemplateReference: Sendable {
    /// `["contact", "first_name"]`
    package let path: [String]
    /// The file its author wrote.
    package let source: SourceText
    package let span: Span
    /// Of the variant; nil for the template itself.
    package let language: String?
    /// The text that a condition asks it to contain, where that is written out.
    package let contained: String?

    static let segmentsPath = ["contact", "segments"]

    /// The segment that is asked about.
    package var segment: String? { path == Self.segmentsPath ? contained : nil }
}

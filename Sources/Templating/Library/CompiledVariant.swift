import Diagnostics
import Foundation
import Liquid
import Model

/// One language variant of a message, compiled. A class, since every message of every thread asks for one: copying what it is made of
/// counts a dozen references up and down.
final class CompiledVariant: Sendable {
    let language: String?
    let subject: Template
    let preheader: Template?
    let html: Template
    let text: Template
    /// The text part was written from the page and still needs its lines arranged.
    let arrangesText: Bool
    let origins: Origins
    let links: [MessageLink]
    let pictures: [MessagePicture]
    let references: [TemplateReference]
    let gaps: [TemplateGap]

    /// Attributes that are read, with the names they are read by; nil where a template walks over the contact.
    let attributes: Object.Keys?
    /// Of readers whose own nobody knows.
    let baseLanguage: String

    init(
        language: String?, subject: Template, preheader: Template?, html: Template, text: Template, arrangesText: Bool, origins: Origins,
        links: [MessageLink], pictures: [MessagePicture], references: [TemplateReference], gaps: [TemplateGap], attributes: Object.Keys?,
        baseLanguage: String
    ) {
        self.language = language
        self.subject = subject
        self.preheader = preheader
        self.html = html
        self.text = text
        self.arrangesText = arrangesText
        self.origins = origins
        self.links = links
        self.pictures = pictures
        self.references = references
        self.gaps = gaps
        self.attributes = attributes
        self.baseLanguage = baseLanguage
    }

    private static let roots = Object.Keys(["contact", "campaign", "organisation", "links", "now", "subject", "preheader"])
    private static let linkNames = Object.Keys(["unsubscribe", "preferences"])

    func render(_ data: MessageData, _ parameters: LinkTarget.Parameters) throws(Diagnostic) -> RenderedMessage {
        do throws(RenderError) {
            return try rendered(data, parameters)
        } catch {
            throw origins.diagnostic(error.diagnostic)
        }
    }

    private func rendered(_ data: MessageData, _ parameters: LinkTarget.Parameters) throws(RenderError) -> RenderedMessage {
        let links = Value.object(Object(Self.linkNames, [.string(data.unsubscribeURL), .string(data.preferencesURL)]))
        var roots: [Value] = [
            .object(contact(data)), data.background.campaign, data.background.organisation, links,
            .instant(data.now.milliseconds), .null, .null,
        ]
        let scope = Scope(Object(Self.roots, roots), now: data.now.milliseconds)
        let zone = data.zone
        scope.zone = { zone.offset(at: Instant(milliseconds: $0)) }
        // What the page shows, the text shows too.
        scope.dates = DateMemory()
        scope.zoneName = { zone.timeZone.abbreviation(for: Date(Instant(milliseconds: $0))) ?? "" }
        // A reader's own tag says more than the variant's: `it-ch` writes numbers as the Swiss do.
        scope.language = data.contact.language ?? language ?? baseLanguage

        var buffer: [UInt8] = []
        try subject.render(scope, into: &buffer)
        let subject = SingleLine.text(buffer)
        buffer.removeAll(keepingCapacity: true)
        try preheader?.render(scope, into: &buffer)
        let preheader = SingleLine.text(buffer)

        roots[5] = .string(subject)
        roots[6] = .string(preheader)
        scope.values = Object(Self.roots, roots)
        let own = OwnLinks([data.unsubscribeURL, data.preferencesURL])
        var page: [UInt8] = []
        scope.host = { block, out in Self.fill(block, parameters, except: own, isHTML: true, into: &out) }
        try html.render(scope, into: &page)
        var plain: [UInt8] = []
        scope.host = { block, out in Self.fill(block, parameters, except: own, isHTML: false, into: &out) }
        try text.render(scope, into: &plain)
        if arrangesText { plain = TextLayout.arranged(plain) }
        return RenderedMessage(subject: subject, preheader: preheader, html: page, text: plain, language: language)
    }

    private func contact(_ data: MessageData) -> Object {
        let contact = data.contact
        let email = contact.email.map { Value.string($0.local + "@" + $0.domain) } ?? .null
        if let attributes {
            return Object(
                attributes,
                attributes.names.map { name in
                    switch name {
                    case "email": email
                    case "segments": .array(data.segments.map { .string($0) })
                    default: contact.attributes[name].map { Value($0) } ?? .null
                    }
                })
        }
        return Object([("email", email)] + contact.attributes.members.map { ($0.name, Value($0.value)) })
    }

    /// What a block of the program's own leaves: an address or a part of a style, if it is safe.
    static func fill(
        _ block: HostBlock, _ parameters: LinkTarget.Parameters, except own: OwnLinks, isHTML: Bool, into out: inout [UInt8]
    ) {
        let body = block.body
        if block.name == SafeBlock.style.rawValue {
            let isSafe = if case .integer = block.argument { SafeBlock.isSafe(styleAddress: body) } else { SafeBlock.isSafe(style: body) }
            if isSafe { out += body }
            return
        }
        if block.name == SafeBlock.part.rawValue {
            let number: Int64? = if case .integer(let number) = block.argument { number } else { nil }
            let place = number.flatMap { SafeBlock.Place(rawValue: Int($0)) } ?? .query
            out += place.encoded(isHTML ? HTMLEscaping.unescaped(body) : body)
            return
        }
        guard SafeBlock.isSafe(address: body) else { return out.append(UInt8(ascii: "#")) }
        let isLink = block.name == LinkSlots.blockName && !own.include(body, isHTML: isHTML)
        out += isLink ? LinkTarget.adding(parameters, to: body, ampersand: isHTML ? "&amp;" : "&") : body
    }
}

/// The links to a reader's own pages, to which no campaign's parameters are added. Written as bytes once, and only for a message with a link that
/// is not known before: most have none.
final class OwnLinks {
    private let urls: [String]
    private lazy var plain = urls.filter { !$0.isEmpty }.map { Array($0.utf8) }
    private lazy var escaped = plain.map { HTMLEscaping.text($0) }

    init(_ urls: [String]) {
        self.urls = urls
    }

    /// - Parameter isHTML: `link` stands in a page, where `&` is `&amp;`.
    func include(_ link: [UInt8], isHTML: Bool) -> Bool {
        (isHTML ? escaped : plain).contains { link.starts(with: $0) }
    }
}

import Delivery
package import Mail
package import Model
package import Signing
package import Store
package import Templating
import Workspace

/// Makes messages out of a plan: the one way for previews, tests and real ones, so that they are the same to the byte.
///
/// Two makings for the same plan and person differ in `Date` and `DKIM-Signature` alone: `now` is the plan's, and Message-ID, boundaries and
/// links come from keyed hashes.
package struct MessageComposer: Sendable {
    package enum Purpose: Hashable, Sendable {
        case delivery
        /// A test send: its own Message-ID each time, and links that do nothing.
        case test(nonce: [UInt8])
    }

    private let definition: CampaignDefinition
    private let membership: SegmentMembership
    private let campaign: CampaignID
    private let plan: PlanID
    private let plannedAt: Instant
    private let keys: Keys
    private let purpose: Purpose
    private let clock: @Sendable () -> Instant
    private let from: Mailbox
    /// `@` and the sender's domain: how Message-IDs end.
    private let atDomain: String
    private let replyTo: Mailbox?
    private let fixedHeaders: [MailHeader]
    private let background: MessageBackground
    private let signer: DKIMSigner?
    /// By language; `""` for the template itself.
    private let parts: [String: SharedParts]

    /// Asks the workspace's data who is in the segments that the template speaks of; nothing else of it is read.
    ///
    /// - Parameter signer: signs what ``compose(_:)`` makes; previews go without.
    package init(
        _ definition: CampaignDefinition, plan: PlanRecord, in workspace: OpenWorkspace, keys: Keys, purpose: Purpose = .delivery,
        signer: DKIMSigner? = nil,
        clock: @escaping @Sendable () -> Instant
    ) throws {
        self.definition = definition
        membership = try SegmentMembership(definition, plan: plan, in: workspace)
        campaign = plan.campaign
        self.plan = plan.id
        plannedAt = plan.at
        self.keys = keys
        self.purpose = purpose
        self.clock = clock
        from = Mailbox(definition.file.from.value)
        atDomain = "@" + from.address.asciiDomain
        replyTo = definition.file.replyTo.map { Mailbox($0) }
        fixedHeaders = Self.headers(definition)
        self.signer = signer
        // Of nobody: the same in all messages of the plan, so that they can share what they carry.
        let identity = MessageIdentity(plan: plan.id, step: .max, contact: ContactID(0), keys: keys)
        parts = definition.enclosures.parts(boundary: identity.boundary)
        background = MessageBackground(definition.file, organisation: definition.settings.organisation)
    }

    /// What a person sees, and the message as it goes out.
    package func make(_ recipient: Recipient) throws -> (rendered: RenderedMessage, message: MailMessage) {
        let links = try links(to: recipient)
        let rendered = try definition.template.render(data(recipient, links))
        let identity = MessageIdentity(
            plan: plan, step: UInt32(truncatingIfNeeded: recipient.step), contact: recipient.contact.id, entry: recipient.entry,
            nonce: nonce, keys: keys)
        let unsubscribe =
            definition.isMarketing ? MailHeader.listUnsubscribe(web: links.web, mail: mailToLeave) : []
        let message = MailMessage(
            from: from, to: Mailbox(name: Self.name(of: recipient.contact), address: recipient.address), replyTo: replyTo,
            subject: rendered.subject, date: clock(), messageID: identity.messageIDLocal + atDomain,
            headers: unsubscribe + fixedHeaders, text: rendered.text, html: rendered.html, boundary: identity.boundary,
            parts: parts[rendered.language ?? ""])
        return (rendered, message)
    }

    private var nonce: [UInt8]? { if case .test(let nonce) = purpose { nonce } else { nil } }

    private struct Links {
        /// The one-click page; nil without a public_url.
        var web: String?
        var unsubscribe: String
        var preferences: String
    }

    /// For who would rather write; nil where nobody reads that mailbox.
    private var mailToLeave: String? { definition.settings.unsubscribeTo.map { "mailto:\($0.wire)?subject=unsubscribe" } }

    private func links(to recipient: Recipient) throws -> Links {
        let settings = definition.settings
        guard let base = settings.publicURL else {
            return Links(web: nil, unsubscribe: mailToLeave ?? "", preferences: mailToLeave ?? "")
        }
        var token = try LinkToken(
            .unsubscribe, contact: recipient.contact.id, campaign: campaign, step: UInt32(truncatingIfNeeded: recipient.step),
            topic: definition.file.topic?.value ?? "", isTest: nonce != nil)
        let web = base + "/u/" + token.signed(with: keys)
        token.kind = .preferences
        return Links(web: web, unsubscribe: web, preferences: base + "/p/" + token.signed(with: keys))
    }

    private func data(_ recipient: Recipient, _ links: Links) -> MessageData {
        MessageData(
            contact: recipient.contact, background: background, unsubscribeURL: links.unsubscribe, preferencesURL: links.preferences,
            now: plannedAt, zone: recipient.contact.zone ?? definition.settings.zone,
            segments: membership.names(of: recipient.contact.id))
    }

    private static func name(of contact: Contact) -> String {
        let first = contact.attributes[Contact.Standard.firstName.rawValue]?.text
        guard let last = contact.attributes[Contact.Standard.lastName.rawValue]?.text else { return first ?? "" }
        return first.map { $0 + " " + last } ?? last
    }

    private static func headers(_ definition: CampaignDefinition) -> [MailHeader] {
        guard definition.isMarketing else { return [] }
        let topic = definition.file.topic?.value ?? ""
        let title = definition.settings.topic(topic)?.title ?? topic
        let domain = definition.file.from.value.address.asciiDomain
        return [
            MailHeader.listID(title: title, topic: topic, domain: domain),
            MailHeader.feedbackID(campaign: definition.name, topic: topic, stream: definition.file.kind.rawValue, sender: domain),
        ].map { $0.written() }
    }
}

extension MessageComposer: MessageMaking {
    package func compose(_ recipient: Recipient) throws -> ComposedMessage {
        let (_, message) = try make(recipient)
        return try ComposedMessage(
            message, recipient: recipient.address, envelopeSender: envelopeSender(message), signer: signer)
    }

    /// The return path, with the message's own ID in it so that a bounce says which message it is about.
    private func envelopeSender(_ message: MailMessage) -> String {
        guard let path = definition.settings.returnPath else { return from.address.wire }
        let id = message.messageID.utf8.prefix { $0 != UInt8(ascii: "@") }
        return "\(path.local)+\(Substring(id))@\(path.asciiDomain)"
    }
}

extension ComposedMessage {
    package init(
        _ message: MailMessage, recipient: EmailAddress, envelopeSender: String, signer: DKIMSigner? = nil
    ) throws(SigningError) {
        var bytes: [UInt8] = []
        message.writeHead(into: &bytes)
        let tail = message.parts?.tail
        if let signer {
            let fields = try signer.fields(for: bytes, tail: tail, date: message.date)
            bytes.insert(contentsOf: fields, at: 0)
        }
        let envelope =
            Envelope(sender: envelopeSender, recipient: recipient) ?? Envelope(sender: message.from.address, recipient: recipient)
        let (whole, content) = SHA256.hashes(bytes, and: contentRanges(of: bytes), tail: tail)
        self.init(
            envelope: envelope, bytes: bytes, tail: tail, messageID: message.messageID, sha256: whole.hex, contentSHA256: content.hex)
    }
}

extension Mailbox {
    init(_ named: NamedAddress) {
        self.init(name: named.name ?? "", address: named.address)
    }
}

package import Liquid
package import Model
package import Workspace

/// What all messages of a campaign have in common: `campaign.*` and `organisation.*`. Made once.
package struct MessageBackground: Sendable {
    let campaign: Value
    let organisation: Value

    package init(name: String = "", title: String = "", topic: String? = nil, data: JSONObject = [:], organisation: Settings.Organisation) {
        campaign = .object([
            "name": .string(name), "title": .string(title), "topic": topic.map { .string($0) } ?? .null,
            "data": Value(JSONValue.object(data)),
        ])
        self.organisation = .object([
            "name": .string(organisation.name), "postal_address": organisation.postalAddress.map { .string($0) } ?? .null,
        ])
    }

    package init(_ campaign: CampaignFile, organisation: Settings.Organisation) {
        self.init(
            name: campaign.name, title: campaign.title, topic: campaign.topic?.value, data: campaign.data, organisation: organisation)
    }
}

/// What one message is made of.
package struct MessageData: Sendable {
    package var contact: Contact
    package var background: MessageBackground
    package var unsubscribeURL: String
    package var preferencesURL: String
    /// The plan's time, the same for all messages of a plan.
    package var now: Instant
    /// In which times are shown.
    package var zone: Zone
    /// Those of ``MessageTemplate/segments`` that the contact is in: `contact.segments`.
    package var segments: [String]

    package init(
        contact: Contact, background: MessageBackground, unsubscribeURL: String, preferencesURL: String, now: Instant, zone: Zone,
        segments: [String] = []
    ) {
        self.contact = contact
        self.background = background
        self.unsubscribeURL = unsubscribeURL
        self.preferencesURL = preferencesURL
        self.now = now
        self.zone = zone
        self.segments = segments
    }
}

/// A message as one person gets it, before it becomes mail.
package struct RenderedMessage: Hashable, Sendable {
    /// One line.
    package var subject: String
    /// One line, possibly empty.
    package var preheader: String
    package var html: [UInt8]
    package var text: [UInt8]
    /// Of the variant that was used; nil for the template itself.
    package var language: String?
}

extension Value {
    /// Data as a template sees it. Times stay text; the `date` filter reads them.
    package init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .real(let value): self = .decimal(value)
        case .text(let text): self = .string(text)
        case .list(let items): self = .array(items.map { Value($0) })
        case .object(let object): self = .object(Object(object.members.map { ($0.name, Value($0.value)) }))
        }
    }
}

/// One line of text for a header or a page's title.
enum SingleLine {
    /// Line ends, controls and runs of blanks become one blank: no value can start a new header line.
    static func text(_ bytes: [UInt8]) -> String {
        if isPlain(bytes) { return String(decoding: bytes, as: UTF8.self) }
        var out = String.UnicodeScalarView()
        var owesBlank = false
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0...0x20, 0x7F...0xA0, 0x2028, 0x2029: owesBlank = true
            default:
                if owesBlank, !out.isEmpty { out.append(" ") }
                owesBlank = false
                out.append(scalar)
            }
        }
        return String(out)
    }

    /// Without controls and with single blanks between words: what most lines are, and nothing to change in them.
    private static func isPlain(_ bytes: [UInt8]) -> Bool {
        // The three before it, the last in the lowest bits.
        var last: UInt32 = 0x20
        for byte in bytes {
            if byte < 0x20 || byte == 0x7F || (byte == 0x20 && last & 0xFF == 0x20) { return false }
            last = last << 8 | UInt32(byte)
            if byte >= 0x80, isOddBlank(last) { return false }
        }
        return last & 0xFF != 0x20
    }

    /// Whether U+0080 to U+00A0, U+2028 or U+2029 ends here.
    private static func isOddBlank(_ bytes: UInt32) -> Bool {
        (0xC280...0xC2A0).contains(bytes & 0xFFFF) || (0xE2_80A8...0xE2_80A9).contains(bytes & 0xFF_FFFF)
    }
}

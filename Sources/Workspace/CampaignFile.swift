package import Diagnostics
package import Model

/// A file `Campaigns/NAME.yaml`, decoded: when, to whom, what, how fast.
///
///     let file = try CampaignFile(reading: source, settings: settings)
///     file.template.value        // "spring-launch"
///     file.send.rate             // 600/min
package struct CampaignFile: Sendable {
    package enum Kind: String, Sendable {
        case marketing
        /// Needs no marketing consent, is not tracked, honours suppressions.
        case service
    }

    package enum Audience: String, Sendable {
        /// Evaluated again when the campaign goes out.
        case atSend
        /// Frozen with the plan.
        case atPlan
    }

    package struct StopConditions: Hashable, Sendable {
        package var refused: Share?
        package var complaints: Share?
    }

    package struct Sending: Sendable {
        package var between: DayWindow?
        package var notAfter: Instant?
        package var notAfterSpan: Span?
        package var rate: Rate?
    }

    /// One `utm_…` parameter: `campaign`, `spring`.
    package struct TrackingParameter: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var source: SourceText
    /// The file's name without folder and extension.
    package var name: String
    package var title: String
    package var kind: Kind
    /// Always there in a marketing campaign.
    package var topic: Located<String>?
    /// The name of a segment, or conditions; so are those to exclude.
    package var segment: Located<String>?
    package var exclude: [Located<String>]
    /// A CSV file of the workspace that narrows the audience to a list.
    package var addresses: Located<String>?
    package var audience: Audience
    package var expect: ClosedRange<Int>?
    package var template: Located<String>
    package var from: Located<NamedAddress>
    package var replyTo: NamedAddress?
    package var subject: Located<String>?
    package var preheader: Located<String>?
    package var data: JSONObject
    package var utm: [TrackingParameter]
    /// Files of the workspace that every message carries.
    package var attachments: [Located<String>]
    package var seeds: [EmailAddress]
    package var stopIf: StopConditions
    package var holdout: Share?
    package var send: Sending

    package static let folder = "Campaigns"

    /// The file that holds the campaign of this name.
    package static func path(of name: String) -> String { "\(folder)/\(name).yaml" }

    /// Names of campaigns, segments, templates and topics: letters, digits, `-`, `_`, and `.` inside.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100 && text.utf8.first != UInt8(ascii: ".")
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "_" || scalar == "."
            }
    }
}

/// The hours of a day in which messages may leave: `08:00-20:00`. May span midnight; the end is not included.
package struct DayWindow: Hashable, Sendable, CustomStringConvertible {
    /// Minutes since midnight; `end` may be 24:00.
    package var start: Int
    package var end: Int

    /// Nil unless the text is two different times of day.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { trimmingBlanks(String($0)) }
        guard parts.count == 2, let start = Self.minutes(parts[0]), let end = Self.minutes(parts[1]), start < 1440, start != end else {
            return nil
        }
        self.start = start
        self.end = end
    }

    private static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].count), parts[1].count == 2,
            parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }), let hour = Int(parts[0]), let minute = Int(parts[1]),
            minute < 60, hour * 60 + minute <= 1440
        else { return nil }
        return hour * 60 + minute
    }

    package func contains(minuteOfDay minute: Int) -> Bool {
        start < end ? minute >= start && minute < end : minute >= start || minute < end
    }

    package var description: String {
        [start, end].map { minutes in
            [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        }.joined(separator: "-")
    }
}

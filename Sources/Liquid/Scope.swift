/// Everything one rendering is given: the data, the time, and how the place it is rendered for writes numbers and dates.
///
/// ```swift
/// let scope = Scope(["contact": ["first_name": "Ada"]], now: instant.milliseconds)
/// scope.zone = { zone.offset(at: Instant(milliseconds: $0)) }
/// ```
///
/// A scope belongs to one thread, and is not changed while something is rendered; nothing in a template can reach what is not in it. A class, since
/// a message is several renderings, and each would copy a dozen references.
package final class Scope {
    /// The variables a template finds at its root: `contact`, `campaign`, `links`, ….
    package var values: Object
    /// Milliseconds since 1970 UTC: what `'now' | date: …` shows. Never the machine's clock.
    package var now: Int64
    /// Seconds east of UTC at an instant in milliseconds.
    package var zone: (Int64) -> Int
    /// The zone's short name at an instant, for `%Z`; "" where there is none.
    package var zoneName: (Int64) -> String
    /// A language tag such as `it`.
    package var language: String
    /// Shared by renderings of the same data, time, zone and language.
    package var dates: DateMemory?
    /// Renders the host's own blocks. Without it such a block is its body.
    package var host: ((HostBlock, inout [UInt8]) throws -> Void)?

    package init(_ values: Object = [:], now: Int64 = 0) {
        self.values = values
        self.now = now
        zone = { _ in 0 }
        zoneName = { _ in "UTC" }
        language = ""
    }
}

/// One passage of a block tag that the host renders itself: `{% link 3 %}…{% endlink %}`.
package struct HostBlock {
    /// As in ``ParseOptions/hostBlocks``.
    package var name: String
    /// `nil` where the tag has none, an array where it has several.
    package var argument: Value
    /// What stands between the tags, rendered. The host appends to the output what shall stand there instead.
    package var body: [UInt8]
}

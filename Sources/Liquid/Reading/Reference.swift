package import Diagnostics

/// What a template and the partials it renders do with data, found by walking through them as a rendering would.
package struct Reading: Sendable {
    /// Every place where data is read, in the order of the text.
    package var references: [Reference] = []
    package var gaps: [Gap] = []
    package var outputs: [DataOutput] = []
    package var calls: [PartialUse] = []
    /// Partials that render themselves whatever the data: each rendering that comes there fails.
    package var endless: [Diagnostic] = []
    /// False where something may read data that is not in `references`: a partial whose name only the data knows, or a template beyond
    /// what is read of one.
    package var isComplete = true
}

/// One place where a template, or a partial it renders, reads data: `contact.first_name`.
///
/// Names that the template makes itself (`assign`, `capture`, loop variables, a partial's arguments) are not data.
package struct Reference: Sendable {
    /// As far as it is written out: `contact.orders[n].total` is `["contact", "orders"]`.
    package var path: [String]
    package var source: SourceText
    package var span: Span
    /// The text it is asked to hold where that is written out: `{% if contact.segments contains "vip" %}`.
    package var contained: String? = nil
}

/// One place where a template, or a partial it renders, uses a filter of the host, with what is written out there.
package struct HostFilterUse: Sendable {
    package var name: String
    /// What the filter is given; nil where only a rendering tells.
    package var input: Value?
    package var arguments: [Value?]
    /// Names of the named arguments.
    package var names: [String]
    package var source: SourceText
    /// Of the filter's name.
    package var span: Span
    package var inputSpan: Span
}

/// Data that leaves a gap where it lacks.
///
/// A value leaves a gap when it is written out (or handed to a filter, or gone through by a loop without `else`) while it is missing, null or
/// the empty text. What proves it present, or its lack harmless, is the flow of the template:
/// - a `default` anywhere in the chain of filters; what the default itself is made of takes its place;
/// - a condition around it, `elsif` and `else`, `unless`, `case`, `and` and `or` included: `{% if contact.city %}` proves that it is not
///   missing (though it may be the empty text), `!= blank` that it is there, `== nil` that it is not;
/// - names carry what they were given: an `assign`, a `capture`, a partial's argument is missed where it is written, not where it is set, and the
///   place to be told is where the data was read. After branches a name means what each of them gave it.
package struct Gap: Sendable {
    /// `*` stands for an item of a list: `product.title` in a loop is `["campaign", "data", "products", "*", "title"]`.
    package var path: [String]
    /// Where the data is read.
    package var source: SourceText
    package var span: Span
    /// When it is missed: the value itself lacks, and whatever leads there holds.
    package var when: Circumstances
    /// In ``Reading/calls``, where a partial reads it.
    package var call: Int?
}

/// A place where data is written out.
package struct DataOutput: Sendable {
    /// All that is in it.
    package var paths: [[String]]
    package var source: SourceText
    package var span: Span
    /// The conditions and loops around it, from the outside in.
    package var choices: [Choice]
    /// Within a `capture`, whose name stands somewhere else.
    package var isCaptured: Bool

    /// One of the ways a template may go on.
    package struct Choice: Hashable, Sendable {
        package var id: Int
        package var branch: Int
        /// How many ways there are, one of which is taken.
        package var count: Int
    }
}

/// One place where a partial is rendered.
package struct PartialUse: Sendable {
    package var name: String
    package var source: SourceText
    package var span: Span
    package var arguments: [(name: String, span: Span)]
    /// Names that the partial, and what it includes, reads or sets; nil where only a rendering tells.
    package var reads: Set<String>?
}

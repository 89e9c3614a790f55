/// How much one rendering may cost. Counted, never timed: the same template with the same data always ends the same way.
package struct Limits: Sendable {
    /// Tags, outputs and passages of text carried out, each loop's turn counted; long texts count as several.
    package var steps: Int
    /// Loops, captures, partials and host blocks inside one another.
    package var depth: Int
    /// Bytes written.
    package var outputBytes: Int
    /// Bytes of all values made by filters, captures and assignments, whether still in use or not.
    package var valueBytes: Int

    package init(steps: Int, depth: Int, outputBytes: Int, valueBytes: Int) {
        self.steps = steps
        self.depth = depth
        self.outputBytes = outputBytes
        self.valueBytes = valueBytes
    }

    /// Far above what a mail needs (a 5.7 kB newsletter takes 300 steps), and within 100 ms and 50 MB whatever it says.
    package static let mail = Limits(steps: 200_000, depth: 100, outputBytes: 4 << 20, valueBytes: 8 << 20)
}

/// What one rendering took, in the units of its ``Limits``.
package struct Cost: Hashable, Sendable {
    package var steps: Int
    package var outputBytes: Int
    package var valueBytes: Int
}

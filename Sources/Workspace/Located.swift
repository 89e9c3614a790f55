package import Diagnostics

/// A value and where it was written, for mistakes that show only later (a segment that does not exist).
package struct Located<Value: Sendable>: Sendable {
    package var value: Value
    package var span: Span

    package init(_ value: Value, at span: Span) {
        self.value = value
        self.span = span
    }
}

extension Located: Equatable where Value: Equatable {}

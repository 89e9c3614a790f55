/// A filter that the host adds to the language: `{{ order.total | money: "EUR" }}`.
///
/// ```swift
/// HostFilter("shout", arguments: 0...1) { input, arguments, context in
///     .string(input.text(in: context) + (arguments.first?.text(in: context) ?? "!"))
/// }
/// ```
///
/// The number of arguments is checked when a template is parsed; where `takesNames` is set there may be named ones besides
/// (`| t: name: contact.first_name`), which follow the others as a name and its value each. A ``FilterFailure`` ends the
/// rendering with the place of the filter.
package struct HostFilter: Sendable {
    package var name: String
    package var arguments: ClosedRange<Int>
    package var takesNames: Bool
    package var apply: @Sendable (_ input: Value, _ arguments: [Value], _ context: FilterContext) throws -> Value

    package init(
        _ name: String, arguments: ClosedRange<Int> = 0...0, takesNames: Bool = false,
        apply: @escaping @Sendable (_ input: Value, _ arguments: [Value], _ context: FilterContext) throws -> Value
    ) {
        self.name = name
        self.arguments = arguments
        self.takesNames = takesNames
        self.apply = apply
    }
}

/// What a filter may know besides its input. One for all filters of a rendering.
package final class FilterContext {
    private let scope: Scope
    package let mode: OutputMode

    init(_ scope: Scope, mode: OutputMode) {
        self.scope = scope
        self.mode = mode
    }

    /// Milliseconds since 1970 UTC.
    package var now: Int64 { scope.now }
    /// Seconds east of UTC at an instant in milliseconds.
    package var zone: (Int64) -> Int { scope.zone }
    package var zoneName: (Int64) -> String { scope.zoneName }
    package var language: String { scope.language }
    package var dates: DateMemory? { scope.dates }
}

/// Why a filter cannot give a result, as its user should read it: "divided by zero".
package struct FilterFailure: Error {
    package var message: String
    package var hint: String?
    var kind = RenderError.Kind.data

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    init(limit message: String, hint: String? = nil) {
        self.init(message, hint: hint)
        kind = .limit
    }
}

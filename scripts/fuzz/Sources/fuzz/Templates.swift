import Diagnostics
import Liquid
import Model

/// Any bytes as a template: it parses, or says where it does not.
@Sendable func parser(_ bytes: [UInt8]) {
    do {
        let template = try Template(parsing: SourceText(name: "t", bytes: bytes), options: options(.html))
        for place in template.reading().references { precondition(place.span.end <= place.source.bytes.count) }
        for warning in template.warnings { _ = warning.description }
    } catch {
        precondition(error.items.allSatisfy { $0.span != nil })
        _ = error.description
    }
}

/// A byte that says the mode, a template, NUL, JSON. Every rendering ends, in bounds, and the same way twice.
@Sendable func renderer(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let parts = bytes.dropFirst().split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let mode: OutputMode = first % 2 == 0 ? .text : .html
    guard let template = try? Template(parsing: SourceText(name: "t", bytes: Array(parts[0])), options: options(mode)) else { return }
    var data: Object = ["a": ["b": ["c", 1, 2.5, .null]], "t": "2026-11-02T09:30:00Z", "l": [3, "1", .null, ["a": 1]]]
    if parts.count > 1, let json = try? JSONValue(parsing: Array(parts[1])), case .object(let object) = value(of: json) { data = object }
    let scope = Scope(data, now: 1_793_611_800_000)
    scope.zone = { _ in 3600 }
    scope.host = { block, out in out += block.body }
    let limits = Limits(steps: 20_000, depth: 30, outputBytes: 100_000, valueBytes: 200_000)
    let once = outcome(template, scope, limits)
    precondition(once == outcome(template, scope, limits))
    precondition(once.bytes.count <= limits.outputBytes)
}

private struct Outcome: Equatable {
    var bytes: [UInt8] = []
    var error = ""
}

private func outcome(_ template: Template, _ scope: Scope, _ limits: Limits) -> Outcome {
    var outcome = Outcome()
    do {
        try template.render(scope, limits: limits, into: &outcome.bytes)
    } catch {
        precondition(outcome.bytes.isEmpty && error.span.end <= error.source.bytes.count)
        outcome.error = error.description
    }
    return outcome
}

private func options(_ mode: OutputMode) -> ParseOptions {
    let partials = ["p": "{{ p }}{{ x }}{% render 'p', x: a %}", "q": "{% for i in (1..3) %}{% include 'p' %}{% break %}{% endfor %}"]
    return ParseOptions(
        mode: mode, partial: { name in partials[name].map { SourceText(name: name, text: $0) } }, knownPartials: ["p", "q"],
        hostBlocks: ["link"],
        hostFilters: [
            HostFilter("money", arguments: 0...2) { input, arguments, context in
                .string(input.text(in: context) + arguments.map { $0.text(in: context) }.joined())
            }
        ])
}

private func value(of json: JSONValue) -> Value {
    switch json {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .integer(let number): .integer(number)
    case .real(let number): .decimal(number)
    case .text(let text): .string(text)
    case .list(let items): .array(items.map { value(of: $0) })
    case .object(let object): .object(Object(object.members.map { ($0.name, value(of: $0.value)) }))
    }
}

import Diagnostics
import Liquid

/// 2026-11-02T09:30:00Z, a Monday.
let monday: Int64 = 1_793_611_800_000

func parse(
    _ text: String, mode: OutputMode = .text, partials: [String: String] = [:], blocks: Set<String> = [], filters: [HostFilter] = []
) throws -> Template {
    let options = ParseOptions(
        mode: mode, partial: { name in partials[name].map { SourceText(name: name, text: $0) } }, knownPartials: partials.keys.sorted(),
        hostBlocks: blocks, hostFilters: filters)
    return try Template(parsing: SourceText(name: "test.md", text: text), options: options)
}

func render(
    _ text: String, _ data: Object = [:], mode: OutputMode = .text, partials: [String: String] = [:], limits: Limits = .mail
) throws -> String {
    try parse(text, mode: mode, partials: partials).render(Scope(data, now: monday), limits: limits)
}

/// What the mistakes in a template are shown as.
func mistakes(in text: String, partials: [String: String] = [:]) -> [String] {
    do {
        _ = try parse(text, partials: partials)
        return []
    } catch let list as DiagnosticList {
        return list.items.map(\.description)
    } catch {
        return ["\(error)"]
    }
}

import Diagnostics
import Liquid

/// How long a template of so many bytes takes to parse, compiled and checked.
enum Parsing {
    private static let passage = """
        <tr><td style="padding:8px">Dear {{ contact.first_name | default: "reader" }}, {% if contact.plan == "pro" %}thank you{% else %}look{% endif %}</td></tr>
        {% for row in rows %}<td>{{ row.name | upcase }} {{ row.price | times: 2 | round: 2 }}</td>{% endfor %}

        """

    static func run() throws {
        for size in [1_000, 10_000, 100_000, 1_000_000] {
            let text = String(repeating: passage, count: max(1, size / passage.utf8.count))
            let source = SourceText(name: "mail", text: text)
            let seconds = try Bench.best(batches: size > 100_000 ? 3 : 10) {
                _ = try Template(parsing: source, options: ParseOptions(mode: .html))
            }
            try Bench.report(["bytes": text.utf8.count, "nanoseconds_a_byte": seconds * 1e9 / Double(text.utf8.count)])
        }
    }
}

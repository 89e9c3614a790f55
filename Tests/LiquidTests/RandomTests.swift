import Diagnostics
import Liquid
import Testing

/// Templates put together at random, always the same ones: none may trap, and none may be refused without a place.
struct RandomTests {
    /// SplitMix64.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let pieces = [
        "{{", "}}", "{%", "%}", "{%-", "-%}", "{{-", "-}}", " ", "\n", "a", "b.c", "a[0]", "a[-1]", "['x']", "(1..3)", "'t'", "\"", "'",
        "1", "-1", "2.5",
        "9223372036854775807", "|", ":", ",", ".", "..", "==", "!=", "<", ">", "contains", "and", "or", "=", "if", "endif", "elsif", "else",
        "unless",
        "endunless", "case", "when", "endcase", "for", "in", "endfor", "reversed", "limit:", "offset:", "continue", "break", "tablerow",
        "endtablerow",
        "cols:", "assign", "capture", "endcapture", "cycle", "increment", "decrement", "comment", "endcomment", "raw", "endraw", "doc",
        "enddoc",
        "liquid", "echo", "render", "include", "'p'", "with", "as", "ifchanged", "endifchanged", "#", "forloop.index", "forloop", "empty",
        "blank", "nil",
        "upcase", "split", "join", "date", "round", "slice", "truncate", "sort", "map", "where", "replace", "default", "divided_by",
        "modulo", "times", "é",
        "{% if a %}", "{% endif %}", "{% for i in b %}", "{% endfor %}", "{{ a | ", " }}",
    ]

    @Test(arguments: 0..<8) func `random templates do no harm`(seed: Int) throws {
        var dice = Dice(state: UInt64(seed))
        let data: Object = ["a": [1, "x", 2.5, .null, ["k": "v"]], "b": ["c": "text", "x": [true]], "x": "2026-11-02"]
        let limits = Limits(steps: 2000, depth: 20, outputBytes: 20_000, valueBytes: 20_000)
        for _ in 0..<1500 {
            var text = ""
            for _ in 0..<Int.random(in: 1...25, using: &dice) {
                text += Self.pieces.randomElement(using: &dice) ?? ""
                if Bool.random(using: &dice) { text += " " }
            }
            let mode: OutputMode = Bool.random(using: &dice) ? .html : .text
            do {
                _ = try render(text, data, mode: mode, partials: ["p": "{{ x }}{% render 'p' %}"], limits: limits)
            } catch let error as RenderError {
                #expect(error.span.end <= error.source.bytes.count)
            } catch let list as DiagnosticList {
                #expect(!list.items.isEmpty && list.items.allSatisfy { $0.span != nil })
            }
        }
    }
}

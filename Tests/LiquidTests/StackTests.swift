import Foundation
import Liquid
import Testing

/// A mail may be rendered on a thread with a small stack: however deep a template is nested, half a megabyte is enough for a release
/// build. A stack that is too small ends the whole run.
struct StackTests {
    #if DEBUG
        /// Without the optimiser, frames are some four times as large.
        private static let stack = 2 << 20
    #else
        private static let stack = 512 << 10
    #endif

    private static let kinds: [(open: String, close: String)] = [
        ("{% if a %}", "{% endif %}"), ("{% unless b %}", "{% endunless %}"), ("{% for i in (1..2) %}", "{% endfor %}"),
        ("{% tablerow i in (1..2) %}", "{% endtablerow %}"), ("{% case a %}{% when a %}", "{% endcase %}"),
        ("{% capture c %}", "{% endcapture %}"), ("{% ifchanged %}", "{% endifchanged %}"), ("{% link a %}", "{% endlink %}"),
        ("{% if a %}{% else %}", "{% endif %}"), ("{% for i in b %}{% else %}", "{% endfor %}"),
    ]

    @Test(arguments: kinds) func `blocks at every depth fit a small stack`(open: String, close: String) throws {
        let depth = 49
        let text = String(repeating: open, count: depth) + "x" + String(repeating: close, count: depth)
        let isRead = try onSmallStack {
            let template = try parse(text, mode: .html, blocks: ["link"])
            let reading = template.reading()
            let scope = Scope(["a": true])
            scope.host = { block, out in out += block.body }
            var out: [UInt8] = []
            _ = try? template.render(scope, into: &out)
            return !reading.references.isEmpty || !open.contains(" a")
        }
        #expect(isRead)
    }

    @Test func `liquid lines, brackets, ranges, partials and data at every depth fit a small stack`() throws {
        let lines = "{% " + String(repeating: "liquid ", count: 49) + "echo 1 %}"
        let brackets = "{{ " + String(repeating: "a[", count: 49) + "a" + String(repeating: "]", count: 49) + " }}"
        let ranges = "{{ " + String(repeating: "(", count: 49) + "1" + String(repeating: "..1)", count: 49) + " }}"
        let partials = ["p": "{% for i in (1..1) %}{% capture x %}{% render 'p' %}{% endcapture %}{% endfor %}"]
        let parsed = try onSmallStack {
            var data: Value = "x"
            // JSON comes in at most 64 deep, YAML 32; what is deeper may not even be given free on such a stack.
            for _ in 0..<32 { data = .array([["a": data]]) }
            var parsed = 0
            for text in [lines, brackets, ranges, "{% render 'p' %}", "{{ d }}{{ d | join }}{% if d == d %}{% endif %}"] {
                guard let template = try? parse(text, partials: partials) else { continue }
                parsed += 1
                _ = template.reading()
                _ = try? template.render(Scope(["d": data]))
            }
            return parsed
        }
        #expect(parsed == 5)
    }

    private func onSmallStack<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let outcome = Outcome<Value>()
        let thread = Thread {
            outcome.set(Result(catching: body))
        }
        thread.stackSize = Self.stack
        thread.start()
        return try outcome.wait().get()
    }

    /// SAFETY: written once, before the semaphore is signalled, and read after it.
    private final class Outcome<Value>: @unchecked Sendable {
        private let done = DispatchSemaphore(value: 0)
        private var result: Result<Value, any Error> = .failure(CancellationError())

        func set(_ result: Result<Value, any Error>) {
            self.result = result
            done.signal()
        }

        func wait() -> Result<Value, any Error> {
            done.wait()
            return result
        }
    }
}

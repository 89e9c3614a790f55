import Allocations
import Diagnostics
import Liquid

/// How often a rendering asks for memory, by the number of values it writes: plain ones, and ones through filters.
enum AllocationCount {
    static func run() throws {
        for (kind, output) in [
            ("plain", { "{{ contact.field\($0) }}" }), ("default", { "{{ contact.field\($0) | default: 'somebody' }}" }),
            ("upcase", { "{{ contact.field\($0) | upcase }}" }), ("date", { "{{ contact.at\($0) | date: '%A, %-d %B %Y' }}" }),
            ("number", { "{{ contact.number\($0) | times: 2 | plus: 1 }}" }),
        ] as [(String, (Int) -> String)] {
            for count in [10, 40, 400] {
                var pairs: [(String, Value)] = []
                for index in 0..<count {
                    pairs.append(("field\(index)", .string("a text that does not fit into a word \(index)")))
                    pairs.append(("at\(index)", .string("2026-11-02T09:30:00Z")))
                    pairs.append(("number\(index)", .decimal(Double(index) + 0.25)))
                }
                let text = (0..<count).map(output).joined(separator: "<br>")
                let template = try Template(parsing: .init(name: "mail", text: text), options: ParseOptions(mode: .html))
                let scope = Scope(["contact": .object(Object(pairs))])
                var bytes: [UInt8] = []
                bytes.reserveCapacity(200_000)
                try template.render(scope, into: &bytes)
                bytes.removeAll(keepingCapacity: true)
                let before = allocations_of_this_thread()
                try template.render(scope, into: &bytes)
                let after = allocations_of_this_thread()
                try Bench.report(["kind": kind, "values": count, "allocations": Int(after - before)])
            }
        }
    }
}

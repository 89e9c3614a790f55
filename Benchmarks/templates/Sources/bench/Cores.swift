import Diagnostics
import Foundation
import Liquid

/// One template, rendered on one core and on two at once.
struct Cores {
    let folder: String

    func run() throws {
        let source = try String(contentsOfFile: "\(folder)/mail.liquid", encoding: .utf8)
        let template = try Template(parsing: .init(name: "mail.liquid", text: source), options: ParseOptions(mode: .html))
        let json = try Values.read("\(folder)/mail.json")
        var best = (one: 0.0, two: 0.0)
        for _ in 0..<7 {
            best.one = max(best.one, rate(threads: 1, template, json))
            best.two = max(best.two, rate(threads: 2, template, json))
        }
        try Bench.report(["one": best.one, "two": best.two, "ratio": best.two / best.one])
    }

    /// Renderings a second. Each thread has data of its own but for `campaign` and `organisation`, as messages have.
    private func rate(threads: Int, _ template: Template, _ json: [String: Any]) -> Double {
        let shared = ["campaign", "organisation"].map { ($0, Values.liquid(json[$0] ?? [:])) }
        let renderings = 20_000
        let scopes = (0..<threads).map { _ in
            Box(Scope(Object(json.filter { $0.key != "campaign" && $0.key != "organisation" }.map { ($0, Values.liquid($1)) } + shared)))
        }
        let seconds = Bench.seconds {
            let group = DispatchGroup()
            for scope in scopes {
                group.enter()
                Thread {
                    var bytes: [UInt8] = []
                    for _ in 0..<renderings {
                        bytes.removeAll(keepingCapacity: true)
                        try? template.render(scope.scope, into: &bytes)
                    }
                    group.leave()
                }.start()
            }
            group.wait()
        }
        return Double(renderings * threads) / seconds
    }

    /// SAFETY: each is used by one thread.
    private final class Box: @unchecked Sendable {
        let scope: Scope

        init(_ scope: Scope) {
            self.scope = scope
        }
    }
}

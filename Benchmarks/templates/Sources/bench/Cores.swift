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
        var best = (one: Rate(), two: Rate())
        for _ in 0..<7 {
            best.one.take(rate(threads: 1, template, json))
            best.two.take(rate(threads: 2, template, json))
        }
        try Bench.report([
            "one": best.one.wall, "two": best.two.wall, "ratio": best.two.wall / best.one.wall,
            "ratio_of_cpu": best.two.cpu / best.one.cpu,
        ])
    }

    /// Renderings a second by the clock, and by the CPU time of the threads: the second says how much they hinder each
    /// other even where the machine has other things to do.
    private struct Rate {
        var wall = 0.0
        var cpu = 0.0

        mutating func take(_ other: Rate) {
            wall = max(wall, other.wall)
            cpu = max(cpu, other.cpu)
        }
    }

    /// Each thread has data of its own but for `campaign` and `organisation`, as messages have.
    private func rate(threads: Int, _ template: Template, _ json: [String: Any]) -> Rate {
        let shared = ["campaign", "organisation"].map { ($0, Values.liquid(json[$0] ?? [:])) }
        let renderings = 20_000
        let workers = (0..<threads).map { _ in
            Worker(Scope(Object(json.filter { $0.key != "campaign" && $0.key != "organisation" }.map { ($0, Values.liquid($1)) } + shared)))
        }
        let seconds = Bench.seconds {
            let group = DispatchGroup()
            for worker in workers {
                group.enter()
                Thread {
                    var bytes: [UInt8] = []
                    worker.cpuSeconds = Bench.cpuSeconds {
                        for _ in 0..<renderings {
                            bytes.removeAll(keepingCapacity: true)
                            _ = try? template.render(worker.scope, into: &bytes)
                        }
                    }
                    group.leave()
                }.start()
            }
            group.wait()
        }
        return Rate(wall: Double(renderings * threads) / seconds, cpu: workers.reduce(0) { $0 + Double(renderings) / $1.cpuSeconds })
    }

    /// SAFETY: each is used by one thread, and read when that is done.
    private final class Worker: @unchecked Sendable {
        let scope: Scope
        var cpuSeconds = 1.0

        init(_ scope: Scope) {
            self.scope = scope
        }
    }
}

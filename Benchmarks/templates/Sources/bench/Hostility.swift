import Diagnostics
import Foundation
import Liquid

/// One of the hostile templates that the tests have too: how long it takes to be refused, and how much memory.
enum Hostility {
    static func run(_ number: Int) throws {
        guard HostileTemplates.all.indices.contains(number) else { return }
        let hostile = HostileTemplates.all[number]
        let before = peak()
        var ending = "rendered"
        let seconds = Bench.cpuSeconds {
            do {
                let template = try hostile.template()
                var bytes: [UInt8] = []
                try template.render(Scope(hostile.data, now: 0), into: &bytes)
            } catch let list as DiagnosticList {
                ending = "refused: \(list.items.first?.message ?? "")"
                // Somebody will look at it.
                _ = list.description
            } catch {
                ending = "stopped: \((error as? RenderError)?.message ?? "\(error)")"
            }
        }
        try Bench.report([
            "name": hostile.name, "milliseconds": seconds * 1000, "megabytes": Double(peak() - before) / 1024, "ending": ending,
        ])
    }

    /// The most memory this process ever had, in kilobytes.
    static func peak() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}

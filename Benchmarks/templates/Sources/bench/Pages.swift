import Diagnostics
import Foundation
import Templating
import Workspace

/// Pages as they are compiled: hostile ones of the tests, and one of 104 kB with 300 rules.
enum Pages {
    static func hostile(_ number: Int) throws {
        guard HostilePages.all.indices.contains(number) else { return }
        let page = HostilePages.all[number]
        let library = page.library()
        // What is made once for all pages is no part of it.
        _ = try? HostilePages.plain.library().load("m", for: TemplateUse(kind: .service))
        let before = Hostility.peak()
        var ending = "compiled"
        let seconds = Bench.cpuSeconds {
            do throws(DiagnosticList) {
                _ = try library.load("m", for: TemplateUse(kind: .service))
            } catch {
                ending = "refused: \(error.items.first { $0.severity == .error }?.headline ?? "")"
                _ = error.description
            }
        }
        try Bench.report([
            "name": page.name, "milliseconds": seconds * 1000, "megabytes": Double(Hostility.peak() - before) / 1024, "ending": ending,
        ])
    }

    static func large() throws {
        let library = HostilePages.large.library()
        let seconds = Bench.best(batches: 10) { _ = try? library.load("m", for: TemplateUse(kind: .service)) }
        try Bench.report(["milliseconds": seconds * 1000])
    }
}

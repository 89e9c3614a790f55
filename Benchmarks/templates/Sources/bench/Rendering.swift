import Diagnostics
import Foundation
import Liquid
import Mustache
import Stencil

/// The mail of `mail.py`, compiled and warm, on one core, in each engine. All must write the same.
struct Rendering {
    let folder: String

    func source(_ language: String) throws -> String {
        try String(contentsOfFile: "\(folder)/mail.\(language)", encoding: .utf8)
    }

    func run() throws {
        let json = try Values.read("\(folder)/mail.json")
        let plain = Values.plain(json) as? [String: Any] ?? [:]

        let ours = try Liquid.Template(
            parsing: .init(name: "mail.liquid", text: source("liquid")), options: ParseOptions(mode: .html))
        guard case .object(let values) = Values.liquid(json) else { return }
        let scope = Scope(values)
        var bytes: [UInt8] = []
        try ours.render(scope, into: &bytes)
        try bytes.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: "\(folder)/mail.html")) }
        let expected = String(decoding: bytes, as: UTF8.self)

        let mustache = try MustacheTemplate(string: source("mustache"))
        let stencil = try Environment().renderTemplate(string: source("stencil"), context: plain)
        let compiled = Stencil.Template(templateString: try source("stencil"))
        for (name, text) in [("mustache", mustache.render(plain)), ("stencil", stencil)] where text != expected {
            try text.write(toFile: "\(folder)/mail.\(name).html", atomically: true, encoding: .utf8)
            throw Different(engine: name)
        }

        // In turns, so that all see the same machine.
        var best = ["liquid": Double.infinity, "mustache": .infinity, "stencil": .infinity]
        for _ in 0..<5 {
            best["liquid"] = min(
                best["liquid"] ?? 0,
                try Bench.best(batches: 6) {
                    bytes.removeAll(keepingCapacity: true)
                    try ours.render(scope, into: &bytes)
                })
            best["mustache"] = min(best["mustache"] ?? 0, Bench.best(batches: 3) { _ = mustache.render(plain) })
            best["stencil"] = min(best["stencil"] ?? 0, try Bench.best(batches: 3) { _ = try compiled.render(plain) })
        }
        for (engine, seconds) in best { try Bench.report(["engine": engine, "microseconds": seconds * 1e6, "bytes": bytes.count]) }
    }

    struct Different: Error, CustomStringConvertible {
        var engine: String
        var description: String { "\(engine) writes something else" }
    }
}

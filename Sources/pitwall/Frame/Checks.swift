import ArgumentParser
import Diagnostics
import Model

/// What a check found, and how it is told: mistakes end with 65, warnings alone with 1.
struct Checks {
    var looked = 0
    private var found: [Diagnostic] = []

    mutating func add(_ items: [Diagnostic]) {
        found += items
    }

    var json: JSONValue {
        .list(found.map(\.json))
    }

    func report(_ noun: String, json: Bool) throws {
        let errors = found.count { $0.severity == .error }
        if json {
            Console.print(json: .object(["checked": .integer(Int64(looked)), "errors": .integer(Int64(errors)), "checks": self.json]))
        } else {
            for item in found { Console.print(Console.render(item) + "\n") }
            if found.isEmpty {
                Console.print("\(Console.green("✓")) \(Console.count(looked, noun)) checked, nothing to say.")
            } else {
                let warnings = found.count - errors
                let parts = [errors > 0 ? Console.count(errors, "error") : nil, warnings > 0 ? Console.count(warnings, "warning") : nil]
                Console.print("\(parts.compactMap { $0 }.joined(separator: ", ")) in \(Console.count(looked, noun)).")
            }
        }
        if errors > 0 { throw Code.input }
        if !found.isEmpty { throw Code.found }
    }
}

extension Diagnostic {
    var json: JSONValue {
        var object: JSONObject = ["severity": .text(severity.rawValue), "message": .text(message), "file": .text(source.name)]
        if let location {
            object["line"] = .integer(Int64(location.line))
            object["column"] = .integer(Int64(location.column))
        }
        object["hint"] = hint.map { .text($0) }
        return .object(object)
    }
}

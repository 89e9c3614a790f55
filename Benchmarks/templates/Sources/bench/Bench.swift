import Foundation

/// Measures one thing and prints it as one JSON object a line.
@main
struct Bench {
    static func main() throws {
        let arguments = CommandLine.arguments
        switch arguments.dropFirst().first {
        case "render": try Rendering(folder: arguments[2]).run()
        case "parse": try Parsing.run()
        case "allocations": try AllocationCount.run()
        case "cores": try Cores(folder: arguments[2]).run()
        case "page": try Pages.large()
        case "pages": try Pages.hostile(Int(arguments[2]) ?? 0)
        case "hostile": try Hostility.run(Int(arguments[2]) ?? 0)
        default:
            print("bench render|cores FOLDER, bench parse|allocations|page, bench hostile|pages NUMBER")
            exit(64)
        }
    }

    static func report(_ facts: [String: Any]) throws {
        let line = try JSONSerialization.data(withJSONObject: facts, options: [.sortedKeys])
        print(String(decoding: line, as: UTF8.self))
    }

    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        let passed = (ContinuousClock.now - start).components
        return Double(passed.seconds) + Double(passed.attoseconds) / 1e18
    }

    /// Of this thread alone: what else the machine does is not counted.
    static func cpuSeconds(_ body: () throws -> Void) rethrows -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let start = now()
        try body()
        return now() - start
    }

    /// The fastest of some batches, in seconds of CPU a call: neighbours in the caches only ever make it slower.
    static func best(batches: Int = 15, atLeast duration: Double = 0.02, _ body: () throws -> Void) rethrows -> Double {
        var calls = 1
        while try cpuSeconds({ for _ in 0..<calls { try body() } }) < duration { calls *= 2 }
        var best = Double.infinity
        for _ in 0..<batches {
            best = min(best, try cpuSeconds { for _ in 0..<calls { try body() } } / Double(calls))
        }
        return best
    }
}

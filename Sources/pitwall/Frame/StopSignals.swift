import Dispatch
import Foundation

/// Ctrl-C, `kill` and a terminal that is closed, while something is under way that should be finished first.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]
    private let numbers: [Int32]

    /// `handle`: called on a queue of its own with how many have come.
    init(_ handle: @escaping @Sendable (Int) -> Void) {
        let queue = DispatchQueue(label: "pitwall-signals")
        let count = Count()
        // Under nohup a closed terminal is no reason to stop.
        numbers = [SIGINT, SIGTERM] + (Self.isIgnored(SIGHUP) ? [] : [SIGHUP])
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { handle(count.next()) }
            source.resume()
            return source
        }
    }

    /// From here on they end the program, whatever it does.
    func letGo() {
        for source in sources { source.cancel() }
        for number in numbers { signal(number, SIG_DFL) }
    }

    /// Whoever closes a pipe that is written to, or limits the size of files, gets an error and not the program's end.
    static func ignoreThoseOfWriting() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        // SIG_IGN is the address 1.
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}

// SAFETY: only the one serial queue of the signal sources calls it.
private final class Count: @unchecked Sendable {
    private var count = 0

    func next() -> Int {
        count += 1
        return count
    }
}

import Dispatch
import Foundation
import Synchronization

/// Ctrl-C, `kill` and a terminal that is closed, while something is under way that should be finished first.
enum StopSignals {
    private struct State {
        var count = 0
        /// Nil while nothing is under way.
        var handle: (@Sendable (Int) -> Void)?
    }

    private static let state = Mutex(State())
    /// Dispatch takes a signal over once in the life of a program, and never gives it back.
    private static let sources = Sources()

    /// From here on they are counted, and `handle` is told how many there have been, on a queue of its own.
    static func begin(_ handle: @escaping @Sendable (Int) -> Void) {
        state.withLock { $0 = State(handle: handle) }
        // Asking for them makes them.
        _ = sources
    }

    /// From here on they end the program, whatever it does.
    static func end() {
        state.withLock { $0.handle = nil }
    }

    /// Whoever closes a pipe that is written to, or limits the size of files, gets an error and not the program's end.
    static func ignoreThoseOfWriting() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    private static func came(_ number: Int32) {
        let call: (@Sendable () -> Void)? = state.withLock { state in
            guard let handle = state.handle else {
                signal(number, SIG_DFL)
                kill(getpid(), number)
                return nil
            }
            // A shell and the system both tell of a terminal that is closed: it is no second Ctrl-C.
            if number == SIGHUP, state.count > 0 { return nil }
            state.count += 1
            return { [count = state.count] in handle(count) }
        }
        call?()
    }

    // SAFETY: made and begun under the once of a static and a queue that is serial; nothing of it changes afterwards.
    private final class Sources: @unchecked Sendable {
        private let sources: [any DispatchSourceSignal]

        init() {
            let queue = DispatchQueue(label: "pitwall-signals")
            // Under nohup a closed terminal is no reason to stop.
            let numbers = [SIGINT, SIGTERM] + (Self.isIgnored(SIGHUP) ? [] : [SIGHUP])
            sources = numbers.map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { came(number) }
                source.resume()
                return source
            }
        }

        private static func isIgnored(_ number: Int32) -> Bool {
            var action = sigaction()
            guard sigaction(number, nil, &action) == 0 else { return false }
            // SIG_IGN is the address 1.
            return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
        }
    }
}

import CCurl
import Glibc

/// Interrupts a `poll` from another thread. Any number of wakes before a look count as one.
final class Waker: Sendable {
    let descriptor: Int32

    /// Nil where the process has no descriptor left.
    init?() {
        descriptor = pitwall_eventfd()
        guard descriptor >= 0 else { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// It writes each time: that somebody else has woken us already may be somebody who has yet to get a processor to do it.
    func wake() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// True where somebody has woken us since the last look.
    func look() -> Bool {
        var count: UInt64 = 0
        return read(descriptor, &count, 8) == 8
    }
}

/// Keeps SIGPIPE from this thread while `body` runs: OpenSSL writes to a socket that the relay has closed raise it, and
/// ending the program is no answer to that. Only this thread's mask is touched.
func withoutBrokenPipeSignal<R>(_ body: () throws -> R) rethrows -> R {
    var pipe = sigset_t()
    var before = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    defer {
        if sigismember(&before, SIGPIPE) == 0 {
            var soon = timespec()
            while sigtimedwait(&pipe, nil, &soon) == SIGPIPE {}
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }
    return try body()
}

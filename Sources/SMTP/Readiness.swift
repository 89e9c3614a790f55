import CCurl
import Glibc

/// Which of many sockets can be read or written: `epoll`, which costs the same however many of them are silent. With `poll` the kernel
/// looked at every socket for each reply, which was a twentieth of a send over twenty connections.
final class Readiness {
    /// Readable itself when one of the sockets is ready.
    let descriptor: Int32
    private var sockets = [Int32](repeating: -1, count: 64)

    /// Nil where the process has no descriptor left.
    init?() {
        descriptor = pitwall_epoll()
        if descriptor < 0 { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// False where the system refuses.
    func add(_ socket: Int32) -> Bool { pitwall_epoll_add(descriptor, socket) == 0 }

    /// Also waits for `socket` to take more bytes, or no longer.
    func watch(_ socket: Int32, writing: Bool) { _ = pitwall_epoll_watch(descriptor, socket, writing ? 1 : 0) }

    func remove(_ socket: Int32) { _ = pitwall_epoll_remove(descriptor, socket) }

    /// The sockets that are ready, at most 64 of them; the others come the next time.
    func wait(milliseconds: Int32) -> ArraySlice<Int32> {
        let count = Int(pitwall_epoll_wait(descriptor, &sockets, Int32(sockets.count), milliseconds))
        return sockets[..<max(count, 0)]
    }
}

import Delivery
import Synchronization

/// What relays have turned out not to take, so that others get it: a limit of size, addresses that are not ASCII.
final class Abilities: Sendable {
    /// What a message asks of a relay.
    struct Needs: Hashable, Sendable {
        /// In bytes.
        var size = 0
        var smtpUTF8 = false
    }

    private struct Lack {
        /// The smallest message that was too large.
        var size = Int.max
        var smtpUTF8 = false
    }

    private let lacks = Mutex<[Int: Lack]>([:])
    /// Nearly always there is nothing to look up.
    private let hasAny = Atomic<Bool>(false)

    var areKnown: Bool { hasAny.load(ordering: .relaxed) }

    /// `reply`: what the transport said in the relay's stead before anything went.
    func learn(_ reply: Reply, of relay: Int, from needs: Needs) {
        lacks.withLock { lacks in
            var lack = lacks[relay] ?? Lack()
            if reply.code == 552 { lack.size = min(lack.size, needs.size) } else { lack.smtpUTF8 = true }
            lacks[relay] = lack
        }
        hasAny.store(true, ordering: .relaxed)
    }

    /// Whether nothing is known against it.
    func mayFit(_ needs: Needs, _ relay: Int) -> Bool {
        guard areKnown else { return true }
        return lacks.withLock { lacks in
            guard let lack = lacks[relay] else { return true }
            return needs.size < lack.size && !(needs.smtpUTF8 && lack.smtpUTF8)
        }
    }
}

/// How the server misbehaves, for trying out what a sender does then. The default is a server that behaves.
///
/// ```swift
/// InboxBehaviour(refuse: "nobody", dropAfterDot: 0.1, seed: 7)
/// ```
/// What is random is drawn from `seed` and the connection's number, so a run with the same connections repeats itself.
package struct InboxBehaviour: Sendable {
    /// Answers 550 5.1.1 to recipients that contain this text.
    package var refuse: String?
    /// Answers 451 4.2.1 to recipients that contain this text, the first time each is seen.
    package var deferring: String?
    /// Does not offer PIPELINING, and ends the session of a client that pipelines all the same.
    package var noPipelining: Bool
    /// After this many messages of one connection, says 421 and closes.
    package var busyAfter: Int?
    /// Milliseconds to think before answering the final dot.
    package var finalDelay: Int64
    /// The chance, 0 to 1, that the connection is reset in the middle of a body. The message is not kept.
    package var dropInData: Double
    /// The chance, 0 to 1, that the connection is reset after the final dot, unanswered. The message is kept.
    package var dropAfterDot: Double
    package var seed: UInt64

    package init(
        refuse: String? = nil, deferring: String? = nil, noPipelining: Bool = false, busyAfter: Int? = nil, finalDelay: Int64 = 0,
        dropInData: Double = 0, dropAfterDot: Double = 0, seed: UInt64 = 1
    ) {
        self.refuse = refuse
        self.deferring = deferring
        self.noPipelining = noPipelining
        self.busyAfter = busyAfter
        self.finalDelay = finalDelay
        self.dropInData = dropInData
        self.dropAfterDot = dropAfterDot
        self.seed = seed
    }
}

/// SplitMix64: small, good enough for faults, and the same everywhere.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func happens(_ chance: Double) -> Bool {
        chance > 0 && Double(next() >> 11) / Double(1 << 53) < chance
    }
}

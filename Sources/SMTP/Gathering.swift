/// Whether to wait a moment for more answers before going on with the first, and for how long.
///
/// Where answers come thick, to go to sleep and be woken for each of them costs more than the rest of what a message takes on the wire, and
/// takes the processor from a server on the same machine. How long a pause costs little is seen from the answers: what they take beyond the
/// fastest of them, they mostly wait for each other in the server, and two thirds of that leave it enough to do. Over a line, where each takes
/// about as long as the fastest, there is next to no pause; and none is longer than a third of what an answer takes.
struct Gathering {
    /// In microseconds.
    static let longest: Int64 = 1000
    /// Less is not worth the call.
    static let shortest: Int64 = 50
    /// Waits without a pause after one that was for nothing.
    private static let rest = 64
    /// How many answers the usual time goes over.
    private static let memory: Int64 = 256
    /// The fastest of so many answers is remembered while as many more come: one that was refused in no time says little for long.
    private static let span = 4096

    private var resting = 0
    /// Of this span and the one before.
    private var fastest: (now: Int64, before: Int64) = (.max, .max)
    private var count = 0
    /// In microseconds, times ``memory``.
    private var usual: Int64 = 0

    /// An answer came so many microseconds after its final dot was gone.
    mutating func answered(after microseconds: Int64) {
        let taken = min(max(microseconds, 0), 1_000_000_000)
        let isFirst = fastest == (.max, .max)
        usual = isFirst ? taken * Self.memory : usual + taken - usual / Self.memory
        if count == Self.span {
            fastest = (.max, fastest.now)
            count = 0
        }
        fastest.now = min(fastest.now, taken)
        count += 1
    }

    /// In microseconds; 0 for none.
    var pause: Int64 {
        guard fastest != (.max, .max) else { return 0 }
        let taken = usual / Self.memory
        let pause = min((taken - min(fastest.now, fastest.before)) * 2 / 3, taken / 3, Self.longest)
        return pause < Self.shortest ? 0 : pause
    }

    /// Asked once before each wait.
    ///
    /// - Parameter isPipelining: where every command waits for its answer, a pause would come three times more for a message, and there is none.
    mutating func isWorthwhile(isPipelining: Bool) -> Bool {
        guard isPipelining else { return false }
        if resting > 0 { resting -= 1 }
        return resting == 0 && pause > 0
    }

    mutating func gave(_ answers: Int) {
        if answers < 2 { resting = Self.rest }
    }
}

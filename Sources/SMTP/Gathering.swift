/// Whether to wait a moment for more answers before going on with the first.
///
/// Where answers come thick, to go to sleep and be woken for each of them costs more than the rest of what a message takes on the wire. A
/// pause is worth its time as long as two answers or more come within it; where it was not, none is made for a while.
struct Gathering {
    /// In microseconds; a line worth the name takes many times that for a round trip.
    static let pause: UInt32 = 250
    /// Waits without a pause after one that was for nothing.
    private static let rest = 64

    private var resting = 0

    var isWorthwhile: Bool {
        mutating get {
            if resting > 0 { resting -= 1 }
            return resting == 0
        }
    }

    mutating func gave(_ answers: Int) {
        if answers < 2 { resting = Self.rest }
    }
}

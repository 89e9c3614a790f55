package import Database
package import Model

/// A stable share of all people: the same seed picks the same people at every time, in memory and in any database.
///
/// Each contact has a place on a ring of ``size`` places, found by arithmetic that 64-bit integers can do everywhere: the
/// two halves of its ID are mixed linearly with factors made from the seed and cubed. Cubing permutes the ring, since its
/// size is a prime p with p - 1 not divisible by 3; so the linear mix, which alone would put neighbouring IDs at even
/// distances, becomes irregular without losing its even spread. The first places belong to the sample: 10% of a seed are
/// among its 20%.
package struct Sample: Hashable, Sendable {
    /// The largest prime below 2^31 whose predecessor 3 does not divide.
    package static let size: Int64 = 2_147_483_579

    private let low: Int64
    private let high: Int64
    private let shift: Int64
    /// How many of the places are in.
    package let places: Int64

    /// `percent` between 0 and 100.
    package init(percent: Double, seed: String) {
        var mixer = SeedMixer(seed)
        low = mixer.next(below: Self.size - 1) + 1
        high = mixer.next(below: Self.size - 1) + 1
        shift = mixer.next(below: Self.size)
        places = Int64((Double(Self.size) * min(max(percent, 0), 100) / 100).rounded(.up))
    }

    package func contains(_ contact: ContactID) -> Bool {
        place(of: contact) < places
    }

    /// No step can overflow: 2 (p - 1)² + p < 2^63.
    func place(of contact: ContactID) -> Int64 {
        let id = contact.rawValue
        let mixed = ((id % Self.size) * low + (id / Self.size % Self.size) * high + shift) % Self.size
        let x = (mixed + Self.size) % Self.size
        return x * x % Self.size * x % Self.size
    }

    /// The same as ``contains(_:)``, of the ID in `column`.
    package func sql(_ column: String) -> SQL {
        let size = Self.size
        let mixed: SQL =
            "((\(raw: column) % \(size)) * \(low) + (\(raw: column) / \(size) % \(size)) * \(high) + \(shift)) % \(size)"
        let x: SQL = "((\(mixed) + \(size)) % \(size))"
        return "\(x) * \(x) % \(size) * \(x) % \(size) < \(places)"
    }
}

/// Numbers from a text: FNV-1a over its bytes, then the steps of SplitMix64.
private struct SeedMixer {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    init(_ seed: String) {
        for byte in seed.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    mutating func next(below bound: Int64) -> Int64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        return Int64(z >> 1) % bound
    }
}

import Delivery
import Model
import Testing

@Suite struct RateLimiterTests {
    /// A generator that gives the same numbers every time.
    struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let mixed = (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
            return mixed ^ (mixed >> 33)
        }
    }

    static func rates(_ texts: String...) throws -> [Rate] { try texts.map { try #require(Rate($0)) } }

    static func take(_ limiter: inout RateLimiter, _ time: Instant) -> Bool { limiter.take(at: time) }

    /// Sends as greedily as the limiter lets, at irregular times, and gives when.
    static func simulate(_ rates: [Rate], milliseconds: Int64, seed: UInt64) -> [Int64] {
        var dice = Dice(state: seed)
        var limiter = RateLimiter(rates)
        var now = Instant(milliseconds: 1_700_000_000_000 + Int64.random(in: 0..<100_000, using: &dice))
        let end = now.advanced(byMilliseconds: milliseconds)
        var sent: [Int64] = []
        while now < end {
            if limiter.take(at: now) {
                sent.append(now.milliseconds)
                if Int.random(in: 0..<4, using: &dice) == 0 { now = now.advanced(byMilliseconds: .random(in: 0..<50, using: &dice)) }
            } else if Bool.random(using: &dice) {
                now = limiter.free(at: now)
            } else {
                now = now.advanced(byMilliseconds: .random(in: 1..<400, using: &dice))
            }
        }
        return sent
    }

    @Test(arguments: 0..<20)
    func `what is brought to the wire counts from when it goes, however long that takes`(_ seed: UInt64) throws {
        var dice = Dice(state: seed)
        var limiter = RateLimiter(try Self.rates("20/s", "200/min"))
        var now: Int64 = 1_700_000_000_000
        let start = now
        var onTheWay: [Int64] = []
        var gone: [Int64] = []
        while now < start + 90_000 {
            for time in onTheWay.filter({ $0 <= now }).sorted() {
                limiter.land(at: Instant(milliseconds: time))
                gone.append(time)
            }
            onTheWay.removeAll { $0 <= now }
            while onTheWay.count < 30, limiter.free(at: Instant(milliseconds: now)).milliseconds <= now {
                limiter.reserve()
                onTheWay.append(now + .random(in: 0..<(seed % 2 == 0 ? 900 : 40), using: &dice))
            }
            now += .random(in: 1..<20, using: &dice)
        }
        #expect(gone.count >= 200)
        #expect(Self.fullest(gone, window: 1000) <= 20)
        #expect(Self.fullest(gone, window: 60_000) <= 200)
    }

    /// The most that any window of this length holds. Only windows that start at a message need looking at.
    static func fullest(_ sent: [Int64], window: Int64) -> Int {
        var most = 0
        var first = 0
        for last in sent.indices {
            while sent[last] - sent[first] >= window { first += 1 }
            most = max(most, last - first + 1)
        }
        return most
    }

    @Test(arguments: 1...40) func `no window ever holds more than its limit, and the limit is reached`(seed: Int) throws {
        let rates = try [Self.rates("7/s"), Self.rates("7/s", "100/min"), Self.rates("500/min", "2000/hour")][seed % 3]
        let sent = Self.simulate(rates, milliseconds: 2 * 3_600_000, seed: UInt64(seed))
        for rate in rates {
            #expect(Self.fullest(sent, window: rate.window.milliseconds) <= rate.count)
        }
        let tightest = try #require(rates.last)
        #expect(Self.fullest(sent, window: tightest.window.milliseconds) == tightest.count)
    }

    @Test func `a day's limit holds over windows that begin at any millisecond`() throws {
        let rates = try Self.rates("300/day")
        let sent = Self.simulate(rates, milliseconds: 3 * 86_400_000, seed: 5)
        #expect(Self.fullest(sent, window: 86_400_000) == 300)
        #expect(sent.count >= 900)
    }

    @Test func `a window is half-open`() throws {
        var limiter = RateLimiter(try Self.rates("1/s"))
        let start = Instant(seconds: 1000)
        #expect(Self.take(&limiter, start) == true)
        #expect(Self.take(&limiter, start.advanced(byMilliseconds: 999)) == false)
        #expect(limiter.free(at: start) == start.advanced(byMilliseconds: 1000))
        #expect(Self.take(&limiter, start.advanced(byMilliseconds: 1000)) == true)
    }

    @Test func `what went before a restart counts, also where it was too much`() throws {
        var limiter = RateLimiter(try Self.rates("10/min"))
        limiter.record(25, at: Instant(seconds: 0))
        #expect(limiter.free(at: Instant(seconds: 30)) == Instant(seconds: 60))
        #expect(Self.take(&limiter, Instant(seconds: 60)) == true)
    }

    @Test func `a clock that goes back lets nothing more through`() throws {
        var limiter = RateLimiter(try Self.rates("2/min"))
        #expect(Self.take(&limiter, Instant(seconds: 1000)) == true)
        #expect(Self.take(&limiter, Instant(seconds: 10)) == true)
        #expect(Self.take(&limiter, Instant(seconds: 20)) == false)
        #expect(Self.take(&limiter, Instant(seconds: 1059)) == false)
        #expect(Self.take(&limiter, Instant(seconds: 1060)) == true)
    }

    @Test func `composed limits hold together and keep what each remembers`() throws {
        var campaign = RateLimiter(try Self.rates("5/min"))
        campaign.record(5, at: Instant(seconds: 0))
        var limiter = RateLimiter(try Self.rates("100/s"))
        limiter.compose(with: campaign)
        #expect(Self.take(&limiter, Instant(seconds: 59)) == false)
        #expect(Self.take(&limiter, Instant(seconds: 60)) == true)
    }

    @Test func `no limit means now`() {
        var limiter = RateLimiter()
        for _ in 0..<1000 { #expect(Self.take(&limiter, Instant(seconds: 0)) == true) }
    }

    @Test func `extreme times do not trap`() throws {
        var limiter = RateLimiter(try Self.rates("1/day"))
        for time in [Int64.min, Int64.min + 1, 0, Int64.max - 1, Int64.max] {
            _ = limiter.take(at: Instant(milliseconds: time))
            _ = limiter.free(at: Instant(milliseconds: time))
        }
    }
}

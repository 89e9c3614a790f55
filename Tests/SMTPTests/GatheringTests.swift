import Testing

@testable import SMTP

@Suite struct GatheringTests {
    /// After answers that took so many microseconds, first to last.
    private static func after(_ answers: some Sequence<Int64>) -> Gathering {
        var gathering = Gathering()
        for answer in answers { gathering.answered(after: answer) }
        return gathering
    }

    /// Twenty at once at a server that takes 40 µs for each.
    private static let queueing = (1...20).map { Int64($0 * 40) } + Array(repeating: 800, count: 2000)

    @Test func `it waits for more answers as long as more come`() {
        var gathering = Self.after(Self.queueing)
        for _ in 0..<100 {
            let isWorthwhile = gathering.isWorthwhile(isPipelining: true)
            #expect(isWorthwhile)
            gathering.gave(2)
        }
    }

    @Test func `where every command waits for its answer it makes no pause`() {
        var gathering = Self.after(Self.queueing)
        #expect(gathering.pause > 0)
        let isWorthwhile = gathering.isWorthwhile(isPipelining: false)
        #expect(!isWorthwhile)
    }

    @Test(arguments: [0, 1]) func `after a wait for nothing it makes none for a while, and tries again`(answers: Int) {
        var gathering = Self.after(Self.queueing)
        gathering.gave(answers)
        var waits: [Bool] = []
        for _ in 0..<64 { waits.append(gathering.isWorthwhile(isPipelining: true)) }
        #expect(waits == Array(repeating: false, count: 63) + [true])
    }

    @Test func `it waits as answers wait for each other, at most a third of what they take and a millisecond`() {
        #expect((260...267).contains(Self.after(Self.queueing).pause))
        #expect(Self.after(Self.queueing.map { $0 * 25 }).pause == Gathering.longest)
        // A line of 2 ms with some waiting at its end.
        #expect((195...205).contains(Self.after((0..<5000).map { $0 % 10 == 0 ? 2000 : 2333 }).pause))
    }

    @Test func `one answer in no time is forgotten`() {
        var gathering = Self.after([0] + Array(repeating: 3000, count: 4095))
        #expect(gathering.pause == Gathering.longest)
        for _ in 0..<4096 { gathering.answered(after: 3000) }
        #expect(gathering.pause == Gathering.longest)
        gathering.answered(after: 3000)
        #expect(gathering.pause == 0)
    }

    @Test(arguments: [Int64(300), 2_000, 42_000, 100_000])
    func `over a line, where no answer waits for another, it makes no pause`(microseconds: Int64) {
        var gathering = Self.after((0..<500).map { microseconds + $0 % 50 })
        #expect(gathering.pause == 0)
        let isWorthwhile = gathering.isWorthwhile(isPipelining: true)
        #expect(!isWorthwhile)
    }

    @Test func `nothing is known before the first answer, and no time is too long or none`() {
        #expect(Gathering().pause == 0)
        #expect(Self.after([.max, .max, 0, -5]).pause == Gathering.longest)
        #expect(Self.after([0]).pause == 0)
    }
}

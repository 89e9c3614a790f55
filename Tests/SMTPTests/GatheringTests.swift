import Testing

@testable import SMTP

@Suite struct GatheringTests {
    @Test func `it waits for more answers as long as more come`() {
        var gathering = Gathering()
        for _ in 0..<100 {
            let isWorthwhile = gathering.isWorthwhile
            #expect(isWorthwhile)
            gathering.gave(2)
        }
    }

    @Test(arguments: [0, 1]) func `after a wait for nothing it makes none for a while, and tries again`(answers: Int) {
        var gathering = Gathering()
        gathering.gave(answers)
        var waits: [Bool] = []
        for _ in 0..<64 { waits.append(gathering.isWorthwhile) }
        #expect(waits == Array(repeating: false, count: 63) + [true])
    }
}

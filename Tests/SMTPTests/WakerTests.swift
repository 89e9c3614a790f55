import Testing

@testable import SMTP

@Suite struct WakerTests {
    @Test func `two wakes are one look, and the next wake is heard again`() throws {
        let waker = try #require(Waker())
        #expect(!waker.look())
        for _ in 0..<3 {
            waker.wake()
            waker.wake()
            #expect(waker.look())
            #expect(!waker.look())
        }
    }
}

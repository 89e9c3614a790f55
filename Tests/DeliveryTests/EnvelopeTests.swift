import Delivery
import Model
import Synchronization
import Testing

@Suite struct EnvelopeTests {
    @Test(arguments: ["a@example.com>\r\nRCPT TO:<b@example.com", "a b@example.com", "a\u{0}@x.com", "a@example.com\n", "<>", "\u{7F}@x"])
    func `a sender that could become a command is no sender`(sender: String) throws {
        #expect(Envelope(sender: sender, recipient: try EmailAddress("ada@example.com")) == nil)
    }

    @Test func `an address beyond ASCII on either side needs SMTPUTF8, a domain alone does not`() throws {
        let plain = try EmailAddress("ada@exämple.com")
        let wide = try EmailAddress("адa@example.com")
        #expect(!Envelope(sender: plain, recipient: plain).needsSMTPUTF8)
        #expect(Envelope(sender: wide, recipient: plain).needsSMTPUTF8)
        #expect(Envelope(sender: plain, recipient: wide).needsSMTPUTF8)
        #expect(Envelope(sender: "", recipient: plain)?.needsSMTPUTF8 == false)
    }
}

@Suite struct TransportControlTests {
    @Test func `a stop never weakens and wakes whoever waits`() {
        let control = TransportControl()
        let wakes = Mutex(0)
        control.wake()
        control.attach { wakes.withLock { $0 += 1 } }
        control.stopNow()
        control.stop()
        #expect(control.request == .stopNow)
        #expect(wakes.withLock { $0 } == 2)
        control.attach(nil)
        control.wake()
        #expect(wakes.withLock { $0 } == 2)
    }

    @Test func `a later wake calls from no deeper than the first`() {
        let control = TransportControl()
        let places = Mutex<[Int]>([])
        control.attach {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { here in
                places.withLock { $0.append(Int(bitPattern: here.baseAddress)) }
            }
        }
        for _ in 1...1000 { control.wake() }
        let all = places.withLock { $0 }
        #expect(all.count == 1000)
        #expect(Set(all).count == 1)
    }
}

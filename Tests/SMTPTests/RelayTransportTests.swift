import Delivery
import Foundation
import Glibc
import Model
import SMTP
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct RelayTransportTests {
    @Test(arguments: [true, false]) func `every message is accepted once, over no more connections than allowed`(pipelining: Bool)
        async throws
    {
        let server = try ScriptedServer { peer in
            peer.greet(pipelining ? "PIPELINING" : "8BITMIME")
            peer.serve()
        }
        defer { server.end() }
        let desk = Desk(200)
        #expect(await RelayTransport(.loopback(server.port, connections: 4)).deliver(desk) == nil)
        #expect(desk.tally == ["accepted": 200])
        #expect(desk.state.withLock { $0.troubles } == [nil])
        #expect(desk.isSound)
        #expect((1...4).contains(server.connections))
    }

    @Test func `no more connections are opened than there are messages`() async throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            peer.serve()
        }
        defer { server.end() }
        let desk = Desk(2)
        #expect(await RelayTransport(.loopback(server.port, connections: 50)).deliver(desk) == nil)
        #expect(desk.tally == ["accepted": 2])
        #expect((1...2).contains(server.connections))
    }

    @Test func `a connection ends politely after its share of messages`() async throws {
        let goodbyes = Mutex(0)
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            peer.serve { verb in
                if verb == "QUIT" { goodbyes.withLock { $0 += 1 } }
                return nil
            }
        }
        defer { server.end() }
        var relay = Relay.loopback(server.port)
        relay.messagesPerConnection = 5
        let desk = Desk(20)
        #expect(await RelayTransport(relay).deliver(desk) == nil)
        #expect(desk.tally == ["accepted": 20])
        #expect(server.connections == 4)
        #expect(goodbyes.withLock { $0 } == 4)
    }

    @Test(arguments: [true, false]) func `a final dot that must not go is not offered, and its message goes back`(pipelining: Bool)
        async throws
    {
        let server = try ScriptedServer { peer in
            peer.greet(pipelining ? "PIPELINING" : "8BITMIME")
            peer.serve()
        }
        defer { server.end() }
        let desk = Desk(12, allowed: 5)
        #expect(await RelayTransport(.loopback(server.port, connections: 2)).deliver(desk) == nil)
        #expect(desk.tally == ["accepted": 5, "back session": 7])
        #expect(desk.isSound)
    }

    @Test func `nobody listening is said with host and port, and everything goes back`() async throws {
        let port = try Loopback.freePort()
        let desk = Desk(10)
        let error = await RelayTransport(.loopback(port, connections: 3), persistence: .brief).deliver(desk)
        #expect(error?.kind == .unreachable)
        #expect(error?.description.hasPrefix("127.0.0.1:\(port): nobody answers there") == true)
        // Others go on meanwhile, and not only when it has given up.
        let troubles = desk.state.withLock { $0.troubles }
        #expect(troubles.count == 1 && troubles.first??.contains("nobody answers there") == true, "\(troubles)")
        #expect(desk.isSound)
        #expect(desk.tally == ["back relay": 3])
    }

    @Test func `a refused sender stops the relay and burns nobody, while what is in flight elsewhere is finished`() async throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            peer.serve { verb in ["MAIL": "550 5.7.1 not from you", "RCPT": "503 5.5.1 no", "DATA": "503 5.5.1 no"][verb] }
        }
        defer { server.end() }
        let desk = Desk(1000)
        let error = await RelayTransport(.loopback(server.port, connections: 3)).deliver(desk)
        #expect(error?.kind == .senderRefused)
        #expect(error?.reply?.code == 550)
        #expect(desk.isSound)
        #expect(Set(desk.tally.keys) == ["back relay"])
        #expect(desk.tally["back relay"] ?? 0 <= 6)
    }

    @Test(arguments: [true, false], ["RCPT", "DATA"])
    func `a recipient at whom the relay breaks off is put off, and the others get theirs`(pipelining: Bool, verb: String) async throws {
        let server = try ScriptedServer { peer in
            peer.greet(pipelining ? "PIPELINING" : "8BITMIME")
            var isPoison = false
            while let line = peer.line() {
                if line.hasPrefix("RCPT") { isPoison = line.contains("<u3@") || line.contains("<u7@") }
                if isPoison, line.hasPrefix(verb) { return }
                peer.say(line.hasPrefix("DATA") ? "354 go on" : "250 ok")
                if line.hasPrefix("DATA") {
                    peer.message()
                    peer.say("250 ok")
                }
            }
        }
        defer { server.end() }
        let desk = Desk(12)
        #expect(await RelayTransport(.loopback(server.port, connections: 2), persistence: .brief).deliver(desk) == nil)
        #expect(desk.tally["deferred recipient"] == 2, "\(desk.tally)")
        #expect((desk.tally["accepted"] ?? 0) + (desk.tally["back session"] ?? 0) == 10)
        #expect(desk.isSound)
    }

    @Test func `a relay that breaks off at every recipient is given up before everything is put off`() async throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            while let line = peer.line(), !line.hasPrefix("RCPT") { peer.say("250 ok") }
        }
        defer { server.end() }
        let desk = Desk(500)
        let error = await RelayTransport(.loopback(server.port, connections: 3), persistence: .brief).deliver(desk)
        #expect(error?.kind == .unreachable)
        #expect(desk.tally["deferred recipient"] ?? 0 < 30, "\(desk.tally)")
        #expect(desk.isSound)
    }

    @Test func `a relay that puts everything off is given up before everything is put off`() async throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            peer.serve { verb in verb == "MAIL" ? "452 4.3.1 disk full" : ["RCPT", "DATA"].contains(verb) ? "503 5.5.1 no" : nil }
        }
        defer { server.end() }
        let desk = Desk(5000)
        let error = await RelayTransport(.loopback(server.port, connections: 3)).deliver(desk)
        #expect(error?.kind == .busy && error?.isTemporary == true)
        #expect(desk.isSound)
        #expect(desk.tally["deferred session"] ?? 0 < 120)
    }

    @Test func `told to drain, it finishes what is in flight, says goodbye and takes nothing more`() async throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            peer.serve()
        }
        defer { server.end() }
        let control = Mutex<TransportControl?>(nil)
        let desk = Desk(100_000, whenFinished: { ticket, _ in if ticket == 50 { control.withLock { $0?.stop() } } })
        control.withLock { $0 = desk.control }
        #expect(await RelayTransport(.loopback(server.port, connections: 3)).deliver(desk) == nil)
        #expect(desk.isSound)
        #expect(desk.tally.values.reduce(0, +) < 100)
        #expect(Set(desk.tally.keys).isSubset(of: ["accepted", "back session"]))
        control.withLock { $0 = nil }
    }

    @Test func `told to stop at once, what waits for its answer is unknown and the rest goes back`() async throws {
        let control = Mutex<TransportControl?>(nil)
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            for _ in 0..<3 { _ = peer.line() }
            peer.say(Array("250 ok\r\n250 ok\r\n354 go on\r\n".utf8))
            peer.message()
            control.withLock { $0?.stopNow() }
            peer.silence()
        }
        defer { server.end() }
        let desk = Desk(2)
        control.withLock { $0 = desk.control }
        #expect(await RelayTransport(.loopback(server.port)).deliver(desk) == nil)
        #expect(desk.isSound)
        #expect(desk.tally == ["unknown": 1, "back session": 1], "\(desk.state.withLock { $0.outcomes })")
        control.withLock { $0 = nil }
    }

    @Test func `a source that had nothing is asked again when it wakes us`() async throws {
        let visits = Mutex(0)
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            // The first connection is closed before the message is through, so that the source runs dry and the message comes back.
            if visits.withLock({ visits in
                defer { visits += 1 }; return visits
            }) == 0 {
                return
            }
            peer.serve()
        }
        defer { server.end() }
        let desk = Desk(1, retries: true)
        #expect(await RelayTransport(.loopback(server.port), persistence: .brief).deliver(desk) == nil)
        #expect(desk.tally == ["accepted": 1])
        #expect(desk.state.withLock { $0.taken[1] } == 2)
        #expect(desk.isSound)
    }

    @Test(arguments: [1000, 300_000]) func `a dot is announced before it leaves`(size: Int) async throws {
        let arrived = Mutex(0)
        let announced = Mutex(0)
        let early = Mutex(0)
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            peer.serve { verb in
                if verb == "." { arrived.withLock { $0 += 1 } }
                return nil
            }
        }
        defer { server.end() }
        let body = lines(size)
        let desk = Desk(
            10, body: { _ in body },
            whenDot: {
                // Were it on its way already, the server would have it after this while.
                for _ in 0..<200 { sched_yield() }
                if arrived.withLock({ $0 }) > announced.withLock({ $0 }) { early.withLock { $0 += 1 } }
                announced.withLock { $0 += 1 }
            })
        #expect(await RelayTransport(.loopback(server.port)).deliver(desk) == nil)
        #expect(desk.tally == ["accepted": 10])
        #expect(announced.withLock { $0 } == 10)
        #expect(early.withLock { $0 } == 0)
    }

    @Test func `a source that has none before a certain time is asked again then`() async throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            peer.serve()
        }
        defer { server.end() }
        let limiter = RateLimiter([try #require(Rate("20/s"))])
        let desk = Desk(45)
        desk.state.withLock { $0.limiter = limiter }
        #expect(await RelayTransport(.loopback(server.port, connections: 3)).deliver(desk) == nil)
        let times = desk.state.withLock { $0.times }
        #expect(times.count == 45)
        let first = try #require(times.min()?.milliseconds), last = try #require(times.max()?.milliseconds)
        #expect((1900...6000).contains(last - first))
    }

    @Test func `a wake asks a source again that had said later`() async throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            peer.serve()
        }
        defer { server.end() }
        let limiter = RateLimiter([try #require(Rate("1/hour"))])
        let desk = Desk(2)
        desk.state.withLock { $0.limiter = limiter }
        let control = desk.control
        let waker = Thread {
            Thread.sleep(forTimeInterval: 0.2)
            desk.state.withLock { $0.limiter = RateLimiter() }
            control.wake()
        }
        waker.start()
        #expect(await RelayTransport(.loopback(server.port)).deliver(desk) == nil)
        #expect(desk.tally == ["accepted": 2])
    }

    @Test func `a connection that is old gets no further message`() async throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            peer.serve { verb in
                if verb == "." { Thread.sleep(forTimeInterval: 0.03) }
                return nil
            }
        }
        defer { server.end() }
        var relay = Relay.loopback(server.port)
        relay.longestConnection = 20
        let desk = Desk(6)
        #expect(await RelayTransport(relay).deliver(desk) == nil)
        #expect(desk.tally == ["accepted": 6] && desk.isSound)
        #expect(server.connections >= 3)
    }

    @Test func `a password that was changed is read again, and a refused one is not the end where there is a new one`() async throws {
        let right = Data("\0me\0new".utf8).base64EncodedString()
        let server = try ScriptedServer { peer in
            peer.greet("AUTH PLAIN")
            while let line = peer.line() {
                if line.hasPrefix("AUTH PLAIN") {
                    // With or without an initial response.
                    var words = line.dropFirst(10).trimmingCharacters(in: .whitespaces)
                    if words.isEmpty {
                        peer.say("334 ")
                        words = peer.line() ?? ""
                    }
                    guard words == right else {
                        peer.say("535 5.7.8 wrong")
                        return
                    }
                    peer.say("235 ok")
                    peer.serve()
                    return
                }
                peer.say("250 ok")
            }
        }
        defer { server.end() }
        let asked = Mutex(0)
        var relay = Relay.loopback(server.port)
        (relay.username, relay.password) = ("me", "old")
        relay.currentPassword = {
            asked.withLock {
                $0 += 1
                return $0 < 2 ? "old" : "new"
            }
        }
        let desk = Desk(2)
        #expect(await RelayTransport(relay).deliver(desk) == nil)
        #expect(desk.tally == ["accepted": 2] && desk.isSound)
        relay.currentPassword = { "wrong" }
        #expect(await RelayTransport(relay).deliver(Desk(1))?.kind == .loginRefused)
    }

    @Test func `a refusal that a provider gives us stops nothing but that message`() async throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            var count = 0
            peer.serve { verb in
                guard verb == "." else { return nil }
                count += 1
                return count == 2 ? "550-5.7.26 This mail is unauthenticated\r\n550 5.7.26 DKIM did not pass - gsmtp" : nil
            }
        }
        defer { server.end() }
        let desk = Desk(5)
        #expect(await RelayTransport(.loopback(server.port)).deliver(desk) == nil)
        #expect(desk.tally["accepted"] == 4 && desk.isSound)
        let scopes = desk.state.withLock { $0.outcomes.values.flatMap { $0 } }.compactMap {
            if case .notAttempted(_, let scope, _) = $0 { scope } else { nil }
        }
        #expect(scopes == [.provider])
        #expect(server.connections == 1)
    }

    @Test func `check tells what the relay offers`() throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING", "SIZE 1000")
            peer.serve()
        }
        defer { server.end() }
        let found = try RelayTransport(.loopback(server.port)).check()
        #expect(found.offered.pipelining && found.offered.largestMessage == 1000)
        #expect(found.tls == nil)
        #expect(throws: RelayError.self) { try RelayTransport(.loopback(try Loopback.freePort())).check() }
    }

    @Test(arguments: ["", "a b", "host/path", "a@b", "-\r\nx"]) func `what is no host name never becomes part of a URL`(host: String) async
    {
        var relay = Relay.loopback(25)
        relay.host = host
        let desk = Desk(1)
        #expect(await RelayTransport(relay).deliver(desk)?.kind == .settings)
        #expect(desk.isSound)
        relay = .loopback(25)
        relay.helo = "x y\r\n"
        #expect(await RelayTransport(relay).deliver(Desk(1))?.kind == .settings)
    }

    @Test func `a password is in no description and no dump`() {
        var relay = Relay.loopback(25)
        (relay.username, relay.password) = ("me", "s3cret")
        var text = ""
        dump(relay, to: &text)
        #expect(!text.contains("s3cret") && !"\(relay)".contains("s3cret") && !String(reflecting: relay).contains("s3cret"))
    }
}

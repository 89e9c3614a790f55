import Testing

@testable import Inbox

@Suite struct InboxServerTests {
    @Test func `a message arrives to the byte, with its envelope`() async throws {
        try await withInbox { inbox, collector in
            let client = try Client(port: inbox.port)
            #expect(try client.reply()?.hasPrefix("220 ") == true)
            let offered = try client.say("EHLO test").split(separator: "\n").map { $0.dropFirst(4) }
            #expect(offered == ["localhost", "PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"])
            #expect(try client.say("MAIL FROM:<> SIZE=20 BODY=8BITMIME").hasPrefix("250 2.1.0"))
            #expect(try client.say("RCPT TO:<ada@example.com>").hasPrefix("250 2.1.5"))
            #expect(try client.say("RCPT TO:<grace@example.com>").hasPrefix("250 2.1.5"))
            #expect(try client.say("DATA").hasPrefix("354"))
            client.send("Subject: x\r\n\r\n..\r\n...two\r\nend\r\n.\r\n")
            #expect(try client.reply()?.hasPrefix("250 2.0.0") == true)
            #expect(try client.say("QUIT").hasPrefix("221"))
            #expect(try client.reply() == nil)
            #expect(collector.texts == ["Subject: x\r\n\r\n.\r\n..two\r\nend\r\n"])
            #expect(collector.messages.first?.sender == "")
            #expect(collector.messages.first?.recipients == ["ada@example.com", "grace@example.com"])
        }
    }

    @Test func `pipelined messages are answered in order`() async throws {
        try await withInbox { inbox, collector in
            let client = try Client(port: inbox.port)
            try client.greet()
            client.send("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n")
            #expect(try client.codes(3) == ["250", "250", "354"])
            client.send("one\r\n.\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<c@example.com>\r\nDATA\r\n")
            #expect(try client.codes(4) == ["250", "250", "250", "354"])
            client.send("two\r\n.\r\nQUIT\r\n")
            #expect(try client.codes(3) == ["250", "221", "end"])
            #expect(collector.texts == ["one\r\n", "two\r\n"])
        }
    }

    @Test func `other machines are let in only where that is said`() async throws {
        await #expect { _ = try await InboxServer.start(InboxSettings(host: "0.0.0.0")) } throws: {
            ($0 as? InboxError)?.code == .notLoopback
        }
        let open = try await InboxServer.start(InboxSettings(host: "0.0.0.0", allowsOtherHosts: true))
        #expect(open.port > 0)
        await open.stop()
    }

    @Test func `a port that is taken is an error with a hint`() async throws {
        try await withInbox { inbox, _ in
            await #expect { _ = try await InboxServer.start(InboxSettings(port: inbox.port)) } throws: {
                ($0 as? InboxError)?.code == .cannotListen
            }
        }
    }

    @Test func `a server that stops says so to those who are connected`() async throws {
        let inbox = try await InboxServer.start()
        let client = try Client(port: inbox.port)
        try client.greet()
        let heard = Task.onThread {
            let replies = try client.codes(2)
            client.hangUp()
            return replies
        }
        await inbox.stop()
        #expect(try await heard.value == ["421", "end"])
    }

    @Test func `a connection too many is turned away`() async throws {
        var settings = InboxSettings()
        settings.limits.connections = 1
        try await withInbox(settings) { inbox, _ in
            let first = try Client(port: inbox.port)
            try first.greet()
            let second = try Client(port: inbox.port)
            #expect(try second.reply()?.hasPrefix("421 4.7.0") == true)
            #expect(try second.reply() == nil)
            #expect(try first.say("NOOP").hasPrefix("250"))
            #expect(inbox.statistics.turnedAway == 1)
        }
    }

    @Test func `a silent client is sent away`() async throws {
        var settings = InboxSettings()
        settings.limits.idle = 50
        try await withInbox(settings) { inbox, _ in
            let client = try Client(port: inbox.port)
            #expect(try client.codes(2) == ["220", "421"])
        }
    }
}

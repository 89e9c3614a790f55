import Testing

@testable import Inbox

@Suite struct BehaviourTests {
    @Test func `recipients are refused and put off by their text`() async throws {
        let behaviour = InboxBehaviour(refuse: "nobody", deferring: "later")
        try await withInbox(InboxSettings(behaviour: behaviour)) { inbox, collector in
            let client = try Client(port: inbox.port)
            try client.greet()
            #expect(try client.say("MAIL FROM:<a@example.com>").hasPrefix("250"))
            #expect(try client.say("RCPT TO:<nobody7@example.com>").hasPrefix("550 5.1.1"))
            #expect(try client.say("RCPT TO:<later@example.com>").hasPrefix("451 4.2.1"))
            #expect(try client.say("DATA").hasPrefix("554 5.5.1"))
            #expect(try client.say("RSET").hasPrefix("250"))
            // Put off once, then taken.
            #expect(try client.deliver("x", to: "later@example.com").hasPrefix("250"))
            #expect(collector.messages.map(\.recipients) == [["later@example.com"]])
            #expect(inbox.statistics.refusedRecipients == 1)
            #expect(inbox.statistics.deferredRecipients == 1)
        }
    }

    @Test func `without PIPELINING a client that pipelines is sent away`() async throws {
        try await withInbox(InboxSettings(behaviour: InboxBehaviour(noPipelining: true))) { inbox, collector in
            let polite = try Client(port: inbox.port)
            _ = try polite.reply()
            #expect(try !polite.say("EHLO test").contains("PIPELINING"))
            #expect(try polite.deliver("x").hasPrefix("250"))
            #expect(collector.messages.count == 1)
            let rude = try Client(port: inbox.port)
            try rude.greet()
            rude.send("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n")
            #expect(try rude.codes(2) == ["503", "end"])
        }
    }

    @Test func `a busy server closes after so many messages and what was pipelined is not lost in a reset`() async throws {
        try await withInbox(InboxSettings(behaviour: InboxBehaviour(busyAfter: 2))) { inbox, collector in
            let client = try Client(port: inbox.port)
            try client.greet()
            #expect(try client.deliver("one").hasPrefix("250"))
            client.send("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n")
            #expect(try client.codes(3) == ["250", "250", "354"])
            client.send("two\r\n.\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<c@example.com>\r\nDATA\r\n")
            #expect(try client.codes(3) == ["250", "421", "end"])
            #expect(!client.wasReset)
            #expect(collector.texts == ["one\r\n", "two\r\n"])
        }
    }

    @Test func `a connection lost in the body leaves no message, one lost after the dot leaves it`() async throws {
        try await withInbox(InboxSettings(behaviour: InboxBehaviour(dropInData: 1))) { inbox, collector in
            let client = try Client(port: inbox.port)
            try client.greet()
            #expect(try client.deliver("x") == "end")
            #expect(client.wasReset)
            #expect(collector.messages.isEmpty)
            #expect(inbox.statistics.droppedInData == 1)
        }
        try await withInbox(InboxSettings(behaviour: InboxBehaviour(dropAfterDot: 1))) { inbox, collector in
            let client = try Client(port: inbox.port)
            try client.greet()
            #expect(try client.deliver("x") == "end")
            #expect(client.wasReset)
            #expect(collector.messages.count == 1)
            #expect(inbox.statistics.droppedAfterDot == 1)
        }
    }

    @Test func `the same seed drops the same messages`() async throws {
        func kept() async throws -> [Bool] {
            try await withInbox(InboxSettings(behaviour: InboxBehaviour(dropAfterDot: 0.5, seed: 42))) { inbox, _ in
                try (0..<20).map { _ in
                    let client = try Client(port: inbox.port)
                    try client.greet()
                    return try client.deliver("x") != "end"
                }
            }
        }
        let first = try await kept()
        #expect(Set(first) == [true, false])
        #expect(try await kept() == first)
    }

    @Test func `the answer to the dot can be slow, and what was pipelined waits for it`() async throws {
        try await withInbox(InboxSettings(behaviour: InboxBehaviour(finalDelay: 30))) { inbox, _ in
            let client = try Client(port: inbox.port)
            try client.greet()
            client.send("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n")
            #expect(try client.codes(3) == ["250", "250", "354"])
            let start = ContinuousClock.now
            client.send("one\r\n.\r\nNOOP\r\nQUIT\r\n")
            #expect(try client.codes(4) == ["250", "250", "221", "end"])
            #expect(ContinuousClock.now - start >= .milliseconds(30))
        }
    }
}

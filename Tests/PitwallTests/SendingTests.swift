import Foundation
import Testing

@Suite(.enabled(if: Tools.hasWitness, Comment(rawValue: Missing.witness)))
struct `Sending, as a server not written here saw it` {
    @Test func `everybody in the plan gets one message, and log, preview and wire agree to the byte`() throws {
        let bench = try Workbench(people: 300)
        let plan = try bench.pitwall("plan", "welcome", "--json").facts
        #expect(try bench.pitwall("preview", "welcome", "--all", "--out", "before", "--json").facts.int("count") == 300)
        let witness = try Witness()
        let sent = try bench.send(through: witness.url)
        #expect(sent.status == 0)
        #expect(
            sent.facts.names.isSuperset(of: ["plan", "accepted", "deferred", "refused", "unknown", "skipped", "seconds", "per_second"]))
        #expect(sent.facts.int("plan") == plan.int("plan"))
        #expect(sent.facts.int("accepted") == 300)

        let log = try bench.log()
        #expect(log.count == 300)
        #expect(log.allSatisfy { $0.text("state") == "accepted" && $0.int("code") == 250 && $0.int("attempts") == 1 })
        #expect(
            log[0].names.isSuperset(of: [
                "campaign", "step", "email", "state", "message_id", "sha256", "content_sha256", "attempts", "code", "reply", "queue_id",
                "relay", "at",
            ]))
        #expect(witness.recipients.count == plan.int("recipients"))
        #expect(witness.twice.isEmpty)
        let entries = Dictionary(log.map { ($0.text("email") ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        for arrival in witness.arrivals {
            #expect(arrival.sha == entries[arrival.to]?.text("sha256"))
            #expect(arrival.id == "<\(entries[arrival.to]?.text("message_id") ?? "none")>")
        }

        let previews = try Python.examine("\(bench.root)/before")
        #expect(previews.count == 300)
        for (name, preview) in previews {
            let address = String(name.dropLast(4))
            #expect(preview.text("content_sha256") == entries[address]?.text("content_sha256"))
            #expect(preview.text("to") == address)
            #expect(preview.list("defects")?.isEmpty == true, "\(name): \(preview.list("defects") ?? [])")
        }
        let summary = witness.summary()
        #expect(summary.int("distinct_recipients") == 300)
        #expect(summary.int("recipients_twice") == 0)
        #expect(summary.int("broken_sessions") == nil)
    }

    @Test func `what arrives parses without a defect, whatever a contact's values hold`() throws {
        let bench = try Workbench(people: 40)
        let witness = try Witness()
        #expect(try bench.send(through: witness.url).status == 0)
        let messages = try Python.examine(witness.kept)
        #expect(messages.count == 40)
        for (name, message) in messages {
            #expect(message.list("defects")?.isEmpty == true, "\(name): \(message.list("defects") ?? [])")
            #expect(message.text("subject")?.contains("Bcc") != true || message.text("to")?.hasSuffix("@example.org") == true)
        }
        #expect(!witness.recipients.contains("eve@example.net"))
    }

    @Test func `a second send has nothing to do and does not connect`() throws {
        let bench = try Workbench(people: 5)
        let witness = try Witness()
        #expect(try bench.send(through: witness.url).status == 0)
        let again = try bench.send(through: "smtp://127.0.0.1:1")
        #expect(again.status == 0)
        #expect(again.facts.int("accepted") == 5)
        #expect(again.facts.int("this_run.accepted") == 0)
    }

    @Test func `a refused recipient is refused for good and the others get theirs`() throws {
        let bench = try Workbench(people: 120)
        let witness = try Witness("--refuse", "7@")
        let sent = try bench.send(through: witness.url)
        #expect(sent.status == 0)
        let refused = Set((0..<120).map { Workbench.address($0) }.filter { $0.contains("7@") })
        #expect(sent.facts.int("refused") == refused.count)
        #expect(try bench.addresses("refused") == refused)
        #expect(witness.recipients == Set((0..<120).map { Workbench.address($0) }).subtracting(refused))
        let entry = try bench.log("refused").first
        #expect(entry?.int("code") == 550)
        #expect(entry?.text("reply")?.contains("no such user") == true)
        #expect(entry?.int("attempts") == 1)
        #expect(try bench.send(through: "smtp://127.0.0.1:1").status == 0)
    }

    @Test func `a deferred recipient goes again later, once`() throws {
        let bench = try Workbench(people: 60)
        let witness = try Witness("--defer", "5@")
        let deferred = Set((0..<60).map { Workbench.address($0) }.filter { $0.contains("5@") })
        let first = try bench.send(through: witness.url)
        #expect(first.status == 75)
        #expect(first.facts.int("deferred") == deferred.count)
        #expect(first.facts.int("accepted") == 60 - deferred.count)
        #expect(try bench.addresses("deferred") == deferred)
        let second = try bench.sendToTheEnd(through: witness.url)
        #expect(second.status == 0)
        #expect(second.facts.int("accepted") == 60)
        #expect(witness.recipients.count == 60)
        #expect(witness.twice.isEmpty)
        #expect(try bench.log().filter { deferred.contains($0.text("email") ?? "") }.allSatisfy { $0.int("attempts") == 2 })
    }

    @Test func `a server that wants a new connection now and then gets one`() throws {
        let bench = try Workbench(people: 200)
        let witness = try Witness("--busy-after", "7")
        let sent = try bench.sendToTheEnd(through: witness.url)
        #expect(sent.status == 0)
        #expect(sent.facts.int("accepted") == 200)
        #expect(witness.recipients.count == 200)
        #expect(witness.twice.isEmpty)
    }

    @Test func `without pipelining every reply is waited for`() throws {
        let bench = try Workbench(people: 100)
        let witness = try Witness("--no-pipelining", "--refuse", "9@")
        let sent = try bench.send(through: witness.url)
        #expect(sent.status == 0)
        #expect(sent.facts.int("refused") == 10)
        #expect(witness.recipients.count == 90)
        #expect(witness.summary().int("pipelined_without_offer") == nil)
    }

    @Test func `a connection lost after the dot leaves an unknown, which is named and never sent again by itself`() throws {
        let bench = try Workbench(people: 200)
        let witness = try Witness("--drop-after-dot", "0.05")
        let sent = try bench.sendToTheEnd(through: witness.url)
        #expect(sent.status == 1)
        let unanswered = Set(witness.arrivals.filter { !$0.answered }.map(\.to))
        #expect(!unanswered.isEmpty)
        #expect(try bench.addresses("unknown") == unanswered)
        #expect(try bench.addresses("accepted") == witness.recipients.subtracting(unanswered))
        #expect(witness.recipients.count == 200)
        #expect(witness.twice.isEmpty)
        #expect(try bench.send(through: "smtp://127.0.0.1:1").status == 1)
        #expect(try bench.pitwall("resolve", "welcome", "--as", "sent", "nobody@example.com").status == 1)
        let one = try #require(unanswered.first)
        #expect(try bench.pitwall("resolve", "welcome", "--as", "sent", one, one.uppercased()).status == 0)
        let resolved = try bench.pitwall("resolve", "welcome", "--as", "sent", "--json").facts
        #expect(resolved.int("resolved") == unanswered.count - 1)
        #expect(try bench.pitwall("log", "welcome", "--to", one).output.contains("settled as sent by hand"))
        #expect(try bench.send(through: "smtp://127.0.0.1:1").status == 0)
    }

    @Test func `a connection lost in the body is unknown where the dot had gone, and a person can let it go again`() throws {
        let bench = try Workbench(people: 200)
        let witness = try Witness("--drop-in-data", "0.05")
        var sent = try bench.sendToTheEnd(through: witness.url)
        #expect(sent.facts.int("accepted") == witness.arrivals.count)
        #expect(try bench.addresses("accepted") == witness.recipients)
        // Who had it lost is named; nobody of them has it.
        for _ in 0..<10 where sent.status == 1 {
            let unknown = try bench.addresses("unknown")
            #expect(unknown.isDisjoint(with: witness.recipients))
            #expect(try bench.pitwall("resolve", "welcome", "--as", "unsent", "--json").facts.int("resolved") == unknown.count)
            sent = try bench.sendToTheEnd(through: witness.url)
        }
        #expect(sent.status == 0)
        #expect(witness.recipients.count == 200)
        #expect(witness.twice.isEmpty)
    }

    @Test func `only as many go as --limit says, and never more than --rate`() throws {
        let bench = try Workbench(people: 60)
        let witness = try Witness()
        let first = try bench.send(through: witness.url, "--limit", "7")
        #expect(first.status == 75)
        #expect(first.facts.int("accepted") == 7)
        #expect(witness.arrivals.count == 7)
        try bench.campaign("send: {rate: 1000/min}")
        // The plan was begun with the campaign as it was: the change is said, not followed.
        let second = try bench.send(through: witness.url)
        #expect(second.status == 0)
        #expect(second.errors.contains("has changed since plan"))
        #expect(witness.recipients.count == 60)
    }

    @Test func `a test message is not in the log and its links do nothing`() throws {
        let bench = try Workbench(people: 3)
        let witness = try Witness()
        for _ in 0..<2 {
            let test = try bench.pitwall("send", "welcome", "--test-to", "me@example.org", "--json", "--relay", witness.url)
            #expect(test.status == 0)
            #expect(test.facts["accepted"] as? Bool == true)
        }
        #expect(witness.arrivals.map(\.to) == ["me@example.org", "me@example.org"])
        #expect(Set(witness.arrivals.map(\.id)).count == 2)
        #expect(try bench.log().isEmpty)
    }

    @Test func `a relay that says yes only to a login ends with 69 where the password is wrong`() throws {
        let bench = try Workbench(people: 3)
        let witness = try Witness()
        // The witness offers no AUTH at all.
        try bench.write("secrets/relay", "hunter2\n")
        try bench.edit("pitwall.yaml") {
            $0.replacing("url: smtp://127.0.0.1:2525", with: "url: \(witness.url)\n    username: news\n    password_file: secrets/relay")
        }
        let sent = try bench.pitwall("send", "welcome", "--yes")
        #expect(sent.status == 69)
        #expect(!sent.errors.contains("hunter2"))
        #expect(witness.arrivals.isEmpty)
    }
}

@Suite struct `Sending into the local inbox` {
    @Test(.enabled(if: Tools.hasPython, Comment(rawValue: Missing.python)))
    func `the inbox keeps what the log says was sent`() throws {
        let bench = try Workbench(people: 50)
        let inbox = try Inbox(bench, "--out", "outbox")
        let sent = try bench.send(through: inbox.url)
        #expect(sent.status == 0)
        #expect(sent.facts.int("accepted") == 50)
        let kept = try Python.examine("\(bench.root)/outbox")
        #expect(Set(kept.values.compactMap { $0.text("to") }).count == 50)
        let log = Set(try bench.log().compactMap { $0.text("content_sha256") })
        #expect(Set(kept.values.compactMap { $0.text("content_sha256") }) == log)
        #expect(kept.values.allSatisfy { $0.list("defects")?.isEmpty == true })
        inbox.program.signal(SIGTERM)
        #expect(inbox.program.wait().status == 0)
        #expect(bench.exists("outbox/index.html"))
    }

    @Test func `the inbox misbehaves when told to`() throws {
        let bench = try Workbench(people: 30)
        let inbox = try Inbox(bench, "--discard", "--refuse", "7@", "--no-pipelining", "--busy-after", "4")
        let sent = try bench.send(through: inbox.url)
        #expect(sent.facts.int("refused") == 3)
        #expect(sent.facts.int("accepted") == 27)
    }
}

/// `pitwall inbox` on any free port.
struct Inbox {
    let program: Program
    let url: String

    init(_ bench: Workbench, _ options: String...) throws {
        let program = try Program(Tools.pitwall, ["inbox", "--port", "0"] + options, in: bench.root)
        url = try program.until("the inbox's address") {
            program.errors.split { $0 == " " || $0 == ";" || $0 == "\n" }.first { $0.hasPrefix("smtp://") }.map { String($0) }
        }
        self.program = program
    }
}

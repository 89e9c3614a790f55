import Foundation
import Testing

/// What becomes of a send, and of what it says, where nobody reads it.
@Suite(.timeLimit(.minutes(2))) struct OutputTests {
    @Test(.enabled(if: Tools.hasPython, Comment(rawValue: Missing.python)))
    func `a pipe that nobody reads does not hold up a send, nor does Ctrl-C wait for it`() throws {
        let bench = try Workbench(people: 60)
        let inbox = try Inbox(bench, "--discard")
        #expect(try bench.pitwall("plan", "welcome").status == 0)
        // The smallest pipe there is, and full.
        let sent = try Python.run(
            """
            import fcntl, json, os, signal, subprocess, sys, time
            program, root, relay = sys.argv[1:]
            reading, writing = os.pipe()
            fcntl.fcntl(writing, 1031, 4096)
            os.write(writing, b"x" * 4096)
            sending = subprocess.Popen([program, "send", "welcome", "--yes", "--relay", relay, "--progress", "json"], cwd=root, stdout=writing)
            def accepted():
                said = subprocess.run([program, "campaigns", "status", "welcome", "--json"], cwd=root, capture_output=True, text=True)
                return json.loads(said.stdout)["counts"]["accepted"]
            end = time.time() + 60
            while accepted() < 60 and time.time() < end: time.sleep(0.2)
            print(accepted())
            # It has all but the last words to say.
            time.sleep(3)
            print(sending.poll())
            for _ in range(2):
                sending.send_signal(signal.SIGINT)
                time.sleep(0.5)
            print(sending.wait(timeout=20))
            """, Tools.pitwall, bench.root, inbox.url)
        #expect(sent.output.split(separator: "\n") == ["60", "None", "-2"], "\(sent.output)\(sent.errors)")
        #expect(try bench.pitwall("campaigns", "status", "welcome", "--json").facts.text("state") == "sent")
    }

    @Test func `a pipe that is closed does not end a send`() throws {
        let bench = try Workbench(people: 200)
        let inbox = try Inbox(bench, "--discard")
        #expect(try bench.pitwall("plan", "welcome").status == 0)
        let command = "'\(Tools.pitwall)' send welcome --yes --relay \(inbox.url) --progress json | true; echo ${PIPESTATUS[0]}"
        let shell = try Program("bash", ["-c", command], in: bench.root).wait()
        #expect(shell.output == "0\n", "\(shell.output) \(shell.errors)")
        #expect(try bench.addresses("accepted").count == 200)
    }

    @Test func `facts that can't be written are an error`() throws {
        let bench = try Workbench(people: 5)
        for words in ["contacts show \(Workbench.address(1)) --json", "plan welcome --json", "log"] {
            let ending = try Program("bash", ["-c", "'\(Tools.pitwall)' \(words) > /dev/full"], in: bench.root).wait()
            #expect(ending.status == 73, "\(words)")
            #expect(ending.errors.contains("the output can't be written: No space left on device"), "\(ending.errors)")
        }
    }

    @Test func `a terminal that is closed stops a send as Ctrl-C does, however often that is told`() throws {
        let bench = try Workbench(people: 2000)
        let inbox = try Inbox(bench, "--discard", "--final-delay", "300")
        let sending = try Program(Tools.pitwall, ["send", "welcome", "--yes", "--json", "--relay", inbox.url], in: bench.root)
        try sending.until("the first messages") { (try? bench.addresses("accepted"))?.isEmpty == false ? true : nil }
        for _ in 0..<3 { sending.signal(SIGHUP) }
        let ending = sending.wait()
        #expect(ending.status == 75, "\(ending.errors)")
        #expect(try bench.addresses("unknown").isEmpty)
    }
}

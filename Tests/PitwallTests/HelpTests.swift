import Testing

@Suite struct `The command line` {
    static let commands = [
        "init", "import", "import contacts", "import events", "import consent", "import suppressions", "import bounces", "contacts",
        "contacts show", "contacts export", "contacts forget", "contacts merge", "contacts unmerge", "contacts lift", "events",
        "events partition", "events prune",
        "segments", "segments list", "segments check", "segments count", "segments show", "segments explain", "segments funnel",
        "segments fmt", "segments names", "templates", "templates list", "templates check",
        "templates render", "preview", "plan", "send", "campaigns", "campaigns list", "campaigns status", "campaigns pause",
        "campaigns resume", "campaigns cancel", "log", "resolve", "serve", "inbox", "dkim", "dkim new", "dkim show", "doctor",
        "database", "database move", "database check",
    ]

    @Test(arguments: commands)
    func `every command explains itself`(command: String) throws {
        let words = command.split(separator: " ").map { String($0) }
        let ending = try Program(Tools.pitwall, words + ["--help"]).wait()
        #expect(ending.status == 0)
        #expect(ending.output.hasPrefix("OVERVIEW: "))
        #expect(ending.output.contains("USAGE: pitwall \(command)"))
        #expect(ending.errors.isEmpty)
    }

    @Test(arguments: [
        "import contacts", "import events", "import consent", "import suppressions", "import bounces", "contacts show", "contacts export",
        "contacts forget", "contacts merge", "contacts unmerge", "contacts lift", "events partition", "events prune", "segments list",
        "segments check",
        "segments count", "segments show", "segments explain", "segments funnel", "segments fmt", "segments names", "templates list",
        "templates check", "preview", "plan", "send", "campaigns list",
        "campaigns status", "campaigns pause", "campaigns resume", "campaigns cancel", "log", "resolve", "init", "dkim new",
        "dkim show", "doctor", "database move", "database check",
    ])
    func `whatever prints facts prints them as JSON`(command: String) throws {
        let words = command.split(separator: " ").map { String($0) }
        #expect(try Program(Tools.pitwall, words + ["--help"]).wait().output.contains("--json") || command == "segments show")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `there are completions for every shell`(shell: String) throws {
        let ending = try Program(Tools.pitwall, ["--generate-completion-script", shell]).wait()
        #expect(ending.status == 0)
        #expect(ending.output.contains("suppressions"))
    }

    @Test(arguments: [
        ["sned"], ["send"], ["send", "welcome", "--limit", "0"], ["send", "welcome", "--limit", "many"], ["preview", "welcome", "--all"],
        ["log", "--state", "acepted"], ["resolve", "welcome", "a@example.com"], ["resolve", "welcome", "--as", "maybe"], ["serve"],
        ["import", "contacts", "x.csv", "--topic", "newsletter"], ["plan", "welcome", "--jsno"],
        ["dkim", "new", "example.com"], ["dkim", "new", "nowhere", "--selector", "s1"],
        ["dkim", "new", "example.com", "--selector", "a b"],
        ["dkim", "new", "example.com", "--selector", "s1", "--bits", "1024"],
        ["dkim", "new", "example.com", "--selector", "s1", "--algorithm", "dsa"],
    ])
    func `a command that can't be read ends with 64`(words: [String]) throws {
        let ending = try Program(Tools.pitwall, words).wait()
        #expect(ending.status == 64)
        #expect(ending.output.isEmpty)
        #expect(!ending.errors.isEmpty)
    }

    @Test func `no colours and no progress where nobody looks`() throws {
        let bench = try Workbench(people: 3)
        let ending = try bench.pitwall("plan", "welcome")
        #expect(ending.status == 0)
        #expect(!ending.output.contains("\u{1B}"))
    }
}

import Foundation

/// A workspace in a folder of its own, removed with it, and the command line to work in it.
///
///     let bench = try Workbench(people: 100)
///     let sent = try bench.pitwall("send", "welcome", "--yes", "--json")
final class Workbench {
    let folder: String
    var root: String { "\(folder)/news" }
    var database: String { "\(root)/pitwall.sqlite" }

    /// What `pitwall init` makes, with so many people who agreed to the newsletter.
    init(people: Int = 0) throws {
        folder = try Folder.make("bench")
        let made = try Program(Tools.pitwall, ["init", "\(folder)/news"]).wait()
        guard made.status == 0 else { throw Trouble("pitwall init ended with \(made.status): \(made.errors)") }
        // The cap of three messages in seven days is not what these tests are about.
        try edit("pitwall.yaml") { $0.replacing("cap: 3 messages per 7 days", with: "").replacing(", cap: 2 per 7 days", with: "") }
        if people > 0 { try importPeople(0..<people) }
    }

    deinit {
        Folder.remove(folder)
    }

    @discardableResult
    func pitwall(_ arguments: String..., environment: [String: String] = [:]) throws -> Program.Ending {
        try Program(Tools.pitwall, arguments, in: root, environment: environment).wait()
    }

    func start(_ arguments: String...) throws -> Program {
        try Program(Tools.pitwall, arguments, in: root)
    }

    // MARK: Files

    func write(_ path: String, _ text: String) throws {
        try write(path, bytes: Array(text.utf8))
    }

    func write(_ path: String, bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: "\(root)/\(path)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func read(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    func edit(_ path: String, _ change: (String) -> String) throws {
        try write(path, change(read(path)))
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(root)/\(path)")
    }

    /// Adds lines to the campaign `welcome`.
    func campaign(_ lines: String) throws {
        try edit("Campaigns/welcome.yaml") { $0 + lines + "\n" }
    }

    // MARK: People

    static func address(_ number: Int) -> String { "reader\(number)@example.org" }

    func importPeople(_ numbers: Range<Int>) throws {
        // Names as they come: none, accents, quotes, markup, what looks like a template or like a header.
        let names = ["Ada", "Chloé", "小林", "", "O'Brien", "\"Ann \"\"Annie\"\"\"", "<b>Bob</b>", "{{ name }}", "\"Eve\r\nBcc: eve@example.net\"", "Łukasz"]
        let rows = numbers.map { "\(Self.address($0)),\(names[$0 % names.count]),Reader \($0),\($0 % 3 == 0 ? "it" : "en"),\($0)" }
        try write("people.csv", (["email,first_name,last_name,language,visits"] + rows).joined(separator: "\n") + "\n")
        let ending = try pitwall("import", "contacts", "people.csv", "--topic", "newsletter", "--consent", "confirmed", "--source", "a test")
        guard ending.status == 0 else { throw Trouble("the import ended with \(ending.status): \(ending.errors)") }
    }

    // MARK: Campaigns

    func send(through relay: String, _ more: String...) throws -> Program.Ending {
        try Program(Tools.pitwall, ["send", "welcome", "--yes", "--json", "--relay", relay] + more, in: root).wait()
    }

    /// Sends until it ends with something else than "stopped part-way", with every deferred message due at once.
    func sendToTheEnd(through relay: String, atMost times: Int = 20) throws -> Program.Ending {
        var last = try send(through: relay)
        for _ in 1..<times where last.status == 75 {
            try makeDue()
            last = try send(through: relay)
        }
        return last
    }

    /// Deferred messages wait for minutes; now they don't.
    func makeDue() throws {
        try Python.sql(database, "UPDATE delivery SET due_at = 0 WHERE state = 0")
    }

    func log(_ state: String? = nil) throws -> [Facts] {
        let ending = try Program(Tools.pitwall, ["log", "welcome", "--format", "jsonl"] + (state.map { ["--state", $0] } ?? []), in: root).wait()
        guard ending.status == 0 else { throw Trouble("pitwall log ended with \(ending.status): \(ending.errors)") }
        return ending.lines
    }

    func addresses(_ state: String) throws -> Set<String> {
        Set(try log(state).compactMap { $0.text("email") })
    }
}

import Foundation

/// A mail server that was not written by this project: it says what reached it, and can be told to misbehave.
///
///     let witness = try Witness("--refuse", "reader7@")
///     try bench.send(through: witness.url)
///     #expect(witness.arrivals.count == 99)
final class Witness {
    struct Arrival {
        var to: String
        var id: String
        var sha: String
        var answered: Bool
    }

    let url: String
    private let program: Program
    private let folder: String

    /// The witness takes any free port and says which.
    private static let announcing = """
        import asyncio, runpy, sys
        start = asyncio.start_server
        async def announced(*arguments, **named):
            server = await start(*arguments, **named)
            print("port", server.sockets[0].getsockname()[1], flush=True)
            return server
        asyncio.start_server = announced
        sys.argv = sys.argv[1:]
        runpy.run_path(sys.argv[0], run_name="__main__")
        """

    init(_ options: String...) throws {
        folder = try Folder.make("witness")
        try FileManager.default.createDirectory(atPath: "\(folder)/kept", withIntermediateDirectories: true)
        program = try Program(
            "python3", ["-c", Self.announcing, Tools.witness, "--port", "0", "--log", "\(folder)/arrived.jsonl", "--keep", "\(folder)/kept"] + options)
        let port = try program.until("the witness's port") { [program] in
            program.output.split(separator: "\n").first { $0.hasPrefix("port ") }?.dropFirst(5)
        }
        url = "smtp://127.0.0.1:\(port)"
    }

    deinit {
        Folder.remove(folder)
    }

    /// Every message that was kept whole, in order.
    var arrivals: [Arrival] {
        let text = (try? String(contentsOfFile: "\(folder)/arrived.jsonl", encoding: .utf8)) ?? ""
        // The last line may still be in the writing.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
            let facts = Facts(String(line))
            return Arrival(
                to: facts.list("to")?.first as? String ?? "", id: facts.text("id") ?? "", sha: facts.text("sha") ?? "",
                answered: facts["answered"] as? Bool ?? false)
        }
    }

    var recipients: Set<String> { Set(arrivals.map(\.to)) }

    /// Who got more than one.
    var twice: [String] { Dictionary(grouping: arrivals, by: \.to).filter { $0.value.count > 1 }.keys.sorted() }

    /// Where the messages lie, each an .eml.
    var kept: String { "\(folder)/kept" }

    /// Waits until so many have arrived.
    func until(_ count: Int) throws {
        try program.until("\(count) arrivals") { arrivals.count >= count ? true : nil }
    }

    /// Ends it and reads its summary.
    func summary() -> Facts {
        program.signal(SIGTERM)
        return program.wait().lines.last ?? Facts("")
    }
}

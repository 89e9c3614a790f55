import Liquid
import Testing

@Suite struct `Dates that were written before` {
    private let memory = DateMemory()

    private func known(_ input: Value, _ arguments: Value...) -> String? {
        guard case .string(let text)? = memory.text(of: input, arguments) else { return nil }
        return text
    }

    @Test func `are known by input, pattern and language`() {
        memory.keep("monday", for: "2026-11-02", ["%A", "en"])
        memory.keep("2 November", for: .instant(monday), ["%-d %B"])
        memory.keep("seconds", for: .integer(monday / 1000), ["%-d %B"])
        #expect(known("2026-11-02", "%A", "en") == "monday")
        #expect(known(.instant(monday), "%-d %B") == "2 November")
        #expect(known(.integer(monday / 1000), "%-d %B") == "seconds")
        #expect(known("2026-11-03", "%A", "en") == nil)
        #expect(known("2026-11-02", "%a", "en") == nil)
        #expect(known("2026-11-02", "%A", "it") == nil)
        #expect(known("2026-11-02", "%A") == nil)
        #expect(known("2026-11-02", "%A", "") == nil)
        #expect(known(.integer(monday), "%-d %B") == nil)
        #expect(known(.instant(monday + 1), "%-d %B") == nil)
    }

    @Test func `are not those of a text that only looks the same`() {
        memory.keep("written apart", for: "now", ["%e\u{301}"])
        #expect(known("now", "%\u{E9}") == nil)
        #expect(known("now", "%e\u{301}") == "written apart")
    }

    @Test func `are not kept of anything but texts and times`() {
        memory.keep("never", for: .null, ["%A"])
        memory.keep("never", for: "now", [.null])
        #expect(known(.null, "%A") == nil)
        #expect(known("now", .null) == nil)
    }

    @Test func `are the first eight`() {
        for day in 1...9 { memory.keep(.string("day \(day)"), for: .integer(Int64(day)), ["%A"]) }
        #expect(known(.integer(8), "%A") == "day 8")
        #expect(known(.integer(9), "%A") == nil)
    }
}

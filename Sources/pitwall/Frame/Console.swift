import Diagnostics
import Foundation
import Model
import Synchronization

/// Words on the terminal: facts on standard output, everything else on standard error.
enum Console {
    enum Stream {
        case output, error
    }

    static func print(_ text: String = "") {
        write(text + "\n", to: .output)
    }

    static func error(_ text: String) {
        write(text + "\n", to: .error)
    }

    /// Why facts could not be written, as `errno` has it. A closed pipe (`| head`) is no failure: there is nobody to tell.
    static var outputFailure: Int32? { failure.withLock { $0 } }
    private static let failure = Mutex<Int32?>(nil)

    static func write(_ text: String, to stream: Stream) {
        write(Array(text.utf8), to: stream)
    }

    static func write(_ bytes: [UInt8], to stream: Stream) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Foundation.write(
                    stream == .output ? STDOUT_FILENO : STDERR_FILENO, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count > 0 {
                written += count
                continue
            }
            let reason = errno
            switch reason {
            case EINTR: continue
            case EAGAIN:
                // Somebody else has made it so: wait as it would have.
                var place = pollfd(fd: stream == .output ? STDOUT_FILENO : STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
                poll(&place, 1, 1000)
            default:
                if stream == .output, reason != EPIPE { failure.withLock { $0 = $0 ?? reason } }
                return
            }
        }
    }

    static func isTerminal(_ stream: Stream) -> Bool {
        isatty(stream == .output ? STDOUT_FILENO : STDERR_FILENO) == 1
    }

    /// Columns of the terminal; 100 where the output is no terminal.
    static var width: Int { columns(.output) ?? 100 }

    private static func columns(_ stream: Stream) -> Int? {
        var size = winsize()
        let descriptor = stream == .output ? STDOUT_FILENO : STDERR_FILENO
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
    }

    // MARK: Colours

    /// https://no-color.org: any value that is not empty turns colours off.
    private static func coloured(_ stream: Stream) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return isTerminal(stream) && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    private static func styled(_ text: String, _ code: String, on stream: Stream) -> String {
        coloured(stream) ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    static func bold(_ text: String, on stream: Stream = .output) -> String { styled(text, "1", on: stream) }
    static func dim(_ text: String, on stream: Stream = .output) -> String { styled(text, "2", on: stream) }
    static func red(_ text: String, on stream: Stream = .output) -> String { styled(text, "31", on: stream) }
    static func green(_ text: String, on stream: Stream = .output) -> String { styled(text, "32", on: stream) }
    static func yellow(_ text: String, on stream: Stream = .output) -> String { styled(text, "33", on: stream) }

    /// The text in lines that fit the terminal, each after the first with a margin; as it is where nobody looks.
    static func wrapped(_ text: String, margin: String = "  ") -> String {
        guard isTerminal(.output) else { return text }
        return Wrapping.lines(of: text, width: max(20, width - margin.count)).joined(separator: "\n\(margin)")
    }

    /// A mistake in a file, its first word coloured. On a terminal it is as wide as that.
    static func render(_ diagnostic: Diagnostic) -> String {
        let description = isTerminal(.error) ? diagnostic.description(columns: columns(.error) ?? 100) : diagnostic.description
        let word = "\(diagnostic.severity.rawValue):"
        let colour = diagnostic.severity == .error ? red(word, on: .error) : yellow(word, on: .error)
        guard let range = description.range(of: word) else { return description }
        return description.replacingCharacters(in: range, with: colour)
    }

    // MARK: Facts

    static func print(json value: JSONValue) {
        print(value.json)
    }

    /// `12,345`: thousands set apart, for people.
    static func number(_ count: Int) -> String {
        var digits = String(abs(count))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits = String(digits.dropLast(3))
        }
        return (count < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// `1 recipient`, `2 recipients`.
    static func count(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(number(count)) \(count == 1 ? noun : plural ?? noun + "s")"
    }

    /// `2 h 5 min`, `40 s`, `0.8 s`.
    static func duration(_ seconds: Double) -> String {
        if seconds < 10 { return "\((seconds * 10).rounded() / 10) s" }
        let whole = Int(seconds.rounded())
        if whole < 120 { return "\(whole) s" }
        if whole < 7200 { return "\(whole / 60) min" + (whole % 60 == 0 ? "" : " \(whole % 60) s") }
        if whole < 172_800 { return "\(whole / 3600) h" + (whole % 3600 / 60 == 0 ? "" : " \(whole % 3600 / 60) min") }
        return "\(whole / 86_400) days" + (whole % 86_400 / 3600 == 0 ? "" : " \(whole % 86_400 / 3600) h")
    }

    /// `2026-11-02 09:30` on the wall clock of the workspace.
    static func time(_ instant: Instant, _ zone: Zone) -> String {
        let minute = zone.minuteOfDay(at: instant)
        let parts = [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(zone.date(at: instant)) \(parts.joined(separator: ":"))"
    }
}

/// One line on standard error that is written over and over, on a terminal only.
struct ProgressLine: Sendable {
    let enabled: Bool

    init(enabled: Bool) {
        self.enabled = enabled && Console.isTerminal(.error)
    }

    func show(_ text: String) {
        if enabled { Console.write("\r\u{1B}[2K\(text)", to: .error) }
    }

    func clear() {
        if enabled { Console.write("\r\u{1B}[2K", to: .error) }
    }

    /// `███████░░░░░` of `width` columns.
    static func bar(_ done: Int, of total: Int, width: Int) -> String {
        let filled = total > 0 ? min(width, done * width / total) : width
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }
}

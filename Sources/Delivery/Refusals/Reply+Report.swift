package import Mail

extension Reply {
    /// What the server that refused or put off a message said, as a report that came later has it.
    ///
    ///     let report = DeliveryReport(bytes)
    ///     report?.recipients.first.map { RefusalClass(of: Reply($0)) }   // .mailboxFull
    ///
    /// A report that repeats no code still says whether the refusal is for good: by its status, else by what it is.
    package init(_ told: DeliveryReport.Recipient) {
        let reply = ReplyInText(told.words)
        let byStatus = (reply?.enhanced ?? told.status)?.first.flatMap { ["5": 550, "4": 450, "2": 250][$0] }
        let code = reply?.code ?? byStatus ?? (told.kind == .failed ? 550 : told.kind == .delayed ? 450 : 250)
        let enhanced = [reply?.enhanced, told.status].compactMap { $0 }.first { $0.first == String(code).first }
        self.init(code: code, lines: [[enhanced, reply?.text ?? told.words].compactMap { $0 }.joined(separator: " ")])
    }
}

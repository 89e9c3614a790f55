import Diagnostics
import Model

/// What became of messages.
extension Parser {
    private static let acts: [String: WrittenEngagement.Act] = [
        "was": .sent, "opened": .opened, "clicked": .clicked, "bounced": .bounced, "complained": .complained,
    ]

    /// An engagement if one starts here.
    mutating func engagement(_ word: String) throws(Diagnostic) -> WrittenEngagement? {
        if word == "received" { return try received() }
        guard let act = Self.acts[word] else { return nil }
        advance()
        if act == .sent, current.isWord("not") {
            throw error("`not` stands before the whole condition", current.span, hint: "write: not was sent …")
        }
        if act == .sent { try expect("sent", after: "`was`") }
        return try engagement(act)
    }

    /// `did not open X` is said of messages, not of an event called "open"; nil where such an event is meant.
    mutating func missedEngagement() throws(Diagnostic) -> WrittenEngagement? {
        guard case .word(let word) = current.kind else { return nil }
        if let done = ["bounce": "bounced", "complain": "complained"][word], peek().isWord("any") {
            throw error("`did not \(word)` is not a form of the language", current.span, hint: "write: not \(done) any")
        }
        guard word == "open" || word == "click" else { return nil }
        switch peek().kind {
        case .word("any"), .quoted, .text: break
        case .word(let next) where !Keyword.all.contains(next) && next != "more": break
        default: return nil
        }
        advance()
        return try engagement(word == "open" ? .notOpened : .notClicked)
    }

    private mutating func engagement(_ act: WrittenEngagement.Act) throws(Diagnostic) -> WrittenEngagement {
        var engagement = WrittenEngagement(act: act)
        if case .text(let link) = current.kind {
            guard act == .clicked || act == .notClicked else {
                throw error("only what was clicked has an address", current.span, hint: "campaign names stand without quotes")
            }
            guard !link.isEmpty else { throw error("an empty text is in every text", current.span) }
            engagement.link = link
            advance()
            guard takeWord("in") else {
                throw error(
                    "`in` and a campaign are expected after the address, not \(shown(current))", current.span,
                    hint: "write: clicked \(Lexer.quoted(link)) in spring-launch, or in any")
            }
        }
        if !takeWord("any") {
            guard let campaign = takeName() else {
                throw error(
                    "the name of a campaign or `any` is expected after `\(act.rawValue)`, not \(shown(current))", current.span,
                    hint: "a name that starts with a digit or has blanks goes in backquotes")
            }
            engagement.campaign = campaign
        }
        let negated = act == .notOpened || act == .notClicked
        engagement.times = try times(negated: negated)
        engagement.window = try pastWindow(after: "the campaign", counted: !negated && engagement.times == nil)
        return engagement
    }

    /// `received fewer than 2 messages in last 7 days`
    private mutating func received() throws(Diagnostic) -> WrittenEngagement {
        advance()
        let start = current.span
        let bound: Times.Bound
        if takeWord("fewer") || takeWord("more") {
            bound = source.text(in: start) == "fewer" ? .fewerThan : .moreThan
            try expect("than", after: "`\(source.text(in: start))`")
        } else if takeWord("at") {
            bound = current.isWord("most") ? .atMost : .atLeast
            guard takeWord("least") || takeWord("most") else {
                throw error("`least` or `most` is expected after `at`, not \(shown(current))", current.span)
            }
        } else if takeWord("exactly") {
            bound = .exactly
        } else {
            throw error(
                "how many is expected after `received`, not \(shown(current))", current.span,
                hint: "write: received fewer than 2 messages in last 7 days")
        }
        let count = try count(of: bound)
        guard takeWord("messages") || takeWord("message") else {
            throw error("`messages` is expected after the number, not \(shown(current))", current.span)
        }
        if count == 0, bound == .atLeast || bound == .fewerThan {
            let everybody = bound == .atLeast
            throw error("`\(bound.rawValue) 0 messages` is true of \(everybody ? "everybody" : "nobody")", start.union(lastSpan))
        }
        let window = try pastWindow(after: "the messages", counted: false)
        return WrittenEngagement(act: .received, times: Times(bound, count), window: window)
    }
}

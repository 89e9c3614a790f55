import Mail

/// One kept message as a person sees it: on a wide screen, on a phone, as text, as source.
///
/// The message's HTML lives in a sandboxed frame, where no script runs and no form is sent; the page itself has no script
/// either: what to show is chosen by radio buttons and `:has()`.
struct MessagePage {
    var entry: OutboxEntry
    var mail: MessageReader

    /// Views offered, the first one shown at first.
    private var views: [(id: String, label: String)] {
        var views: [(String, String)] = []
        if mail.html != nil { views += [("wide", "Desktop"), ("narrow", "Phone")] }
        if mail.text != nil { views.append(("text", "Text")) }
        return views + [("source", "Headers")]
    }

    var html: [UInt8] {
        let subject = mail.header("subject").flatMap { $0.isEmpty ? nil : $0 } ?? "No subject"
        var page = PageStyle.head(title: subject)
        page += "<main class=\"message\"><header><p><a class=\"back\" href=\"index.html\">← Outbox</a></p>"
        page += "<h1>\(subject.escapedForHTML)</h1><dl>"
        page += row("From", mail.header("from") ?? "") + row("To", mail.header("to") ?? entry.recipient)
        page += row("Arrived", LocalTime.text(entry.time)) + row("Size", "\(entry.size) bytes")
        let attached = mail.parts.filter { $0 != mail.html && $0 != mail.text }
        page += row("Attached", attached.map { "\($0.type), \($0.body.count) bytes" }.joined(separator: "; "))
        page += "</dl></header>\n<nav role=\"radiogroup\" aria-label=\"View\">"
        for (index, view) in views.enumerated() {
            page += "<input type=\"radio\" name=\"view\" id=\"\(view.id)\"\(index == 0 ? " checked" : "")>"
            page += "<label for=\"\(view.id)\">\(view.label)</label>"
        }
        page += "<a class=\"file\" href=\"\(entry.name.escapedForLink).eml\">.eml</a></nav>\n"
        if let html = mail.html?.text {
            page += "<iframe title=\"The message\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\" srcdoc=\""
            page += "&lt;base target=_blank&gt;\(html.escapedForHTML)\"></iframe>\n"
        }
        if let text = mail.text?.text { page += "<pre class=\"text\">\(text.escapedForHTML)</pre>\n" }
        page += "<pre class=\"source\">"
        for field in mail.headers { page += "<b>\(field.name.escapedForHTML):</b> \(field.value.escapedForHTML)\n" }
        page += "</pre></main></body></html>\n"
        return Array(page.utf8)
    }

    private func row(_ name: String, _ value: String) -> String {
        value.isEmpty ? "" : "<dt>\(name)</dt><dd>\(value.escapedForHTML)</dd>"
    }
}

/// What both pages look like.
enum PageStyle {
    /// No script can run in these pages, whatever a message holds.
    private static let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data: cid:; frame-src 'self'"

    static func head(title: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="\(policy)">
        <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
        <title>\(title.escapedForHTML)</title><style>\(css)</style></head><body>

        """
    }

    private static let css = """

        :root { color-scheme: light dark; --ground: #f6f5f2; --card: #fff; --ink: #1d1c1a; --quiet: #68645d; --line: #e4e1da; --accent: #b3261e }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #161514; --card: #201f1d; --ink: #eceae6; --quiet: #a19c93; --line: #35332f; --accent: #ff8a80 }
        }
        * { box-sizing: border-box }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif }
        main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; letter-spacing: -.01em; overflow-wrap: anywhere }
        a { color: inherit } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
        .quiet, time, dt { color: var(--quiet) } .quiet { margin: 0 0 1.5rem }
        .list { list-style: none; margin: 0; padding: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden }
        .list li + li { border-top: 1px solid var(--line) }
        .list a { display: grid; grid-template-columns: 18rem 1fr auto; gap: .25rem 1.25rem; padding: .7rem 1rem; text-decoration: none }
        .list a:hover { background: color-mix(in srgb, var(--accent) 7%, transparent) }
        .list span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .subject { font-weight: 600 }
        .tag { font-size: .75rem; border: 1px solid var(--line); border-radius: 99px; padding: 0 .4rem }
        time { font-variant-numeric: tabular-nums; font-size: .875rem; align-self: center }
        .back { color: var(--quiet); text-decoration: none } .message header p { margin: 0 0 1rem }
        dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem 1rem; margin: .75rem 0 1.5rem; font-size: .925rem }
        dd { margin: 0; overflow-wrap: anywhere }
        nav { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; margin-bottom: 1rem }
        nav input { position: absolute; opacity: 0 } nav label, .file { padding: .3rem .8rem; border: 1px solid var(--line); border-radius: 99px;
          font-size: .875rem; cursor: pointer; background: var(--card); text-decoration: none }
        nav input:checked + label { background: var(--ink); color: var(--ground); border-color: var(--ink) }
        nav input:focus-visible + label { outline: 3px solid var(--accent); outline-offset: 2px } .file { margin-left: auto }
        iframe, pre { display: none; width: 100%; border: 1px solid var(--line); border-radius: 12px; background: var(--card) }
        iframe { height: 75vh; margin: 0 auto; background: #fff; color-scheme: normal }
        pre { margin: 0; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.5 ui-monospace, monospace }
        main:has(#wide:checked) iframe, main:has(#text:checked) .text, main:has(#source:checked) .source { display: block }
        main:has(#narrow:checked) iframe { display: block; width: 375px; max-width: 100% }
        @media (max-width: 40rem) {
          .list a { grid-template-columns: 1fr } .list .subject { grid-row: 1; white-space: normal }
        }

        """
}

import Foundation

/// The list of kept messages, the latest first.
struct IndexPage {
    var entries: [OutboxEntry]
    /// How many messages lie in the folder, listed or not.
    var total: Int

    var html: [UInt8] {
        var page = ""
        page += PageStyle.head(title: "Outbox – \(total) message\(total == 1 ? "" : "s")")
        page += "<main><header><h1>Outbox</h1><p class=\"quiet\">\(total == 0 ? "Nothing has arrived yet." : summary)</p></header>\n"
        if !entries.isEmpty {
            page += "<ol class=\"list\">\n"
            for entry in entries { page += row(entry) }
            page += "</ol>\n"
        }
        page += "</main></body></html>\n"
        return Array(page.utf8)
    }

    private var summary: String {
        let count = total == 1 ? "1 message" : "\(total) messages"
        return entries.count < total ? "\(count). The latest \(entries.count) are listed, the others lie beside this page." : "\(count)."
    }

    private func row(_ entry: OutboxEntry) -> String {
        let subject = entry.summary?.subject ?? ""
        let to = entry.summary?.recipient ?? ""
        let link = entry.name.escapedForLink
        return """
            <li><a href="\(link).html"><span class="to">\((to.isEmpty ? entry.recipient : to).escapedForHTML)\
            \(entry.more > 0 ? " <span class=\"tag\">+\(entry.more)</span>" : "")</span>\
            <span class="subject">\(subject.isEmpty ? "<i>no subject</i>" : subject.escapedForHTML)</span>\
            <time>\(LocalTime.text(entry.time))</time></a></li>

            """
    }
}

/// `2026-11-22 21:48:46` on this machine's clock.
enum LocalTime {
    static func text(_ time: time_t) -> String {
        var time = time
        var parts = tm()
        guard localtime_r(&time, &parts) != nil else { return "" }
        let date = [Int(parts.tm_mon) + 1, Int(parts.tm_mday)].map(twoDigits).joined(separator: "-")
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { twoDigits(Int($0)) }.joined(separator: ":")
        return "\(Int(parts.tm_year) + 1900)-\(date) \(clock)"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}

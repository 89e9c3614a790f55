import Campaigns
import Delivery
import Foundation
import Model

extension SendingPolicy.Brake {
    /// One sentence.
    func sentence(at now: Instant, _ zone: Zone) -> String {
        switch kind {
        case .held(let until, let reason): "\(name) is held until \(Console.time(until, zone)): \(reason)"
        case .slowed(let perSecond, let reason): "\(name) gets \(Self.pace(perSecond)) since the server said: \(reason)"
        case .limited(let until) where until.milliseconds - now.milliseconds < 60_000: "\(name) is at its limit"
        case .limited(let until): "\(name) is at its limit until \(Console.time(until, zone))"
        case .troubled(let reason): "no connection to \(name) works, it is tried again: \(reason)"
        case .down(.latest, let reason): "\(name) can't be used: \(reason)"
        case .down(let until, let reason): "\(name) rests until \(Console.time(until, zone)): \(reason)"
        }
    }

    /// A few words.
    var short: String {
        switch kind {
        case .held: "\(name) held"
        case .slowed(let perSecond, _): "\(name) \(Self.pace(perSecond))"
        case .limited: "\(name) at its limit"
        case .troubled: "\(name) in trouble"
        case .down: "\(name) down"
        }
    }

    private var name: String {
        switch subject {
        case .workspace: "the workspace"
        case .campaign: "the campaign"
        case .relay(let name): "relay \(name)"
        case .provider(let name): name
        }
    }

    /// A limit that lets the next one go within a moment is no news.
    func isNews(at now: Instant) -> Bool {
        if case .limited(let until) = kind { until.milliseconds - now.milliseconds > 5000 } else { true }
    }

    private static func pace(_ perSecond: Double) -> String {
        if perSecond >= 1 { return "\(Console.number(Int(perSecond.rounded())))/s" }
        if perSecond * 60 >= 1 { return "\(Int((perSecond * 60).rounded()))/min" }
        return "\(max(1, Int((perSecond * 3600).rounded())))/hour"
    }

    func json(at now: Instant, _ zone: Zone) -> JSONValue {
        var object = JSONObject([("text", .text(sentence(at: now, zone)))])
        switch subject {
        case .workspace: object["subject"] = .text("workspace")
        case .campaign: object["subject"] = .text("campaign")
        case .relay(let name): (object["subject"], object["name"]) = (.text("relay"), .text(name))
        case .provider(let name): (object["subject"], object["name"]) = (.text("provider"), .text(name))
        }
        switch kind {
        case .held(let until, let reason):
            (object["kind"], object["until"], object["reason"]) = (.text("held"), .text(until.canonical), .text(reason))
        case .slowed(let perSecond, let reason):
            (object["kind"], object["per_second"], object["reason"]) = (.text("slowed"), .real(perSecond), .text(reason))
        case .limited(let until): (object["kind"], object["until"]) = (.text("limited"), .text(until.canonical))
        case .troubled(let reason): (object["kind"], object["reason"]) = (.text("troubled"), .text(reason))
        case .down(let until, let reason):
            (object["kind"], object["reason"]) = (.text("down"), .text(reason))
            if until < .latest { object["until"] = .text(until.canonical) }
        }
        return .object(object)
    }
}

extension SendProgress.Bottleneck {
    /// Nil for limits, which have names.
    fileprivate var words: String? {
        switch self {
        case .limit: nil
        case .relay: "the relay sets the pace"
        case .composing: "making messages sets the pace"
        case .disk: "the disk sets the pace"
        }
    }
}

extension SendProgress {
    /// What keeps it from being faster, in a few words.
    private var reason: String? { bottleneck?.words ?? brakes.first?.short }

    /// One line for a terminal.
    var line: String {
        let share = total > 0 ? done * 100 / total : 100
        var text =
            "\(ProgressLine.bar(done, of: total, width: 30)) \(share)%  \(Console.number(done))/\(Console.number(total))"
        if rate >= 1 { text += "  \(Console.number(Int(rate)))/s" }
        if let secondsLeft, secondsLeft >= 1 { text += "  \(Console.duration(secondsLeft.rounded())) left" }
        if report.refused > 0 { text += "  \(Console.number(report.refused)) refused" }
        if report.deferred > 0 { text += "  \(Console.number(report.deferred)) deferred" }
        if let reason, done < total { text += "  (\(reason))" }
        return text
    }

    func json(at now: Instant, _ zone: Zone) -> JSONValue {
        .object([
            "at": .text(now.canonical), "done": .integer(Int64(done)), "total": .integer(Int64(total)),
            "accepted": .integer(Int64(report.accepted)), "deferred": .integer(Int64(report.deferred)),
            "refused": .integer(Int64(report.refused)), "unknown": .integer(Int64(report.unknown)),
            "skipped": .integer(Int64(report.skipped)), "per_second": .real((rate * 10).rounded() / 10),
            "seconds_left": secondsLeft.map { .real($0.rounded()) } ?? .null, "bottleneck": bottleneck.map { .text($0.rawValue) } ?? .null,
            "brakes": .list(brakes.map { $0.json(at: now, zone) }),
            "providers": .list(
                providers.map {
                    .object([
                        "name": .text($0.name.isEmpty ? "others" : $0.name), "accepted": .integer(Int64($0.accepted)),
                        "deferred": .integer(Int64($0.deferred)), "refused": .integer(Int64($0.refused)),
                        "unknown": .integer(Int64($0.unknown)),
                    ])
                }),
        ])
    }
}

/// The file in which a sender that lives says how it is getting on, for `campaigns status` in another terminal.
struct ProgressNote {
    let path: String

    /// One that can't be written is no reason to stop sending; who looks sees that it is old.
    func write(_ value: JSONValue) {
        try? Data(value.json.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    func remove() { unlink(path) }

    /// What was written last; nil where there is nothing or it can't be read.
    func read() -> JSONValue? {
        FileManager.default.contents(atPath: path).flatMap { try? JSONValue(parsing: $0) }
    }

    /// Lines for people; none where there is nothing or it can't be read.
    func lines() -> [String] {
        guard case .object(let note) = read() else { return [] }
        func integer(_ name: String, of object: JSONObject) -> Int {
            if case .integer(let value) = object[name] { Int(clamping: value) } else { 0 }
        }
        func real(_ name: String) -> Double? {
            switch note[name] {
            case .real(let value): value
            case .integer(let value): Double(value)
            default: nil
            }
        }
        var lines: [String] = []
        var words = "\(Console.number(integer("done", of: note))) of \(Console.number(integer("total", of: note)))"
        if let rate = real("per_second"), rate >= 1 { words += ", \(Console.number(Int(rate)))/s" }
        if let left = real("seconds_left") { words += ", \(Console.duration(left)) left" }
        lines.append(words)
        if case .list(let brakes) = note["brakes"] {
            for case .object(let brake) in brakes { if let text = brake["text"]?.text { lines.append(text) } }
        }
        if lines.count == 1, let words = SendProgress.Bottleneck(rawValue: note["bottleneck"]?.text ?? "")?.words { lines.append(words) }
        if case .list(let providers) = note["providers"], providers.count > 1 {
            for case .object(let provider) in providers.prefix(6) {
                let parts = ["accepted", "deferred", "refused", "unknown"].compactMap { word in
                    let count = integer(word, of: provider)
                    return count > 0 ? "\(Console.number(count)) \(word)" : nil
                }
                lines.append("\(provider["name"]?.text ?? ""): \(parts.joined(separator: ", "))")
            }
        }
        return lines
    }
}

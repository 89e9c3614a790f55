import Campaigns
import Model
import Store
import Workspace

/// Who sends a campaign, as people are told where several may.
extension [SenderRecord] {
    func sentences(_ workspace: OpenWorkspace) -> [String] {
        let zone = workspace.settings.zone
        var sentences: [String] = []
        let living = filter(\.isLive)
        if !living.isEmpty {
            let names = living.map { "\($0.host) (process \($0.process), since \(Console.time($0.startedAt, zone)))" }
            sentences.append("It is being sent by \(Self.joined(names)).")
        }
        for sender in self where !sender.isLive && sender.inHand > 0 {
            let gone = (sender.endedAt ?? sender.renewedAt).advanced(byMilliseconds: workspace.machineGoneAfter)
            sentences.append(
                Console.yellow(
                    "\(sender.host) has \(Console.count(sender.inHand, "message")) in hand and was last heard of at \(Console.time(sender.renewedAt, zone)). pitwall send on that machine settles them; from \(Console.time(gone, zone)) on they count as unknown."
                ))
        }
        return sentences
    }

    private static func joined(_ names: [String]) -> String {
        names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " and \(names[names.count - 1])"
    }
}

extension SenderRecord {
    func json(_ workspace: OpenWorkspace) -> JSONValue {
        .object([
            "host": .text(host), "process": .integer(process), "since": .text(startedAt.canonical), "heard_of": .text(renewedAt.canonical),
            "lives": .bool(isLive), "in_hand": .integer(Int64(inHand)),
        ])
    }
}

/// Ends a send that is going badly: `stop_if: {refused: 5%, complaints: 0.3%}`.
///
/// A share is asked of at least ``fewest`` answers. Where most is refused that is too late, so a share of refusals that leaves no doubt
/// speaks sooner: of at least ``fewestBeyondDoubt`` answers, five times the limit or more, or over half of all.
package struct StopRule: Hashable, Sendable {
    /// Shares of 1; nil asks nothing.
    package var refused: Double?
    package var complaints: Double?

    /// Below this many answers a share says nothing: one refusal in three is no sign.
    package static let fewest = 100
    package static let fewestBeyondDoubt = 20
    /// One refusal is many times a small limit, and is no sign either.
    private static let fewestRefused = 5

    package init(refused: Double? = nil, complaints: Double? = nil) {
        self.refused = refused
        self.complaints = complaints
    }

    /// Why to stop, or nil.
    package func verdict(accepted: Int, refused count: Int, complaints complaintCount: Int) -> String? {
        let answered = accepted + count
        if let refused, exceeds(refused, count, of: answered) {
            return "\(Self.percent(count, of: answered)) of messages were refused, more than stop_if allows (\(Self.percent(refused)))"
        }
        if let complaints, answered >= Self.fewest, accepted > 0, Double(complaintCount) / Double(accepted) > complaints {
            return
                "\(Self.percent(complaintCount, of: accepted)) of recipients complained, more than stop_if allows (\(Self.percent(complaints)))"
        }
        return nil
    }

    private func exceeds(_ limit: Double, _ count: Int, of answered: Int) -> Bool {
        guard answered >= Self.fewestBeyondDoubt else { return false }
        let share = Double(count) / Double(answered)
        return share > limit && (answered >= Self.fewest || count >= Self.fewestRefused && (share >= 5 * limit || share > 0.5))
    }

    private static func percent(_ part: Int, of whole: Int) -> String { percent(Double(part) / Double(whole)) }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
    }
}

/// Ends a send that is going badly: `stop_if: {refused: 5%, complaints: 0.3%}`.
package struct StopRule: Hashable, Sendable {
    /// Shares of 1; nil asks nothing.
    package var refused: Double?
    package var complaints: Double?

    /// Below this many answers a share says nothing: one refusal in three is no sign.
    package static let fewest = 100

    package init(refused: Double? = nil, complaints: Double? = nil) {
        self.refused = refused
        self.complaints = complaints
    }

    /// Why to stop, or nil.
    package func verdict(accepted: Int, refused count: Int, complaints complaintCount: Int) -> String? {
        let answered = accepted + count
        guard answered >= Self.fewest else { return nil }
        if let refused, Double(count) / Double(answered) > refused {
            return "\(Self.percent(count, of: answered)) of messages were refused, more than stop_if allows (\(Self.percent(refused)))"
        }
        if let complaints, accepted > 0, Double(complaintCount) / Double(accepted) > complaints {
            return
                "\(Self.percent(complaintCount, of: accepted)) of recipients complained, more than stop_if allows (\(Self.percent(complaints)))"
        }
        return nil
    }

    private static func percent(_ part: Int, of whole: Int) -> String { percent(Double(part) / Double(whole)) }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
    }
}

import Database
import Model
import Segments
import Store
import Workspace

/// Who is in the segments that a template asks about: `{% if contact.segments contains "vip" %}`.
///
/// Each segment is asked once, of everybody, before the first message is made. It is asked as of the plan: at the plan's
/// time, with what was known by then, so that a preview and what is sent next week say the same. Eight bytes a member are
/// kept, in order.
struct SegmentMembership: Sendable {
    private let segments: [(name: String, members: [Int64])]

    init(_ definition: CampaignDefinition, plan: PlanRecord, in workspace: OpenWorkspace) throws {
        let moment = Moment(at: plan.at, known: plan.at, zone: definition.settings.zone)
        let dialect = workspace.database.dialect
        segments = try definition.askedSegments.sorted { $0.key < $1.key }.map { name, segment in
            (name, try workspace.people.identifiers(where: segment.sql(dialect: dialect, at: moment)))
        }
    }

    /// The names of the segments a person is in.
    func names(of contact: ContactID) -> [String] {
        segments.compactMap { Self.holds($0.members, contact.rawValue) ? $0.name : nil }
    }

    private static func holds(_ members: [Int64], _ id: Int64) -> Bool {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < members.count && members[low] == id
    }
}

/// A 64-bit identifier made by the program, never by the database, so that many machines can make them.
///
/// Each kind of thing has its own type: a contact's ID can't be passed where a campaign's is wanted.
package protocol Identifier: RawRepresentable<Int64>, Hashable, Comparable, Sendable, CustomStringConvertible {
    init(rawValue: Int64)
}

extension Identifier {
    package init(_ rawValue: Int64) { self.init(rawValue: rawValue) }
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    package var description: String { String(rawValue) }
}

package struct ContactID: Identifier {
    package var rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct CampaignID: Identifier {
    package var rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct PlanID: Identifier {
    package var rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// One running program that sends; a row in hand names it.
package struct SenderID: Identifier {
    package var rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

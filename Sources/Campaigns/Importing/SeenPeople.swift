import Model
import Store

/// A line about a person.
struct PersonLine: Sendable {
    var entry: ContactStore.Entry
    /// As it was, where it may yet be rejected: an address alone always says who it is.
    var record: CSVRecord?

    init(_ entry: ContactStore.Entry, _ record: CSVRecord, isKept: Bool = false) {
        self.entry = entry
        self.record = isKept || entry.externalID != nil ? record : nil
    }
}

/// Who is in the file so far.
///
/// Of somebody with several addresses, as after a merge, one line counts, wherever in the file it stands: that of the address they
/// are written to. Else two lines would change the same attributes to and fro.
struct SeenPeople {
    enum Place {
        case new
        /// To be asked for again at the end.
        case later
        case again(RejectReason)
    }

    private var seen: Set<UInt64> = []
    private var seenIDs: Set<UInt64> = []
    private let furtherAddresses: [String: ContactStore.FurtherAddress]
    private var held: [PersonLine] = []

    init(furtherAddresses: [String: ContactStore.FurtherAddress]) {
        self.furtherAddresses = furtherAddresses
    }

    mutating func place(of entry: ContactStore.Entry, _ record: CSVRecord) -> Place {
        guard let key = entry.email?.key else {
            guard seenIDs.insert((entry.externalID ?? "").stableHash).inserted else {
                return .again(RejectReason(text: "this external ID is in the file already"))
            }
            return .new
        }
        guard seen.insert(key.stableHash).inserted else { return .again(RejectReason(text: "this address is in the file already")) }
        guard furtherAddresses[key] != nil else { return .new }
        held.append(PersonLine(entry, record, isKept: true))
        return .later
    }

    static let twice = RejectReason(text: "this person is in the file already, under another address", isRule: true)

    /// The lines under a further address: those that are the only ones of their people, and the others.
    func later() -> (only: [PersonLine], repeated: [CSVRecord]) {
        var people: Set<ContactID> = []
        var only: [PersonLine] = []
        var repeated: [CSVRecord] = []
        for item in held {
            guard let key = item.entry.email?.key, let address = furtherAddresses[key] else { continue }
            let hasMain = address.mainKey.map { seen.contains($0.stableHash) } ?? false
            if !hasMain, people.insert(address.contact).inserted {
                only.append(item)
            } else if let record = item.record {
                repeated.append(record)
            }
        }
        return (only, repeated)
    }
}

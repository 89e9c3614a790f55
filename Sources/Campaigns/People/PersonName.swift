package import Model
package import Store

/// What somebody at a terminal calls a person: an address, or `external:ID` by the ID that another system has for them. An address
/// can't begin like that.
package enum PersonName: Hashable, Sendable, CustomStringConvertible {
    case address(EmailAddress)
    case externalID(String)

    private static let mark = "external:"

    /// - Throws: Why it is no address.
    package init(_ text: String) throws(EmailAddress.Problem) {
        if text.hasPrefix(Self.mark), text.count > Self.mark.count {
            self = .externalID(String(text.dropFirst(Self.mark.count)))
        } else {
            self = .address(try EmailAddress(text))
        }
    }

    package var address: EmailAddress? { if case .address(let address) = self { address } else { nil } }

    package var description: String {
        switch self {
        case .address(let address): "\(address)"
        case .externalID(let id): Self.mark + id
        }
    }
}

extension ContactStore {
    package func contact(_ name: PersonName) throws -> Contact? {
        switch name {
        case .address(let address): try contact(address)
        case .externalID(let id): try contact(externalID: id)
        }
    }

    /// What a person can be called: by all their addresses, else by what other systems call them.
    package func names(of contact: ContactID) throws -> [PersonName] {
        let addresses = try addresses(of: contact).map { PersonName.address($0) }
        guard addresses.isEmpty else { return addresses }
        return try externalIDs(of: contact).map { .externalID($0.id) }
    }
}

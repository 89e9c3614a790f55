package import Model

/// `Pitwall <news@example.com>` or `news@example.com`, as a campaign file gives a sender.
package struct NamedAddress: Hashable, Sendable, CustomStringConvertible {
    package var name: String?
    package var address: EmailAddress

    package init(name: String? = nil, address: EmailAddress) {
        self.name = name
        self.address = address
    }

    /// What is wrong is said as the end of a sentence: `has no @`.
    package struct Problem: Error {
        package var message: String
    }

    /// A name may stand in quotes; it can't hold control characters or angle brackets.
    package init(_ text: String) throws(Problem) {
        guard text.last == ">" else {
            address = try Self.address(text)
            return
        }
        guard let open = text.lastIndex(of: "<") else { throw Problem(message: "has a > without a <") }
        address = try Self.address(trimmingBlanks(String(text[text.index(after: open)...].dropLast())))
        var name = trimmingBlanks(String(text[..<open]))
        if name.count >= 2, name.first == "\"", name.last == "\"" {
            let quoted = String(name.dropFirst().dropLast())
            name = quoted.replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
        }
        guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F || $0 == "<" || $0 == ">" }) else {
            throw Problem(message: "has a name with characters that cannot be there")
        }
        self.name = name.isEmpty ? nil : name
    }

    private static func address(_ text: String) throws(Problem) -> EmailAddress {
        do throws(EmailAddress.Problem) {
            return try EmailAddress(text)
        } catch {
            throw Problem(message: error.rawValue)
        }
    }

    package var description: String {
        name.map { "\($0) <\(address.local)@\(address.domain)>" } ?? "\(address.local)@\(address.domain)"
    }
}

extension YAMLReader {
    mutating func namedAddress(_ node: YAMLNode?) -> NamedAddress? {
        guard let text = text(node, "an address") else { return nil }
        do throws(NamedAddress.Problem) {
            return try NamedAddress(text)
        } catch {
            report("the address \(error.message)", at: node?.span)
            return nil
        }
    }

    mutating func address(_ node: YAMLNode?) -> EmailAddress? {
        guard let text = text(node, "an address") else { return nil }
        do throws(EmailAddress.Problem) {
            return try EmailAddress(text)
        } catch {
            report("the address \(error.rawValue)", at: node?.span)
            return nil
        }
    }
}

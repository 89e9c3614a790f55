import Diagnostics
import Foundation
import Mail
import Model
import Signing
import Store
import Testing

@testable import Campaigns

@Suite struct SignatureTests {
    /// A workspace whose key for example.com is on the disk.
    private static func house(_ algorithm: DKIMKey.Algorithm = .rsa, domain: String = "example.com") throws -> WorkspaceDesk {
        var house = try WorkspaceDesk()
        try DKIMKey.generate(algorithm).create(at: house.desk.folder + "/key.pem")
        house.files["pitwall.yaml"]? += "\ndkim:\n  - {domain: \(domain), selector: s1, key_file: key.pem}\n"
        return house
    }

    private static func remote(_ house: inout WorkspaceDesk) {
        house.files["pitwall.yaml"] = house.files["pitwall.yaml"]?.replacing("smtp://127.0.0.1:2525", with: "smtp://mail.example.com:587")
    }

    private static func compose(_ house: WorkspaceDesk) throws -> (composed: ComposedMessage, preview: [UInt8]) {
        let sender = try house.sender()
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        let contact = try #require(try house.desk.contact("ada@example.com"))
        let recipient = Recipient(contact: contact, address: try EmailAddress("ada@example.com"))
        let signer = try sender.workspace.dkimSigner(for: prepared.definition)
        let composer = try MessageComposer(
            prepared.definition, plan: prepared.plan, in: try house.workspace, keys: house.keys, signer: signer
        ) { Desk.noon }
        var preview: [UInt8] = []
        try composer.make(recipient).message.write(into: &preview)
        return (try composer.compose(recipient), preview)
    }

    @Test func `what is sent is the preview with a signature on top, and the log knows both`() throws {
        let house = try Self.house()
        #expect(try house.plan().checks.allSatisfy { !$0.message.contains("DKIM") })
        let (composed, preview) = try Self.compose(house)
        let text = String(decoding: composed.bytes, as: UTF8.self)
        #expect(text.hasPrefix("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;\r\n"))
        #expect(text.hasSuffix(String(decoding: preview, as: UTF8.self)))
        #expect(text.contains("List-Unsubscribe:List-Unsubscribe-Post:"))
        #expect(composed.sha256 == SHA256.hash(composed.bytes).hex)
        #expect(composed.contentSHA256 == SHA256.hash(contentRanges(of: preview).flatMap { preview[$0] }).hex)
        #expect(try Self.compose(house).composed.bytes == composed.bytes)
    }

    @Test func `mail of a subdomain is signed by the domain above it, other mail is not signed`() throws {
        var house = try Self.house()
        house.files["Campaigns/launch.yaml"] = WorkspaceDesk.campaign.replacing("news@example.com", with: "news@mail.example.com")
        _ = try house.plan()
        #expect(String(decoding: try Self.compose(house).composed.bytes, as: UTF8.self).contains(" d=example.com;"))
        house.files["Campaigns/launch.yaml"] = WorkspaceDesk.campaign.replacing("news@example.com", with: "news@example.org")
        _ = try house.plan()
        #expect(!String(decoding: try Self.compose(house).composed.bytes, as: UTF8.self).contains("DKIM"))
    }

    @Test func `no key for the From domain is a check, unless the relay signs or is on this machine`() throws {
        func warnings(_ house: WorkspaceDesk) throws -> [Diagnostic] { try house.plan().checks.filter { $0.message.contains("DKIM") } }
        var none = try WorkspaceDesk()
        #expect(try warnings(none).isEmpty)
        Self.remote(&none)
        let found = try warnings(none)
        #expect(
            found.map(\.message) == ["there is no DKIM key for example.com: Gmail, Yahoo and Outlook refuse much mail that is not signed"])
        #expect(found.first?.hint?.contains("pitwall dkim new example.com --selector s1") == true)
        #expect(found.first?.location?.line == 7)
        none.files["pitwall.yaml"]? += "\ndkim: relay\n"
        #expect(try warnings(none).isEmpty)
        let other = try Self.house(domain: "exmaple.com")
        #expect(try warnings(other).first?.hint == "did you mean \"exmaple.com\"?")
    }

    @Test func `a key that cannot sign is told by the plan, and nothing goes out without`() throws {
        let house = try Self.house(.ed25519)
        let checks = try house.plan().checks.filter { $0.message.contains("DKIM") }
        #expect(checks.first?.message.contains("Ed25519 key only") == true)
        #expect(throws: SigningError.self) { try Self.compose(house) }
        #expect(chmod(house.desk.folder + "/key.pem", 0o644) == 0)
        var missing = house
        missing.files["pitwall.yaml"] = house.files["pitwall.yaml"]?.replacing("key.pem", with: "gone.pem")
        #expect(try missing.plan().checks.contains { $0.message.contains("gone.pem: there is no such file") })
    }

    @Test func `a key that others may read is told`() throws {
        let house = try Self.house()
        #expect(chmod(house.desk.folder + "/key.pem", 0o640) == 0)
        #expect(
            try house.plan().checks.contains { $0.severity == .warning && $0.message.contains("others than its owner may read this key") })
    }
}

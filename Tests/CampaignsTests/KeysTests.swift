import Foundation
import Model
import Signing
import Store
import Testing
import Workspace

@testable import Campaigns

@Suite struct WorkspaceKeysTests {
    private let desk: WorkspaceDesk

    init() throws { desk = try WorkspaceDesk() }

    private func forget(_ address: String) throws {
        let contact = try #require(try desk.desk.contact(address))
        let key = try desk.workspace.keys().identity
        _ = try desk.workspace.contacts.forget(contact.id, hash: { ForgottenPeople.hash($0, key: key) }, at: Desk.noon)
    }

    @Test func `keys are made where there are none, and stay the same`() throws {
        let keys = try desk.workspace.keys()
        #expect(try desk.workspace.keys().identity == keys.identity)
        #expect(desk.desk.exists(try desk.workspace.settings.keysFile))
    }

    @Test func `lost keys are not made anew where somebody was forgotten, who else would come back`() throws {
        try forget("ada@example.com")
        let path = try desk.workspace.path(try desk.workspace.settings.keysFile)
        let kept = try Data(contentsOf: URL(fileURLWithPath: path))
        try FileManager.default.removeItem(atPath: path)
        let refusal = try #require(throws: SigningError.self) { try desk.workspace.keys() }
        #expect(refusal.code == .noKeys)
        #expect(refusal.hint?.contains("forgotten") == true)
        #expect(throws: SigningError.self) { try ForgottenPeople(desk.workspace.contacts) { try desk.workspace.keys() } }
        #expect(!FileManager.default.fileExists(atPath: path))
        try kept.write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let people = try ForgottenPeople(desk.workspace.contacts) { try desk.workspace.keys() }
        #expect(people.contains(try EmailAddress("ada@example.com")))
        #expect(!people.contains(try EmailAddress("bob@example.com")))
    }
}

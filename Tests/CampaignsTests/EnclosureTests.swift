import Diagnostics
import Foundation
import Mail
import Model
import Signing
import Store
import Testing
import Workspace

@testable import Campaigns

@Suite struct EnclosureTests {
    private static let calendar = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n"

    private static func house(attachments: String, files: [String: String] = [:], template: String = "") throws -> WorkspaceDesk {
        var house = try WorkspaceDesk(campaign: attachments)
        house.files["Templates/launch.md"]? += template
        house.files.merge(files) { $1 }
        return house
    }

    private static func mistakes(_ house: WorkspaceDesk) -> [String] {
        do {
            return try house.plan().checks.map { $0.description }
        } catch let list as DiagnosticList {
            return list.items.map { $0.description }
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `every person's message carries the same files, encoded once`() throws {
        let house = try Self.house(
            attachments: "attachments: [docs/prices.pdf, talk.ics]",
            files: ["docs/prices.pdf": "the prices", "talk.ics": Self.calendar, "Images/logo.png": "a logo"],
            template: "\n![Logo](cid:Images/logo.png)\n")
        _ = try house.plan()
        let sender = try house.sender()
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        let composer = try MessageComposer(prepared.definition, plan: prepared.plan, in: try house.workspace, keys: house.keys) {
            Desk.noon
        }
        let messages = try ["ada@example.com", "bob@example.com"].map { email in
            let contact = try #require(try house.desk.contact(email))
            return try composer.compose(Recipient(contact: contact, address: try EmailAddress(email)))
        }
        let tail = try #require(messages[0].tail)
        #expect(messages[1].tail === tail)
        #expect(messages[0].bytes != messages[1].bytes)
        let whole = messages[0].bytes + Array(tail.bytes)
        #expect(messages[0].sha256 == SHA256.hash(whole).hex)
        #expect(messages[0].contentSHA256 == SHA256.hash(contentRanges(of: whole).flatMap { whole[$0] }).hex)
        let read = MessageReader(whole)
        #expect(read.parts.map(\.type) == ["text/plain", "text/html", "image/png", "text/calendar", "application/pdf", "application/ics"])
        #expect(read.html?.text.contains("src=\"cid:Images_2Flogo.png@pitwall\"") == true)
        #expect(read.parts[2].body == Array("a logo".utf8))
        #expect(read.parts[4].body == Array("the prices".utf8))
        // Another composer of the same plan makes the same bytes: what a preview shows is what is sent.
        let again = try MessageComposer(prepared.definition, plan: prepared.plan, in: try house.workspace, keys: house.keys) { Desk.noon }
        let contact = try #require(try house.desk.contact("eve@example.com"))
        let other = try again.compose(Recipient(contact: contact, address: try EmailAddress("eve@example.com")))
        #expect(other.tail.map { $0 !== tail && $0.bytes.elementsEqual(tail.bytes) } == true)
    }

    @Test func `a plan freezes what its messages carry`() throws {
        var house = try Self.house(attachments: "attachments: price.txt", files: ["price.txt": "1 EUR"])
        let plan = try house.plan().plan
        #expect(try house.workspace.campaigns.sources(of: plan.id)["price.txt"] == Array("1 EUR".utf8))
        house.files["price.txt"] = "2 EUR"
        let prepared = try #require(try house.sender().prepare("launch", plan: nil))
        #expect(prepared.changedFiles == ["price.txt"])
        #expect(prepared.definition.enclosures.attachments.first?.content == Array("1 EUR".utf8))
    }

    @Test func `each language carries its own pictures`() throws {
        let house = try Self.house(
            attachments: "", files: ["a.png": "a", "b.png": "b", "Templates/launch.it.md": WorkspaceDesk.template + "\n![B](cid:b.png)\n"],
            template: "\n![A](cid:a.png)\n")
        let definition = try house.plan().definition
        #expect(definition.enclosures.pictures.mapValues { $0.map(\.name) } == ["": ["a.png"], "it": ["b.png"]])
    }

    @Test(arguments: [
        (
            "attachments: [docs/price.pdf]", "Campaigns/launch.yaml:8:15: error: there is no file docs/price.pdf",
            "did you mean \"docs/prices.pdf\"?"
        ),
        (
            "attachments: [prices.pdf]", "Campaigns/launch.yaml:8:15: error: there is no file prices.pdf",
            "did you mean \"docs/prices.pdf\"?"
        ),
        (
            "attachments: [../x.pdf]", "Campaigns/launch.yaml:8:15: error: \"../x.pdf\" is not a plain path within the workspace",
            "without . and .."
        ),
        ("attachments: [/etc/passwd]", "Campaigns/launch.yaml:8:15: error: \"/etc/passwd\" is an absolute path", "relative"),
        (
            "attachments: [pitwall.sqlite]",
            "Campaigns/launch.yaml:8:15: error: pitwall.sqlite is the workspace's database and goes to nobody", ""
        ),
        (
            "attachments: [pitwall.sqlite-wal]",
            "Campaigns/launch.yaml:8:15: error: pitwall.sqlite-wal is the workspace's database and goes to nobody", ""
        ),
        ("attachments: [secrets/keys]", "Campaigns/launch.yaml:8:15: error: secrets/keys is a secret and goes to nobody", ""),
        ("attachments: [docs/prices.pdf, docs/prices.pdf]", "Campaigns/launch.yaml:8:32: error: docs/prices.pdf is attached twice", ""),
        ("attachments: [bad.ics]", "Campaigns/launch.yaml:8:15: error: bad.ics is no calendar file", ""),
        (
            "attachments: [a.ics, b.ics]", "Campaigns/launch.yaml:8:22: error: a message can carry one invitation, and there are 2",
            "one calendar"
        ),
        ("attachmnts: [docs/prices.pdf]", "error: unknown key \"attachmnts\"", "did you mean \"attachments\"?"),
    ])
    func `what cannot be attached is an error where it is named`(line: String, expected: String, hint: String) throws {
        let house = try Self.house(
            attachments: line,
            files: ["docs/prices.pdf": "x", "bad.ics": "hello", "a.ics": Self.calendar, "b.ics": Self.calendar, "secrets/keys": "k"])
        let found = Self.mistakes(house).joined(separator: "\n")
        #expect(found.contains(expected), "\(found)")
        #expect(hint.isEmpty || found.contains(hint), "\(found)")
    }

    @Test(arguments: [
        ("![Logo](cid:Images/lgo.png)", "error: there is no file Images/lgo.png", "did you mean \"Images/logo.png\"?"),
        ("![Logo](cid:notes.txt)", "error: notes.txt is no picture", "attachments:"),
        ("<img alt=\"\" src=\"cid:{{ contact.city }}.png\">", "error: the name of a picture in the message can't hold Liquid", "{% if %}"),
    ])
    func `a picture that is not there is an error in the template`(line: String, expected: String, hint: String) throws {
        let house = try Self.house(attachments: "", files: ["Images/logo.png": "x", "notes.txt": "x"], template: "\n\(line)\n")
        let found = Self.mistakes(house).joined(separator: "\n")
        #expect(found.contains(expected), "\(found)")
        #expect(found.contains("Templates/launch.md:7:"), "\(found)")
        #expect(hint.isEmpty || found.contains(hint), "\(found)")
    }

    @Test(
        arguments: [
            (7_000_000, nil, nil),
            (
                8_000_000, "warning",
                "attachments and pictures make each message 10.9 MB larger, as mail encodes them, and many mail servers refuse more than 10 MB"
            ),
            (
                19_000_000, "error",
                "attachments and pictures make each message 26.0 MB larger, as mail encodes them, and hardly any mail server takes more than 25 MB"
            ),
        ] as [(Int, String?, String?)])
    func `what is too large is told before it is sent`(bytes: Int, severity: String?, message: String?) throws {
        var house = try Self.house(attachments: "attachments: big.zip")
        house.files["big.zip"] = String(repeating: "x", count: bytes)
        let found = Self.mistakes(house).filter { $0.contains("larger") }
        #expect(found.count == (severity == nil ? 0 : 1))
        if let severity, let message {
            #expect(found.first?.contains("Campaigns/launch.yaml:8:14: \(severity): \(message)") == true, "\(found)")
        }
    }
}

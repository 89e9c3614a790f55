import Mail
import Model
import Signing
import Testing

@Suite struct LinkTokenTests {
    private static let keys = Keys(links: Secret([UInt8](repeating: 7, count: 32)), identity: Secret([UInt8](repeating: 8, count: 32)))

    private static func token(topic: String = "newsletter", isTest: Bool = false) throws -> LinkToken {
        try LinkToken(
            .unsubscribe, contact: ContactID(1_234_567_890_123), campaign: CampaignID(-5), step: 3, topic: topic, isTest: isTest)
    }

    private static func problem(_ text: String, _ keys: Keys = keys) -> LinkToken.Problem? {
        do {
            _ = try LinkToken(verifying: text, with: keys)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: LinkToken.Kind.allCases, [true, false])
    func `a token says again what was signed`(kind: LinkToken.Kind, isTest: Bool) throws {
        for (contact, campaign, step, topic) in [
            (Int64.max, Int64.min, UInt32.max, ""), (0, -1, 0, "offers"), (Int64.min, 1, 7, "novità 🎉"),
            (1, 2, 3, String(repeating: "t", count: 255)),
        ] {
            let token = try LinkToken(
                kind, contact: ContactID(contact), campaign: CampaignID(campaign), step: step, topic: topic, isTest: isTest)
            #expect(try LinkToken(verifying: token.signed(with: Self.keys), with: Self.keys) == token)
        }
    }

    @Test func `a token sent by version 1 is read for ever`() throws {
        let sent = "AQEAAAEfcfsEy__________7AAAAAwpuZXdzbGV0dGVyBnE9ecAcYGPRS9BByLIjdA"
        #expect(try Self.token().signed(with: Self.keys) == sent)
        #expect(try LinkToken(verifying: sent, with: Self.keys) == Self.token())
    }

    @Test func `a token is short, safe in a URL and holds no address`() throws {
        let text = try Self.token().signed(with: Self.keys)
        #expect(text.count <= 80)
        #expect(text.utf8.allSatisfy { byte in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8.contains(byte) })
    }

    @Test func `whichever byte is changed, to whatever, the token is refused`() throws {
        let bytes = try #require(Base64.decode(try Self.token().signed(with: Self.keys), .url))
        for index in bytes.indices {
            for change in UInt8(1)...255 {
                var changed = bytes
                changed[index] ^= change
                #expect(Self.problem(Base64.encoded(changed, .url)) == .forged)
            }
        }
    }

    @Test func `whichever letter is changed, to whatever, the token is refused`() throws {
        let text = Array(try Self.token().signed(with: Self.keys).utf8)
        for index in text.indices {
            for byte in UInt8(0x20)...0x7E where byte != text[index] {
                var changed = text
                changed[index] = byte
                #expect(Self.problem(String(decoding: changed, as: UTF8.self)) != nil)
            }
        }
    }

    @Test func `what is cut, longer or no token is refused`() throws {
        let text = try Self.token().signed(with: Self.keys)
        for count in 0..<text.count { #expect(Self.problem(String(text.prefix(count))) != nil) }
        for odd in [
            text + "A", text + "=", text + " ", " " + text, "é", "\u{0}", text + "\n", String(repeating: "A", count: 513),
            String(repeating: "A", count: 1_000_000), text + text, text.lowercased(), "====", "..", "%41",
        ] { #expect(Self.problem(odd) != nil) }
        #expect(Self.problem("") == .malformed)
        #expect(Self.problem(String(repeating: "A", count: 512)) == .forged)
    }

    @Test func `another key makes another token`() throws {
        let others = Keys(links: Self.keys.identity, identity: Self.keys.links)
        #expect(Self.problem(try Self.token().signed(with: Self.keys), others) == .forged)
    }

    /// What a later program might sign with the same key.
    private static func signed(_ content: [UInt8]) -> String {
        let signature = HMAC(keys.links).sha256(Array("pitwall link\0".utf8) + content).bytes.prefix(16)
        return Base64.encoded(content + signature, .url)
    }

    @Test func `a genuine token of a later version is told from a forged one`() {
        #expect(Self.problem(Self.signed([2, 9, 9])) == .newer)
        #expect(Self.problem(Self.signed([])) == .malformed)
        #expect(Self.problem(Self.signed([0])) == .newer)
    }

    @Test func `genuine bytes that say nothing are refused, not believed`() throws {
        let bytes = try #require(Base64.decode(try Self.token().signed(with: Self.keys), .url)).dropLast(16)
        for count in 1..<bytes.count { #expect(Self.problem(Self.signed(Array(bytes.prefix(count)))) == .malformed) }
        #expect(Self.problem(Self.signed(bytes + [0])) == .malformed)
        for kind: UInt8 in [0, 3, 0x7F, 0x80] { #expect(Self.problem(Self.signed([1, kind] + bytes.dropFirst(2))) == .malformed) }
        #expect(Self.problem(Self.signed(bytes.dropLast() + [0xFF])) == .malformed)
    }

    @Test func `a topic that does not fit is an error, not a shorter topic`() {
        let error = #expect(throws: SigningError.self) { try Self.token(topic: String(repeating: "è", count: 128)) }
        #expect(error?.code == .longTopic)
    }

    @Test func `a test send's link says so and cannot be turned into a real one`() throws {
        let test = try Self.token(isTest: true).signed(with: Self.keys)
        #expect(try LinkToken(verifying: test, with: Self.keys).isTest)
        #expect(try test != Self.token().signed(with: Self.keys))
    }
}

@Suite struct MessageIdentityTests {
    private static let keys = Keys(links: Secret([UInt8](repeating: 7, count: 32)), identity: Secret([UInt8](repeating: 8, count: 32)))

    private static func identity(
        plan: Int64 = 1, step: UInt32 = 2, contact: Int64 = 3, entry: Int64 = 4, nonce: [UInt8]? = nil, keys: Keys = keys
    ) -> MessageIdentity {
        MessageIdentity(plan: PlanID(plan), step: step, contact: ContactID(contact), entry: entry, nonce: nonce, keys: keys)
    }

    @Test func `the same message has the same identity`() {
        #expect(Self.identity() == Self.identity())
        #expect(Self.identity().messageIDLocal == "ggnunli4mpiuhihl22bqig7x5a")
        #expect(Self.identity().boundary == "malfmrjbydxwrg6d3utqpqeaiy")
    }

    @Test func `every part of what a message is tells it from others`() {
        let others = Keys(links: Self.keys.links, identity: Self.keys.links)
        let all = [
            Self.identity(), Self.identity(plan: 2), Self.identity(step: 1), Self.identity(contact: 4), Self.identity(entry: 3),
            Self.identity(nonce: []), Self.identity(nonce: [0]), Self.identity(nonce: [1]), Self.identity(plan: 2, step: 1),
            Self.identity(keys: others),
        ]
        #expect(Set(all.map(\.messageIDLocal)).count == all.count)
        #expect(Set(all.map(\.boundary)).count == all.count)
        #expect(all.allSatisfy { $0.boundary != $0.messageIDLocal })
    }

    @Test func `it fits a Message-ID and a boundary as it is`() {
        for contact in Int64(0)..<200 {
            let identity = Self.identity(contact: contact)
            for text in [identity.messageIDLocal, identity.boundary] {
                #expect(text.utf8.count == 26)
                #expect(text.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz234567".utf8.contains($0) })
            }
        }
    }
}

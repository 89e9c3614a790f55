// How many messages a second two threads sign as a send does: hash the body, relax the headers, sign, put the field on top.
//
//     SigningBenchmark [rsa|both] [SECONDS] [THREADS]
//
// Prints one line: {"signed": …, "seconds": …, "per_second": …, "bytes": …}
import Foundation
import Mail
import Model
import Signing
import Synchronization

let words = CommandLine.arguments.dropFirst().map { String($0) }
let kind = words.first ?? "rsa"
let seconds = words.dropFirst().first.flatMap { Double($0) } ?? 3
let threads = words.dropFirst(2).first.flatMap { Int($0) } ?? 2

let algorithms: [DKIMKey.Algorithm] = kind == "both" ? [.rsa, .ed25519] : [.rsa]
let identities = try algorithms.map {
    DKIMSigner.Identity(domain: "example.com", selector: "s-\($0.rawValue)", key: try DKIMKey.generate($0))
}
let signer = try DKIMSigner(identities)
let page = String(
    repeating: "<p>A paragraph of plain words, as newsletters have them, with a <a href=\"https://example.com\">link</a>.</p>\n", count: 55)
let message = MailMessage(
    from: Mailbox(name: "Bench", address: try EmailAddress("news@example.com")),
    to: Mailbox(name: "Ada Rossi", address: try EmailAddress("ada@example.org")), subject: "What is new in town",
    date: Instant(milliseconds: 1_793_611_800_000), messageID: "k3v@example.com",
    headers: MailHeader.listUnsubscribe(web: "https://news.example.com/u/\(String(repeating: "Ab", count: 40))", mail: nil),
    text: Array("Hello Ada,\nthis is new in town.\n".utf8), html: Array(page.utf8), boundary: "k3v")

let signed = Mutex(0)
let began = ContinuousClock.now
let end = began.advanced(by: .seconds(seconds))
let group = DispatchGroup()
for _ in 0..<threads {
    group.enter()
    Thread {
        var count = 0
        while ContinuousClock.now < end {
            var bytes: [UInt8] = []
            message.writeHead(into: &bytes)
            if let fields = try? signer.fields(for: bytes, date: message.date) { bytes.insert(contentsOf: fields, at: 0) } else { break }
            count += identities.count
        }
        signed.withLock { $0 += count }
        group.leave()
    }.start()
}
group.wait()
let elapsed = began.duration(to: .now) / .seconds(1)
var bytes: [UInt8] = []
message.write(into: &bytes)
let total = signed.withLock { $0 }
print("{\"signed\": \(total), \"seconds\": \(elapsed), \"per_second\": \(Double(total) / elapsed), \"bytes\": \(bytes.count)}")

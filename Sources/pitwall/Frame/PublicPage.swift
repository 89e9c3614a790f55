import Campaigns
import Foundation
import FoundationNetworking
import Model
import Signing
import Synchronization

/// Whether the page behind the unsubscribe links answers where the world would look for it.
enum PublicPage {
    private static let patience: TimeInterval = 10

    /// Follows a link of a test message, whose page changes nothing: only a `pitwall serve` with this workspace's keys
    /// answers it with 200.
    static func check(_ base: String, _ keys: Keys) throws {
        let token = try LinkToken(.unsubscribe, contact: ContactID(0), campaign: CampaignID(0), isTest: true).signed(with: keys)
        let hint = "start it there with: pitwall serve --only web; nothing was sent"
        guard let url = URL(string: "\(base)/u/\(token)") else { throw UseError(.settings, "public_url \(base) is no URL") }
        switch status(of: url) {
        case .success(200): return
        case .success(let code):
            throw UseError(.settings, "the unsubscribe page at \(base) answers \(code) to a genuine link: another program, or other keys", hint: hint)
        case .failure(let error):
            throw UseError(.settings, "the unsubscribe page at \(base) does not answer: \(error.localizedDescription)", hint: hint)
        }
    }

    private static func status(of url: URL) -> Result<Int, any Error> {
        let answer = Mutex<Result<Int, any Error>>(.success(0))
        let done = DispatchSemaphore(value: 0)
        let session = URLSession(configuration: .ephemeral)
        session.dataTask(with: URLRequest(url: url, timeoutInterval: patience)) { _, response, error in
            answer.withLock { $0 = error.map { .failure($0) } ?? .success((response as? HTTPURLResponse)?.statusCode ?? 0) }
            done.signal()
        }.resume()
        done.wait()
        return answer.withLock { $0 }
    }
}

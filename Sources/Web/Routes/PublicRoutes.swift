import Hummingbird
import Logging
import Model
import Signing

/// What the public pages do. GET shows, POST changes; nothing is logged but IDs.
struct PublicRoutes: Sendable {
    var desk: any SubscriptionDesk
    var keys: Keys
    var organisation: String
    var logger: Logger

    /// The longest form that is read. A form of ours has a few hundred bytes, RFC 8058's has 26.
    static let longestBody = 16_384

    func add(to router: Router<BasicRequestContext>) {
        router.get("health") { _, _ in Response(status: .ok, headers: [.contentType: "text/plain; charset=utf-8"], text: "ok\n") }
        router.get("u/:token") { request, context in try await showUnsubscribe(request, context) }
        router.post("u/:token") { request, context in try await unsubscribe(request, context) }
        router.get("p/:token") { request, context in try await showPreferences(request, context) }
        router.post("p/:token") { request, context in try await setPreferences(request, context) }
    }

    /// Somebody who holds a genuine link, and what holds for that person now.
    struct Visit {
        var link: LinkToken
        var state: SubscriptionState
        var pages: Pages

        /// The topic that the link is about; nil where it is about everything, or about a topic that is no more.
        var topic: SubscriptionState.Topic? { state.topics.first { $0.name == link.topic } }

        func source(_ place: String) -> String { "\(place), campaign \(link.campaign)" }
    }

    enum Opened {
        case visit(Visit)
        case answer(Response)
    }

    func pages(_ request: Request) -> Pages {
        Pages(phrases: .preferred(by: request.headers[.acceptLanguage]), organisation: organisation)
    }

    /// Opens the link of a request. A link that is forged, cut off or about a person who is no more gets one and the same answer.
    func open(_ kind: LinkToken.Kind, _ request: Request, _ context: BasicRequestContext) async throws -> Opened {
        let pages = pages(request)
        guard let text = context.parameters.get("token"), let link = try? LinkToken(verifying: text, with: keys), link.kind == kind
        else { return .answer(pages.response(pages.brokenLink, .notFound)) }
        if link.isTest { return .answer(pages.response(pages.test)) }
        guard let state = try await desk.state(of: link.contact) else {
            return .answer(pages.response(pages.brokenLink, .notFound))
        }
        var visit = Visit(link: link, state: state, pages: pages)
        if kind == .unsubscribe { visit.pages.preferencesLink = preferencesLink(for: visit) }
        return .visit(visit)
    }

    /// From `…/u/TOKEN`. A link made here opens what the link beside it in the same message opens.
    private func preferencesLink(for visit: Visit) -> String? {
        guard visit.state.topics.count > 1 else { return nil }
        var link = visit.link
        link.kind = .preferences
        return "../p/" + link.signed(with: keys)
    }

    /// The form of a POST, or the page that says what is wrong with it.
    func form(_ request: Request, _ pages: Pages) async throws -> Result<FormBody, Refusal> {
        guard let encoding = FormBody.Encoding(contentType: request.headers[.contentType]) else {
            return .failure(Refusal(response: pages.response(pages.badRequest, .unsupportedMediaType)))
        }
        let size = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        var bytes: [UInt8] = []
        if size <= Self.longestBody {
            for try await chunk in request.body {
                bytes.append(contentsOf: chunk.readableBytesView)
                if bytes.count > Self.longestBody { break }
            }
        }
        guard size <= Self.longestBody, bytes.count <= Self.longestBody else {
            return .failure(Refusal(response: pages.response(pages.badRequest, .contentTooLarge)))
        }
        return .success(FormBody(bytes, encoding: encoding))
    }

    struct Refusal: Error {
        var response: Response
    }
}

extension Pages {
    func response(_ page: Page, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8", .contentLanguage: phrases.language],
            text: document(page).html)
    }
}

extension Response {
    init(status: HTTPResponse.Status, headers: HTTPFields, text: String) {
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

import HTTPTypes
import Hummingbird
import Logging

/// Stands around all routes: every answer gets the security headers, and what fails becomes a page.
struct PageMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext

    var organisation: String
    var logger: Logger

    /// Seconds after which a person, or a mail provider's one-click, should try again.
    private static let retryAfter = "60"

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let pages = Pages(phrases: .preferred(by: request.headers[.acceptLanguage]), organisation: organisation)
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPError where error.status.code < 500 {
            response =
                error.status == .notFound ? pages.response(pages.notFound, .notFound) : pages.response(pages.badRequest, error.status)
        } catch {
            logger.error("a page could not reach the store", metadata: ["error": "\(Self.withoutAddresses("\(error)"))"])
            response = pages.response(pages.trouble, .serviceUnavailable)
            response.headers[.retryAfter] = Self.retryAfter
        }
        secure(&response.headers)
        return response
    }

    private func secure(_ headers: inout HTTPFields) {
        for (name, value) in [("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex, nofollow")] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        headers[.contentSecurityPolicy] = PageLayout.contentSecurityPolicy
        headers[.xContentTypeOptions] = "nosniff"
        headers[.cacheControl] = "no-store"
        headers[.vary] = "Accept-Language"
    }

    /// The store's errors should hold no address. Should one do so all the same, it does not reach the log.
    static func withoutAddresses(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { $0.contains("@") ? "…" : $0 }.joined(separator: " ")
    }
}

import Hummingbird
import Logging
import Model
import Signing

/// `/u/TOKEN`: the page behind a message's unsubscribe link, and the one-click POST of its List-Unsubscribe header.
///
/// GET changes nothing, ever: scanners and previews follow links. POST with RFC 8058's body, or from the page's own buttons:
/// ```text
/// List-Unsubscribe=One-Click   withdraw from the link's topic
/// action=unsubscribe           the same, by hand
/// action=everything            withdraw from all marketing
/// action=undo&topic=…          consent again; recorded with its source like any other consent
/// ```
extension PublicRoutes {
    func showUnsubscribe(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        switch try await open(.unsubscribe, request, context) {
        case .answer(let response): return response
        case .visit(let visit):
            let page = visit.isGone ? visit.gonePage : visit.pages.unsubscribe(from: visit.topic, offersEverything: visit.offersEverything)
            return visit.pages.response(page)
        }
    }

    func unsubscribe(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let form: FormBody
        switch try await self.form(request, pages(request)) {
        case .failure(let refusal): return refusal.response
        case .success(let read): form = read
        }
        switch try await open(.unsubscribe, request, context) {
        case .answer(let response): return response
        case .visit(let visit): return try await answer(form, visit)
        }
    }

    private func answer(_ form: FormBody, _ visit: Visit) async throws -> Response {
        switch form.first("action") {
        case "undo": return try await undo(form, visit)
        case "everything": return try await withdraw(.everything, visit, place: "unsubscribe page")
        case nil, "unsubscribe":
            // Without an action it is a mail provider's POST. One that forgot the body is still a person who wants to leave.
            let place = form.isOneClick ? "one-click unsubscribe" : "unsubscribe page"
            return try await withdraw(visit.topic.map { .topics([$0.name]) } ?? .everything, visit, place: place)
        default: return visit.pages.response(visit.pages.badRequest, .badRequest)
        }
    }

    /// Recorded once: who has left already is only told so again.
    private func withdraw(_ scope: SubscriptionScope, _ visit: Visit, place: String) async throws -> Response {
        let isDone =
            switch scope {
            case .everything: visit.state.isUnsubscribedFromEverything
            case .topics: visit.topic?.consent == .withdrawn
            }
        if !isDone {
            try await desk.withdraw(visit.link.contact, from: scope, source: visit.source(place))
            logger.info("unsubscribed", metadata: ["contact": "\(visit.link.contact)", "place": "\(place)"])
        }
        let after = try await desk.state(of: visit.link.contact) ?? visit.state
        let topic = scope == .everything ? nil : visit.topic
        return visit.pages.response(
            visit.pages.unsubscribed(
                from: topic, remaining: after.subscribed, undoing: topic.map { [$0] } ?? visit.state.subscribed,
                offersUndo: topic != nil || !visit.state.subscribed.isEmpty))
    }

    /// Only topics that exist, and by default the one that the link is about.
    private func undo(_ form: FormBody, _ visit: Visit) async throws -> Response {
        let named = Set(form.all("topic"))
        let topics = named.isEmpty ? visit.topic.map { [$0] } ?? [] : visit.state.topics.filter { named.contains($0.name) }
        guard !topics.isEmpty else { return visit.pages.response(visit.pages.badRequest, .badRequest) }
        let subscribed = Set(visit.state.subscribed)
        let missing = topics.filter { !subscribed.contains($0) }
        if !missing.isEmpty {
            try await desk.confirm(
                visit.link.contact, topics: missing.map(\.name), source: visit.source("undo on the unsubscribe page"))
            logger.info("subscribed again", metadata: ["contact": "\(visit.link.contact)"])
        }
        return visit.pages.response(visit.pages.subscribedAgain(to: topics))
    }
}

extension PublicRoutes.Visit {
    /// True where there is nothing left to withdraw.
    var isGone: Bool { state.isUnsubscribedFromEverything || topic.map { $0.consent == .withdrawn } ?? false }

    var gonePage: Pages.Page {
        pages.unsubscribed(
            from: state.isUnsubscribedFromEverything ? nil : topic, remaining: state.subscribed, undoing: topic.map { [$0] } ?? [],
            offersUndo: topic != nil)
    }

    /// The second button is of use only to who gets more than this topic.
    var offersEverything: Bool { topic != nil && state.subscribed.contains { $0.name != link.topic } }
}

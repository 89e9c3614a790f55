import Hummingbird
import Logging
import Model
import Signing

/// `/p/TOKEN`: which topics a person wants. Only what the page showed and the person changed is recorded.
extension PublicRoutes {
    func showPreferences(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        switch try await open(.preferences, request, context) {
        case .answer(let response): response
        case .visit(let visit): visit.pages.response(visit.pages.preferences(visit.state, saved: false))
        }
    }

    func setPreferences(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let form: FormBody
        switch try await self.form(request, pages(request)) {
        case .failure(let refusal): return refusal.response
        case .success(let read): form = read
        }
        switch try await open(.preferences, request, context) {
        case .answer(let response): return response
        case .visit(let visit): return try await save(form, visit)
        }
    }

    private func save(_ form: FormBody, _ visit: Visit) async throws -> Response {
        let source = visit.source("preference page")
        switch form.first("action") {
        case "everything":
            if !visit.state.isUnsubscribedFromEverything {
                try await desk.withdraw(visit.link.contact, from: .everything, source: source)
            }
        case "save":
            let shown = Set(form.all("shown"))
            let wanted = Set(form.all("topic"))
            let subscribed = Set(visit.state.subscribed.map(\.name))
            let topics = visit.state.topics.filter { shown.contains($0.name) }
            let added = topics.map(\.name).filter { wanted.contains($0) && !subscribed.contains($0) }
            // A consent that only a suppression keeps from counting goes too: the first box ticked lifts that suppression.
            let dropped = topics.filter { !wanted.contains($0.name) && $0.isConfirmed }.map(\.name)
            // Withdrawals first: if the second write fails, the person is told to try again and has lost no "no".
            if !dropped.isEmpty { try await desk.withdraw(visit.link.contact, from: .topics(dropped), source: source) }
            if !added.isEmpty { try await desk.confirm(visit.link.contact, topics: added, source: source) }
        default: return visit.pages.response(visit.pages.badRequest, .badRequest)
        }
        logger.info("preferences saved", metadata: ["contact": "\(visit.link.contact)"])
        let after = try await desk.state(of: visit.link.contact) ?? visit.state
        return visit.pages.response(visit.pages.preferences(after, saved: true))
    }
}

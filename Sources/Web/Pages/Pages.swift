/// The pages, each as the markup between the heading and the end. What they show comes from the desk; an address never does.
struct Pages {
    var phrases: Phrases
    var organisation: String
    /// Where the person chooses topics, relative to the page; nil where there is nothing to choose.
    var preferencesLink: String?

    struct Page {
        var title: String
        var content: Markup
    }

    func document(_ page: Page) -> Markup {
        PageLayout.document(phrases, organisation: organisation, title: page.title, content: page.content)
    }

    /// Asks before anything happens. `topic` is nil where the link is about all of the organisation's mail.
    func unsubscribe(from topic: SubscriptionState.Topic?, offersEverything: Bool) -> Page {
        let question = topic.map { phrases.unsubscribeQuestion($0.title, organisation) } ?? phrases.unsubscribeQuestionAll(organisation)
        var buttons: Markup = "<button name=\"action\" value=\"unsubscribe\">\(phrases.unsubscribe)</button>"
        if offersEverything { buttons = buttons + everythingButton }
        return Page(
            title: phrases.unsubscribeTitle,
            content: """
                <p>\(question)</p>
                <form method="post">\(buttons)</form>
                \(preferencesParagraph)
                """)
    }

    /// After a withdrawal. `remaining` is what the person still gets, `undoing` what one press brings back.
    func unsubscribed(
        from topic: SubscriptionState.Topic?, remaining: [SubscriptionState.Topic], undoing: [SubscriptionState.Topic], offersUndo: Bool
    ) -> Page {
        let sentence = topic.map { phrases.gone($0.title, organisation) } ?? phrases.goneAll(organisation)
        var content: Markup = "<p role=\"status\">\(sentence)</p>"
        if !remaining.isEmpty {
            let items = Markup(joining: remaining.map { "<li>\($0.title)</li>" as Markup })
            content = content + "<p>\(phrases.stillGetting)</p><ul>\(items)</ul><form method=\"post\">\(everythingButton)</form>"
        }
        if offersUndo {
            let topics = Markup(joining: undoing.map { "<input type=\"hidden\" name=\"topic\" value=\"\($0.name)\">" as Markup })
            content =
                content + """
                    <hr><p class="quiet">\(phrases.changedYourMind)</p>
                    <form method="post">\(topics)<button class="second" name="action" value="undo">\(phrases.subscribeAgain)</button></form>
                    """
        }
        return Page(title: phrases.goneTitle, content: content + preferencesParagraph)
    }

    func subscribedAgain(to topics: [SubscriptionState.Topic]) -> Page {
        Page(
            title: phrases.backTitle,
            content: """
                <p role="status">\(phrases.back(topics.map(\.title), organisation))</p>
                <form method="post"><button class="second" name="action" value="unsubscribe">\(phrases.unsubscribe)</button></form>
                """)
    }

    func preferences(_ state: SubscriptionState, saved: Bool) -> Page {
        let subscribed = Set(state.subscribed.map(\.name))
        var content: Markup = saved ? "<p class=\"done\" role=\"status\">\(phrases.saved)</p>" : ""
        guard !state.topics.isEmpty else {
            return Page(title: phrases.preferencesTitle, content: content + "<p>\(phrases.noTopics)</p>")
        }
        let boxes = Markup(
            joining: state.topics.map { topic in
                let checked: Markup = subscribed.contains(topic.name) ? " checked" : ""
                return """
                    <input type="hidden" name="shown" value="\(topic.name)">\
                    <label><input type="checkbox" name="topic" value="\(topic.name)"\(checked)> \(topic.title)</label>

                    """ as Markup
            })
        content =
            content + """
                <p>\(phrases.preferences(organisation))</p>
                <form method="post"><fieldset><legend>\(phrases.topics)</legend>
                \(boxes)</fieldset>
                <button name="action" value="save">\(phrases.save)</button></form>
                """
        if !state.isUnsubscribedFromEverything { content = content + "<hr><form method=\"post\">\(everythingButton)</form>" }
        return Page(title: phrases.preferencesTitle, content: content)
    }

    var test: Page { notice(phrases.testTitle, phrases.test) }
    var brokenLink: Page { notice(phrases.brokenLinkTitle, phrases.brokenLink) }
    var notFound: Page { notice(phrases.notFoundTitle, phrases.notFound) }
    var badRequest: Page { notice(phrases.badRequestTitle, phrases.badRequest) }
    var trouble: Page { notice(phrases.troubleTitle, phrases.trouble) }

    private func notice(_ title: String, _ text: String) -> Page {
        Page(title: title, content: "<p>\(text)</p>")
    }

    private var preferencesParagraph: Markup {
        preferencesLink.map { "<p class=\"more\"><a href=\"\($0)\">\(phrases.managePreferences)</a></p>" } ?? ""
    }

    private var everythingButton: Markup {
        "<button class=\"second\" name=\"action\" value=\"everything\">\(phrases.unsubscribeFromEverything)</button>"
    }
}

/// What the pages say, in one language. A sentence with a topic in it takes its title.
struct Phrases: Sendable {
    /// For `html lang` and `Content-Language`.
    var language: String

    var unsubscribeTitle: String
    var unsubscribeQuestion: @Sendable (_ topic: String, _ organisation: String) -> String
    var unsubscribeQuestionAll: @Sendable (_ organisation: String) -> String
    var unsubscribe: String
    var unsubscribeFromEverything: String
    var stillGetting: String

    var goneTitle: String
    var gone: @Sendable (_ topic: String, _ organisation: String) -> String
    var goneAll: @Sendable (_ organisation: String) -> String
    var changedYourMind: String
    var subscribeAgain: String

    var backTitle: String
    var back: @Sendable (_ topics: [String], _ organisation: String) -> String

    var preferencesTitle: String
    var preferences: @Sendable (_ organisation: String) -> String
    var topics: String
    var save: String
    var saved: String
    var noTopics: String
    var managePreferences: String

    var testTitle: String
    var test: String
    var brokenLinkTitle: String
    var brokenLink: String
    var notFoundTitle: String
    var notFound: String
    var badRequestTitle: String
    var badRequest: String
    var troubleTitle: String
    var trouble: String

    static let all = [english, italian]
}

extension Phrases {
    static let english = Phrases(
        language: "en",
        unsubscribeTitle: "Unsubscribe?",
        unsubscribeQuestion: { "You will no longer get “\($0)” from \($1)." },
        unsubscribeQuestionAll: { "You will no longer get any newsletters or offers from \($0)." },
        unsubscribe: "Unsubscribe",
        unsubscribeFromEverything: "Unsubscribe from everything",
        stillGetting: "You still get:",
        goneTitle: "You’re unsubscribed",
        gone: { "You won’t get “\($0)” from \($1) any more." },
        goneAll: { "You won’t get any newsletters or offers from \($0) any more." },
        changedYourMind: "Was that a mistake?",
        subscribeAgain: "Subscribe again",
        backTitle: "You’re subscribed again",
        back: { "You’ll keep getting \(list($0, "and")) from \($1)." },
        preferencesTitle: "Your preferences",
        preferences: { "Choose what you would like to get from \($0)." },
        topics: "Topics",
        save: "Save",
        saved: "Your choice is saved.",
        noTopics: "There is nothing to choose from at the moment.",
        managePreferences: "Choose what you get",
        testTitle: "This was a test message",
        test: "The links of a test message do nothing. In a real message, this one works.",
        brokenLinkTitle: "This link doesn’t work",
        brokenLink:
            "It may have been cut off on its way to you. Please open it from the message again, or reply to the message and say what you would like: a person will take care of it.",
        notFoundTitle: "Nothing here",
        notFound: "There is no page at this address. Please use the link in the message you got.",
        badRequestTitle: "That didn’t work",
        badRequest: "The form arrived incomplete. Please open the link in the message again.",
        troubleTitle: "Please try again in a minute",
        trouble: "We could not reach our records just now, so nothing has been changed. Your link stays valid.")

    static let italian = Phrases(
        language: "it",
        unsubscribeTitle: "Vuoi disiscriverti?",
        unsubscribeQuestion: { "Non riceverai più «\($0)» da \($1)." },
        unsubscribeQuestionAll: { "Non riceverai più newsletter né offerte da \($0)." },
        unsubscribe: "Disiscrivimi",
        unsubscribeFromEverything: "Disiscrivimi da tutto",
        stillGetting: "Continuerai a ricevere:",
        goneTitle: "Disiscrizione completata",
        gone: { "Non riceverai più «\($0)» da \($1)." },
        goneAll: { "Non riceverai più newsletter né offerte da \($0)." },
        changedYourMind: "È stato un errore?",
        subscribeAgain: "Iscrivimi di nuovo",
        backTitle: "Di nuovo tra noi",
        back: { "Continuerai a ricevere \(list($0, "e")) da \($1)." },
        preferencesTitle: "Le tue preferenze",
        preferences: { "Scegli che cosa vuoi ricevere da \($0)." },
        topics: "Argomenti",
        save: "Salva",
        saved: "La tua scelta è stata salvata.",
        noTopics: "Al momento non c’è nulla da scegliere.",
        managePreferences: "Scegli che cosa ricevere",
        testTitle: "Questo era un messaggio di prova",
        test: "I link di un messaggio di prova non fanno nulla. In un messaggio vero, questo link funziona.",
        brokenLinkTitle: "Questo link non funziona",
        brokenLink:
            "Forse è arrivato incompleto. Riaprilo dal messaggio, oppure rispondi al messaggio e scrivi che cosa desideri: se ne occuperà una persona.",
        notFoundTitle: "Qui non c’è nulla",
        notFound: "A questo indirizzo non c’è nessuna pagina. Usa il link nel messaggio che hai ricevuto.",
        badRequestTitle: "Qualcosa non ha funzionato",
        badRequest: "Il modulo è arrivato incompleto. Riapri il link dal messaggio.",
        troubleTitle: "Riprova tra un minuto",
        trouble: "In questo momento non riusciamo a consultare i nostri dati, quindi nulla è cambiato. Il tuo link resta valido.")

    /// “A”, “B” and “C”, in the quotation marks of the language whose “and” is given.
    private static func list(_ titles: [String], _ and: String) -> String {
        let quoted = titles.map { and == "e" ? "«\($0)»" : "“\($0)”" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
        return quoted.dropLast().joined(separator: ", ") + " \(and) " + last
    }

    /// The best of our languages for an `Accept-Language` (RFC 9110 section 12.5.4); English where none fits.
    static func preferred(by header: String?) -> Phrases {
        var best = (phrases: english, quality: 0.0)
        for choice in (header ?? "").prefix(1000).split(separator: ",") {
            let parts = choice.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let tag = parts.first?.lowercased() else { continue }
            let weight = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }
            let quality = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            guard quality > best.quality else { continue }
            if tag == "*" {
                best = (english, quality)
            } else if let phrases = all.first(where: { tag == $0.language || tag.hasPrefix($0.language + "-") }) {
                best = (phrases, quality)
            }
        }
        return best.phrases
    }
}

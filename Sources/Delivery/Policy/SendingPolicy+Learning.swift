package import Model

extension SendingPolicy {
    /// What a server said to a message, as far as it teaches anything.
    package enum Answer: Hashable, Sendable {
        case accepted
        case refused(Reply)
    }

    /// What is to be done about an answer besides the message's own outcome.
    package struct Lesson: Hashable, Sendable {
        /// The recipient goes on the suppression list.
        package var suppress = false
        /// The recipient may well be there: the refusal is not to be believed, and nobody is to be asked again before then.
        package var isDoubtfulUntil: Instant?
        /// Those of this provider who were suppressed for a "no such user" since then come off it again: it is broken.
        package var pardonSince: Instant?
        /// What was suppressed under this lane is pardoned.
        package var lane = 0
        /// What was refused through the relay is pardoned, wherever it was to go.
        package var isOfRelay = false

        package init() {}
    }

    /// `domain`: the recipient's, in ASCII and lower case; asked for only where something was refused.
    package mutating func learn(
        _ answer: Answer, of mark: Mark, through relay: Int, domain: @autoclosure () -> String, at now: Instant
    ) -> Lesson {
        switch answer {
        case .accepted:
            relays[relay].throttle.succeeded(at: now)
            relays[relay].answers.count(missing: false, at: now)
            if mark.lane > 0 {
                lanes[mark.lane].throttle.succeeded(at: now)
                lanes[mark.lane].answers.count(missing: false, at: now)
            }
            return Lesson()
        case .refused(let reply):
            return learn(reply, lane: mark.lane, relay: relay, domain: domain(), at: now)
        }
    }

    private mutating func learn(_ reply: Reply, lane: Int, relay: Int, domain: String, at now: Instant) -> Lesson {
        let refusal = RefusalClass(of: reply)
        let remedy = refusal.remedy(for: reply)
        let named = KnownProvider(namedIn: reply)
        let lane = lane > 0 ? lane : laneToLearn(domain, named: named, isMissing: remedy == .suppress)
        switch remedy {
        case .suppress: return missing(in: lane, relay, reply, at: now)
        case .refuse:
            relays[relay].answers.count(missing: false, at: now)
            if lane > 0 { lanes[lane].answers.count(missing: false, at: now) }
        case .holdProvider:
            // Where nobody is named the relay is stopped, which its transport does.
            if named != nil, lane > 0 { hold(lane, Hold(until: now.advanced(byMilliseconds: Self.hold), reason: "\(reply)"), at: now) }
        case .stopRelay: break
        case .retry, .retrySlower: slow(refusal, reply, named == nil ? 0 : lane, relay, at: now)
        }
        return Lesson()
    }

    /// A domain that is in no group belongs to the provider that answers for it; else it gets a lane of its own.
    private mutating func laneToLearn(_ domain: String, named: KnownProvider?, isMissing: Bool) -> Int {
        if let known = named, let group = known.domains.first.flatMap({ providers.domains[$0] }) {
            if learned.count < Self.mostDomains { learned[domain] = group + 1 }
            return group + 1
        }
        return isMissing ? newLane(for: domain) : 0
    }

    private mutating func missing(in lane: Int, _ relay: Int, _ reply: Reply, at now: Instant) -> Lesson {
        if lane > 0 { lanes[lane].answers.count(missing: true, at: now) }
        if let lesson = missingEverywhere(relay, lane, reply, at: now) { return lesson }
        var lesson = Lesson()
        lesson.lane = lane
        guard lane > 0 else {
            lesson.suppress = true
            return lesson
        }
        // What was under way when the hold began says nothing new.
        if let hold = lanes[lane].hold, hold.until > now {
            lesson.isDoubtfulUntil = hold.until
            return lesson
        }
        let fewest = lane <= providers.groups.count ? AnswerWindow.fewest : AnswerWindow.fewestOfDomain
        guard lanes[lane].answers.isSuspicious(at: now, fewest: fewest) else {
            lesson.suppress = true
            return lesson
        }
        let reason = "more than 5 % of its answers within an hour were \"no such user\"; nobody is suppressed for it"
        hold(lane, Hold(until: now.advanced(byMilliseconds: Self.hold), reason: reason), at: now)
        lanes[lane].answers.clear()
        lesson.isDoubtfulUntil = lanes[lane].hold?.until
        lesson.pardonSince = now.advanced(byMilliseconds: -Self.hold)
        return lesson
    }

    /// A relay that hardly finds anybody, at whatever provider, says so of us: in words that else are about a recipient ("does not exist").
    private mutating func missingEverywhere(_ relay: Int, _ lane: Int, _ reply: Reply, at now: Instant) -> Lesson? {
        relays[relay].answers.count(missing: true, at: now)
        if relays[relay].lanesMissed.count < AnswerWindow.fewestProviders { relays[relay].lanesMissed.insert(lane) }
        var lesson = Lesson()
        if let down = relays[relay].down, down.isForDenials, down.until > now {
            lesson.isDoubtfulUntil = down.until
            return lesson
        }
        guard relays[relay].answers.isSuspicious(at: now, fewest: AnswerWindow.fewestOfRelay, share: AnswerWindow.shareOfRelay),
            relays[relay].lanesMissed.count >= AnswerWindow.fewestProviders
        else { return nil }
        let until = now.advanced(byMilliseconds: Self.hold)
        // Its words name whom it did not find.
        let code = [String(reply.code), reply.enhanced].compactMap { $0 }.joined(separator: " ")
        relayIsDown(
            relay, until: until,
            reason:
                "it finds hardly anybody: nearly all of its answers were \(code), as if of recipients; nobody is suppressed for it"
        )
        relays[relay].down?.isForDenials = true
        relays[relay].answers.clear()
        relays[relay].lanesMissed.removeAll()
        lesson.isDoubtfulUntil = until
        lesson.pardonSince = now.advanced(byMilliseconds: -Self.hold)
        lesson.isOfRelay = true
        return lesson
    }

    /// Nothing more goes to a provider until then.
    package mutating func hold(_ lane: Int, _ hold: Hold, at now: Instant) {
        guard lane > 0, lane < lanes.count else { return }
        lanes[lane].hold = hold
        lanes[lane].reserved = hold.until
    }

    /// A 421 slows at once, and so does a provider by its name that says "too much"; another temporary refusal is a sign where it comes
    /// in a run, the sooner where it is about our pace or name. That a mailbox is full, or that we are not known yet, is no sign at all.
    private mutating func slow(_ refusal: RefusalClass, _ reply: Reply, _ lane: Int, _ relay: Int, at now: Instant) {
        switch refusal {
        case .noSuchUser, .mailboxFull, .greylisted, .tooBig: return
        default: break
        }
        // x.2.y is about one mailbox (RFC 3463 section 3.3), whatever its words.
        let isMailbox = reply.enhanced.map { $0.split(separator: ".").dropFirst().first == "2" } ?? false
        let isAboutUs = [.throttled, .blocked, .authentication].contains(refusal) && !isMailbox
        let words = "\(reply)"
        let count = reply.code == 421 || (isAboutUs && lane > 0) ? Throttle.run : isAboutUs ? 3 : 1
        if lane > 0 {
            _ = lanes[lane].throttle.refused(words, count: count, at: now)
        } else {
            _ = relays[relay].throttle.refused(words, count: count, at: now)
        }
    }

    /// The lane of a domain of which a bounce speaks; 0 where the bounce teaches nothing. A bounce that says nothing of pace or of us is none
    /// of the policy's.
    package mutating func lane(ofBounce reply: Reply, domain: String) -> Int {
        switch RefusalClass(of: reply).remedy(for: reply) {
        case .retrySlower, .holdProvider: break
        case .retry, .refuse, .suppress, .stopRelay: return 0
        }
        if let group = KnownProvider(namedIn: reply)?.domains.first.flatMap({ providers.domains[$0] }) { return group + 1 }
        return providers.domains[domain].map { $0 + 1 } ?? newLane(for: domain)
    }

    /// A bounce that came later names the provider that is overrun, or that does not take our mail for now: what the relay could not say when it
    /// took the message. `told`: when it was written; one of more than an hour ago says nothing of now.
    ///
    /// - Parameter perSecond: how many went to the provider when it went fastest, if this sender has not seen it itself.
    package mutating func learn(bounce reply: Reply, domain: String, perSecond: Double? = nil, told: Instant, at now: Instant) {
        guard now.milliseconds &- told.milliseconds < Self.hold else { return }
        let lane = lane(ofBounce: reply, domain: domain)
        guard lane > 0 else { return }
        if RefusalClass(of: reply).remedy(for: reply) == .retrySlower {
            lanes[lane].throttle.slow("\(reply)", from: perSecond ?? 0, at: now)
        } else {
            let until = told.advanced(byMilliseconds: Self.hold)
            if until > lanes[lane].hold?.until ?? now { hold(lane, Hold(until: until, reason: "\(reply)"), at: now) }
        }
    }
}

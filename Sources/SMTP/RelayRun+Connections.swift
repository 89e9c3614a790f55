import CCurl
import Delivery
import Model

/// Opening connections, handing messages to them, and ending them.
extension RelayRun {
    // MARK: Messages

    /// Idle connections first, then new ones, then the place behind a message whose answer is awaited.
    func handOut(at now: Int64) {
        if !takesNoMore, sourceState == .asking || !waiting.isEmpty {
            behind.removeAll(keepingCapacity: true)
            for connection in connections where connection.dialogue.canBegin && !connection.isOld(at: now) {
                if connection.isIdle { give(connection, fromWaiting: true, at: now) } else { behind.append(connection) }
            }
            openMore(at: now)
            for connection in behind {
                // A message that waits for a connection being opened goes elsewhere only where that opening has failed.
                give(connection, fromWaiting: waiting.count > openings.count, at: now)
            }
        }
        sayGoodbye(at: now)
    }

    /// One message for one connection; more where some are refused here, before anything is said.
    private func give(_ connection: Connection, fromWaiting: Bool, at now: Int64) {
        while connection.dialogue.canBegin {
            let before = connection.dialogue.begun
            guard let message = fromWaiting && !waiting.isEmpty ? waiting.removeFirst() : take(at: now) else { return }
            deciding(at: now) { connection.begin(message, at: now, results: &$0) }
            touched(connection)
            if connection.dialogue.begun > before { return }
        }
    }

    private func take(at now: Int64) -> Outgoing? {
        guard sourceState == .asking, failure == nil, notBefore <= now else { return nil }
        switch source.next() {
        case .message(let message): return message
        case .later(let milliseconds): notBefore = now + max(1, milliseconds)
        case .none: sourceState = .dry
        case .finished: sourceState = .finished
        }
        return nil
    }

    /// Connections that will get nothing more end politely.
    private func sayGoodbye(at now: Int64) {
        let isEnough = takesNoMore || (sourceState == .finished && waiting.isEmpty)
        guard isEnough || relay.messagesPerConnection != nil || relay.longestConnection != nil else { return }
        for connection in connections where connection.isIdle && (isEnough || connection.dialogue.isSpent || connection.isOld(at: now)) {
            quit(connection, at: now)
        }
    }

    private func quit(_ connection: Connection, at now: Int64) {
        connection.quit(at: now)
        touched(connection)
    }

    // MARK: Opening

    private func openMore(at now: Int64) {
        while connections.count + openings.count < relay.connections {
            guard reconnection.allowance(at: now, opening: openings.count) > 0 else { return }
            if waiting.count <= openings.count {
                guard let message = take(at: now) else { return }
                waiting.append(message)
            }
            guard open(at: now) else { return }
        }
    }

    private func open(at now: Int64) -> Bool {
        renewPassword()
        do {
            let connection = Connection(try CurlChannel(relay, deadlines: deadlines), round: reconnection.round, at: now)
            connector.start(connection.channel)
            openings.append(connection)
            return true
        } catch {
            failure = failure ?? error
            return false
        }
    }

    /// Says whether there is another one than before.
    @discardableResult
    private func renewPassword() -> Bool {
        guard let password = relay.currentPassword?(), password != relay.password else { return false }
        relay.password = password
        return true
    }

    func readOpenings(at now: Int64) {
        while let (easy, result) = connector.nextDone() {
            guard let index = openings.firstIndex(where: { $0.channel.easy == easy }) else { continue }
            let connection = openings.remove(at: index)
            do throws(RelayError) {
                connection.opened(try connection.channel.opened(result), at: now)
                guard add(connection) else { throw unwatchable }
            } catch {
                connector.close(connection.channel, wasOpening: false)
                trouble(error, with: connection, at: now)
            }
        }
    }

    /// A connection that was of no use. Where none works, that ends in the failure of the relay.
    private func trouble(_ error: RelayError, with connection: Connection, at now: Int64) {
        lastTrouble = error
        // The one that was tried may have been changed a moment ago, here as there.
        if error.kind == .loginRefused, renewPassword() { return }
        // A session that stands may be of use yet; if it is not, its own end comes here.
        let othersWork = connections.contains { $0.dialogue.ending == nil }
        // Of several servers behind one name, or of many connections, one may be refused. But a login that fails is not tried again and again.
        if !error.isTemporary, !othersWork || error.kind == .loginRefused || error.kind == .settings {
            failure = failure ?? error
            return
        }
        reconnection.failed(
            startedIn: connection.round, at: now, othersWork: othersWork, gotFar: connection.dialogue.hasTakenSender)
        guard !othersWork else { return }
        if reconnection.isHopeless { failure = failure ?? error }
        // Of many that are opened together some may stand in a moment.
        if openings.isEmpty, works != false {
            works = false
            observer.troubled("\(error)")
        }
    }

    /// A connection has brought a message to a decision.
    private func worked(_ connection: Connection) {
        reconnection.worked(startedIn: connection.round)
        guard works != true else { return }
        works = true
        observer.troubled(nil)
    }

    // MARK: Ending

    func enforceDeadlines(at now: Int64) {
        for connection in connections where connection.dialogue.ending == nil {
            if connection.dialogue.concluded > 0, !connection.hasWorked {
                connection.hasWorked = true
                worked(connection)
            }
            let deadline = connection.deadline(deadlines)
            guard deadline <= now else { continue }
            if connection.isIdle {
                quit(connection, at: now)
            } else {
                let seconds = max(1, (now - connection.progress) / 1000)
                deciding(at: now) { connection.dialogue.timedOut(afterSeconds: seconds, results: &$0) }
                touched(connection)
            }
        }
        for (index, opening) in openings.enumerated().reversed() where openingDeadline(opening) <= now {
            openings.remove(at: index)
            connector.close(opening.channel, wasOpening: true)
            trouble(opening.channel.timedOut(), with: opening, at: now)
        }
    }

    private func openingDeadline(_ opening: Connection) -> Int64 {
        // libcurl keeps the time itself once TCP stands; a second of grace leaves the error to its better words.
        opening.progress + (opening.channel.isConnected ? deadlines.opening + 1000 : deadlines.connect)
    }

    /// What follows from the end of a connection.
    func over(_ connection: Connection, at now: Int64) {
        connector.close(connection.channel, wasOpening: false)
        guard let ending = connection.dialogue.ending, ending.kind != .goodbye else { return }
        if connection.dialogue.concluded > 0 {
            worked(connection)
        } else if connection.dialogue.begun > 0 || ending.kind != .dismissed {
            trouble(unusable(ending), with: connection, at: now)
        }
    }

    private var unwatchable: RelayError {
        RelayError(
            .settings, endpoint: relay.endpoint, text: "the system can't watch another connection",
            hint: "use fewer connections, or raise fs.epoll.max_user_watches", isTemporary: true)
    }

    private func unusable(_ ending: Dialogue.Ending) -> RelayError {
        RelayError(
            .unreachable, endpoint: relay.endpoint, text: "no message gets through: \(ending.reason)", hint: "see the relay's own log",
            isTemporary: true)
    }

    /// When something must be done even if nothing happens.
    func nextDeadline(at now: Int64) -> Int64 {
        var next = now + 60_000
        for connection in connections { next = min(next, connection.deadline(deadlines)) }
        for opening in openings { next = min(next, openingDeadline(opening)) }
        guard !takesNoMore else { return next }
        if sourceState == .asking, notBefore > now { next = min(next, notBefore) }
        if reconnection.round > 0, reconnection.pausedUntil > now, connections.count + openings.count < relay.connections {
            next = min(next, reconnection.pausedUntil)
        }
        return next
    }
}

package import Delivery

/// Carries messages to one relay over a number of connections, on one thread.
///
///     let transport = RelayTransport(relay)
///     Thread { try transport.run(source: queue, observer: ledger, control: control) }
///
/// When messages may go is their source's to say. Connections are opened as messages ask for them, at most `relay.connections`, and
/// reopened when they break; `run` throws a ``RelayError`` where the relay can't be used at all, or refuses us rather than a recipient.
package struct RelayTransport: Transport {
    package let relay: Relay
    private let deadlines: Deadlines
    private let persistence: Persistence

    package init(_ relay: Relay, deadlines: Deadlines = Deadlines(), persistence: Persistence = Persistence()) {
        self.relay = relay
        self.deadlines = deadlines
        self.persistence = persistence
    }

    package var settingsMark: Int { (relay.currentPassword?() ?? relay.password).hashValue }

    package func run(source: any MessageSource, observer: any DeliveryObserver, control: TransportControl) throws {
        guard let waker = Waker(), let connector = Connector(), let readiness = Readiness(), readiness.add(waker.descriptor) else {
            throw RelayError(
                .settings, endpoint: relay.endpoint, text: "this process has no file descriptor or memory left for a connection",
                hint: "raise the limit of open files (ulimit -n)", isTemporary: false)
        }
        let run = RelayRun(
            relay: relay, deadlines: deadlines, persistence: persistence, source: source, observer: observer, control: control,
            waker: waker, connector: connector, readiness: readiness)
        control.attach { waker.wake() }
        defer { control.attach(nil) }
        try withoutBrokenPipeSignal { try run.go() }
    }

    /// Connects, secures, logs in, says goodbye: whether the relay could be used now, what it offers and how it is secured (nil: not at
    /// all). Blocks.
    package func check() throws(RelayError) -> (offered: Capabilities, tls: TLSFacts?) {
        guard let connector = Connector() else {
            throw RelayError(.settings, endpoint: relay.endpoint, text: "there is no memory left", hint: "", isTemporary: false)
        }
        let clock = RunClock()
        let connection = Connection(try CurlChannel(relay, deadlines: deadlines), round: 0, at: 0)
        connection.channel.listen()
        connector.start(connection.channel)
        while connection.channel.isConnected || clock.now < deadlines.connect {
            guard let (_, result) = connector.nextDone() else {
                connector.wait(-1, milliseconds: 100)
                continue
            }
            defer { connector.close(connection.channel, wasOpening: false) }
            let capabilities = try connection.channel.opened(result)
            let goodbye: StaticString = "QUIT\r\n"
            _ = connection.channel.send(UnsafeRawBufferPointer(start: goodbye.utf8Start, count: goodbye.utf8CodeUnitCount))
            return (capabilities, connection.channel.tlsFacts)
        }
        connector.close(connection.channel, wasOpening: true)
        throw connection.channel.timedOut()
    }
}

import CCurl

/// Opens many channels at once, and waits for whatever happens first.
///
/// Owns the multi. Channels stay in it until they are closed here.
final class Connector {
    private let multi: UnsafeMutableRawPointer
    private(set) var opening = 0

    init?() {
        guard let multi = curl_multi_init() else { return nil }
        self.multi = multi
    }

    deinit {
        curl_multi_cleanup(multi)
    }

    func start(_ channel: CurlChannel) {
        curl_multi_add_handle(multi, channel.easy)
        opening += 1
        var running: Int32 = 0
        curl_multi_perform(multi, &running)
    }

    /// The next channel whose opening has come to an end, by its handle.
    func nextDone() -> (easy: UnsafeMutableRawPointer, result: CURLcode)? {
        guard opening > 0 else { return nil }
        var result = CURLE_OK
        guard let easy = pitwall_curl_next_done(multi, &result) else { return nil }
        opening -= 1
        return (easy, result)
    }

    /// Closes the connection, at once and without a word.
    func close(_ channel: CurlChannel, wasOpening: Bool) {
        curl_multi_remove_handle(multi, channel.easy)
        if wasOpening { opening -= 1 }
    }

    /// Waits until `descriptor` is readable, an opening gets on, or the time is over.
    func wait(_ descriptor: Int32, milliseconds: Int32) {
        var watched = curl_waitfd(fd: descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
        var ready: Int32 = 0
        curl_multi_poll(multi, &watched, descriptor < 0 ? 0 : 1, milliseconds, &ready)
        var running: Int32 = 0
        curl_multi_perform(multi, &running)
    }
}

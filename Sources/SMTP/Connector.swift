import CCurl
import Glibc

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

    /// Waits until one of `descriptors` is ready, an opening gets on, or the time is over.
    func wait(_ descriptors: inout [pollfd], milliseconds: Int32) {
        if opening == 0 {
            poll(&descriptors, nfds_t(descriptors.count), milliseconds)
            return
        }
        // pollfd and curl_waitfd have one layout and, on Linux, one meaning of their bits.
        descriptors.withUnsafeMutableBytes { bytes in
            var ready: Int32 = 0
            let count = UInt32(bytes.count / MemoryLayout<curl_waitfd>.stride)
            curl_multi_poll(multi, bytes.assumingMemoryBound(to: curl_waitfd.self).baseAddress, count, milliseconds, &ready)
        }
        var running: Int32 = 0
        curl_multi_perform(multi, &running)
    }
}

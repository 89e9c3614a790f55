import Workspace

/// What can be told of a link's address: where it leads, and what has to be added to it.
enum LinkTarget {
    /// `utm_…` parameters, ready to be added to the query of a URL.
    struct Parameters: Sendable {
        let pairs: [(name: String, text: String)]

        init(_ parameters: [CampaignFile.TrackingParameter]) {
            pairs = parameters.map { ("utm_\($0.name)", "utm_\($0.name)=\(Self.encoded($0.value))") }
        }

        var isEmpty: Bool { pairs.isEmpty }

        /// RFC 3986 section 2.3: everything but unreserved characters.
        private static func encoded(_ text: String) -> String {
            var out: [UInt8] = []
            for byte in text.utf8 {
                let letter = byte | 0x20
                if (0x30...0x39).contains(byte) || (0x61...0x7A).contains(letter) || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte) {
                    out.append(byte)
                } else {
                    out += [UInt8(ascii: "%"), HTMLEscaping.hexDigits[Int(byte >> 4)], HTMLEscaping.hexDigits[Int(byte & 15)]]
                }
            }
            return String(decoding: out, as: UTF8.self)
        }
    }

    static func isWeb(_ url: some Collection<UInt8>) -> Bool {
        let start = url.prefix(8).map { $0 | 0x20 }
        return start.starts(with: Array("http://".utf8).map { $0 | 0x20 }) || start.starts(with: Array("https://".utf8).map { $0 | 0x20 })
    }

    /// The URL with the parameters it does not have yet, in front of its fragment.
    ///
    /// - Parameter ampersand: `&amp;` in HTML, `&` in text.
    static func adding(_ parameters: Parameters, to url: [UInt8], ampersand: String) -> [UInt8] {
        guard isWeb(url), !parameters.isEmpty else { return url }
        let hash = fragmentStart(of: url)
        let base = url[..<hash]
        let query = base.firstIndex(of: UInt8(ascii: "?"))
        let known = query.map { String(decoding: base[$0...], as: UTF8.self) } ?? ""
        var out = Array(base)
        var isFirst = query == nil
        for pair in parameters.pairs where !holds(pair.name, in: known) {
            let needsSeparator =
                isFirst || !(out.last == UInt8(ascii: "?") || known.hasSuffix("&") || known.hasSuffix("&amp;")) || out.count > base.count
            if needsSeparator { out += Array((isFirst ? "?" : ampersand).utf8) }
            out += Array(pair.text.utf8)
            isFirst = false
        }
        return out + url[hash...]
    }

    /// A `#` that is not part of a character reference such as `&#38;`.
    private static func fragmentStart(of url: [UInt8]) -> Int {
        for (index, byte) in url.enumerated() where byte == UInt8(ascii: "#") {
            if index == 0 || url[index - 1] != UInt8(ascii: "&") { return index }
        }
        return url.count
    }

    /// Byte by byte: this runs for each link of each message whose address is data, where searching text took an eighth of a
    /// message's time.
    private static func holds(_ name: String, in query: String) -> Bool {
        let bytes = Array(query.utf8)
        let wanted = Array(name.utf8) + [UInt8(ascii: "=")]
        guard bytes.count > wanted.count else { return false }
        let separators = [UInt8(ascii: "?"), UInt8(ascii: "&"), UInt8(ascii: ";")]
        return (1...(bytes.count - wanted.count)).contains { start in
            separators.contains(bytes[start - 1]) && bytes[start..<start + wanted.count].elementsEqual(wanted)
        }
    }
}

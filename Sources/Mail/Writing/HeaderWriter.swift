import Model

/// Writes header fields, the only place where they are written: folded to 78 columns wherever there is a place to fold,
/// never past 998 (RFC 5322 section 2.1.1), free of control characters.
struct HeaderWriter {
    private static let width = 78
    private static let longest = 900

    private var out: [UInt8] = []
    private var column = 0
    /// Nothing but the name is on the first line yet. Folding there is legal, but some readers then see an empty header.
    private var atStart = true

    /// Takes the buffer without copying it; ``giveBack(to:)`` returns it.
    init(taking buffer: inout [UInt8]) {
        swap(&out, &buffer)
    }

    mutating func giveBack(to buffer: inout [UInt8]) {
        swap(&out, &buffer)
    }

    mutating func write(_ header: MailHeader) {
        switch header.value {
        case .text(let text): self.text(header.name, text)
        case .tokens(let tokens): self.tokens(header.name, tokens)
        case .titled(let title, let identifier):
            begin(header.name)
            phrase(headerText(title))
            angle(identifier)
            end()
        case .angles(let places):
            begin(header.name)
            for (index, place) in places.enumerated() { angle(place, isLast: index == places.count - 1) }
            end()
        case .written(let field): out.append(contentsOf: field)
        }
    }

    /// Unstructured text, as of a subject.
    mutating func text(_ name: String, _ value: String) {
        begin(name)
        let clean = headerText(value)
        let longest = Self.width - column - 1
        if clean.count <= longest, !Self.needsEncoding(clean[...], longest: longest) {
            word(clean)
        } else {
            words(of: clean[...]) { Self.needsEncoding($0, longest: longest) }
        }
        end()
    }

    /// A structured value in ASCII, folded at its spaces.
    mutating func tokens(_ name: String, _ value: String) {
        begin(name)
        let text = headerText(value)
        plainWords(text.contains { $0 >= 0x7F } ? text.filter { $0 < 0x7F } : text)
        end()
    }

    /// `<value>`, as a Message-ID is written.
    mutating func angle(_ name: String, _ value: String) {
        begin(name)
        angle(value)
        end()
    }

    mutating func mailbox(_ name: String, _ mailbox: Mailbox) {
        begin(name)
        let title = headerText(mailbox.name)
        let address = mailbox.address
        phrase(title)
        open(address.local.utf8.count + address.asciiDomain.utf8.count + (title.isEmpty ? 1 : 3))
        if !title.isEmpty { out.append(UInt8(ascii: "<")) }
        out.append(contentsOf: address.local.utf8)
        out.append(UInt8(ascii: "@"))
        out.append(contentsOf: address.asciiDomain.utf8)
        if !title.isEmpty { out.append(UInt8(ascii: ">")) }
        end()
    }

    /// RFC 5322 section 3.3, in UTC: `Mon, 02 Nov 2026 09:30:00 +0000`. Always one line.
    mutating func date(_ name: String, _ instant: Instant) {
        begin(name)
        word(MailDate.bytes(instant))
        end()
    }

    private mutating func begin(_ name: String) {
        out.append(contentsOf: name.utf8)
        out.append(UInt8(ascii: ":"))
        column = name.utf8.count + 1
        atStart = true
    }

    private mutating func end() {
        // "Subject:" without a space would be legal too.
        if atStart { out.append(UInt8(ascii: " ")) }
        out.append(contentsOf: "\r\n".utf8)
    }

    private mutating func fold() {
        out.append(contentsOf: "\r\n".utf8)
        column = 0
        atStart = false
    }

    /// One word that is not broken, after a space or on a new line. Broken all the same where mail systems would.
    private mutating func word(_ bytes: some Collection<UInt8>) {
        guard bytes.count <= Self.longest else {
            word(bytes.prefix(Self.longest))
            return word(bytes.dropFirst(Self.longest))
        }
        open(bytes.count)
        out.append(contentsOf: bytes)
    }

    /// Goes to where the next `count` bytes, which the caller appends, stand apart from what is before.
    private mutating func open(_ count: Int) {
        if !atStart, column + 1 + count > Self.width { fold() }
        out.append(UInt8(ascii: " "))
        column += 1 + count
        atStart = false
    }

    private mutating func plainWords(_ text: [UInt8]) {
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: UInt8(ascii: " ")) ?? text.count
            if end > start { word(text[start..<end]) }
            start = end + 1
        }
    }

    /// `<value>`, or `<value>,` where another one follows.
    private mutating func angle(_ value: String, isLast: Bool = true) {
        var value = value
        let isWritten = value.withUTF8 { bytes in
            let count = bytes.count + (isLast ? 2 : 3)
            guard count <= Self.longest, bytes.allSatisfy(Self.isVisible) else { return false }
            open(count)
            out.append(UInt8(ascii: "<"))
            out.append(contentsOf: bytes)
            out.append(UInt8(ascii: ">"))
            if !isLast { out.append(UInt8(ascii: ",")) }
            return true
        }
        if !isWritten { word([UInt8(ascii: "<")] + value.utf8.filter(Self.isVisible) + Array((isLast ? ">" : ">,").utf8)) }
    }

    /// A display name: words as they are, else in quotes, else encoded.
    private mutating func phrase(_ text: [UInt8]) {
        guard !text.isEmpty else { return }
        // Names as most are: no place to fold is looked for where all of it fits.
        if text.count <= min(60, Self.width - column - 1), Self.isPlainPhrase(text) {
            open(text.count)
            out.append(contentsOf: text)
            return
        }
        if text.count <= 60, !text.allSatisfy({ Characters.isAtomText($0) || $0 == UInt8(ascii: " ") }),
            !Self.needsEncoding(text[...], longest: 60)
        {
            var quoted = [UInt8(ascii: "\"")]
            for byte in text {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted.append(UInt8(ascii: "\\")) }
                quoted.append(byte)
            }
            return word(quoted + [UInt8(ascii: "\"")])
        }
        words(of: text[...]) { Self.needsEncoding($0, longest: 60) || !$0.allSatisfy(Characters.isAtomText) }
    }

    /// Atoms with single spaces between, none of which a reader would decode.
    private static func isPlainPhrase(_ text: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in text {
            guard byte == UInt8(ascii: " ") || Characters.isAtomText(byte), byte != UInt8(ascii: "?") || previous != UInt8(ascii: "=")
            else {
                return false
            }
            previous = byte
        }
        return true
    }

    /// Text word by word; from the first word that must be encoded to the last, all is encoded, spaces included.
    private mutating func words(of text: ArraySlice<UInt8>, mustEncode: (ArraySlice<UInt8>) -> Bool) {
        let words = text.split(separator: UInt8(ascii: " "))
        guard let first = words.firstIndex(where: mustEncode), let last = words.lastIndex(where: mustEncode) else {
            for plain in words { word(plain) }
            return
        }
        for plain in words[..<first] { word(plain) }
        encodedWords(text[words[first].startIndex..<words[last].endIndex])
        for plain in words[(last + 1)...] { word(plain) }
    }

    /// True for what is not ASCII, what cannot be folded, and what a reader would decode though nobody encoded it.
    private static func needsEncoding(_ word: ArraySlice<UInt8>, longest: Int) -> Bool {
        guard word.count <= longest else { return true }
        var previous: UInt8 = 0
        for byte in word {
            if byte >= 0x80 || (byte == UInt8(ascii: "?") && previous == UInt8(ascii: "=")) { return true }
            previous = byte
        }
        return false
    }

    private mutating func encodedWords(_ text: ArraySlice<UInt8>) {
        let encoding = EncodedWord.Encoding(shortestFor: text)
        var rest = text
        while !rest.isEmpty {
            // A short piece at the end of a line saves nothing.
            if Self.width - column - 1 < EncodedWord.overhead + 24, column > 1 { fold() }
            let room = min(EncodedWord.longest, Self.width - column - 1)
            let piece = encoding.prefix(of: rest, fitting: room)
            let before = out.count
            out.append(UInt8(ascii: " "))
            encoding.write(piece, into: &out)
            column += out.count - before
            atStart = false
            rest = rest[piece.endIndex...]
        }
    }

    /// What may stand between angle brackets: visible ASCII but the brackets themselves.
    private static func isVisible(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">")
    }
}

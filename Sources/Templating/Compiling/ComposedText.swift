import Diagnostics

/// Text put together from several files, which still knows where each part of it came from.
///
/// Pieces follow one another without gaps. Those that the program itself wrote have no origin and are said to stand where
/// the piece before them stands.
struct ComposedText: Sendable {
    struct Piece: Sendable {
        var start: Int
        /// Index in ``Sources``; -1 where the program wrote it.
        var source: Int
        /// The bytes of the source that this piece stands for.
        var origin: Span
        /// The bytes are those of the source, one by one.
        var isExact: Bool
    }

    private(set) var bytes: [UInt8] = []
    private(set) var pieces: [Piece] = []

    /// Bytes that stand in a file just like this.
    mutating func copy(_ span: Span, of text: SourceText, source: Int) {
        guard span.start < span.end else { return }
        pieces.append(Piece(start: bytes.count, source: source, origin: span, isExact: true))
        bytes.append(contentsOf: text.bytes[span.start..<span.end])
    }

    /// Bytes made from a part of a file.
    mutating func append(_ new: some Collection<UInt8>, from origin: Span, source: Int) {
        guard !new.isEmpty else { return }
        pieces.append(Piece(start: bytes.count, source: source, origin: origin, isExact: false))
        bytes.append(contentsOf: new)
    }

    /// Bytes that no author wrote.
    mutating func append(_ new: some Collection<UInt8>) {
        guard !new.isEmpty else { return }
        if pieces.last?.source != -1 {
            pieces.append(Piece(start: bytes.count, source: -1, origin: Span(0, 0), isExact: false))
        }
        bytes.append(contentsOf: new)
    }

    mutating func append(_ text: String) { append(text.utf8) }

    /// A part of another text, origins included.
    mutating func append(_ other: ComposedText, _ range: Range<Int>? = nil) {
        let range = range ?? 0..<other.bytes.count
        guard !range.isEmpty else { return }
        var index = other.piece(at: range.lowerBound) ?? 0
        var offset = range.lowerBound
        while offset < range.upperBound, index < other.pieces.count {
            var piece = other.pieces[index]
            let end = min(index + 1 < other.pieces.count ? other.pieces[index + 1].start : other.bytes.count, range.upperBound)
            if piece.isExact {
                let skipped = offset - piece.start
                piece.origin = Span(piece.origin.start + skipped, piece.origin.start + skipped + end - offset)
            }
            piece.start = bytes.count
            pieces.append(piece)
            bytes.append(contentsOf: other.bytes[offset..<end])
            offset = end
            index += 1
        }
    }

    private func piece(at offset: Int) -> Int? {
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].start <= offset { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    /// Where an author wrote what stands at `span`; nil where nobody wrote anything before it.
    func origin(of span: Span) -> (source: Int, span: Span)? {
        guard var index = piece(at: span.start) else { return nil }
        let own = pieces[index]
        if own.source >= 0, own.isExact {
            let start = own.origin.start + span.start - own.start
            return (own.source, Span(start, min(start + span.end - span.start, max(own.origin.end, start))))
        }
        while index > 0, pieces[index].source < 0 { index -= 1 }
        guard pieces[index].source >= 0 else { return nil }
        let found = pieces[index]
        return (found.source, own.source < 0 ? Span(found.origin.end, found.origin.end) : found.origin)
    }
}

/// A change to a text: these bytes out, those in.
struct TextEdit {
    var range: Range<Int>
    var replacement: ComposedText

    init(_ range: Range<Int>, _ replacement: ComposedText) {
        self.range = range
        self.replacement = replacement
    }

    init(insert text: String, at offset: Int) {
        range = offset..<offset
        replacement = ComposedText()
        replacement.append(text)
    }
}

extension ComposedText {
    /// All edits at once; ranges are those of this text. Where two overlap, the later one is left out.
    func applying(_ edits: [TextEdit]) -> ComposedText {
        var result = ComposedText()
        var offset = 0
        let ordered = edits.enumerated().sorted { ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset) }
        for (_, edit) in ordered where edit.range.lowerBound >= offset && edit.range.upperBound <= bytes.count {
            result.append(self, offset..<edit.range.lowerBound)
            result.append(edit.replacement)
            offset = edit.range.upperBound
        }
        result.append(self, offset..<bytes.count)
        return result
    }
}

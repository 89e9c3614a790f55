/// Looks at Markdown before cmark does, whose time grows with the square of what may be emphasis or an address, and which fills up
/// each row of a table to as many cells as the first has.
enum MarkdownGuard {
    static func problem(in bytes: [UInt8], _ room: inout HTMLGuard.Room) -> HTMLGuard.Problem? {
        guard bytes.count <= room.markdown else {
            return HTMLGuard.Problem(
                "more than \(MessageBounds.size(MessageBounds.markdown)) of Markdown", room.markdown, HTMLGuard.Room.advice)
        }
        room.markdown -= bytes.count
        var columns = 0
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            let line = Line(bytes, start..<end)
            if line.isBlank { columns = 0 } else if line.isDelimiter { columns = max(columns, line.bars + 1) }
            room.signs -= line.signs + max(1, columns)
            guard room.signs >= 0 else {
                let most = MessageBounds.text(MessageBounds.signs)
                return HTMLGuard.Problem("more than \(most) lines, cells and signs of Markdown", start, HTMLGuard.Room.advice)
            }
            start = end + 1
        }
        return nil
    }

    private struct Line {
        var signs = 0
        var bars = 0
        var isBlank = true
        /// It may be the second line of a table.
        var isDelimiter = false

        init(_ bytes: [UInt8], _ range: Range<Int>) {
            // What cmark looks for the end of, or counts over again, each time it comes to one.
            let far = 1 + bytes.count >> 10
            var hasDash = false
            var hasOther = false
            var closing = 0
            for index in range {
                let byte = bytes[index]
                switch byte {
                case 0x20, 0x09, 0x0B...0x0D, UInt8(ascii: ">"):
                    closing = 0
                    continue
                case UInt8(ascii: "|"): bars += 1
                case UInt8(ascii: "-"): hasDash = true
                case UInt8(ascii: ":"): if Self.has("://", bytes, index) { signs += 1 }
                case UInt8(ascii: "w"): if Self.has("www.", bytes, index) { signs += 1 }
                case UInt8(ascii: "@"): signs += 1 + bytes.count >> 14
                case UInt8(ascii: ")"):
                    closing += 1
                    if closing > 100 { signs += far }
                case UInt8(ascii: "<"): signs += Self.has("<?", bytes, index) || Self.has("<!", bytes, index) ? far : 1
                case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "!"),
                    UInt8(ascii: "&"), UInt8(ascii: "`"), UInt8(ascii: "\\"):
                    signs += 1
                default: break
                }
                isBlank = false
                hasOther = hasOther || !Self.ofDelimiters.contains(byte)
            }
            isDelimiter = hasDash && !hasOther
            signs += bars
        }

        private static let ofDelimiters = Array("|-:".utf8)

        private static func has(_ text: StaticString, _ bytes: [UInt8], _ index: Int) -> Bool {
            guard index + text.utf8CodeUnitCount <= bytes.count else { return false }
            for offset in 0..<text.utf8CodeUnitCount where bytes[index + offset] != text.utf8Start[offset] { return false }
            return true
        }
    }
}

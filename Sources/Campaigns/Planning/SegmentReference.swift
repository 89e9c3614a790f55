import Diagnostics
import Segments
import Workspace

/// Who, as a campaign's file says it: the name of a segment, or conditions in its place.
///
/// ```yaml
/// segment: did purchase at least 2 times in last 90 days
/// exclude: [in-trial]
/// ```
struct SegmentReference {
    private let reference: Located<String>
    private let source: SourceText

    init(_ reference: Located<String>, in source: SourceText) {
        self.reference = reference
        self.source = source
    }

    var isName: Bool { CampaignFile.isName(reference.value) }

    /// - Throws: all mistakes, each at its place.
    func plan(_ segments: SegmentFiles, against vocabulary: Vocabulary?) throws -> SegmentPlan {
        guard isName else { return try segments.plan(try conditions(), against: vocabulary) }
        if let plan = try segments.plan(reference.value, against: vocabulary) { return plan }
        throw DiagnosticList([
            Diagnostic(
                .error, "there is no segment \"\(reference.value)\"", in: source, at: reference.span,
                hint: suggestion(for: reference.value, among: try segments.names())
                    ?? "make \(SegmentFiles.folder)/\(reference.value)\(SegmentFiles.ending)")
        ])
    }

    /// Where the file spells them otherwise than they are meant, with escapes, they are read apart from it.
    private func conditions() throws -> SegmentSyntax {
        if let place { return try SegmentSyntax(parsing: source, in: place) }
        let apart = SourceText(name: "\(source.name): conditions", text: reference.value)
        return try SegmentSyntax(parsing: apart, in: Span(0, apart.bytes.count))
    }

    /// Where the text stands in the file: in quotes, over several lines, or below a `|`. Nil where it is spelt otherwise there.
    private var place: Span? {
        let bytes = source.bytes
        let wanted = reference.value.utf8.filter { !Self.isBlank($0) }
        var start = reference.span.start
        guard start < bytes.count, let first = wanted.first else { return nil }
        if bytes[start] != first {
            switch bytes[start] {
            case UInt8(ascii: "'"), UInt8(ascii: "\""): start += 1
            case UInt8(ascii: "|"), UInt8(ascii: ">"): start = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            default: return nil
            }
        }
        var index = start
        for byte in wanted {
            while index < bytes.count, Self.isBlank(bytes[index]) { index += 1 }
            guard index < bytes.count, bytes[index] == byte else { return nil }
            index += 1
        }
        return Span(start, index)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension OpenWorkspace {
    /// The files of campaigns whose own conditions `isMeant` is true of, by path; those with mistakes are left out.
    func campaigns(asking isMeant: (SegmentPlan) throws -> Bool) throws -> [String] {
        let segments = SegmentFiles(files)
        let vocabulary = try vocabulary()
        return try CampaignDefinition.names(files).map(CampaignFile.path).filter { path in
            guard let bytes = try files.read(path) else { return false }
            guard let file = try? CampaignFile(reading: SourceText(name: path, bytes: bytes), settings: settings) else { return false }
            return try ([file.segment].compactMap { $0 } + file.exclude).contains { reference in
                let reference = SegmentReference(reference, in: file.source)
                guard !reference.isName, let plan = try? reference.plan(segments, against: vocabulary) else { return false }
                return try isMeant(plan)
            }
        }
    }
}

import Diagnostics
import Workspace

/// Any bytes as a template with front matter, as settings and as a campaign.
@Sendable func frontMatter(_ bytes: [UInt8]) {
    let source = SourceText(name: "t.md", bytes: bytes)
    do {
        let (front, body) = try splitFrontMatter(source)
        precondition(body.start <= body.end && body.end <= bytes.count)
        if let front { read(front, in: source) }
    } catch {
        _ = error.description
    }
    do {
        let settings = try Settings(reading: source)
        _ = try CampaignFile(reading: source, settings: settings)
    } catch {
        _ = error.description
    }
}

/// Walks over everything that was read, as the readers of the house do.
private func read(_ node: YAMLNode, in source: SourceText) {
    precondition(node.span.start <= node.span.end && node.span.end <= source.bytes.count)
    var reader = YAMLReader(source)
    _ = node.json
    _ = reader.fields(of: node, known: ["subject", "preheader", "layout"])
    _ = reader.text(node)
    for member in reader.members(of: node) {
        precondition(member.keySpan.end <= source.bytes.count)
        read(member.value, in: source)
    }
    _ = reader.list(node) { reader, item in reader.text(item) }
    for problem in reader.problems { _ = problem.description }
}

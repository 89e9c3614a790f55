import Workspace

/// What one message may hold in one language, with its layout and its partials. All that is done with a page takes time and memory by
/// these, so that compiling ends within 100 ms and 50 MB whatever the files say; a page of the size at which Gmail cuts it off has
/// some 100,000 bytes, 3,000 tags and 5,000 attributes. `docs/templates.md` tells authors.
package enum MessageBounds {
    /// Bytes of all files.
    package static let files = 1 << 20
    /// Outputs and tags of Liquid.
    package static let liquid = 1_000
    /// `{% block %}` of one file.
    package static let blocks = 200

    /// Bytes of HTML.
    package static let html = 400_000
    /// Lines of it: in `<pre>` each is one of the text part's.
    package static let lines = 20_000
    /// Tags and comments.
    package static let tags = 6_000
    package static let attributes = 30_000
    /// Of one element: each is compared with all before it.
    package static let attributesOfElement = 250
    /// Elements in one another.
    package static let depth = 256

    /// Bytes of Markdown.
    package static let markdown = 256 << 10
    /// Lines, cells, and what may be emphasis, a link or code in Markdown: as many as a tree may have nodes.
    package static let signs = 6_000
    /// Quotes and lists in one another.
    package static let markdownDepth = 100

    /// Lines of `strings.yaml`.
    package static let textLines = 4_000

    /// Bytes of all `<style>`. With more than these, styles stay where they are.
    package static let styles = 128 << 10
    /// Rules, selectors and declarations of all `<style>`.
    package static let statements = 6_000

    /// As people read it: 20,000.
    static func text(_ count: Int) -> String {
        count < 1000 ? String(count) : "\(text(count / 1000)),\(String(count % 1000 + 1000).dropFirst())"
    }

    /// 400 kB, 1 MB: in thousands, or in 1024s where it was counted so.
    static func size(_ bytes: Int) -> String {
        if bytes.isMultiple(of: 1 << 20) { return "\(bytes >> 20) MB" }
        return bytes.isMultiple(of: 1024) ? "\(bytes >> 10) kB" : "\(bytes / 1000) kB"
    }
}

extension FileSource {
    /// A file of a message; of one that is too large, no more than shows that it is.
    func text(_ path: String) throws(WorkspaceError) -> [UInt8]? { try read(path, first: MessageBounds.files + 1) }
}

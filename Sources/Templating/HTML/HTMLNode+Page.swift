extension HTMLNode {
    private static let ofHead: Set<String> = ["title", "style", "meta", "link", "base", "script", "template", "noscript"]

    /// A page without `<head>` and `<body>` gets both from the parser, and the parser puts comments, which is what tags of Liquid are for
    /// it, into the head until something else begins the body. But what such a tag brings is content: it begins the body as well.
    ///
    /// - Parameter nodes: a whole page.
    /// - Returns: the page with these tags in its body, but for those around what belongs into a head.
    static func withLiquidInBody(_ nodes: [HTMLNode], marks: Marks) -> [HTMLNode] {
        guard let place = nodes.firstIndex(where: { $0.name == "html" }) else { return nodes }
        let html = nodes[place]
        guard let head = html.children.first(where: { $0.name == "head" }), head.offset < 0,
            let body = html.children.firstIndex(where: { $0.name == "body" }), html.children[body].offset < 0
        else { return nodes }
        // Before an `<html>` that the author wrote, tags stay where they are.
        let before = html.offset < 0 ? Array(nodes[..<place]) : []
        let between = html.children[..<body].filter { $0 !== head }
        let leading = before + head.children + between
        let end = endOfHead(leading, marks)
        let newHead = HTMLNode(head.kind, offset: head.offset, children: Array(leading[..<end]))
        let newBody = HTMLNode(html.children[body].kind, offset: -1, children: leading[end...] + html.children[body].children)
        let page = HTMLNode(html.kind, offset: html.offset, children: [newHead, newBody] + html.children[(body + 1)...])
        return Array(nodes[..<place].dropFirst(before.count)) + [page] + nodes[(place + 1)...]
    }

    /// Behind the last element of the head, where no block of Liquid is open.
    private static func endOfHead(_ nodes: [HTMLNode], _ marks: Marks) -> Int {
        var end = 0
        var depth = 0
        var hasElement = false
        for (index, node) in nodes.enumerated() {
            switch node.kind {
            case .element(let name, _): hasElement = hasElement || ofHead.contains(name)
            case .text: break
            case .comment(let text):
                for mark in Marks.marks(in: text) {
                    guard let name = marks.tagName(mark) else { continue }
                    if opening.contains(name) { depth += 1 } else if name.hasPrefix("end") { depth -= 1 }
                }
            }
            if depth == 0, hasElement {
                end = index + 1
                hasElement = false
            }
        }
        return end
    }

    private static let opening: Set<String> = ["if", "unless", "case", "for", "tablerow", "ifchanged", "capture", "block"]
}

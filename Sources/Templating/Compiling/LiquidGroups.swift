/// Which tags belong together: an `if` with its `else` and its `endif`, in the order of the file.
struct LiquidGroups {
    final class Group {
        /// The opening tag, those in the middle, the closing one.
        var members: [Int]
        let name: String
        /// The group this one stands in.
        let outer: Group?
        var isClosed = false

        init(opening: Int, name: String, outer: Group?) {
            members = [opening]
            self.name = name
            self.outer = outer
        }
    }

    private(set) var groups: [Group] = []
    /// The innermost group that a tag belongs to, or that a tag of its own (`assign`) stands in.
    private(set) var enclosing: [Int: Group] = [:]
    /// Tags that belong to a group themselves.
    private(set) var members: Set<Int> = []

    private static let opening: Set<String> = ["if", "unless", "case", "for", "tablerow", "capture", "ifchanged"]

    /// - Parameter tags: indices of marks, in the order of the file.
    init(_ tags: [Int], marks: Marks) {
        var open: [Group] = []
        for index in tags {
            guard let name = marks.tagName(index) else {
                enclosing[index] = open.last
                continue
            }
            if Self.opening.contains(name) {
                let group = Group(opening: index, name: name, outer: open.last)
                groups.append(group)
                enclosing[index] = group
                members.insert(index)
                open.append(group)
            } else if name.hasPrefix("end"), let last = open.last, name == "end\(last.name)" {
                last.members.append(index)
                members.insert(index)
                last.isClosed = true
                enclosing[index] = last
                open.removeLast()
            } else {
                if let last = open.last, ["else", "elsif", "elseif", "when"].contains(name) {
                    last.members.append(index)
                    members.insert(index)
                }
                enclosing[index] = open.last
            }
        }
    }
}

/// The longhands that a property sets, so that two properties can be asked whether one changes what the other says.
///
/// ```swift
/// PropertySet("margin").meets(PropertySet("margin-top"))        // true
/// PropertySet("border-top").meets(PropertySet("border-color"))  // true
/// PropertySet("font-size").meets(PropertySet("line-height"))    // false
/// ```
struct PropertySet: Hashable {
    private var bits: (UInt64, UInt64)
    /// Of a property that no shorthand sets.
    private var name: String?
    private var isAny: Bool

    /// May be any property.
    static let any = PropertySet(bits: (0, 0), name: nil, isAny: true)

    private init(bits: (UInt64, UInt64), name: String?, isAny: Bool) {
        self.bits = bits
        self.name = name
        self.isAny = isAny
    }

    init(_ property: String) {
        if property == "all" {
            self = .any
            return
        }
        let name = Self.withoutVendor(property)
        if let bits = Self.known[name] {
            self.init(bits: bits, name: nil, isAny: false)
        } else {
            self.init(bits: (0, 0), name: name, isAny: false)
        }
    }

    func meets(_ other: PropertySet) -> Bool {
        if isAny || other.isAny { return true }
        if bits.0 & other.bits.0 | bits.1 & other.bits.1 != 0 { return true }
        return name != nil && name == other.name
    }

    static func == (one: PropertySet, other: PropertySet) -> Bool {
        one.bits == other.bits && one.name == other.name && one.isAny == other.isAny
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(bits.0)
        hasher.combine(bits.1)
        hasher.combine(name)
    }

    /// `-webkit-border-radius` and `border-radius` are one to some mail programs.
    private static func withoutVendor(_ property: String) -> String {
        for prefix in ["-webkit-", "-moz-", "-ms-", "-o-"] where property.hasPrefix(prefix) {
            return String(property.dropFirst(prefix.count))
        }
        return property
    }

    /// Every shorthand with what it sets. Logical sides are taken for all the physical ones they may be.
    private static let shorthands: [(String, [String])] = {
        let sides = ["top", "right", "bottom", "left"]
        var list: [(String, [String])] = []
        for box in ["margin", "padding", "scroll-margin", "scroll-padding"] {
            let all = sides.map { "\(box)-\($0)" }
            list.append((box, all))
            for axis in ["inline", "block"] {
                for end in ["", "-start", "-end"] { list.append(("\(box)-\(axis)\(end)", all)) }
            }
        }
        let parts = ["width", "style", "color"]
        let image = ["source", "slice", "width", "outset", "repeat"].map { "border-image-\($0)" }
        list.append(("border-image", image))
        list.append(("border", sides.flatMap { side in parts.map { "border-\(side)-\($0)" } } + image))
        for side in sides { list.append(("border-\(side)", parts.map { "border-\(side)-\($0)" })) }
        for part in parts { list.append(("border-\(part)", sides.map { "border-\($0)-\(part)" })) }
        for axis in ["inline", "block"] {
            for end in ["", "-start", "-end"] {
                list.append(("border-\(axis)\(end)", sides.flatMap { side in parts.map { "border-\(side)-\($0)" } }))
                for part in parts { list.append(("border-\(axis)\(end)-\(part)", sides.map { "border-\($0)-\(part)" })) }
            }
        }
        let corners = ["top-left", "top-right", "bottom-right", "bottom-left"].map { "border-\($0)-radius" }
        list.append(("border-radius", corners))
        for corner in ["start-start", "start-end", "end-start", "end-end"] { list.append(("border-\(corner)-radius", corners)) }
        let background = ["color", "image", "repeat", "attachment", "position-x", "position-y", "size", "origin", "clip"]
        list.append(("background", background.map { "background-\($0)" }))
        list.append(("background-position", ["background-position-x", "background-position-y"]))
        let font = ["font-style", "font-variant", "font-weight", "font-stretch", "font-size", "line-height", "font-family", "font-kerning"]
        list.append(("font", font))
        for part in ["caps", "numeric", "ligatures", "east-asian", "alternates", "position", "emoji"] {
            list.append(("font-variant-\(part)", ["font-variant"]))
        }
        list.append(("list-style", ["list-style-type", "list-style-position", "list-style-image"]))
        list.append(("text-decoration", ["line", "style", "color", "thickness"].map { "text-decoration-\($0)" }))
        list.append(("text-emphasis", ["text-emphasis-style", "text-emphasis-color"]))
        list.append(("white-space", ["white-space-collapse", "text-wrap-mode"]))
        list.append(("text-wrap", ["text-wrap-mode", "text-wrap-style"]))
        list.append(("outline", ["outline-color", "outline-style", "outline-width"]))
        list.append(("overflow", ["overflow-x", "overflow-y"]))
        list.append(("inset", sides))
        for axis in ["inline", "block"] {
            for end in ["", "-start", "-end"] { list.append(("inset-\(axis)\(end)", sides)) }
            for bound in ["", "min-", "max-"] { list.append(("\(bound)\(axis)-size", ["\(bound)width", "\(bound)height"])) }
        }
        list.append(("flex", ["flex-grow", "flex-shrink", "flex-basis"]))
        list.append(("flex-flow", ["flex-direction", "flex-wrap"]))
        list.append(("columns", ["column-width", "column-count"]))
        list.append(("column-rule", ["column-rule-width", "column-rule-style", "column-rule-color"]))
        list.append(("gap", ["row-gap", "column-gap"]))
        for name in ["gap", "row-gap", "column-gap"] { list.append(("grid-\(name)", name == "gap" ? ["row-gap", "column-gap"] : [name])) }
        for end in ["items", "content", "self"] { list.append(("place-\(end)", ["align-\(end)", "justify-\(end)"])) }
        list.append(("word-wrap", ["overflow-wrap"]))
        for end in ["before", "after", "inside"] { list.append(("page-break-\(end)", ["break-\(end)"])) }
        // Families that mail hardly knows are taken as one thing each.
        for family in ["grid", "transition", "animation", "mask", "offset"] { list.append((family, ["\(family)-anything"])) }
        for (family, ends) in [
            (
                "grid",
                [
                    "area", "row", "row-start", "row-end", "column", "column-start", "column-end", "template", "template-rows",
                    "template-columns", "template-areas", "auto-rows", "auto-columns", "auto-flow",
                ]
            ),
            ("transition", ["property", "duration", "timing-function", "delay", "behavior"]),
            ("animation", ["name", "duration", "timing-function", "delay", "iteration-count", "direction", "fill-mode", "play-state"]),
            ("mask", ["image", "mode", "repeat", "position", "clip", "origin", "size", "composite", "border"]),
            ("offset", ["path", "distance", "position", "anchor", "rotate"]),
        ] {
            for end in ends { list.append(("\(family)-\(end)", ["\(family)-anything"])) }
        }
        return list
    }()

    private static let known: [String: (UInt64, UInt64)] = {
        var numbers: [String: Int] = [:]
        var known: [String: (UInt64, UInt64)] = [:]
        for (shorthand, longhands) in shorthands {
            var bits: (UInt64, UInt64) = known[shorthand] ?? (0, 0)
            for longhand in longhands {
                let number = numbers[longhand] ?? numbers.count
                numbers[longhand] = number
                let bit: (UInt64, UInt64) = number < 64 ? (1 << UInt64(number), 0) : (0, 1 << UInt64(number - 64))
                if known[longhand] == nil { known[longhand] = bit }
                bits = (bits.0 | bit.0, bits.1 | bit.1)
            }
            known[shorthand] = bits
        }
        return known
    }()
}

import Foundation
import Model
import Templating
import Testing
import Workspace

/// What a reader of `<style>` sees must not change. A real browser says what an element looks like.
@Suite(.enabled(if: Chromium.path != nil, "there is no Chromium"), .serialized)
struct InliningInChromiumTests {
    private static let hover = (":hover", ":not(.none)")
    private static let dark = ("(prefers-color-scheme: dark)", "(min-width: 1px)")

    /// The page as it is, as it is under the mouse, and as it is in the dark.
    private static func pairs(_ name: String, _ before: String, _ after: String) -> [Chromium.Pair] {
        var pairs = [Chromium.Pair(name: name, before: before, after: after)]
        for (kind, state) in [("hover", hover), ("dark", dark)] where before.contains(state.0) {
            pairs.append(
                Chromium.Pair(
                    name: "\(name) \(kind)", before: before.replacing(state.0, with: state.1),
                    after: after.replacing(state.0, with: state.1)))
        }
        return pairs
    }

    @Test(.enabled(if: !NewslettersTests.names.isEmpty, "the newsletters are not beside the repository"))
    func `no element of a real newsletter looks different`() throws {
        let pairs = try NewslettersTests.names.flatMap { name in
            Self.pairs(name, try NewslettersTests.source(name), try NewslettersTests.message(name).page)
        }
        #expect(try Chromium.differences(pairs) == [])
    }

    /// Where scripts/check-inlining.sh put them. On a wide screen only: premailer's media rules do not win over what it inlines.
    private static let premailer = ProcessInfo.processInfo.environment["PITWALL_PREMAILER"] ?? ""

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: premailer), "scripts/check-inlining.sh has not run premailer"),
        .enabled(if: !NewslettersTests.names.isEmpty, "the newsletters are not beside the repository"))
    func `real newsletters look as premailer makes them look`() throws {
        let pairs = try NewslettersTests.names.map { name in
            let theirs = try String(contentsOfFile: "\(Self.premailer)/\(name)", encoding: .utf8)
            return Chromium.Pair(name: name, before: theirs, after: try NewslettersTests.message(name).page)
        }
        let found = try Chromium.differences(pairs, widths: [600])
        #expect(found == [])
    }

    /// A layer, if only an empty one, keeps all rules in their sheets.
    @Test(.enabled(if: SampleTemplatesTests.hasSamples, "the sample templates are not there"))
    func `no element of a sample looks different, partials included`() throws {
        let files = try DiskFiles(root: repository)
        var texts: [String: String] = [:]
        for path in try files.list("Templates") { texts[path] = String(decoding: try files.read(path) ?? [], as: UTF8.self) }
        let plain = texts.mapValues { $0.replacing("</style>\n</head>", with: "@layer none;</style>\n</head>") }
        var pairs: [Chromium.Pair] = []
        for name in ["spring-launch", "spring-reminder", "lapsed"] {
            let pages = try [plain, texts].map { texts in
                try library(texts).load(name, for: TemplateUse(kind: .service)).render(data(["first_name": "Ada", "plan": "pro"])).page
            }
            #expect(pages[0].count < pages[1].count)
            pairs += Self.pairs(name, pages[0], pages[1])
        }
        let found = try Chromium.differences(pairs)
        #expect(found == [])
    }

    @Test(arguments: [
        "<style>body{background:#eee;color:blue} p{color:red}</style><p>x</p>y",
        "<!DOCTYPE html><title>t</title><style>body{margin:3px}</style>y",
        "<style>html{color:red} body > p{margin:1px} :root i{color:green}</style><p>x</p><i>y</i>",
        "<style>p:first-child{color:red} p:nth-child(2){color:blue}</style><p>x</p><p>y</p>",
        "<p>x</p><style>p:first-child{color:red} p:nth-child(3){color:blue}</style><p>y</p>",
    ])
    func `a page without html, head and body tags looks as it did`(page: String) throws {
        #expect(try Chromium.differences([Chromium.Pair(name: "page", before: page, after: try inlined(page))]) == [])
    }

    @Test func `no element of a made-up page looks different`() throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["PITWALL_SEED"] ?? "") ?? 20_261_126
        let count = Int(ProcessInfo.processInfo.environment["PITWALL_ROUNDS"] ?? "") ?? 20
        var random = PageMaker(seed: seed)
        let pairs = try (0..<count).flatMap { round in
            let page = random.page()
            return Self.pairs("\(seed)/\(round)", page, try inlined(page))
        }
        let found = try Chromium.differences(pairs)
        let first = pairs.first { found.first?.hasPrefix($0.name + " ") == true }
        #expect(found == [], "\(first?.before ?? "")\n\nbecame\n\n\(first?.after ?? "")")
    }
}

/// A page through the compiler, without Liquid.
func inlined(_ page: String, also files: [String: String] = [:]) throws -> String {
    let own = ["Templates/m.html": "---\nsubject: S\n---\n\(page)"]
    return try library(files.merging(own) { $1 }).load("m", for: TemplateUse(kind: .service)).render(data()).page
}

/// Makes pages with rules that get in each other's way.
struct PageMaker {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    private mutating func number(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }

    private mutating func pick<T>(_ all: [T]) -> T { all[number(all.count)] }
    private mutating func chance(_ percent: Int) -> Bool { number(100) < percent }

    private mutating func declaration() -> String {
        let side = pick(["top", "right", "bottom", "left"])
        let length = pick(["0", "1px", "3px", "0.5em", "10%", "-2px"])
        let color = pick(["red", "#123456", "rgb(1, 2, 3)", "blurple", "#FA0"])
        let text = pick([
            "margin: \(length)", "margin-\(side): \(length)", "padding: \(length) 2px", "padding-\(side): \(length)", "color: \(color)",
            "background: \(color)", "background-color: \(color)", "border: 1px solid \(color)", "border-\(side): 2px dotted \(color)",
            "border-color: \(color)", "border-width: 3px", "font: 12px/1.5 \"Open Sans\", serif", "font-size: 1\(number(9))px",
            "line-height: 1.\(number(9))", "font-family: 'A B', \"C\"", "text-decoration: underline", "text-decoration-color: \(color)",
            "width: \(length)", "display: \(pick(["block", "inline", "inline-block"]))", "background: url(a.png?x=1;2) \(color)",
            "border-\(side)-color: \(color)", "margin-inline: \(length)", "border-radius: \(length)", "all: unset",
            "font-weight: \(pick(["bold", "400", "bolder"]))",
        ])
        return text + (chance(20) ? " ! important" : "")
    }

    private mutating func compound() -> String {
        var text = pick(["", "", "*", "p", "a", "div", "span", "td", "table", "b"])
        if chance(40) { text += "." + pick(["a", "b", "c"]) }
        if chance(12) { text += "#" + pick(["x", "y"]) }
        if chance(8) { text += pick(["[title]", "[align=center]", "[class~=a]", "[title^=\"t\"]"]) }
        if chance(15) {
            text += pick([
                ":hover", ":first-child", ":last-child", ":nth-child(2n+1)", ":not(.a)", ":link", ":empty", ":only-child",
                ":nth-last-of-type(2)",
                ":not(p)", "::first-line",
            ])
        }
        return text.isEmpty ? "." + pick(["a", "b", "c"]) : text
    }

    private mutating func selector() -> String {
        var text = compound()
        while chance(35) { text = compound().replacing("::first-line", with: "") + pick([" ", " > ", " + ", " ~ ", " "]) + text }
        return text.replacing("  ", with: " * ")
    }

    private mutating func rule() -> String {
        var selectors = [selector()]
        while chance(25) { selectors.append(selector()) }
        var declarations = [declaration()]
        while chance(60) { declarations.append(declaration()) }
        return "\(selectors.joined(separator: ", ")) { \(declarations.joined(separator: "; ")) }"
    }

    private mutating func element(_ depth: Int) -> String {
        let name = pick(["p", "a", "div", "div", "span", "b", "table"])
        var attributes = ""
        if name == "a", chance(80) { attributes += " href='#'" }
        if chance(50) { attributes += " class=\"\(pick(["a", "b", "a b", "c a"]))\"" }
        if chance(10) { attributes += " id=\(pick(["x", "y"]))" }
        if chance(15) { attributes += " title=t1" }
        if chance(30) { attributes += pick([" style=\"", " style='"]) }
        if attributes.last == "\"" || attributes.last == "'", let quote = attributes.last, attributes.hasSuffix("style=\(quote)") {
            attributes += declaration().replacing("\"", with: "").replacing("'", with: "") + (chance(50) ? ";" : "") + String(quote)
        }
        if depth > 4 { return "<\(name)\(attributes)></\(name)>" }
        var inside = ""
        for _ in 0..<number(4) { inside += chance(30) ? "text" : element(depth + 1) }
        if name == "table" { inside = "<tr><td>\(inside)</td><td class=\"a\">x</td></tr>" }
        return "<\(name)\(attributes)>\(inside)</\(name)>\n"
    }

    mutating func page() -> String {
        var css = ""
        for _ in 0..<(3 + number(12)) {
            let rule = rule()
            css += chance(20) ? "@media (max-width: \(pick(["400px", "900px"]))) { \(rule) }\n" : rule + "\n"
        }
        var body = ""
        for _ in 0..<4 { body += element(0) }
        return "<!DOCTYPE html><html><head><style>\(css)</style></head><body>\(body)</body></html>"
    }
}

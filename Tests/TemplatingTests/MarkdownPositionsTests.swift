import Model
import Templating
import Testing
import Workspace

/// Mistakes in HTML within Markdown are shown where they were made.
@Suite struct MarkdownPositionsTests {
    @Test(arguments: [
        ("<div>\n  <img src=x>\n</div>", 5, 3), ("   <div>\n<img src=x></div>", 5, 1), ("> <div>\n>   <img src=x>\n> </div>", 5, 5),
        ("- a\n\n  <div>\n   <img src=x>\n  </div>", 7, 4), ("text\nand <img src=x> more", 5, 5), ("> text\n> and <img src=x>", 5, 7),
        ("- a\n  b <img src=x>\n- c", 5, 5), ("<img src=x alt=y><img src=x>", 4, 18),
        ("a <b>\n<img src=x alt=''></b> **c** <img src=x>", 5, 30),
        ("{% if contact.vip %}\n<img src=x>\n{% endif %}", 5, 1), ("<table><tr><td>\n\n  <img src=x></td></tr></table>", 6, 3),
    ])
    func `an image in a Markdown file is at its own place`(md: String, line: Int, column: Int) {
        let said = complaints { try load(md: md) }
        #expect(said.first?.hasPrefix("Templates/m.md:\(line):\(column): warning: this image") == true, "\(said)")
    }

    @Test(arguments: [
        ("<div>\n{{ contcat.x }}</div>", 5, 4), ("> <div>\n> {{ contcat.x }}\n> </div>", 5, 6), ("- <b>{{ contcat.x }}</b>", 4, 9),
    ])
    func `Liquid in it too`(md: String, line: Int, column: Int) {
        #expect(complaints { try load(md: md) }.first?.hasPrefix("Templates/m.md:\(line):\(column): error: unknown variable") == true)
    }

    @Test(arguments: [
        String(repeating: "{% if contact.x %}\n", count: 15_000), String(repeating: "{% assign x = 1 %}\n", count: 30_000),
        "{% case contact.x %}\n" + String(repeating: "{% when 1 %}\n", count: 30_000) + "{% endcase %}",
        String(repeating: "- a\n{% assign x = 1 %}\n", count: 15_000),
    ])
    func `a file of nothing but lone tags takes no longer than its length`(md: String) {
        let clock = ContinuousClock()
        let start = clock.now
        _ = complaints { try load(md: md) }
        // What was quadratic took minutes.
        #expect(clock.now - start < .seconds(40))
    }
}

import Diagnostics
import Liquid
import Testing

struct WhitespaceTests {
    @Test(arguments: [
        ("a  {{- 'x' -}}  b", "axb"),
        ("a  {{- 'x' }}  b", "ax  b"),
        ("a \n {%- if true -%} \n x \n {%- endif -%} \n b", "axb"),
        ("a  {{-}}  b", "ab"),
        ("a {% raw -%} x {%- endraw %} b", "a  x  b"),
        ("{%- comment -%} x {%- endcomment -%}  b", "b"),
    ])
    func `a minus takes the spaces beside a tag away`(template: String, result: String) throws {
        #expect(try render(template) == result)
    }

    @Test(arguments: [
        ("!{% if true %}\n  {% assign a = 1 %}\n{% endif %}!", "!!"),
        ("!{% for i in (1..3) %} {% comment %}x{% endcomment %} {% endfor %}!", "!!"),
        ("!{% if true %} {{ '' }} {% endif %}!", "!  !"),
        ("!{% if true %} {% raw %} {% endraw %} {% endif %}!", "!   !"),
        ("!{% case 1 %}{% when 1 %} {% capture x %}y{% endcapture %} {% endcase %}!", "!!"),
    ])
    func `a block that would write only spaces writes nothing`(template: String, result: String) throws {
        #expect(try render(template) == result)
    }

    @Test func `text is copied byte by byte, whatever the bytes`() throws {
        let bytes: [UInt8] = [0x61, 0xFF, 0x00, 0xC3, 0x28, 0x0D, 0x0A]
        let template = try Template(parsing: .init(name: "bytes", bytes: bytes))
        var out: [UInt8] = [0x21]
        try template.render(Scope(), into: &out)
        #expect(out == [0x21] + bytes)
    }

    @Test func `only the given part of a source is parsed, and its places count from the start of the source`() throws {
        let text = "---\nsubject: {{ broken\n---\nHello {{ name }}"
        let start = text.utf8.count - "Hello {{ name }}".utf8.count
        let template = try Template(parsing: .init(name: "part.md", text: text), in: .init(start, text.utf8.count))
        #expect(try template.render(Scope(["name": "Ada"])) == "Hello Ada")
        #expect(template.reading().references.map(\.span) == [.init(start + 9, start + 13)])
    }
}

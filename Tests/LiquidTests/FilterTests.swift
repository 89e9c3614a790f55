import Liquid
import Testing

struct TextFilterTests {
    @Test(arguments: [
        ("{{ 'straße' | upcase }}", "STRASSE"),
        ("{{ 'ÀÉ' | downcase }}", "àé"),
        ("{{ 'éCOLE' | capitalize }}", "École"),
        ("{{ nil | upcase }}", ""),
        ("{{ 'a' | append: 1 | prepend: 2.0 }}", "2.0a1"),
        ("{{ '  a b ' | strip }}|{{ '  a' | lstrip }}|{{ 'b  ' | rstrip }}", "a b|a|b"),
        ("[{{ '  a \n\t b  c ' | squish }}][{{ ' \n' | squish }}][{{ nil | squish }}]", "[a b c][][]"),
        ("{% assign x = nil | squish %}{% if x == nil %}nil{% endif %}", "nil"),
        ("{{ 'aaa' | replace: 'a', 'b' }}{{ 'aaa' | replace_first: 'a', 'b' }}{{ 'aaa' | replace_last: 'a', 'b' }}", "bbbbaaaab"),
        ("{{ 'abcabc' | remove: 'b' }} {{ 'abcabc' | remove_first: 'b' }} {{ 'abcabc' | remove_last: 'b' }}", "acac acabc abcac"),
        ("{{ 'ab' | replace: '', '-' }}", "-a-b-"),
        ("{{ 'città è bella' | truncate: 8 }}", "città..."),
        ("{{ 'abc' | truncate: 3 }}{{ 'abcd' | truncate: 3, '' }}", "abcabc"),
        ("{{ ' one  two three' | truncatewords: 2, '…' }}", "one two…"),
        ("{{ 'grüße' | slice: -3, 2 }}", "üß"),
        ("{{ 'a b  c ' | split: ' ' | join: '+' }} {{ 'a,,b,,' | split: ',' | size }}", "a+b+c 3"),
        ("{{ 'grüße' | size }}", "5"),
        ("{{ 'a&amp;b&c' | escape_once }}", "a&amp;b&amp;c"),
        ("{{ '<b>x</b><!-- y --><script>z</script>' | strip_html }}", "x"),
        ("{{ 'a b&è' | url_encode }} {{ 'a+b%26%C3%A8%zz' | url_decode }}", "a+b%26%C3%A8 a b&è%zz"),
        ("{{ 'a?>' | base64_encode }} {{ 'a?>' | base64_url_safe_encode }} {{ 'YT8-' | base64_url_safe_decode }}", "YT8+ YT8- a?>"),
        ("{{ x | default: 'none' }}{{ '' | default: 'empty' }}{{ false | default: 'no', allow_false: true }}", "noneemptyfalse"),
        ("{{ (1..3) | upcase }}{{ '1,2' | split: ',' | upcase }}", "1..3[\"1\", \"2\"]"),
    ])
    func `text filters`(template: String, result: String) throws {
        #expect(try render(template) == result)
    }

    @Test func `decoding something that is no text is an error`() {
        #expect(throws: RenderError.self) { try render("{{ '%ff%fe' | url_decode }}") }
        #expect(throws: RenderError.self) { try render("{{ 'YQ' | base64_decode }}") }
        #expect(throws: RenderError.self) { try render("{{ '!!!!' | base64_decode }}") }
    }
}

struct NumberFilterTests {
    @Test(arguments: [
        ("10.1 | minus: 2.2", "7.9"), ("0.1 | plus: 0.2", "0.3"), ("1.1 | times: 3", "3.3"), ("20 | divided_by: 7.0", "2.857142857142857"),
        ("0.3 | divided_by: 0.1", "3.0"), ("-7 | divided_by: 2", "-4"), ("-7 | modulo: 3", "2"), ("7.5 | modulo: -2", "-0.5"),
        ("'3.5' | plus: '1'", "4.5"), ("'12 apples' | plus: 1", "13"), ("nil | plus: 1", "1"), ("2.5 | round", "3"), ("-2.5 | round", "-3"),
        ("1.005 | round: 2", "1.01"), ("25 | round: -1", "30"), ("1.2 | ceil", "2"), ("-1.2 | floor", "-2"), ("-5 | abs", "5"),
        ("3 | at_least: 5", "5"), ("3 | at_most: 2.5", "2.5"), ("100000000000000000000.0", "1.0e+20"), ("0.00001 | times: 1", "1.0e-05"),
        ("123456789012345.0", "123456789012345.0"),
    ])
    func `numbers are calculated as people do it`(expression: String, result: String) throws {
        #expect(try render("{{ \(expression) }}") == result)
    }

    @Test(arguments: [
        "9223372036854775807 | plus: 1", "9223372036854775807 | times: 2", "-9223372036854775808 | abs",
        "-9223372036854775808 | divided_by: -1",
        "-9223372036854775808 | minus: 1", "1 | divided_by: 0", "1.5 | modulo: 0", "100000000000000000000.0 | ceil",
        "'99999999999999999999' | plus: 1",
    ])
    func `a result that does not exist or does not fit is an error`(expression: String) {
        #expect(throws: RenderError.self) { try render("{{ \(expression) }}") }
    }

    @Test func `the largest numbers do no harm`() throws {
        let template =
            "{{ -9223372036854775808 | modulo: -1 }} {{ 1.5 | round: 9223372036854775807 }} {{ 'abc' | slice: -9223372036854775808, 1 }}"
        #expect(try render(template) == "0 1.5 ")
    }
}

struct ListFilterTests {
    private let people: Object = [
        "people": [["name": "Bo", "age": 30], ["name": "Al", "age": 4], ["name": "cy"], ["name": "Al", "age": 40, "vip": true]],
        "numbers": [3, 1, 2.5, 3], "nested": [1, [2, [3]]], "words": ["b", .null, "A", "a"],
    ]

    @Test(arguments: [
        ("people | map: 'name' | join: ', '", "Bo, Al, cy, Al"),
        ("people | sort: 'age' | map: 'name' | join", "Al Bo Al cy"),
        ("people | where: 'name', 'Al' | size", "2"),
        ("people | where: 'vip' | map: 'age' | join", "40"),
        ("people | reject: 'age' | map: 'name' | join", "cy"),
        ("people | find: 'age', 30 | size", "2"),
        ("people | find_index: 'name', 'cy'", "2"),
        ("people | has: 'vip', true", "true"),
        ("people | uniq: 'name' | size", "3"),
        ("people | sum: 'age'", "74"),
        ("people | compact: 'age' | size", "3"),
        ("numbers | sort | join: ' '", "1 2.5 3 3"),
        ("numbers | uniq | reverse | join: ' '", "2.5 1 3"),
        ("numbers | sum", "9.5"),
        ("nested | join", "1 2 3"),
        ("nested | concat: numbers | size", "7"),
        ("words | sort_natural | join: ','", "A,a,b,"),
        ("words | sort | join: ','", "A,a,b,"),
        ("words | first", "b"),
        ("numbers | last", "3"),
        ("(1..4) | slice: 1, 2", ".."),
        ("numbers | slice: -2, 2 | join", "2.5 3"),
    ])
    func `list filters`(expression: String, result: String) throws {
        #expect(try render("{{ \(expression) }}", people) == result)
    }

    @Test(arguments: ["numbers | map: 'x'", "people | concat: 1", "words | concat: x", "mixed | sort"])
    func `what cannot be done with a list is an error that shows no data`(expression: String) throws {
        var data = people
        data = Object(zip(data.names, data.values) + [("mixed", [1, "secret@example.com"] as Value)])
        let error = try #require(throws: RenderError.self) { try render("{{ \(expression) }}", data) }
        #expect(!error.message.contains("secret"))
        #expect(error.kind == .data)
    }
}

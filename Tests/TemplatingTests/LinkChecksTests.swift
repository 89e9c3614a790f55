import Diagnostics
import Templating
import Testing
import Workspace

/// Addresses that lead nowhere, and what is said of them.
@Suite struct LinkChecksTests {
    private func said(_ address: String) -> [String] {
        let page = "---\nsubject: S\n---\n<p>x</p>\n<a href=\"\(address)\">x</a>"
        return complaints { try library(["Templates/m.html": page]).load("m", for: TemplateUse(kind: .service)) }
    }

    @Test(arguments: [
        ("", "this link leads nowhere [write its address]"),
        ("#", "this link leads nowhere [write its address]"),
        ("example.com/x", "this link has no scheme and leads nowhere [did you mean \"https://example.com/x\"?]"),
        ("example.com:8080/x", "this link has no scheme and leads nowhere [did you mean \"https://example.com:8080/x\"?]"),
        ("www.example.com/{{ contact.x }}", "this link has no scheme and leads nowhere [did you mean \"https://…\"?]"),
        ("anna@example.com", "this link has no scheme and leads nowhere [did you mean \"mailto:anna@example.com\"?]"),
        ("/shop", "this link has no scheme and leads nowhere [write the whole address]"),
        ("//shop.example/x", "this link has no scheme and leads nowhere [write the whole address]"),
        ("htps://shop.example/x", "mail programs do not open links that start with htps: [did you mean \"https://shop.example/x\"?]"),
        ("htttps:shop.example", "mail programs do not open links that start with htttps: [did you mean \"https://shop.example\"?]"),
        ("mailo:a@shop.example", "mail programs do not open links that start with mailo: [did you mean \"mailto:a@shop.example\"?]"),
        ("ftp://shop.example/x", "mail programs do not open links that start with ftp: [link to a page: https://…]"),
        ("whatsapp://send?text=x", "mail programs do not open links that start with whatsapp: [link to a page: https://…]"),
        ("https://", "this address names no host and leads nowhere [write its address]"),
        ("https:///", "this address names no host and leads nowhere [write its address]"),
        ("https:///shop.example/x", "this address names no host and leads nowhere [did you mean \"https://shop.example/x\"?]"),
        ("https://?x=1", "this address names no host and leads nowhere [write its address]"),
        ("https:", "this link leads nowhere [write its address]"),
        ("https:/shop.example", "this address lacks its // and leads nowhere [did you mean \"https://shop.example\"?]"),
        ("HTTPS:shop.example/x", "this address lacks its // and leads nowhere [did you mean \"https://shop.example/x\"?]"),
        ("https:\\\\shop.example", "this address lacks its // and leads nowhere [did you mean \"https://shop.example\"?]"),
        ("https://shop,example/x", "\"shop,example\" is no name of a host [did you mean \"https://shop.example/x\"?]"),
        ("https://shop..example", "\"shop..example\" is no name of a host [did you mean \"https://shop.example\"?]"),
        ("https://shop example.com/", "\"shop example.com\" is no name of a host [did you mean \"https://shopexample.com/\"?]"),
        ("https://-shop.example", "\"-shop.example\" is no name of a host [a host is written shop.example]"),
        ("https://sh!op.example", "\"sh!op.example\" is no name of a host [a host is written shop.example]"),
        ("https://https://shop.example/x", "this address starts twice [did you mean \"https://shop.example/x\"?]"),
        ("https://shop.example:http/x", "\"http\" is no port [leave it out: https://shop.example]"),
        ("http://localhost/x", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("http://127.0.0.1:80/", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("https://localhost./", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("http://0.0.0.0/", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("http://127.1/x", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("http://2130706433/", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("http://0x7f.1/", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("http://[::ffff:127.0.0.1]/", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("localhost:8080/x", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("localhost/x", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("http://[::1]/", "this link leads to the reader's own machine [write the address that your readers can reach]"),
        ("mailto:", "this link leads nowhere [write whom to write to: mailto:shop@example.com]"),
        ("mailto:anna", "\"anna\" is no e-mail address [it is written mailto:shop@example.com]"),
        ("mailto:@example.com", "\"@example.com\" is no e-mail address [it is written mailto:shop@example.com]"),
        ("tel:", "this link leads nowhere [write the number: tel:+390391234567]"),
        ("tel:us", "\"us\" is no phone number [it is written tel:+390391234567]"),
        ("sms:", "this link leads nowhere [write the number: sms:+390391234567]"),
    ])
    func `an address that leads nowhere is pointed at, with what may have been meant`(address: String, expected: String) {
        #expect(said(address) == ["Templates/m.html:5:10: warning: \(expected)"])
    }

    @Test(arguments: [
        "https://shop.example", "http://shop.example/x?y=z#t", "HTTPS://Shop.Example:8443/", "https://münchen.example/", "https://例え.テスト/",
        "https://m%C3%BCnchen.example/", "https://shop.example./x", "https://my_shop.example", "https://intranet/x", "https://192.0.2.1/x",
        "https://[2001:db8::1]/x", "https://anna:secret@shop.example/", "https://shop.example?x=https://other.example", "#top",
        "https://xn--mnchen-3ya.example", "https://shop.example/a,b;c(d)", "https://{{ contact.host }}.shop.example/x",
        "https://{{ contact.host }}/x", "{{ contact.url }}", "{{ contact.url }}/x", "https://shop.example/{{ contact.x }}",
        "{% if contact.x %}https://a.example{% else %}https://b.example{% endif %}", "https://shop.example:{{ contact.port }}/",
        "mailto:anna@example.com", "mailto:anna@example.com?subject=Hello", "mailto:?subject=Look&amp;body=x",
        "mailto:a@x.example,b@y.example",
        "mailto:{{ contact.owner }}", "mailto:anna%40example.com", "tel:+390391234567", "tel:112", "tel:{{ contact.phone }}",
        "sms:+390391234567?body=Hi", "sms:?body=Hi", "sms:+39039;ext=1", " https://shop.example ",
    ])
    func `an address that leads somewhere is left in peace`(address: String) {
        #expect(said(address) == [])
    }

    @Test(arguments: [
        ("[a](htps://x.example)", "Templates/m.md:6:1"), ("- b\n\n  [a](https:shop)", "Templates/m.md:8:3"),
        ("{% button \"https:///\" %}Go{% endbutton %}", "Templates/m.md:6:12"),
    ])
    func `in Markdown too`(markdown: String, place: String) {
        let said = complaints { try load(md: "Hello\n\n\(markdown)") }
        #expect(said.count == 1 && said.first?.hasPrefix("\(place): warning: ") == true, "\(said)")
    }
}

import Testing

@testable import Web

@Suite struct FormBodyTests {
    @Test(arguments: [
        ("a=1&b=2&a=3", ["a=1", "b=2", "a=3"]), ("a", ["a="]), ("", []), ("&&", []), ("=x", ["=x"]), ("a=b=c", ["a=b=c"]),
        ("x+y=%C3%A8%20%26", ["x y=è &"]), ("a=%", ["a=%"]), ("a=%4", ["a=%4"]), ("a=%zz%+1", ["a=%zz% 1"]), ("a=%FF", ["a=\u{FFFD}"]),
    ])
    func `a URL-encoded form is read, and what is broken stands as it is`(body: String, fields: [String]) {
        let form = FormBody(Array(body.utf8), encoding: .urlEncoded)
        #expect(form.fields.map { "\($0.name)=\($0.value)" } == fields)
    }

    @Test(
        arguments: [
            (nil, .urlEncoded), ("", .urlEncoded), ("Application/X-WWW-Form-Urlencoded;charset=utf-8", .urlEncoded),
            ("multipart/form-data; boundary=b", .multipart(boundary: "b")),
            ("multipart/form-data; charset=x; Boundary=\"b c\"", .multipart(boundary: "b c")),
            ("multipart/form-data", nil), ("multipart/form-data; boundary=", nil), ("application/json", nil), (";", nil),
        ] as [(String?, FormBody.Encoding?)])
    func `only the two encodings of forms are taken`(type: String?, encoding: FormBody.Encoding?) {
        #expect(FormBody.Encoding(contentType: type) == encoding)
    }

    @Test func `a multipart form keeps line ends inside values and reads past what is no field`() {
        let body =
            "before\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\ntwo\r\n"
            + "--b\r\nX: y\r\n\r\nnameless\r\n--b\r\nContent-Disposition: form-data; name=c; filename=d\r\n\r\n\r\n--b--\r\nafter"
        let form = FormBody(Array(body.utf8), encoding: .multipart(boundary: "b"))
        #expect(form.fields.map { "\($0.name)=\($0.value)" } == ["a=one\r\ntwo", "c="])
    }

    @Test func `any bytes are read without harm`() {
        let pieces = ["--b", "\r\n", "--", "Content-Disposition: form-data; name=", "\"", "=", "&", "%", "%4", "a", "\u{0}", ";", "+"]
        var state: UInt64 = 3
        for _ in 0..<500 {
            let text = (0..<30).map { _ -> String in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return pieces[Int(state >> 33) % pieces.count]
            }.joined()
            for encoding in [FormBody.Encoding.urlEncoded, .multipart(boundary: "b")] {
                #expect(FormBody(Array(text.utf8), encoding: encoding).fields.count <= 31)
            }
        }
    }
}

import Foundation
import Model
import Testing
import Workspace

@testable import Templating

/// The same payloads, looked at by a browser: what a parser makes of a page is one thing, what runs in it another.
@Suite(.enabled(if: Browser.path != nil, "there is no Chromium"))
struct BrowserTests {
    @Test func `no script of a value runs in a browser, and no element or attribute appears`() throws {
        let results = try Browser.look(at: SafetyTests.places.map { try Self.pages(SafetyTests.template($0.html)) })
        #expect(results.count == SafetyTests.places.count)
        for (place, result) in zip(SafetyTests.places, results) {
            #expect(result.hits == 0, "\(place.name)")
            #expect(
                result.schemes.isSubset(of: ["http:", "https:", "mailto:", "tel:", "file:", "about:", ":"]),
                "\(place.name) \(result.schemes)")
            if !place.html.contains("newline_to_br") { #expect(result.names == result.expected, "\(place.name)") }
        }
    }

    /// The browser would notice.
    @Test func `without escaping scripts do run`() throws {
        let raw = try load(md: "<p title=\"{{ contact.x | raw }}\"></p><a href=\"https://e.com\">{{ contact.x | raw }}</a>")
        let loud = Payloads.all.filter { $0.contains("<script>hit()") && $0.utf8.count < 100 }
        let result = try #require(try Browser.look(at: [try Self.pages(raw, loud)]).first)
        #expect(result.hits > 10)
        #expect(result.names != result.expected)
    }

    /// All payloads in one page, and a page of the same form with nothing in it.
    private static func pages(_ template: MessageTemplate, _ payloads: [String] = Payloads.all) throws -> (full: String, plain: String) {
        func body(_ payload: String) throws -> String {
            let page = String(decoding: try SafetyTests.page(template, payload), as: UTF8.self)
            guard let start = page.firstRange(of: "<body>"), let end = page.ranges(of: "</body>").last else { return page }
            return String(page[start.upperBound..<end.lowerBound])
        }
        let start = "<!DOCTYPE html><head><script>function hit() { parent.hit() }</script></head><body>"
        let full = try payloads.map(body).joined(separator: "\n")
        let plain = try payloads.map { _ in try body("x") }.joined(separator: "\n")
        return (start + full, start + plain)
    }
}

/// Chromium without a window.
enum Browser {
    static let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    struct Result: Decodable {
        /// How often a script of a value ran.
        var hits: Int
        /// Of all addresses.
        var schemes: Set<String>
        /// How many there are of each element with its attributes, in the full page and in the plain one.
        var names: [String: Int]
        var expected: [String: Int]
    }

    private static let script = """
        let hits = 0;
        function hit() { hits += 1 }
        function names(document) {
            const counts = {};
            for (const element of document.querySelectorAll("*")) {
                const name = [element.localName, ...element.getAttributeNames()].join(" ");
                counts[name] = (counts[name] || 0) + 1;
            }
            return counts;
        }
        function show(html) {
            return new Promise(done => {
                const frame = document.createElement("iframe");
                frame.onload = () => setTimeout(() => done(frame), 50);
                frame.srcdoc = html;
                document.body.append(frame);
            });
        }
        async function look(pages) {
            const results = [];
            for (const [full, plain] of pages) {
                const calm = await show(plain);
                const expected = names(calm.contentDocument);
                calm.remove();
                hits = 0;
                const frame = await show(full);
                const found = names(frame.contentDocument);
                const schemes = [...frame.contentDocument.querySelectorAll("a, area")].map(link => link.protocol || "");
                for (const link of frame.contentDocument.querySelectorAll("a, area")) {
                    if (link.protocol == "javascript:") { link.click(); await new Promise(done => setTimeout(done, 1)); }
                }
                results.push({hits, schemes: [...new Set(schemes)], names: found, expected});
                frame.remove();
            }
            document.body.textContent = "";
            const result = document.createElement("pre");
            result.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(results))));
            document.body.append(result);
        }
        """

    static func look(at pages: [(full: String, plain: String)]) throws -> [Result] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // `/` comes out as `\/`, so that no `</script>` ends the script.
        let json = String(decoding: try JSONSerialization.data(withJSONObject: pages.map { [$0.full, $0.plain] }), as: UTF8.self)
        let driver =
            "<!DOCTYPE html><meta charset=\"utf-8\"><body><script>\(script)\nlook(\(json.replacing("<!--", with: "\\u003c!--")));</script>"
        let file = folder.appendingPathComponent("driver.html")
        try Data(driver.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path ?? "")
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND",
            "--user-data-dir=\(folder.path)/profile", "--virtual-time-budget=120000", "--dump-dom", file.absoluteString,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let dom = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let encoded = dom.split(separator: "<pre>").last?.prefix { $0 != "<" } ?? ""
        let result = try #require(Data(base64Encoded: String(encoded)), "\(dom.prefix(400))")
        return try JSONDecoder().decode([Result].self, from: result)
    }
}

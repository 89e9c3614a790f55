import Foundation

/// A browser that compares what pages look like, element by element.
enum Chromium {
    static let path = [ProcessInfo.processInfo.environment["PITWALL_CHROMIUM"], "/usr/bin/chromium"].compactMap { $0 }.first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Two pages that should look the same.
    struct Pair {
        var name: String
        var before: String
        var after: String
    }

    struct Failed: Error {
        var text: String
    }

    /// Compares the computed style of every element of the body in windows of these widths.
    ///
    /// - Returns: what differs, a line for each property of each element.
    static func differences(_ pairs: [Pair], widths: [Int] = [600, 375]) throws -> [String] {
        guard let path else { throw Failed(text: "there is no browser") }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-inlining-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let rows = pairs.map { ["name": $0.name, "before": $0.before, "after": $0.after] }
        let json = String(decoding: try JSONSerialization.data(withJSONObject: rows), as: UTF8.self)
            .replacing("<", with: "\\u003c").replacing("\u{2028}", with: "\\u2028")
        let page = folder.appendingPathComponent("compare.html")
        try Self.page(json, widths).write(to: page, atomically: true, encoding: .utf8)

        let browser = Process()
        browser.executableURL = URL(fileURLWithPath: path)
        browser.arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--no-first-run", "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=\(folder.path)/profile", "--virtual-time-budget=600000",
            "--timeout=600000", "--dump-dom", page.absoluteString,
        ]
        let out = folder.appendingPathComponent("dom.html")
        _ = FileManager.default.createFile(atPath: out.path, contents: nil)
        browser.standardOutput = try FileHandle(forWritingTo: out)
        browser.standardError = FileHandle.nullDevice
        try browser.run()
        browser.waitUntilExit()
        let dom = try String(contentsOf: out, encoding: .utf8)
        guard let start = dom.firstRange(of: "DIFFERENCES["), let end = dom.firstRange(of: "]SECNEREFFID") else {
            throw Failed(text: "the browser did not finish: \(dom.suffix(300))")
        }
        let encoded = String(dom[start.upperBound..<end.lowerBound])
        let text = encoded.removingPercentEncoding ?? encoded
        return text.split(separator: "\n").map { String($0) }
    }

    private static func page(_ json: String, _ widths: [Int]) -> String {
        """
        <!DOCTYPE html><meta charset="utf-8"><body><pre id="result">running</pre><script>
        const pairs = \(json), widths = \(widths);
        function frame(html, width) {
          return new Promise(done => {
            const frame = document.createElement('iframe');
            frame.width = width; frame.height = 800; frame.style.border = 0;
            frame.srcdoc = html;
            frame.onload = () => done(frame);
            document.body.appendChild(frame);
          });
        }
        const skipped = ['STYLE', 'SCRIPT', 'META', 'LINK', 'TITLE'];
        const elements = frame => [...frame.contentDocument.body.querySelectorAll('*')]
          .filter(e => !skipped.includes(e.tagName)).concat([frame.contentDocument.body]);
        (async () => {
          const found = [];
          for (const pair of pairs) for (const width of widths) {
            const [one, two] = [await frame(pair.before, width), await frame(pair.after, width)];
            const [before, after] = [elements(one), elements(two)];
            const where = pair.name + ' ' + width + ' ';
            if (before.length != after.length || before.some((e, i) => e.tagName != after[i].tagName))
              found.push(where + 'other elements: ' + before.length + ' and ' + after.length);
            else before.forEach((e, i) => {
              const styles = [one.contentWindow.getComputedStyle(e), two.contentWindow.getComputedStyle(after[i])];
              for (const name of styles[0]) {
                const values = styles.map(s => s.getPropertyValue(name));
                if (values[0] !== values[1])
                  found.push(where + e.tagName.toLowerCase() + '#' + e.id + '.' + e.className + ' ' + i + ' ' + name + ': ' + values[0] + ' -> ' + values[1]);
              }
            });
            one.remove(); two.remove();
          }
          document.getElementById('result').textContent = 'DIFFERENCES[' + encodeURIComponent(found.join('\\n')) + ']SECNEREFFID';
        })();
        </script>
        """
    }
}

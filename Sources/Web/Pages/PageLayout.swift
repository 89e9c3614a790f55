import Foundation
import Signing

/// What all pages look like, and the headers they are sent with.
enum PageLayout {
    /// A whole document. Everything is in it: no script, no picture, no other request.
    static func document(_ phrases: Phrases, organisation: String, title: String, content: Markup) -> Markup {
        """
        <!doctype html>
        <html lang="\(phrases.language)">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex, nofollow">
        <meta name="color-scheme" content="light dark">
        <title>\(title) – \(organisation)</title>
        <style>\(Markup(stringLiteral: css))</style>
        </head>
        <body>
        <main>
        <p class="from">\(organisation)</p>
        <h1>\(title)</h1>
        \(content)
        </main>
        </body>
        </html>

        """
    }

    /// Only the one style sheet above may be used, by its hash (CSP level 2), and forms go back to where they came from.
    static let contentSecurityPolicy =
        "default-src 'none'; style-src 'sha256-\(styleHash)'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    private static let styleHash = Data(SHA256.hash(Array(css.utf8)).bytes).base64EncodedString()

    static let css = """

        :root { color-scheme: light dark; --ground: #f4f2ee; --card: #fff; --ink: #1c1b19; --quiet: #625e57; --line: #dedad2; --edge: #8d877c;
          --button: #1c1b19; --button-ink: #fff; --accent: #b3261e; --good: #1d6b3c; --good-ground: #e9f4ec }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #131211; --card: #1e1d1b; --ink: #efede8; --quiet: #a8a39a; --line: #3a3733; --edge: #827c72;
            --button: #efede8; --button-ink: #171614; --accent: #ff8a80; --good: #8fd6a8; --good-ground: #1b2c21 }
        }
        * { box-sizing: border-box }
        html { -webkit-text-size-adjust: 100% }
        body { margin: 0; min-height: 100vh; min-height: 100svh; display: grid; place-items: center; padding: 1.25rem; background: var(--ground);
          color: var(--ink); font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif }
        main { width: 100%; max-width: 30rem; padding: clamp(1.75rem, 6vw, 2.75rem); background: var(--card); border: 1px solid var(--line);
          border-radius: 18px; overflow-wrap: anywhere }
        main::before { content: ""; display: block; width: 2.5rem; height: 5px; margin-bottom: 1.25rem; border-radius: 3px; background: var(--accent) }
        p, ul { margin: 0 0 1rem }
        ul { padding-left: 1.25rem }
        .from { margin: 0 0 1.25rem; font-size: .8125rem; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; color: var(--quiet) }
        h1 { margin: 0 0 .75rem; font-size: clamp(1.6rem, 6vw, 2rem); line-height: 1.15; letter-spacing: -.02em; text-wrap: balance }
        .quiet { color: var(--quiet); font-size: .9375rem }
        .done { padding: .6rem .9rem; border-radius: 10px; background: var(--good-ground); color: var(--good); font-weight: 600 }
        .more { margin: 1.5rem 0 0; text-align: center; font-size: .9375rem }
        .more a { display: inline-block; padding: .25rem .5rem; color: inherit; text-underline-offset: .2em }
        form { margin: 1.5rem 0 0 }
        button { display: block; width: 100%; min-height: 3rem; padding: .65rem 1.25rem; border: 1px solid var(--button); border-radius: 10px;
          background: var(--button); color: var(--button-ink); font: inherit; font-weight: 600; cursor: pointer }
        button:hover { opacity: .88 }
        button.second { border-color: var(--edge); background: transparent; color: var(--ink) }
        button.second:hover { border-color: var(--ink); opacity: 1 }
        button + button, form + form { margin-top: .75rem }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
        hr { margin: 1.75rem 0 1.25rem; border: 0; border-top: 1px solid var(--line) }
        hr + p { margin: 0 } hr + p + form, hr + form { margin-top: .75rem }
        fieldset { margin: 0 0 1.5rem; padding: 0; border: 0 }
        legend { padding: 0; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
        label { display: flex; gap: .85rem; align-items: center; padding: .8rem 0; border-bottom: 1px solid var(--line); cursor: pointer }
        label:first-of-type { border-top: 1px solid var(--line) }
        input[type=checkbox] { flex: none; width: 1.35rem; height: 1.35rem; margin: 0; accent-color: var(--accent) }

        """
}

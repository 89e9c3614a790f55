/// The first files of a workspace: small enough to read in a minute, complete enough to send.
enum Scaffold {
    static let files: [(path: String, text: String)] = [
        ("pitwall.yaml", settings), (".gitignore", ignored), ("Segments/newsletter.segment", segment),
        ("Campaigns/welcome.yaml", campaign), ("Templates/welcome.md", template), ("Templates/layouts/plain.html", layout),
    ]

    private static let settings = """
        # The settings of this workspace. An unknown key is an error, so what is here counts.
        title: My newsletter
        organisation: {name: My organisation, postal_address: "1 Example Street, Example City"}
        database: pitwall.sqlite
        zone: UTC
        # Where `pitwall serve --only web` answers, as the world sees it. Unsubscribe links need it.
        public_url: http://127.0.0.1:8080
        keys_file: secrets/keys
        relays:
          # The local inbox: pitwall inbox. Your mail server: smtp://mail.example.com:587 with username and password_file.
          - name: main
            url: smtp://127.0.0.1:2525
        topics:
          newsletter: {title: The newsletter}
          offers: {title: Offers, cap: 2 per 7 days}
        # Over all topics, nobody gets more than this.
        cap: 3 messages per 7 days

        """

    private static let ignored = """
        *.sqlite
        *.sqlite-*
        *.flight/
        secrets/
        outbox/
        preview/
        *.rejected.*

        """

    private static let segment = """
        ---
        title: Everybody who wants the newsletter
        ---
        consents to newsletter

        """

    private static let campaign = """
        version: 1
        title: Welcome
        kind: marketing
        topic: newsletter
        segment: newsletter
        template: welcome
        from: My newsletter <news@example.com>

        """

    private static let template = """
        ---
        subject: "{{ contact.first_name | default: 'Hello' }}, the first of many"
        preheader: What this newsletter is about
        layout: plain
        ---
        # Hello{% if contact.first_name %} {{ contact.first_name }}{% endif %}

        This is the first issue. It is written in Markdown, and everything in double braces is filled in for each reader.

        - One thing that happened
        - One thing that will
        - One thing to [look at](https://example.com/)

        See you next month.

        """

    private static let layout = """
        <!DOCTYPE html>
        <html lang="{{ contact.language | default: 'en' }}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{ subject }}</title>
        </head>
        <body style="margin:0;padding:24px 12px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:17px;line-height:1.6">
        <div style="max-width:560px;margin:0 auto">
        {{ content }}
        <p style="margin-top:40px;padding-top:16px;border-top:1px solid #8884;font-size:14px;opacity:.75">
        You get this because you signed up for {{ organisation.name }}.<br>
        {{ organisation.postal_address }}<br>
        <a href="{{ links.unsubscribe }}" style="color:inherit">Unsubscribe</a> · <a href="{{ links.preferences }}" style="color:inherit">Preferences</a>
        </p>
        </div>
        </body>
        </html>

        """
}

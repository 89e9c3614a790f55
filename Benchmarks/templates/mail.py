"""One mail, in the languages of the engines that are compared: the same text, values, conditions and rows in each.

    mail.py FOLDER    writes mail.liquid, mail.jinja, mail.stencil, mail.mustache and mail.json
"""
import json
import sys

FIELDS = {
    "contact": ["first_name", "last_name", "email", "city", "country", "language", "company", "plan", "phone", "street", "postcode",
                "birthday", "code", "points", "tier", "shop", "agent", "size", "colour", "joined"],
    "campaign": ["name", "title", "topic", "offer", "deadline", "hero", "button", "colour"],
    "organisation": ["name", "postal_address", "phone", "site"],
    "links": ["unsubscribe", "preferences", "view"],
    "event": ["name", "at", "page", "referrer", "total"],
}
CONDITIONS = ["is_member", "has_company", "is_italian", "has_points", "is_late"]
ROW = ["name", "quantity", "price", "link"]
PARAGRAPH = ("A line of plain words, as newsletters have them: it says a little of this and of that, and goes on for as long as it"
             " takes to make a mail the size of mails.")


def parts():
    """Text as strings; ("value", path), ("if", name, parts), ("rows", parts)."""
    names = [f"{group}.{name}" for group, fields in FIELDS.items() for name in fields]
    assert len(names) == 40
    out = ['<!doctype html>\n<html><head><title>', ("value", names[0]), '</title></head>\n<body style="margin:0;background:#f4f4f4">\n']
    conditions = iter(CONDITIONS)
    for number, name in enumerate(names[1:]):
        if number % 2 == 0:
            out.append('<tr><td style="padding:8px 24px;font:16px/24px Helvetica,Arial,sans-serif">')
        out += ["<b>Here</b> stands ", ("value", name), " "]
        if number % 2 == 1:
            out.append("</td></tr>\n")
        if number % 8 == 7:
            out.append(("if", next(conditions, CONDITIONS[-1]), ["<p>" + PARAGRAPH + "</p>\n"]))
    while (name := next(conditions, None)) is not None:
        out.append(("if", name, ["<p>" + PARAGRAPH + "</p>\n"]))
    out.append(("rows", ['<tr><td><a href="', ("item", "link"), '">', ("item", "name"), "</a></td><td>", ("item", "quantity"),
                         "</td><td>", ("item", "price"), "</td></tr>\n"]))
    size = len(write(out, "liquid"))
    while size < 5_600:
        out.append("<p>" + PARAGRAPH[:max(1, min(len(PARAGRAPH), 5_700 - size))] + "</p>\n")
        size = len(write(out, "liquid"))
    out.append("</body></html>\n")
    return out


def write(parts, language):
    def one(part):
        if isinstance(part, str):
            return part
        kind = part[0]
        if language == "mustache":
            if kind == "value":
                return "{{" + part[1] + "}}"
            if kind == "item":
                return "{{" + part[1] + "}}"
            if kind == "if":
                return "{{#flags." + part[1] + "}}" + write(part[2], language) + "{{/flags." + part[1] + "}}"
            return "{{#rows}}" + write(part[1], language) + "{{/rows}}"
        if kind == "value":
            return "{{ " + part[1] + " }}"
        if kind == "item":
            return "{{ row." + part[1] + " }}"
        if kind == "if":
            return "{% if flags." + part[1] + " %}" + write(part[2], language) + "{% endif %}"
        return "{% for row in rows %}" + write(part[1], language) + "{% endfor %}"

    return "".join(one(part) for part in parts)


def data():
    values = {group: {name: f"{group} {name} {'of a person' if index % 3 == 0 else index}" for index, name in enumerate(fields)}
              for group, fields in FIELDS.items()}
    values["links"] = {name: f"https://news.example.com/u/{name}/eyJhbGciOiJIUzI1NiJ9" for name in FIELDS["links"]}
    values["flags"] = {name: index != 4 for index, name in enumerate(CONDITIONS)}
    values["rows"] = [{"name": f"Product number {index}", "quantity": index, "price": f"{index}9.90 EUR",
                       "link": f"https://shop.example.com/products/{index}"} for index in range(1, 11)]
    return values


if __name__ == "__main__":
    mail = parts()
    for language in ["liquid", "jinja", "stencil", "mustache"]:
        with open(f"{sys.argv[1]}/mail.{language}", "w", encoding="utf-8") as file:
            file.write(write(mail, language))
    with open(f"{sys.argv[1]}/mail.json", "w", encoding="utf-8") as file:
        json.dump(data(), file)

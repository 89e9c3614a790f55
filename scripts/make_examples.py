#!/usr/bin/env python3
"""Make the example people of the demo workspace: the same ones every time, with their last day where you put it.

    scripts/make_examples.py                                 rewrites Examples/ as it is committed
    scripts/make_examples.py --end today --out /tmp/demo     people who were active until today

Writes contacts.csv, consent.csv, events.jsonl and suppressions.csv. Nobody in them exists: the names are drawn from lists
and every address ends in .example, a domain that can't receive mail (RFC 2606). Python's standard library only.
"""

import argparse
import csv
import datetime as dt
import json
import os
import random
import unicodedata

COMMITTED_END = "2026-11-01"

# country, language, time zone, weight, first names, last names, cities
PLACES = [
    ("IT", "it", "Europe/Rome", 40,
     "Giulia Luca Francesca Marco Chiara Alessandro Sara Matteo Elena Davide Niccolò Martina Andrea Silvia Lorenzo Irene "
     "Federico Noemi Riccardo Zoe".split(),
     ["Rossi", "Brambilla", "Colombo", "D'Angelo", "Ferrari", "Villa", "Galli", "De Luca", "Fumagalli", "Conti", "Nicolò",
      "Dell'Orto", "Ricci", "Greco", "Sala", "Cattaneo", "Moretti", "Riva", "Costa", "Esposito"],
     ["Monza", "Monza", "Milano", "Milano", "Lissone", "Bergamo", "Como", "Torino", "Bologna", "L'Aquila", "Roma", "Forlì"]),
    ("CH", "it", "Europe/Zurich", 3,
     "Nadia Reto Mattia Lara Fabio Sonja".split(), "Bernasconi Lehmann Keller Pedrazzini Steiner".split(),
     ["Lugano", "Bellinzona", "Chiasso"]),
    ("GB", "en", "Europe/London", 14,
     "Emma Oliver Priya Callum Siân Harry Grace Kwame Isla Tom".split(),
     ["Smith", "O'Neill", "Patel", "Jones", "Okafor", "Whitfield-Hart", "MacLeod", "Evans", "Brown", "Shaw"],
     ["London", "Leeds", "Bristol", "Glasgow", "King's Lynn", "Sheffield"]),
    ("IE", "en", "Europe/Dublin", 5,
     "Aoife Seán Róisín Conor Niamh Cian".split(), ["O'Brien", "Ó Súilleabháin", "Murphy", "O'Connor", "Byrne", "Walsh"],
     ["Dublin", "Cork", "Galway", "Dún Laoghaire"]),
    ("US", "en", "America/New_York", 7,
     "Ava Jamal Sofia Ethan Mei Dwayne Hannah Luis".split(), ["Johnson", "Nguyen", "García", "Miller", "Davis, Jr.", "Kowalski"],
     ["New York", "Boston", "Pittsburgh", "Washington, D.C."]),
    ("US", "en", "America/Los_Angeles", 5,
     "Noah Camila Tyler Yuki Zoë Omar".split(), ["Lee", "Martinez", "Anderson", "Kim", "Thompson"],
     ["Seattle", "San Diego", "Portland"]),
    ("FR", "fr", "Europe/Paris", 7,
     "Chloé Hugo Inès François Léa Théo Anaïs Jérôme".split(), ["Dupont", "Lefèvre", "Moreau", "d'Aubigné", "Nguyen", "Bérard"],
     ["Paris", "Lyon", "Saint-Étienne", "Annecy"]),
    ("DE", "de", "Europe/Berlin", 8,
     "Jürgen Anna Lukas Käthe Emre Lena Björn Sophie".split(), ["Müller", "Weiß", "Schröder", "Yılmaz", "Vogel", "von der Heide"],
     ["Berlin", "München", "Köln", "Freiburg"]),
    ("ES", "es", "Europe/Madrid", 4,
     "Lucía Íñigo María Javier Begoña".split(), ["Núñez", "Ibáñez", "García", "Etxeberria"], ["Madrid", "Girona", "A Coruña"]),
    ("NL", "nl", "Europe/Amsterdam", 3,
     "Sanne Daan Fleur Joris".split(), ["de Vries", "van 't Hoff", "Jansen", "Bakker"], ["Utrecht", "'s-Hertogenbosch", "Gent"]),
    ("PL", "pl", "Europe/Warsaw", 2,
     "Łukasz Agnieszka Paweł Zofia".split(), ["Wiśniewski", "Nowak", "Żak"], ["Kraków", "Łódź"]),
    ("BR", "pt", "America/Sao_Paulo", 1, "João Júlia Antônio".split(), ["Conceição", "Souza"], ["São Paulo", "Florianópolis"]),
    ("JP", "ja", "Asia/Tokyo", 1, "陽菜 健太 さくら".split(), ["小林", "佐藤"], ["東京", "京都"]),
]
MAILBOXES = ["gmail.example"] * 36 + ["outlook.example"] * 16 + ["icloud.example"] * 10 + ["proton.example"] * 6
LOCAL_MAILBOXES = {"IT": ["libero.example", "tiscali.example"], "DE": ["web.example", "gmx.example"], "FR": ["orange.example"]}
COMPANIES = {  # by country; elsewhere nobody wrote with their work address
    "IT": [("Brambilla & Figli", "brambilla.example"), ("Velo Club Brianza", "vcbrianza.example"), ("Studio Ferri", "studioferri.example"),
           ("Rossi, Conti e Associati", "rossiconti.example"), ('Officina "Da Gigi"', "dagigi.example")],
    "GB": [("Northern Wheelers, est. 1931", "northernwheelers.example"), ("Whitfield & Sons", "whitfield.example")],
    "IE": [("O'Neill Couriers Ltd", "oneill-couriers.example")], "US": [("Acme Inc.", "acme.example")],
    "DE": [("Müller Logistik GmbH", "müller-logistik.example")], "FR": [("Atelier du Vélo", "atelier-velo.example")],
}
PLANS = ["free"] * 74 + ["pro"] * 20 + ["team"] * 6
PATHS = ["/"] * 8 + ["/shop"] * 6 + ["/shop/tyres"] * 4 + ["/shop/drivetrain"] * 4 + ["/workshop"] * 4 + ["/journal/pressures"] * 3 + [
    "/journal/214-bikes", "/about", "/pricing", "/pricing"]
CATALOGUE = [  # category, sku, price
    ("tyres", "TYR-28", 43.00), ("tyres", "TYR-32", 45.50), ("tyres", "TUBE-TPU", 14.90), ("drivetrain", "CHN-11W", 39.00),
    ("drivetrain", "CHN-12W", 39.00), ("drivetrain", "CAS-1134", 92.00), ("cockpit", "TAPE-BLK", 24.00), ("cockpit", "LEVERS-2", 118.00),
    ("workshop", "SVC-SPRING", 75.00), ("workshop", "SVC-BLEED", 38.00), ("wheels", "WHL-SET", 640.00), ("care", "WAX-400", 21.50),
]
QUERIES = ["28 mm tyres", "waxed chain", "11-34 cassette", "bar tape black", "tubeless sealant", "bleed kit", "catena cerata",
           "pastiglie freno", "mini pump", "gravel 40"]


def ascii_name(text):
    text = text.replace("ł", "l").replace("Ł", "L").replace("ß", "ss").replace("ı", "i").replace("ø", "o")
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(c for c in text if c.isalnum())


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Person:
    def __init__(self, r, taken, end):
        country, language, zone, _, firsts, lasts, cities = r.choices(PLACES, [place[3] for place in PLACES])[0]
        self.first, self.last = r.choice(firsts), r.choice(lasts)
        self.city, self.country, self.language, self.zone = r.choice(cities), country, language, zone
        self.plan, self.company = r.choice(PLANS), ""
        domain = r.choice(MAILBOXES + LOCAL_MAILBOXES.get(country, []) * 14)
        if r.random() < 0.15 and country in COMPANIES:
            self.company, domain = r.choice(COMPANIES[country])
        stem = f"{ascii_name(self.first)}.{ascii_name(self.last)}"
        stem = stem.strip(".") if len(stem) > 3 else "rider"
        email, number = f"{stem}@{domain}", 1
        while email in taken:
            number += 1
            email = f"{stem}{number}@{domain}"
        taken.add(email)
        self.email = email
        if r.random() < 0.02:
            self.first = ""
        if r.random() < 0.05:
            self.city = ""
        if r.random() < 0.004 and self.first:
            self.first = f'{self.first} "{self.first[:3]}"'
        self.signed_up = end - dt.timedelta(seconds=int(600 + r.random() ** 1.6 * 1100 * 86400))
        self.habit = r.choices(["quiet", "reader", "buyer", "lapsed", "pricing", "spring", "trial"], [44, 22, 17, 9, 3, 4, 3])[0]
        if self.habit in ("lapsed", "buyer") and (end - self.signed_up).days < 200:
            self.signed_up -= dt.timedelta(days=220)
        if self.habit == "trial":
            self.plan = "free"
        self.events = []

    def row(self):
        return [self.email, self.first, self.last, self.city, self.country, self.language, self.zone, self.plan, self.company,
                self.signed_up.date().isoformat()]

    def consents(self, r, end):
        at, source = self.signed_up, r.choice(["signup form", "signup form", "at the counter", "checkout"])
        x = r.random()
        if x < 0.80:
            if source == "signup form" and r.random() < 0.4:
                yield "newsletter", "pending", at, source
                at += dt.timedelta(seconds=r.randint(40, 5400))
                source = "confirmation mail"
            yield "newsletter", "confirmed", min(at, end - dt.timedelta(seconds=1)), source
        elif x < 0.90:
            yield "newsletter", "pending", at, "signup form"
        else:
            yield "newsletter", "confirmed", at, source
            left = at + (end - at) * (0.2 + 0.75 * r.random())
            yield "newsletter", "withdrawn", left, r.choice(["unsubscribe link", "unsubscribe link", "by phone"])
        if r.random() < (0.8 if self.habit in ("lapsed", "pricing") else 0.35):
            yield "offers", "confirmed", self.signed_up + (end - self.signed_up) * 0.1 * r.random(), "preference centre"

    def did(self, end, days_ago, event, **properties):
        at = end - dt.timedelta(seconds=int(days_ago * 86400) + 1)
        if at > self.signed_up:
            self.events.append({"email": self.email, "event": event, "at": stamp(at), "properties": properties})

    def browse(self, r, end, days_ago):
        x = r.random()
        if x < 0.72:
            self.did(end, days_ago, "page_viewed", path=r.choice(PATHS))
        elif x < 0.84:
            self.did(end, days_ago, "search", query=r.choice(QUERIES), results=r.randint(0, 24))
        elif x < 0.94:
            self.did(end, days_ago, "login", device=r.choice(["phone", "phone", "laptop", "tablet"]))
        else:
            category, sku, _ = r.choice(CATALOGUE)
            self.did(end, days_ago, "cart_added", category=category, sku=sku)

    def buy(self, r, end, days_ago, orders):
        category, sku, price = r.choices(CATALOGUE, [8, 6, 9, 9, 7, 3, 7, 1, 6, 3, 0.4, 5])[0]
        if r.random() < 0.8:
            self.did(end, days_ago + 0.02 + r.random() * 0.2, "cart_added", category=category, sku=sku)
        self.did(end, days_ago, "purchase", amount=round(price * r.choice([1, 1, 1, 2]), 2), currency="EUR", category=category,
                 order=f"PW-{next(orders)}")

    def live(self, r, end, orders):
        """What this person did in the last year, by habit; each segment of the demo has people to find."""
        recent = lambda span: r.random() ** 1.7 * span
        if self.habit == "quiet":
            for _ in range(r.choice([0, 0, 0, 1, 2])):
                self.browse(r, end, 15 + recent(300))
        elif self.habit == "reader":
            for _ in range(r.randint(2, 9)):
                self.browse(r, end, recent(240))
        elif self.habit == "buyer":
            for _ in range(r.randint(1, 4)):
                self.buy(r, end, recent(300), orders)
            for _ in range(r.randint(3, 8)):
                self.browse(r, end, recent(200))
        elif self.habit == "lapsed":
            for _ in range(r.randint(1, 3)):
                self.buy(r, end, 125 + r.random() * 220, orders)
            for _ in range(r.randint(0, 3)):
                self.browse(r, end, 10 + r.random() * 300)
        elif self.habit == "pricing":
            for _ in range(r.randint(2, 5)):
                self.did(end, r.random() * 6.9, "page_viewed", path="/pricing")
            self.browse(r, end, recent(30))
        elif self.habit == "spring":
            for _ in range(r.randint(1, 3)):
                self.did(end, r.random() * 9.5, "page_viewed", path=r.choice(["/spring", "/spring/chain", "/spring/tyres", "/spring"]))
        elif self.habit == "trial":
            started = 1 + r.random() * 15
            self.did(end, started, "trial_started", plan="pro")
            for _ in range(r.randint(2, 6)):
                self.did(end, started * r.random(), "login", device=r.choice(["phone", "laptop"]))


def write_csv(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def main():
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Examples")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--end", default=COMMITTED_END, help="the day before which everything happened: YYYY-MM-DD or today "
                        f"(default {COMMITTED_END})")
    parser.add_argument("--contacts", type=int, default=1200, help="how many people (default 1200)")
    parser.add_argument("--out", default=here, help="folder to write to (default Examples/)")
    options = parser.parse_args()
    today = dt.datetime.now(dt.timezone.utc).date()
    try:
        day = today if options.end == "today" else dt.date.fromisoformat(options.end)
    except ValueError:
        parser.error(f"--end {options.end}: not a day; write it as 2026-11-01, or today")
    end = dt.datetime(day.year, day.month, day.day, tzinfo=dt.timezone.utc)
    r, taken, orders = random.Random(7), set(), iter(range(20417, 10**9, 3))
    people = []
    for _ in range(options.contacts):
        person = Person(r, taken, end)
        person.live(r, end, orders)
        people.append(person)
    people.sort(key=lambda person: (person.signed_up, person.email))
    os.makedirs(options.out, exist_ok=True)
    name = lambda file: os.path.join(options.out, file)
    write_csv(name("contacts.csv"), "email,first_name,last_name,city,country,language,timezone,plan,company,signed_up",
              [person.row() for person in people])
    consents = [[person.email, topic, state, stamp(at), source]
                for person in people for topic, state, at, source in person.consents(r, end)]
    write_csv(name("consent.csv"), "email,topic,state,at,source", consents)
    events = sorted((event for person in people for event in person.events), key=lambda event: (event["at"], event["email"]))
    with open(name("events.jsonl"), "w", encoding="utf-8") as file:
        for event in events:
            file.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")
    reasons = [("undeliverable", "bounce: no such user"), ("undeliverable", "bounce: no such user"), ("unsubscribed", "by phone"),
               ("complaint", "feedback loop"), ("undeliverable", "bounce: mailbox full for weeks"), ("unsubscribed", "letter to the shop"),
               ("complaint", "feedback loop")]
    agreed = {row[0] for row in consents if row[1] == "newsletter" and row[2] == "confirmed"}
    unlucky = r.sample([person for person in people if person.email in agreed], min(len(reasons), len(agreed)))
    write_csv(name("suppressions.csv"), "email,reason,at,source",
              [[person.email, reason, stamp(end - dt.timedelta(seconds=r.randint(90000, 90 * 86400))), source]
               for person, (reason, source) in zip(unlucky, reasons)])
    print(f"{len(people)} contacts, {len(consents)} consents, {len(events)} events, {len(unlucky)} suppressions in {options.out}")


if __name__ == "__main__":
    main()

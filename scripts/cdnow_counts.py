#!/usr/bin/env python3
"""Counts segments of CDNOW's customers by reading the file and nothing else: what `CDNOWTests` holds the engine against.

    scripts/cdnow_counts.py ../shared/data/cdnow/CDNOW_master.txt

Each line is a purchase: customer, date, CDs, dollars. The answers are as of 1998-07-01T00:00:00Z, printed as one JSON object
from segment to number of customers.
"""
import json
import sys
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

NOW = date(1998, 7, 1)


def days(count):
    return timedelta(days=count)


def read(path):
    customers = defaultdict(list)
    with open(path) as lines:
        for line in lines:
            if line.strip():
                customer, day, cds, dollars = line.split()
                when = date(int(day[:4]), int(day[4:6]), int(day[6:8]))
                customers[customer].append((when, int(cds), Decimal(dollars)))
    return customers.values()


def within(purchases, first, last):
    """Those between two days, both included."""
    return [p for p in purchases if first <= p[0] <= last]


def recent(purchases, count):
    """Those of the last so many days. A day counts as its first instant, and so does the moment of asking."""
    return [p for p in purchases if NOW - days(count) <= p[0] < NOW]


def spent(purchases):
    return sum((p[2] for p in purchases), Decimal(0))


def followed(purchases, count):
    """For each purchase: whether another came at the same time or after, before so many days were over."""
    return [
        any(j != i and p[0] <= q[0] < p[0] + days(count) for j, q in enumerate(purchases)) for i, p in enumerate(purchases)
    ]


def first_share(customers, value, percent):
    """How many are among the first so many percent of those who have a value: those with few enough ahead of them."""
    values = sorted((v for v in map(value, customers) if v is not None), reverse=True)
    places = {}
    for place, v in enumerate(values):
        places.setdefault(v, place)
    return sum(1 for v in values if places[v] * 100 < len(values) * percent)


def largest(purchases):
    return max((p[2] for p in purchases), default=None)


def bought_apart(p):
    return (
        within(p, date(1997, 1, 1), date(1997, 3, 31))
        and within(p, date(1998, 1, 1), date(1998, 6, 30))
        and not within(p, date(1997, 4, 1), date(1997, 12, 31))
    )


def missed_year(p):
    return any(not f and q[0] + days(365) <= NOW for q, f in zip(p, followed(p, 365)))


def january(p):
    return date(1997, 1, 1) <= min(q[0] for q in p) <= date(1997, 1, 31)


def last_was_large(p):
    last = max(q[0] for q in p)
    return any(q[1] >= 5 for q in p if q[0] == last)


def main():
    customers = list(read(sys.argv[1]))
    tests = {
        "once": lambda p: len(p) == 1,
        "thrice": lambda p: len(p) >= 3,
        "lapsed": lambda p: max(q[0] for q in p) < NOW - days(180),
        "big-spenders": lambda p: spent(recent(p, 90)) > 100,
        "january": january,
        "bought-apart": bought_apart,
        "soon-again": lambda p: any(followed(p, 7)),
        "missed-a-year": missed_year,
        "dear": lambda p: spent(p) >= 50 * len(p),
        "varied": lambda p: len({q[1] for q in p}) >= 4,
        "last-was-large": last_was_large,
        "little-lately": lambda p: spent([q for q in recent(p, 365) if q[1] >= 2]) < 20,
    }
    counts = {name: sum(1 for p in customers if test(p)) for name, test in tests.items()}
    counts["top-fifth"] = first_share(customers, spent, 20)
    counts["top-twentieth-lately"] = first_share(customers, lambda p: largest(recent(p, 180)), 5)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()

"""A month of a sender of any size, hour by hour, on databases of which one is measured: how many nodes it takes, and what ends first.

What a message, an event and a row cost comes from Benchmarks/scaling.py; what the world is like is stated here, every number of it an
assumption that can be set. Nothing is random, so that the same numbers give the same answer.

A small database that was measured has few pages, and they are in memory. In a large one every event touches pages of its own: the leaf of
the index by person, the person's summary and that one's index. After a checkpoint the first touch writes the whole page to the WAL, and
what is not in memory is read. Both are worked out here from the number of pages there are.
"""
from dataclasses import dataclass
from math import exp

MONTH_HOURS = 30 * 24
# Share of a day's events that falls in each hour, with an evening and a quiet night, as seen in shops of one time zone.
DAY = [1.2, 0.8, 0.6, 0.5, 0.5, 0.7, 1.5, 2.8, 4.2, 5.2, 5.7, 5.8, 5.6, 5.3, 5.2, 5.2, 5.3, 5.6, 6.2, 6.9, 7.4, 7.2, 5.6, 3.0]


@dataclass
class World:
    contacts: float
    events: float            # a month
    messages: float          # a month
    retention: float = 18    # months that events are kept
    deliveries: float = 24   # months that the log of what was sent is kept
    campaigns: int = 20      # a month, each to an equal share, at 9 in the morning on weekdays
    hours: float = 4         # in which each has to be out
    segments: int = 200      # asked a day, each over all events of one name in 30 days
    share: float = 0.1       # of all events, of that name
    seasonal: float = 2.0    # the busiest day against the mean


@dataclass
class Node:
    cores: int = 32
    speed: float = 1.0       # a core, against one of the machine that was measured
    busy: float = 0.6        # of its CPU, and no more, in the busiest hour
    wal: float = 150e6       # bytes a second that it writes and its replica takes
    disk: float = 8e12       # bytes
    full: float = 0.7        # of the disk, and no more: vacuum, indexes that are rebuilt, growth
    memory: float = 256e9
    hot: float = 0.05        # of what is kept, that has to be in memory: inner pages of indexes, the last days' events, people who are about
    reads: float = 20_000    # pages a second that its disk gives when they lie anywhere
    checkpoint: float = 1800 # seconds between two: checkpoint_timeout, with max_wal_size large enough for it
    packed: float = 0.5      # what wal_compression leaves of a page


def hours(world):
    """For each hour of a month: events, messages, questions."""
    morning = 9
    out = max(1, round(world.hours))
    each = world.messages / world.campaigns / out
    weekdays = [day for day in range(30) if day % 7 < 5]
    sending = [0.0] * MONTH_HOURS
    for number in range(world.campaigns):
        day = weekdays[number * len(weekdays) // world.campaigns]
        for hour in range(out):
            sending[min(day * 24 + morning + hour, MONTH_HOURS - 1)] += each
    whole = sum(DAY)
    # One day in the month is the busiest; the others share the rest.
    busiest = world.events / 30 * world.seasonal
    other = (world.events - busiest) / 29
    for hour in range(MONTH_HOURS):
        day = busiest if hour // 24 == 24 else other
        yield day * DAY[hour % 24] / whole, sending[hour], world.segments / 24


def stored(world, f):
    """Bytes, by what they are of."""
    return {
        "contacts": world.contacts * f["bytes_per_contact"],
        "events": world.events * world.retention * f["bytes_per_event"],
        "deliveries": world.messages * world.deliveries * f["bytes_per_delivery"],
    }


PAGE = 8192
# Pages anywhere that an event touches, and a message: its person's row, index entries by person of delivery.
TOUCHED = {"event": 3, "message": 2}


def pages(world, f, node, events, messages):
    """Bytes of whole pages that an hour writes to the WAL: each page once between two checkpoints, however often it is touched."""
    kept = stored(world, f)
    there = (kept["events"] * 0.4 + kept["deliveries"] * 0.2) / PAGE
    touches = (events * TOUCHED["event"] + messages * TOUCHED["message"]) * node.checkpoint / 3600
    return there * (1 - exp(-touches / there)) * PAGE * node.packed * 3600 / node.checkpoint


def month(world, f, node):
    """The busiest hour's needs of the whole, and how many nodes they come to, by what they need."""
    scan = world.events * world.share * f["cpu_us_per_event_asked"] / 1e6
    cpu = wal = reads = 0.0
    kept = sum(stored(world, f).values())
    for events, messages, questions in hours(world):
        used = (events * f["cpu_us_per_event"] + messages * f["cpu_us_per_message"]) / 1e6 + questions * scan
        cpu = max(cpu, used / 3600)
        plain = events * f["wal_per_event"] + messages * f["wal_per_message"]
        wal = max(wal, (plain + pages(world, f, node, events, messages)) / 3600)
        reads = max(reads, (events * TOUCHED["event"] + messages * TOUCHED["message"]) / 3600)
    # As much of what is touched as there is memory for is not read; a node's memory counts once for each node, so this is of one.
    missing = max(0.0, 1 - node.memory / kept)
    needs = {
        "CPU": cpu / (node.cores * node.speed * node.busy),
        "WAL": wal / node.wal,
        "disk": kept / (node.disk * node.full),
        "memory": kept * node.hot / node.memory,
        "reads": reads * missing / node.reads,
    }
    return {"cores": cpu, "wal": wal, "bytes": kept, "needs": needs, "nodes": max(1, -(-max(needs.values()) // 1)), "scan": scan}


def furthest(f, node, world):
    """How many times this world one node carries, and what ends it."""
    needs = month(world, f, node)["needs"]
    first = max(needs, key=needs.get)
    return 1 / needs[first], first

#!/usr/bin/env python3
"""What messages and events cost a PostgreSQL, and what that comes to at any size.

    Benchmarks/scaling.py measure [--contacts 50000 --events 500000] [--out Benchmarks/scaling.json]
    Benchmarks/scaling.py partitions [--events 1000000 --months 24]
    Benchmarks/scaling.py simulate [--figures Benchmarks/scaling.json] [--contacts 100e6 --events 1e9 --messages 400e6] [--cores 32 …]

measure    Starts a PostgreSQL of its own with its default settings, and has pitwall import people and events, plan and send one campaign
           to all of them, ask a segment and let old events fade. Of each: CPU of all the server's processes, bytes of WAL (of those, whole pages after a
           checkpoint), commits, and seconds; then the bytes that stay, by contact, event and delivery. A second, smaller pass goes through a
           proxy that counts round trips, which costs time and therefore stands apart.
partitions The table of events as it is, and the same cut into a partition a month: what each costs to write to, to ask and to prune.
simulate   A month hour by hour, on as many such servers as it takes: see scaling_simulation.py for what is assumed. Any field of its World and
           Node can be set: --retention 13 --cores 64 …

The server needs Debian's postgresql; run as root, it belongs to the user postgres. smtp-sink (Debian's postfix) takes the mail.
PITWALL_BIN names the program to measure.
"""
import argparse, dataclasses, datetime, glob, json, os, random, shutil, socket, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import bench_workspace as bench
from scaling_simulation import Node, World, furthest, month, stored

TICK = os.sysconf("SC_CLK_TCK")
NAMES = [("page_viewed", 60), ("app_opened", 12), ("cart_added", 10), ("purchase", 8), ("search", 10)]


class Server:
    """A PostgreSQL with its default settings."""

    def __init__(self):
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
        if not programs:
            sys.exit("there is no PostgreSQL: install Debian's postgresql")
        self.programs = programs[-1]
        self.folder = tempfile.mkdtemp(prefix="pitwall-scaling.")
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.port = bench.free_port()
        self.call("initdb", "-D", f"{self.folder}/data", "-U", "pitwall", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self.call("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "start", "-o", options)
        with open(f"{self.folder}/data/postmaster.pid") as file:
            self.pid = int(file.readline())

    def call(self, program, *arguments):
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        with open(f"{self.folder}/out", "w") as out:
            done = subprocess.run([*user, f"{self.programs}/{program}", *arguments], stdout=out, stderr=out, cwd="/")
        if done.returncode != 0:
            sys.exit(f"{program} ended with {done.returncode}: {open(f'{self.folder}/out').read()}")

    def end(self):
        self.call("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, port=None):
        return f"postgres://pitwall@127.0.0.1:{port or self.port}/postgres"

    def ask(self, sql):
        done = subprocess.run(
            [f"{self.programs}/psql", "-X", "-At", "-h", "127.0.0.1", "-p", str(self.port), "-U", "pitwall", "-d", "postgres", "-c", sql],
            capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def cpu(self):
        """Seconds of all its processes, those that have ended among them."""
        total = 0
        for stat in glob.glob("/proc/[0-9]*/stat"):
            try:
                fields = open(stat).read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            pid = int(stat.split("/")[2])
            if pid == self.pid:
                total += sum(int(fields[i]) for i in (11, 12, 13, 14))
            elif int(fields[1]) == self.pid:
                total += int(fields[11]) + int(fields[12])
        return total / TICK

    def facts(self):
        wal = self.ask("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        pages, commits = self.ask(
            "SELECT wal_fpi, (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) FROM pg_stat_wal").split("|")
        return {"cpu": self.cpu(), "wal": float(wal), "pages": float(pages), "commits": float(commits), "seconds": time.perf_counter()}

    def size(self, *tables):
        return sum(int(self.ask(f"SELECT COALESCE(pg_total_relation_size(to_regclass('{name}')), 0)")) for name in tables)


class Proxy:
    """Counts how often a client speaks after it has been answered."""

    def __init__(self, port):
        self.target, self.trips = port, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target))
            for line in (client, server):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            state = {"answered": True}
            threading.Thread(target=self.carry, args=(client, server, state, True), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, state, False), daemon=True).start()

    def carry(self, source, to, state, asks):
        try:
            while data := source.recv(1 << 16):
                if asks and state["answered"]:
                    self.trips += 1
                state["answered"] = not asks
                to.sendall(data)
        except OSError:
            pass
        for line in (source, to):
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def write_events(path, people, count):
    """One line each, over a year and a half, most of them by few; the same every time."""
    r = random.Random(11)
    names, weights = zip(*NAMES)
    end = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc)
    with open(path, "w") as file:
        for _ in range(count):
            who = people[int(len(people) * r.random() ** 3)]
            name = r.choices(names, weights)[0]
            at = end - datetime.timedelta(seconds=int(r.random() * 540 * 86400))
            about = {"path": f"/product/{r.randrange(200)}"} if name != "purchase" else {"amount": r.randrange(500, 20000) / 100, "currency": "EUR"}
            file.write(json.dumps({"email": who, "event": name, "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "properties": about}) + "\n")


class Pass:
    """One workspace on one server, from nothing to a campaign that is out."""

    def __init__(self, server, contacts, events, port=None, proxy=None):
        self.server, self.proxy, self.rows = server, proxy, {}
        self.root = tempfile.mkdtemp(prefix="pitwall-scaling-ws.")
        shutil.rmtree(self.root)
        try:
            with bench.Sink() as sink:
                self.sink_port = sink.port
                self.go(contacts, events, port)
        finally:
            shutil.rmtree(self.root, ignore_errors=True)

    def step(self, name, count, *command, times=1):
        before, trips = self.server.facts(), self.proxy.trips if self.proxy else 0
        for _ in range(times):
            bench.run(bench.PITWALL, *command, cwd=self.root)
        after = self.server.facts()
        row = {key: after[key] - before[key] for key in before}
        row["trips"] = (self.proxy.trips - trips) if self.proxy else None
        row["count"] = count
        self.rows[name] = row

    def go(self, contacts, events, port):
        bench.run(bench.PITWALL, "init", self.root)
        settings = open(f"{self.root}/pitwall.yaml").read().replace("database: pitwall.sqlite", f"database: {self.server.url(port)}")
        settings = settings.replace("url: smtp://127.0.0.1:2525", f"url: smtp://127.0.0.1:{self.sink_port}\n    connections: 20")
        settings = "\n".join(line for line in settings.splitlines() if not line.startswith("cap:"))
        open(f"{self.root}/pitwall.yaml", "w").write(settings + "\n")
        open(f"{self.root}/Campaigns/bench.yaml", "w").write(bench.CAMPAIGN)
        open(f"{self.root}/Templates/bench.md", "w").write("---\nsubject: \"Hello {{ contact.first_name | default: 'you' }}\"\n---\n# News\n\nText.\n\n"
            "[Unsubscribe]({{ links.unsubscribe }}), {{ organisation.postal_address }}\n")
        bench.people(f"{self.root}/people.csv", contacts)
        people = [line.split(",", 1)[0] for line in open(f"{self.root}/people.csv")][1:]
        write_events(f"{self.root}/events.jsonl", people, events)
        # The first command makes the schema; what every other one does at its start is taken off.
        bench.run(bench.PITWALL, "segments", "count", "--where", "email is known", cwd=self.root)
        self.step("start", 5, "segments", "count", "--where", "email is known", times=5)
        self.step("contacts", contacts, "import", "contacts", "people.csv", "--topic", "newsletter", "--consent", "confirmed", "--source", "bench")
        self.step("events", events, "import", "events", "events.jsonl")
        self.server.ask("VACUUM ANALYZE")
        question = 'did page_viewed at least 3 times between 2026-09-01 and 2026-10-31'
        asked = int(self.server.ask(
            "SELECT count(*) FROM event e JOIN event_name n ON n.id = e.name_id WHERE n.name = 'page_viewed' "
            "AND e.at >= 1788220800000 AND e.at < 1793491200000"))
        self.step("segment", asked * 20, "segments", "count", "--where", question, times=20)
        self.step("plan", contacts, "plan", "bench")
        self.step("send", contacts, "send", "bench", "--yes")
        self.server.ask("VACUUM ANALYZE")
        self.sizes = [self.server.size(*tables) for tables in (CONTACTS, EVENTS, DELIVERIES)]
        with open(f"{self.root}/pitwall.yaml", "a") as file:
            file.write("\nretention: {default: 180 days}\n")
        before = int(self.server.ask("SELECT count(*) FROM event"))
        self.step("prune", 1, "events", "prune", "--yes")
        self.rows["prune"]["count"] = max(1, before - int(self.server.ask("SELECT count(*) FROM event")))


CONTACTS = ["contact", "contact_external_id", "attribute_change", "consent"]
EVENTS = ["event", "event_summary", "event_faded", "event_given_id"]
DELIVERIES = ["delivery", "attempt", "plan_recipient", "sent_count", "sent_to_domain"]


def measure(args):
    server = Server()
    try:
        print(f"PostgreSQL {server.ask('SHOW server_version')} with its default settings, {os.cpu_count()} cores for it and for pitwall")
        whole = Pass(server, args.contacts, args.events)
        sizes = whole.sizes
    finally:
        server.end()
    server = Server()
    try:
        proxy = Proxy(server.port)
        trips = Pass(server, max(500, args.contacts // 10), max(2000, args.events // 10), proxy.port, proxy).rows
    finally:
        server.end()
    rows = whole.rows
    idle = rows["start"]
    print(f"\n{'':10}{'each':>10}{'CPU µs':>10}{'WAL bytes':>11}{'pages':>8}{'commits':>9}{'trips':>9}{'a second':>10}")
    figures = {}
    for name in ("contacts", "events", "segment", "plan", "send", "prune"):
        row, small = rows[name], trips[name]
        n = row["count"]
        starts = idle["cpu"] / 5 * (20 if name == "segment" else 1)
        each = {"cpu": max(0, row["cpu"] - starts) / n * 1e6, "wal": row["wal"] / n, "pages": row["pages"] / n,
                "commits": row["commits"] / n, "trips": small["trips"] / small["count"], "rate": n / row["seconds"]}
        figures[name] = each
        print(f"{name:10}{n:>10,}{each['cpu']:>10.1f}{each['wal']:>11,.0f}{each['pages']:>8.3f}{each['commits']:>9.4f}"
              f"{each['trips']:>9.4f}{each['rate']:>10,.0f}")
    out = {
        "cpu_us_per_contact": figures["contacts"]["cpu"], "wal_per_contact": figures["contacts"]["wal"],
        "cpu_us_per_event": figures["events"]["cpu"], "wal_per_event": figures["events"]["wal"], "trips_per_event": figures["events"]["trips"],
        "cpu_us_per_event_pruned": figures["prune"]["cpu"], "wal_per_event_pruned": figures["prune"]["wal"],
        "cpu_us_per_event_asked": figures["segment"]["cpu"],
        "cpu_us_per_message": figures["plan"]["cpu"] + figures["send"]["cpu"], "wal_per_message": figures["plan"]["wal"] + figures["send"]["wal"],
        "trips_per_message": figures["plan"]["trips"] + figures["send"]["trips"],
        "messages_per_second": figures["send"]["rate"],
        "bytes_per_contact": sizes[0] / args.contacts, "bytes_per_event": sizes[1] / args.events, "bytes_per_delivery": sizes[2] / args.contacts,
        "measured": {"contacts": args.contacts, "events": args.events, "cores": os.cpu_count(), "on": time.strftime("%Y-%m-%d")},
    }
    print(f"\nkept: {out['bytes_per_contact']:.0f} bytes a contact, {out['bytes_per_event']:.0f} an event, {out['bytes_per_delivery']:.0f} a delivery")
    with open(args.out, "w") as file:
        json.dump({key: round(value, 4) if isinstance(value, float) else value for key, value in out.items()}, file, indent=1)
        file.write("\n")
    print(f"written to {args.out}; what it comes to: Benchmarks/scaling.py simulate")


def partitions(args):
    """CPU and WAL of the server for the same work on both tables."""
    month = 30 * 86400 * 1000
    columns = "name_id bigint NOT NULL, at bigint NOT NULL, contact_id bigint NOT NULL, id bigint NOT NULL, learned_at bigint NOT NULL, properties text"
    key, people = "PRIMARY KEY (name_id, at, contact_id, id)", args.events // 20

    def rows(first, last, start, end):
        """Events of five names, most of them by few people."""
        return (f"SELECT n % 5, {start} + (n * 7919::bigint * 104729) % {end - start}, (({people} * power(((n * 7919) % 1000003) / 1000003.0, 2)))::bigint, "
                f"0, 0, '{{\"path\": \"/product/' || n % 200 || '\"}}' FROM generate_series({first}::bigint, {last}::bigint) n")

    server = Server()
    try:
        server.ask(f"CREATE TABLE whole ({columns}, {key})")
        server.ask(f"CREATE TABLE cut ({columns}, {key}) PARTITION BY RANGE (at)")
        for number in range(args.months):
            server.ask(f"CREATE TABLE cut_{number} PARTITION OF cut FOR VALUES FROM ({number * month}) TO ({(number + 1) * month})")
        for table in ("whole", "cut"):
            server.ask(f"CREATE INDEX ON {table} (contact_id, name_id, at)")
            server.ask(f"INSERT INTO {table} {rows(1, args.events, 0, args.months * month)} ON CONFLICT DO NOTHING")
        server.ask("VACUUM ANALYZE")
        last = args.months * month
        sums = "SELECT name_id, contact_id, count(*), min(at), max(at) FROM {t} WHERE at < %d GROUP BY 1, 2" % month
        work = [
            ("write a tenth more", "INSERT INTO {t} " + rows(args.events + 1, args.events * 11 // 10, last - month, last) + " ON CONFLICT DO NOTHING"),
            ("ask of 30 days", f"SELECT count(DISTINCT contact_id) FROM {{t}} WHERE name_id = 1 AND at >= {last - month}"),
            ("ask of ever", "SELECT count(DISTINCT contact_id) FROM {t} WHERE name_id = 1"),
            ("ask person by person", "DO $$ BEGIN FOR n IN 1..20000 LOOP PERFORM 1 FROM {t} WHERE contact_id = n AND name_id = 1 LIMIT 1; END LOOP; END $$"),
            ("write, one by one", "DO $$ BEGIN FOR n IN 1..20000 LOOP INSERT INTO {t} VALUES (9, " + str(last - month) + " + n, n, 0, 0, NULL) "
             "ON CONFLICT DO NOTHING; END LOOP; END $$"),
            ("sum up a month", "CREATE TABLE {t}_faded AS " + sums),
            ("drop a month", {"whole": f"DELETE FROM whole WHERE at < {month}", "cut": "DROP TABLE cut_0"}),
            ("vacuum", "VACUUM {t}"),
        ]
        print(f"{args.events:,} events in {args.months} months\n{'':22}{'whole: CPU ms':>14}{'WAL kB':>10}{'cut: CPU ms':>14}{'WAL kB':>10}")
        for name, text in work:
            line = f"{name:22}"
            for table in ("whole", "cut"):
                sql = text[table] if isinstance(text, dict) else text.replace("{t}", table)
                before = server.facts()
                server.ask(sql)
                after = server.facts()
                line += f"{(after['cpu'] - before['cpu']) * 1000:>14,.0f}{(after['wal'] - before['wal']) / 1000:>10,.0f}"
            print(line, flush=True)
    finally:
        server.end()


def simulate(args):
    with open(args.figures) as file:
        f = json.load(file)
    node = Node(**{field.name: getattr(args, field.name) for field in dataclasses.fields(Node)})
    asked = World(**{field.name: getattr(args, field.name) for field in dataclasses.fields(World)})
    print("assumed:", ", ".join(f"{k} {v:g}" for k, v in {**dataclasses.asdict(asked), **dataclasses.asdict(node)}.items()
                                if k not in ("contacts", "events", "messages")))
    print(f"\n{'contacts':>10}{'events/mo':>11}{'mails/mo':>10}{'kept':>10}{'cores':>8}{'WAL MB/s':>10}{'segment':>10}{'nodes':>7}  what decides")
    for part in (0.001, 0.01, 0.1, 1.0):
        world = dataclasses.replace(asked, contacts=asked.contacts * part, events=asked.events * part, messages=asked.messages * part)
        m = month(world, f, node)
        needs = sorted(m["needs"].items(), key=lambda item: -item[1])
        print(f"{world.contacts:>10.3g}{world.events:>11.3g}{world.messages:>10.3g}{m['bytes'] / 1e9:>8,.0f}GB{m['cores']:>8.1f}"
              f"{m['wal'] / 1e6:>10.1f}{m['scan']:>9.1f}s{m['nodes']:>7.0f}  " + ", ".join(f"{k} {v:.2f}" for k, v in needs))
    times, first = furthest(f, node, asked)
    print(f"\nOne such server carries {times * asked.contacts:,.0f} contacts with {times * asked.events:,.0f} events and "
          f"{times * asked.messages:,.0f} messages a month; its {first} ends it.")
    kept = stored(asked, f)
    print("kept at the full size: " + ", ".join(f"{k} {v / 1e12:.1f} TB" for k, v in kept.items()))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
commands = parser.add_subparsers(required=True)
one = commands.add_parser("measure")
one.add_argument("--contacts", type=int, default=50_000)
one.add_argument("--events", type=int, default=500_000)
one.add_argument("--out", default=f"{HERE}/scaling.json")
one.set_defaults(do=measure)
three = commands.add_parser("partitions")
three.add_argument("--events", type=int, default=1_000_000)
three.add_argument("--months", type=int, default=24)
three.set_defaults(do=partitions)
two = commands.add_parser("simulate")
two.add_argument("--figures", default=f"{HERE}/scaling.json")
for kind, fixed in ((World, {"contacts": 100e6, "events": 1e9, "messages": 400e6}), (Node, {})):
    for field in dataclasses.fields(kind):
        whole = field.name in ("campaigns", "segments", "cores")
        two.add_argument(f"--{field.name}", type=int if whole else float, default=fixed.get(field.name, field.default))
two.set_defaults(do=simulate)
chosen = parser.parse_args()
chosen.do(chosen)

#!/usr/bin/env python3
"""PostgreSQL as the store, each figure beside a yardstick in the same run, printed as ratios.

    Benchmarks/postgres.py [import] [segments] [send] [trips] [together] [limits] [--messages 50000] [--contacts 100000 --events 2000000] [--runs 3] [--keep DIR]

import    `pitwall import contacts`, with consent, and `pitwall import events`, against a bare COPY of the rows that come of it into tables
          with the same indexes, in the same order, from a file on the server's machine.
segments  The six segments of Benchmarks/segments.py against SQL written by hand for the same database.
send      `pitwall send` into smtp-sink from a database on PostgreSQL against one on SQLite. Runs alternate; medians.
trips     How often a send waits for an answer of the server, counted between the two by a relay of bytes that was told nothing of either.
together  Two senders of one campaign against one alone, through a relay that takes 100 ms to answer the dot; a tenth of the messages.
          Rates are of the mail server, between the first and the last twentieth of the messages.
limits    One, two and three senders of one campaign with a limit of 40 a second: how many the mail server answers in its fullest second, of
          any, and how much of the limit is used between the first and the last twentieth; a twenty-fifth of the messages each.

Starts a PostgreSQL of its own with its default settings, on loopback, in a temporary folder. Segments are compared by CPU seconds of program
and server together, beyond what the same command takes for nobody, the least of --runs. Needs what Debian calls postgresql and postfix.
PITWALL_BIN names the program to measure. The data is ../shared/tools/make_audience.py's.
"""
import argparse, glob, json, os, re, select, shutil, socket, statistics, subprocess, sys, tempfile, threading, time

import bench_workspace
from bench_workspace import ENVIRONMENT, PITWALL, ROOT, Sink, free_port, run

WHAT = ["import", "segments", "send", "trips", "together", "limits"]
arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("what", nargs="*", metavar="WHAT", help=", ".join(WHAT))
arguments.add_argument("--messages", type=int, default=50_000)
arguments.add_argument("--contacts", type=int, default=100_000)
arguments.add_argument("--events", type=int, default=2_000_000)
arguments.add_argument("--runs", type=int, default=3)
arguments.add_argument("--keep", metavar="DIR", help="work there, and use the data that an earlier run left")
args = arguments.parse_args()
sys.argv[1:] = []
DAY = 86_400_000
results = []


def report(name, text, ratio, target, good):
    results.append((name, text, ratio, target, good))
    print(f"  {name:24} {text}", flush=True)


def timed(*command, cwd=None):
    """Seconds, CPU seconds, and what the command printed."""
    started = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], cwd=cwd, stdout=subprocess.PIPE, env=ENVIRONMENT)
    text = process.stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}\n{text}")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, text


class Server:
    """A PostgreSQL as it comes, but for its port and its folder."""

    def __init__(self, folder):
        self.programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))[-1]
        self.folder, self.port = folder, free_port()
        os.makedirs(folder)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        self.program("initdb", "-D", f"{folder}/data", "-U", "pitwall", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8")
        self.program("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "start", "-o",
                     f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}")
        self.postmaster = int(open(f"{folder}/data/postmaster.pid").readline())

    def program(self, name, *words):
        command = [f"{self.programs}/{name}", *map(str, words)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

    def stop(self):
        self.program("pg_ctl", "-D", f"{self.folder}/data", "-m", "fast", "stop")

    def url(self, name, port=None):
        return f"postgres://pitwall@127.0.0.1:{port or self.port}/{name}"

    def sql(self, name, text):
        """CPU seconds of the server, seconds, and what came of it."""
        before = self.cpu()
        seconds, _, out = timed("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url(name), "-c", text)
        return self.cpu() - before, seconds, out.strip()

    def make(self, name, template="template0"):
        self.sql("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.sql("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")

    def cpu(self):
        """Of the server and all that it has started, those that have ended too."""
        time.sleep(0.05)
        total = 0
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                text = open(path).read()
            except OSError:
                continue
            fields = text[text.rindex(")") + 2:].split()
            if int(path.split("/")[2]) == self.postmaster:
                total += sum(map(int, fields[11:15]))
            elif int(fields[1]) == self.postmaster:
                total += sum(map(int, fields[11:13]))
        return total / os.sysconf("SC_CLK_TCK")


def audience(folder):
    if not os.path.exists(f"{folder}/data/events.jsonl"):
        timed(sys.executable, f"{ROOT}/../shared/tools/make_audience.py", "--contacts", args.contacts, "--events", args.events, "--out", f"{folder}/data")
    return f"{folder}/data"


def workspace(root, server, name):
    """One on PostgreSQL, empty."""
    shutil.rmtree(root, ignore_errors=True)
    timed(PITWALL, "init", root)
    server.make(name)
    settings = open(f"{root}/pitwall.yaml").read()
    settings, count = re.subn(r"(?m)^database:.*$", f"database: {server.url(name)}", settings)
    open(f"{root}/pitwall.yaml", "w").write(settings if count else f"{settings}\ndatabase: {server.url(name)}\n")


def bare_copy(server, name, folder, tables):
    """Seconds of a COPY of these tables, each from a file in the order that is given, into others with the same indexes."""
    total = cpu = 0
    for table, columns, order in tables:
        file = f"{server.folder}/{table}.copy"
        server.sql(name, f"COPY (SELECT {columns} FROM {table} ORDER BY {order}) TO '{file}'")
        server.sql(name, f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
        server.sql(name, "CHECKPOINT")
        used, seconds, _ = server.sql(name, f"COPY bare_{table} ({columns}) FROM '{file}'")
        server.sql(name, f"DROP TABLE bare_{table}")
        os.remove(file)
        total, cpu = total + seconds, cpu + used
    return total, cpu


def measure_import(server, folder):
    data, root = audience(folder), f"{folder}/import"
    workspace(root, server, "imports")
    server.sql("imports", "CHECKPOINT")
    before = server.cpu()
    seconds, own, text = timed(PITWALL, "import", "contacts", f"{data}/contacts.csv", "--topic", "newsletter", "--consent", "confirmed",
                               "--source", "bench", "--json", cwd=root)
    used, people = server.cpu() - before + own, json.loads(text.splitlines()[-1])["added"]
    bare, spent = bare_copy(server, "imports", folder, [
        ("contact", "id, email, email_key, attributes, created_at, updated_at", "id"),
        ("attribute_change", "contact_id, at, learned_at, changes, source", "contact_id"),
        ("consent", "contact_id, topic, at, state, learned_at, source, wording", "contact_id")])
    report("import contacts", f"{people / seconds:,.0f}/s ({used / people * 1e6:.1f} µs of CPU), bare COPY {people / bare:,.0f}/s ({spent / people * 1e6:.1f} µs)",
           bare / seconds, "≥ 0.5", bare / seconds >= 0.5)
    server.sql("imports", "CHECKPOINT")
    before = server.cpu()
    seconds, own, text = timed(PITWALL, "import", "events", f"{data}/events.jsonl", "--json", cwd=root)
    used, events = server.cpu() - before + own, json.loads(text.splitlines()[-1])["added"]
    bare, spent = bare_copy(server, "imports", folder, [("event", "name_id, at, contact_id, id, learned_at, properties", "contact_id, at")])
    report("import events", f"{events / seconds:,.0f}/s ({used / events * 1e6:.1f} µs of CPU), bare COPY {events / bare:,.0f}/s ({spent / events * 1e6:.1f} µs)",
           bare / seconds, "≥ 0.5", bare / seconds >= 0.5)
    return root


def by_hand(names):
    """The six segments, and SQL as somebody who knows the database writes it."""
    now = int(time.time() * 1000)
    ago = lambda days: now - days * DAY
    did = lambda name, days: f"FROM event e WHERE e.name_id = {names[name]} AND e.at >= {ago(days)} AND e.at <= {now}"
    within = 12 * 3_600_000
    return [
        ("count with a window", "did page_viewed at least 3 times in last 60 days",
         f"SELECT count(*) FROM (SELECT contact_id {did('page_viewed', 60)} GROUP BY contact_id HAVING count(*) >= 3) x"),
        ("did not", "did not login in last 90 days",
         f"SELECT count(*) FROM contact c WHERE NOT EXISTS (SELECT 1 {did('login', 90)} AND e.contact_id = c.id)"),
        ("property filter", 'did page_viewed where (path = "/pricing") in last 60 days',
         f"SELECT count(DISTINCT contact_id) {did('page_viewed', 60)} AND e.properties::json ->> 'path' = '/pricing'"),
        ("sum", "sum of purchase.amount in last 120 days >= 100",
         f"SELECT count(*) FROM (SELECT contact_id {did('purchase', 120)} GROUP BY contact_id HAVING sum((e.properties::json ->> 'amount')::numeric) >= 100) x"),
        ("sequence", "did cart_added then purchase within 12 hours in last 90 days",
         f"SELECT count(DISTINCT e.contact_id) {did('cart_added', 90)} AND EXISTS (SELECT 1 FROM event b WHERE b.contact_id = e.contact_id "
         f"AND b.name_id = {names['purchase']} AND b.at >= e.at AND b.at < e.at + {within})"),
        ("four clauses", 'did page_viewed where (path = "/pricing") in last 60 days and did not purchase in last 60 days and did search in last 90 days '
         "and did login at least 1 times in last 180 days",
         f"SELECT count(*) FROM contact c WHERE c.id IN (SELECT e.contact_id {did('page_viewed', 60)} AND e.properties::json ->> 'path' = '/pricing') "
         f"AND NOT EXISTS (SELECT 1 {did('purchase', 60)} AND e.contact_id = c.id) AND c.id IN (SELECT e.contact_id {did('search', 90)}) "
         f"AND c.id IN (SELECT e.contact_id {did('login', 180)})"),
    ]


def measure_segments(server, folder, root):
    if root is None:
        root = f"{folder}/import"
        workspace(root, server, "imports")
        timed(PITWALL, "import", "contacts", f"{audience(folder)}/contacts.csv", "--json", cwd=root)
        timed(PITWALL, "import", "events", f"{audience(folder)}/events.jsonl", "--json", cwd=root)
    server.sql("imports", "VACUUM ANALYZE")
    names = dict(line.split("|") for line in server.sql("imports", "SELECT name, id FROM event_name")[2].splitlines())

    def count(text):
        before = server.cpu()
        _, own, out = timed(PITWALL, "segments", "count", "--where", text, "--json", cwd=root)
        return own + server.cpu() - before, json.loads(out.splitlines()[-1])["count"]

    for name, text, sql in by_hand(names):
        idle, busy, theirs = [], [], []
        nothing = server.sql("imports", "SELECT 1")[0]
        for _ in range(args.runs):
            idle.append(count("did login after 2090-01-01")[0])
            busy.append(count(text))
            theirs.append(server.sql("imports", sql))
        nothing = min([nothing] + [server.sql("imports", "SELECT 1")[0] for _ in range(args.runs)])
        ours, expert = max(min(item[0] for item in busy) - min(idle), 0.01), max(min(item[0] for item in theirs) - nothing, 0.01)
        mine, hand = busy[-1][1], int(theirs[-1][2])
        assert abs(mine - hand) <= 5 + mine // 1000, (name, mine, hand)
        report(name, f"{mine:,} people: {ours * 1000:.0f} ms, by hand {expert * 1000:.0f} ms", ours / expert, "≤ 1.3", ours <= 1.3 * expert)


class Counter(threading.Thread):
    """Passes bytes on between a program and the server, and counts how often the server answers what was said since its last answer."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.to, self.trips = port, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]

    def run(self):
        while True:
            threading.Thread(target=self.carry, args=(self.listening.accept()[0],), daemon=True).start()

    def carry(self, ours):
        theirs = socket.create_connection(("127.0.0.1", self.to))
        for end in (ours, theirs):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        has_asked = False
        while True:
            for source in select.select([ours, theirs], [], [])[0]:
                data = source.recv(1 << 18)
                if not data:
                    return ours.close() or theirs.close()
                if source is ours:
                    has_asked = True
                elif has_asked:
                    has_asked, self.trips = False, self.trips + 1
                (theirs if source is ours else ours).sendall(data)


def planned(server, folder, port):
    """The same planned campaign on SQLite and, moved there, in the database `planned`."""
    import bench
    shutil.rmtree(f"{folder}/workspace-{args.messages}", ignore_errors=True)
    bench.PORT = port
    root, _ = bench.workspace(folder, args.messages)
    server.make("planned")
    timed(PITWALL, "database", "move", "--to", server.url("planned"), "--json", cwd=root)
    return root


def send(root, folder, *database):
    copy = f"{folder}/run"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("look", "people.csv"))
    os.sync()
    seconds, cpu, text = timed(PITWALL, "send", "bench", "--yes", "--json", *database, cwd=copy)
    facts = json.loads(text.splitlines()[-1])
    assert facts["accepted"] == args.messages, facts
    return args.messages / seconds, cpu / args.messages * 1e6


def measure_send(server, folder, root):
    rates = {"SQLite": [], "PostgreSQL": []}
    for number in range(args.runs):
        server.make("sending", "planned")
        server.sql("sending", "CHECKPOINT")
        for where, database in (("SQLite", []), ("PostgreSQL", ["--database", server.url("sending")])):
            before = server.cpu()
            rate, cpu = send(root, folder, *database)
            rates[where].append(rate)
            print(f"  run {number + 1}: {where:10} {rate:7.0f}/s  {cpu:5.1f} µs of CPU a message, and the server "
                  f"{(server.cpu() - before) / args.messages * 1e6:.1f}", flush=True)
    mine, theirs = (statistics.median(rates[where]) for where in ("PostgreSQL", "SQLite"))
    report("send", f"{args.messages:,} messages: {mine:,.0f}/s, on SQLite {theirs:,.0f}/s", mine / theirs, "≥ 0.6", mine >= 0.6 * theirs)


def measure_trips(server, folder, root):
    server.make("sending", "planned")
    counter = Counter(server.port)
    counter.start()
    send(root, folder, "--database", server.url("sending", counter.port))
    each = counter.trips / args.messages
    report("trips", f"{counter.trips:,} for {args.messages:,} messages: {each:.4f} a message", each / 0.05, "≤ 1 of 0.05", each <= 0.05)


def relayed(server, folder, count, answer, settings=None):
    """A relay that takes `answer` seconds for the dot, and a campaign of `count` for it, planned in the database `planned_slow`."""
    import wire
    relay = wire.Server(0.0, True, answer)
    root = wire.workspace(folder, relay.port, count)
    if settings:
        with open(f"{root}/pitwall.yaml") as file:
            lines = [line for line in file.read().splitlines() if line.split(":")[0] != settings.split(":")[0]]
        with open(f"{root}/pitwall.yaml", "w") as file:
            file.write("\n".join(lines + [settings]) + "\n")
        run(PITWALL, "plan", "bench", cwd=root)
    server.make("planned_slow")
    timed(PITWALL, "database", "move", "--to", server.url("planned_slow"), "--json", cwd=root)
    return relay, root


def send_with(senders, server, folder, relay, root, count):
    """Sends all of it with so many machines at once."""
    server.make("sending", "planned_slow")
    relay.times.clear()
    copies = [f"{folder}/sender{place}" for place in range(senders)]
    for copy in copies:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(root, copy)
    running = [subprocess.Popen([PITWALL, "send", "bench", "--yes", "--json", "--database", server.url("sending")], cwd=copy,
                                stdout=subprocess.PIPE, env=ENVIRONMENT) for copy in copies]
    # Each says what became of the whole campaign.
    ends = [json.loads(process.communicate()[0].splitlines()[-1])["accepted"] for process in running]
    assert set(ends) == {count} == {len(relay.times)}, (ends, len(relay.times))


def measure_together(server, folder):
    count = args.messages // 10
    slow, root = relayed(server, folder, count, 0.1)
    rates = {1: [], 2: []}
    for number in range(args.runs):
        for senders in rates:
            send_with(senders, server, folder, slow, root, count)
            rates[senders].append(slow.rate())
            print(f"  run {number + 1}: {senders} sending {slow.rate():7.1f}/s", flush=True)
    slow.end()
    two, one = (statistics.median(rates[senders]) for senders in (2, 1))
    report("together", f"{count:,} messages, 100 ms to answer the dot: two senders {two:.1f}/s, one {one:.1f}/s", two / one, "≥ 1.9", two >= 1.9 * one)


def measure_limits(server, folder):
    limit, count = 40, args.messages // 25
    relay, root = relayed(server, folder, count, 0.02, f"limits: [{limit}/s]")
    for senders in (1, 2, 3):
        send_with(senders, server, folder, relay, root, count)
        times = sorted(relay.times)
        fullest = first = 0
        for place, moment in enumerate(times):
            while moment - times[first] >= 1:
                first += 1
            fullest = max(fullest, place - first + 1)
        used = relay.rate() / limit
        report(f"limits, {senders} sending", f"{count:,} messages at {limit}/s: fullest second {fullest}, {used:.3f} of the limit used",
               used, f"≥ 0.95, at most {limit} in a second", used >= 0.95 and fullest <= limit)
    relay.end()


def main():
    if not set(args.what) <= set(WHAT):
        arguments.error(f"there are: {', '.join(WHAT)}")
    what = [name for name in WHAT if name in args.what or not args.what]
    folder = args.keep or tempfile.mkdtemp(prefix="pitwall-postgres-")
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o755)
    shutil.rmtree(f"{folder}/server", ignore_errors=True)
    server = Server(f"{folder}/server")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {server.sql('postgres', 'SHOW server_version')[2]} as it comes", flush=True)
    root = None
    try:
        if "import" in what:
            root = measure_import(server, folder)
        if "segments" in what:
            measure_segments(server, folder, root)
        if {"send", "trips"} & set(what):
            with Sink() as sink:
                sending = planned(server, folder, sink.port)
                for name in what:
                    if name in ("send", "trips"):
                        globals()[f"measure_{name}"](server, folder, sending)
        if "together" in what:
            measure_together(server, folder)
        if "limits" in what:
            measure_limits(server, folder)
    finally:
        server.stop()
        shutil.rmtree(f"{folder}/server", ignore_errors=True)
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print()
    for name, text, ratio, target, good in results:
        print(f"{'ok ' if good else 'OFF'}  {name:24} {ratio:6.2f}  (target {target})  {text}")
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    sys.exit(0 if all(good for *_, good in results) else 1)


if __name__ == "__main__":
    main()

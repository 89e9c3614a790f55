#!/usr/bin/env python3
"""Segments, imports of events and frozen audiences, each beside a yardstick in the same run, printed as ratios.

    Benchmarks/segments.py [import] [memory] [size] [behaviour] [sums] [explain] [freeze] [--contacts 100000 --events 2000000] [--runs 5] [--keep DIR]

import     `pitwall import events` against sqlite3's .import of the same events into a table with the same columns and indexes.
memory     The most that `pitwall import events` ever held, for half of the events and for all. It takes some 200,000 to get there.
size       Bytes of the database per event, for events with one property: rows, index, summaries, and a sum kept of one of three events.
behaviour  Six segments against SQL written by hand for the same file, and against DuckDB on the same data.
sums       Segments that the summaries answer, against DuckDB.
explain    CPU of `pitwall segments explain` for one person, beyond what `pitwall --version` takes in the same run.
freeze     `pitwall plan` of four fifths of all people, beyond one of nobody, against a bare INSERT ... SELECT of them; and the same of a
           campaign whose template has a value that somebody may lack, where the plan reads everybody's attributes too.

The data is ../shared/tools/make_audience.py's; --contacts 1000000 --events 20000000 is the full size. Questions are compared by CPU
seconds, one thread each, warm, the least of --runs. Theirs run within a process that is there already; ours is what `pitwall segments
count` takes beyond the same command asked for events of the future, of which there are none, each run after one of those: so that
neither the start of a process counts, nor what else the machine does.
DuckDB lives in .build/bench-venv. PITWALL_BIN names the program to measure.
"""
import argparse, csv, itertools, json, os, shutil, sqlite3, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
VENV = f"{ROOT}/.build/bench-venv"
WHAT = ["import", "memory", "size", "behaviour", "sums", "explain", "freeze"]
arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("what", nargs="*", metavar="WHAT", help=", ".join(WHAT))
arguments.add_argument("--contacts", type=int, default=100_000)
arguments.add_argument("--events", type=int, default=2_000_000)
arguments.add_argument("--runs", type=int, default=5)
arguments.add_argument("--keep", metavar="DIR", help="work there, and use what an earlier run left")
args = arguments.parse_args()
PITWALL = os.environ.get("PITWALL_BIN", f"{ROOT}/.build/release/pitwall")
DAY = 86_400_000
DUCK_AMOUNT = "json_extract_string(properties, '$.amount')::DECIMAL(18, 2)"


def duckdb():
    """The module, from a virtual environment of our own."""
    if not os.path.exists(f"{VENV}/bin/python3"):
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([f"{VENV}/bin/python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "duckdb"], check=True)
    library = [f"{VENV}/lib/{name}/site-packages" for name in os.listdir(f"{VENV}/lib")][0]
    sys.path.insert(0, library)
    import duckdb as module
    return module


def run(*command, cwd=None):
    """Seconds, CPU seconds and megabytes of a process, and what it printed."""
    started = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], cwd=cwd, stdout=subprocess.PIPE)
    text = process.stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}\n{text}")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text


def least(times, body):
    found = [body() for _ in range(times)]
    return min(item[0] for item in found), found[-1][1]


results = []


def report(name, text, ratio, target, good):
    results.append((name, text, ratio, target, good))
    print(f"  {name:28} {text}", flush=True)


def keep_sums(root, sums):
    with open(f"{root}/pitwall.yaml", "a") as settings:
        settings.write(f"\nsummaries: {{{sums}}}\n")


class World:
    """An audience in a workspace, made once."""

    def __init__(self, folder):
        self.folder, self.root = folder, f"{folder}/workspace"
        if not os.path.exists(f"{folder}/data/events.jsonl"):
            tool = next(p for p in (f"{ROOT}/../shared/tools/make_audience.py",) if os.path.exists(p))
            run(sys.executable, tool, "--contacts", args.contacts, "--events", args.events, "--out", f"{folder}/data")
        self.seconds = self.memory = None
        if not os.path.exists(f"{self.root}/ready"):
            shutil.rmtree(self.root, ignore_errors=True)
            run(PITWALL, "init", self.root)
            keep_sums(self.root, "purchase: [amount]")
            run(PITWALL, "import", "contacts", f"{folder}/data/contacts.csv", cwd=self.root)
            run(PITWALL, "import", "consent", f"{folder}/data/consent.csv", "--json", cwd=self.root)
            self.seconds, _, self.memory, text = run(PITWALL, "import", "events", f"{folder}/data/events.jsonl", "--json", cwd=self.root)
            facts = json.loads(text)
            assert facts["added"] + facts["unchanged"] == facts["read"], facts
            open(f"{self.root}/ready", "w").write(json.dumps([self.seconds, self.memory, facts["added"]]))
        self.seconds, self.memory, self.events = json.load(open(f"{self.root}/ready"))
        if "summaries:" not in open(f"{self.root}/pitwall.yaml").read():
            keep_sums(self.root, "purchase: [amount]")
            seconds, cpu, memory, _ = run(PITWALL, "segments", "list", cwd=self.root)
            print(f"  adding up what was there took {seconds:.1f} s, {cpu:.1f} s of CPU, {memory:.0f} MB", flush=True)
        self.file = f"{self.root}/pitwall.sqlite"
        self.names = dict(self.connect().execute("SELECT name, id FROM event_name"))

    def connect(self):
        return sqlite3.connect(self.file)

    def count(self, text):
        """CPU seconds of the whole command, and what it counts."""
        _, cpu, _, out = run(PITWALL, "segments", "count", "--where", text, "--json", cwd=self.root)
        return cpu, json.loads(out.splitlines()[-1])["count"]

    def ours(self, text):
        """CPU seconds that a segment takes beyond what the command takes for nothing, and its count."""
        idle, busy = [], []
        for _ in range(args.runs):
            idle.append(self.count("did login after 2090-01-01")[0])
            busy.append(self.count(text))
        # A process's CPU is known to a millisecond at best.
        return max(min(cpu for cpu, _ in busy) - min(idle), 0.001), busy[-1][1]

    def expert(self, sql):
        def once():
            database = self.connect()
            started = time.process_time()
            count = database.execute(sql).fetchone()[0]
            return time.process_time() - started, count
        return least(args.runs, once)

    def duck(self):
        module = duckdb()
        path = f"{self.folder}/duck.db"
        fresh = not os.path.exists(path)
        duck = module.connect(path)
        duck.execute("SET threads = 1")
        if fresh:
            rows = f"{self.folder}/rows.csv"
            self.rows(rows)
            duck.execute("CREATE TABLE events (contact_id BIGINT, name VARCHAR, moment BIGINT, properties JSON)")
            duck.execute(f"INSERT INTO events SELECT contact_id, n.name, \"at\", properties FROM read_csv('{rows}', header = true, columns = "
                         "{'name_id': 'BIGINT', 'at': 'BIGINT', 'contact_id': 'BIGINT', 'id': 'BIGINT', 'learned_at': 'BIGINT', 'properties': 'VARCHAR'}) r "
                         f"JOIN (VALUES {', '.join(f'({i}, {chr(39)}{n}{chr(39)})' for n, i in self.names.items())}) n(id, name) ON n.id = r.name_id")
            duck.execute(f"CREATE TABLE contacts AS SELECT * FROM (SELECT unnest(generate_series(1, {args.contacts})) AS id)")
        return duck

    def rows(self, path):
        """The events as a table, in the order in which they came: by person."""
        if os.path.exists(path):
            return
        with open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow("name_id at contact_id id learned_at properties".split())
            writer.writerows(self.connect().execute(
                "SELECT name_id, at, contact_id, id, learned_at, properties FROM event INDEXED BY event_of_contact ORDER BY contact_id, at"))


def ask_duck(duck, sql):
    def once():
        started = time.process_time()
        count = duck.execute(sql).fetchone()[0]
        return time.process_time() - started, count
    return least(args.runs + 1, once)


def measure_import(world):
    rows = f"{world.folder}/rows.csv"
    world.rows(rows)
    database = f"{world.folder}/yardstick.sqlite"
    if os.path.exists(database):
        os.remove(database)
    schema = ("CREATE TABLE event (name_id INTEGER NOT NULL, at INTEGER NOT NULL, contact_id INTEGER NOT NULL, id INTEGER NOT NULL, "
              "learned_at INTEGER NOT NULL, properties TEXT, PRIMARY KEY (name_id, at, contact_id, id)) WITHOUT ROWID; "
              "CREATE INDEX event_of_contact ON event (contact_id, name_id, at);")
    seconds = run("sqlite3", database, schema, ".mode csv", f".import --skip 1 {rows} event")[0]
    os.remove(database)
    ours, theirs = world.events / world.seconds, world.events / seconds
    wanted = min(150_000, theirs / 2)
    report("import", f"{ours:,.0f} events/s, {world.memory:.0f} MB; sqlite3 .import {theirs:,.0f}/s", ours / wanted,
           f"≥ 1 of {wanted:,.0f}/s", ours >= wanted)


def measure_memory(world):
    part = f"{world.folder}/part.jsonl"
    # Half of what there is: an audience that was made before may be of another size than is asked for now.
    half = world.events // 2
    with open(f"{world.folder}/data/events.jsonl") as all_, open(part, "w") as some:
        some.writelines(itertools.islice(all_, half))
    root = f"{world.folder}/part"
    shutil.rmtree(root, ignore_errors=True)
    run(PITWALL, "init", root)
    run(PITWALL, "import", "contacts", f"{world.folder}/data/contacts.csv", cwd=root)
    memory = run(PITWALL, "import", "events", part, "--json", cwd=root)[2]
    shutil.rmtree(root)
    report("memory", f"{world.memory:.0f} MB for {world.events:,} events, {memory:.0f} MB for {half:,}", world.memory / memory, "≤ 1.1",
           half < 200_000 or world.memory <= 1.1 * memory)
    if half < 200_000:
        print("    too few events to judge by", flush=True)


def measure_size(world):
    root = f"{world.folder}/one"
    shutil.rmtree(root, ignore_errors=True)
    run(PITWALL, "init", root)
    keep_sums(root, "purchase: [amount]")
    run(PITWALL, "import", "contacts", f"{world.folder}/data/contacts.csv", cwd=root)
    with open(f"{world.folder}/data/events.jsonl") as all_, open(f"{world.folder}/one.jsonl", "w") as some:
        for line in all_:
            if '"page_viewed"' in line or '"survey_answered"' in line:
                some.write(line)
            elif '"purchase"' in line:
                event = json.loads(line)
                event["properties"] = {"amount": event["properties"]["amount"]}
                some.write(json.dumps(event) + "\n")
    run(PITWALL, "import", "events", f"{world.folder}/one.jsonl", "--json", cwd=root)
    database = sqlite3.connect(f"{root}/pitwall.sqlite")
    count = database.execute("SELECT count(*) FROM event").fetchone()[0]
    total = database.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'event%' OR name LIKE 'sqlite_autoindex_event%'").fetchone()[0]
    report("size", f"{total / count:.1f} bytes an event, over {count:,} events with one property", total / count / 80, "< 1 of 80", total / count < 80)
    shutil.rmtree(root)


def behaviour(world):
    """Segment, SQL by hand, the same in DuckDB's words. All count people."""
    now = int(time.time() * 1000)
    ago = lambda days: now - days * DAY
    n = world.names
    person = "SELECT count(*) FROM contact c WHERE c.id IN"
    amount = "json_extract(e.properties, '$.amount')"
    duck_amount = DUCK_AMOUNT
    return [
        ("count with a window", "did page_viewed at least 3 times in last 60 days",
         f"SELECT count(*) FROM (SELECT contact_id FROM event WHERE name_id = {n['page_viewed']} AND at >= {ago(60)} AND at <= {now} GROUP BY contact_id HAVING count(*) >= 3)",
         f"SELECT count(*) FROM (SELECT contact_id FROM events WHERE name = 'page_viewed' AND moment >= {ago(60)} GROUP BY contact_id HAVING count(*) >= 3)"),
        ("did not", "did not login in last 90 days",
         f"SELECT count(*) FROM contact c WHERE c.id NOT IN (SELECT contact_id FROM event WHERE name_id = {n['login']} AND at >= {ago(90)} AND at <= {now})",
         f"SELECT count(*) FROM contacts WHERE id NOT IN (SELECT contact_id FROM events WHERE name = 'login' AND moment >= {ago(90)})"),
        ("property filter", 'did page_viewed where (path = "/pricing") in last 60 days',
         f"SELECT count(DISTINCT contact_id) FROM event WHERE name_id = {n['page_viewed']} AND at >= {ago(60)} AND at <= {now} AND json_extract(properties, '$.path') = '/pricing'",
         f"SELECT count(DISTINCT contact_id) FROM events WHERE name = 'page_viewed' AND moment >= {ago(60)} AND json_extract_string(properties, '$.path') = '/pricing'"),
        ("sum", "sum of purchase.amount in last 120 days >= 100",
         f"SELECT count(*) FROM (SELECT contact_id FROM event e WHERE name_id = {n['purchase']} AND at >= {ago(120)} AND at <= {now} GROUP BY contact_id HAVING sum({amount}) >= 100)",
         f"SELECT count(*) FROM (SELECT contact_id FROM events WHERE name = 'purchase' AND moment >= {ago(120)} GROUP BY contact_id HAVING sum({duck_amount}) >= 100)"),
        ("sequence", "did cart_added then purchase within 12 hours in last 90 days",
         f"SELECT count(DISTINCT a.contact_id) FROM event a WHERE a.name_id = {n['cart_added']} AND a.at >= {ago(90)} AND a.at <= {now} AND EXISTS "
         f"(SELECT 1 FROM event b WHERE b.contact_id = a.contact_id AND b.name_id = {n['purchase']} AND b.at >= a.at AND b.at < a.at + {12 * 3_600_000})",
         f"SELECT count(DISTINCT a.contact_id) FROM events a JOIN events b ON a.contact_id = b.contact_id AND b.name = 'purchase' AND b.moment >= a.moment "
         f"AND b.moment < a.moment + {12 * 3_600_000} WHERE a.name = 'cart_added' AND a.moment >= {ago(90)}"),
        ("four clauses", 'did page_viewed where (path = "/pricing") in last 60 days and did not purchase in last 60 days and did search in last 90 days '
         "and did login at least 1 times in last 180 days",
         f"{person} (SELECT contact_id FROM event WHERE name_id = {n['page_viewed']} AND at >= {ago(60)} AND at <= {now} AND json_extract(properties, '$.path') = '/pricing') "
         f"AND c.id NOT IN (SELECT contact_id FROM event WHERE name_id = {n['purchase']} AND at >= {ago(60)} AND at <= {now}) "
         f"AND EXISTS (SELECT 1 FROM event e WHERE e.contact_id = c.id AND e.name_id = {n['search']} AND e.at >= {ago(90)} AND e.at <= {now}) "
         f"AND EXISTS (SELECT 1 FROM event e WHERE e.contact_id = c.id AND e.name_id = {n['login']} AND e.at >= {ago(180)} AND e.at <= {now})",
         f"SELECT count(*) FROM contacts WHERE id IN (SELECT contact_id FROM events WHERE name = 'page_viewed' AND moment >= {ago(60)} AND json_extract_string(properties, '$.path') = '/pricing') "
         f"AND id NOT IN (SELECT contact_id FROM events WHERE name = 'purchase' AND moment >= {ago(60)}) AND id IN (SELECT contact_id FROM events WHERE name = 'search' AND moment >= {ago(90)}) "
         f"AND id IN (SELECT contact_id FROM events WHERE name = 'login' AND moment >= {ago(180)})"),
    ]


def measure_behaviour(world):
    duck = world.duck()
    for name, text, sql, duck_sql in behaviour(world):
        ours, mine = world.ours(text)
        expert, theirs = world.expert(sql)
        other, third = ask_duck(duck, duck_sql)
        # The windows move on by some seconds between the questions.
        assert max(mine, theirs, third) - min(mine, theirs, third) <= 5 + mine // 1000, (name, mine, theirs, third)
        report(name, f"{mine:,} people: {ours * 1000:.0f} ms, by hand {expert * 1000:.0f} ms", ours / expert, "≤ 1.2", ours <= 1.2 * expert)
        report(f"{name}, DuckDB", f"{ours * 1000:.0f} ms, DuckDB {other * 1000:.0f} ms", ours / other, "≤ 2.5", ours <= 2.5 * other)


def measure_sums(world):
    duck, now = world.duck(), int(time.time() * 1000)
    for name, text, sql in [
        ("at least 3 ever", "did purchase at least 3 times",
         "SELECT count(*) FROM (SELECT contact_id FROM events WHERE name = 'purchase' GROUP BY contact_id HAVING count(*) >= 3)"),
        ("never", "did not purchase", "SELECT count(*) FROM contacts WHERE id NOT IN (SELECT contact_id FROM events WHERE name = 'purchase')"),
        ("last long ago", "last purchase more than 60 days ago",
         f"SELECT count(*) FROM (SELECT contact_id FROM events WHERE name = 'purchase' GROUP BY contact_id HAVING max(moment) < {now - 60 * DAY})"),
        ("first lately", "first purchase in last 60 days",
         f"SELECT count(*) FROM (SELECT contact_id FROM events WHERE name = 'purchase' GROUP BY contact_id HAVING min(moment) >= {now - 60 * DAY})"),
        ("sum ever", "sum of purchase.amount >= 1000",
         f"SELECT count(*) FROM (SELECT contact_id FROM events WHERE name = 'purchase' GROUP BY contact_id HAVING sum({DUCK_AMOUNT}) >= 1000)"),
        ("average ever", "avg of purchase.amount >= 100",
         f"SELECT count(*) FROM (SELECT contact_id FROM events WHERE name = 'purchase' GROUP BY contact_id HAVING sum({DUCK_AMOUNT}) >= 100 * count(*))"),
    ]:
        ours, mine = world.ours(text)
        other, theirs = ask_duck(duck, sql)
        assert abs(mine - theirs) <= 5 + mine // 1000, (name, mine, theirs)
        report(name, f"{mine:,} people: {ours * 1000:.0f} ms, DuckDB {other * 1000:.0f} ms", ours / other, "< 1", ours < other)


def measure_explain(world):
    os.makedirs(f"{world.root}/Segments", exist_ok=True)
    open(f"{world.root}/Segments/four.segment", "w").write(behaviour(world)[-1][1] + "\n")
    email = world.connect().execute("SELECT email FROM contact WHERE id = 1000").fetchone()[0]
    cpu, _ = least(args.runs, lambda: run(PITWALL, "segments", "explain", "four", email, "--json", cwd=world.root)[1:3])
    start, _ = least(args.runs, lambda: run(PITWALL, "--version", cwd=world.root)[1:3])
    own = max(cpu - start, 0)
    report("explain", f"{own * 1000:.0f} ms of CPU beyond the {start * 1000:.0f} ms of pitwall --version; {cpu * 1000:.0f} ms in all", own / 0.020,
           "< 1 of 20 ms", own < 0.020)


def measure_freeze(world):
    copy = f"{world.folder}/freeze"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(world.root, copy)
    open(f"{copy}/Segments/all.segment", "w").write("consents to newsletter\n")
    open(f"{copy}/Segments/nobody.segment", "w").write("did login after 2090-01-01\n")
    open(f"{copy}/Templates/still.md", "w").write("---\nsubject: News\nlayout: plain\n---\n# The same for all\n")
    campaign = open(f"{copy}/Campaigns/welcome.yaml").read()
    lines = [line for line in campaign.splitlines() if not line.startswith(("segment:", "expect:", "topic:", "name:", "template:"))]
    used = {}
    for name, segment, template in (("nobody", "nobody", "still"), ("all", "all", "still"), ("asking", "all", "welcome")):
        words = [f"segment: {segment}", "topic: newsletter", f"template: {template}"]
        open(f"{copy}/Campaigns/{name}.yaml", "w").write("\n".join(lines + words) + "\n")
        used[name], text = least(args.runs, lambda: run(PITWALL, "plan", name, "--json", cwd=copy)[1:4:2])
    people, cpu, asking = json.loads(text)["recipients"], used["all"] - used["nobody"], used["asking"] - used["nobody"]
    database = sqlite3.connect(f"{copy}/pitwall.sqlite")
    database.execute("CREATE TABLE bare (plan_id INTEGER NOT NULL, contact_id INTEGER NOT NULL, reason TEXT, PRIMARY KEY (plan_id, contact_id)) WITHOUT ROWID")
    started = time.process_time()
    database.execute("INSERT INTO bare SELECT 1, c.id, NULL FROM contact c WHERE (SELECT k.state FROM consent k WHERE k.contact_id = c.id "
                     "AND k.topic = 'newsletter' AND k.state <> 0 ORDER BY k.at DESC, k.state DESC LIMIT 1) = 1")
    database.commit()
    bare = time.process_time() - started
    report("freeze", f"{people:,} people: {cpu:.2f} s of CPU beyond {used['nobody']:.2f} s for nobody, the bare statement {bare:.2f} s", cpu / bare, "< 1.5", cpu < 1.5 * bare)
    report("freeze, and who lacks what", f"{asking:.2f} s of CPU", asking / bare, "–", True)
    shutil.rmtree(copy)


def main():
    if not set(args.what) <= set(WHAT):
        arguments.error(f"there are: {', '.join(WHAT)}")
    # In this order: what a child once held counts from what its parent holds, and DuckDB holds hundreds of megabytes.
    what = [name for name in WHAT if name in args.what or not args.what]
    folder = args.keep or tempfile.mkdtemp(prefix="pitwall-segments-")
    os.makedirs(folder, exist_ok=True)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {args.contacts:,} contacts, {args.events:,} events", flush=True)
    try:
        world = World(folder)
        for name in what:
            globals()[f"measure_{name}"](world)
    finally:
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print()
    for name, text, ratio, target, good in results:
        print(f"{'ok ' if good else 'OFF'}  {name:28} {ratio:6.2f}  (target {target})  {text}")
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    sys.exit(0 if all(good for *_, good in results) else 1)


if __name__ == "__main__":
    main()

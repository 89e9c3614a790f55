#!/usr/bin/env python3
"""Speed and memory of the release build, each beside a yardstick in the same run, printed as ratios.

    Benchmarks/bench.py [send] [memory] [import] [--messages 50000] [--many 500000] [--rows 200000] [--runs 3] [--keep]

send     `pitwall send` of personalised messages (about 8 kB, 10 values, 3 links and the unsubscribe links) into smtp-sink, against
         smtp-source sending plain messages of the same size over as many connections, connections kept open. Runs alternate;
         medians. Both are timed from start to end of their process.
memory   The most memory `pitwall send` ever had (ru_maxrss) for --messages recipients and for --many.
import   `pitwall import contacts` of --rows people against sqlite3's .import of the same file into a table with a unique index.

Needs postfix's smtp-sink and smtp-source, and sqlite3 (Debian: postfix, sqlite3). Loopback only, in a temporary folder.
"""
import argparse
import csv
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CONNECTIONS = 20
TARGETS = {"send": 0.8, "memory": 80.0, "growth": 1.05, "import": 3.0}

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("what", nargs="*", metavar="WHAT", help="send, memory, import; all of them where none is named")
arguments.add_argument("--messages", type=int, default=50_000)
arguments.add_argument("--many", type=int, default=500_000)
arguments.add_argument("--rows", type=int, default=200_000)
arguments.add_argument("--runs", type=int, default=3)
arguments.add_argument("--keep", action="store_true", help="keep the temporary folder")
args = arguments.parse_args()
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PITWALL = os.path.abspath(os.environ.get("PITWALL_BIN") or os.path.join(ROOT, ".build/release/pitwall"))
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PITWALL_")}

TEMPLATE = """---
subject: "{{ contact.first_name | default: 'Hello' }}, what is new in {{ contact.city | default: 'town' }}"
preheader: A measured message
layout: plain
---
# Hello {{ contact.first_name | default: "you" }} {{ contact.last_name }}

You live in {{ contact.city | default: "a town" }}, {{ contact.country }}, and read {{ contact.language }}. You have the plan
**{{ contact.plan }}**{% if contact.company %} at {{ contact.company }}{% endif %} since {{ contact.signed_up | date: "%-d %B %Y" }}.
We write to {{ contact.email }}; your code is `{{ campaign.data.code }}`.

- [The first link](https://example.com/one?city={{ contact.city | url_encode }})
- [The second link](https://example.com/two)
- [The third link](https://example.com/three)

"""
FILLER = """A paragraph of plain words, as newsletters have them. It says a little of this and a little of that, names no
names, and goes on for as long as it takes to make a message the size that messages are. The workshop is open on Saturday.

"""
CAMPAIGN = """version: 1
title: Bench
kind: marketing
topic: newsletter
segment: newsletter
template: bench
from: Bench <news@example.com>
data: {code: SPRING}
"""


def run(*command, **options):
    """Ends the program with what the command said, unless it ended with 0."""
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def timed(*command, cwd=None, stdin=None):
    """Seconds and the most memory in MB, of the process alone; and what it printed."""
    with tempfile.TemporaryFile("w+") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, stdin=stdin, stdout=output, stderr=subprocess.STDOUT, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{text}")
    return seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, text


def people(path, count):
    """Contacts of any number, the same every time."""
    r = random.Random(7)
    firsts = "Ada Luca Giulia Marco Sofia Omar Chloé José Anna Li Noor Ivan Emma Hugo Mia Jan Zoë Paul Ines Tom".split()
    lasts = "Rossi Bianchi Müller Dupont García Silva Novak Smith Okafor Tanaka Kim Jansen Costa Moreau Weber Nowak".split()
    cities = ["Roma", "Milano", "Paris", "Lyon", "Berlin", "München", "New York", "Boston", "Tokyo", "London", "São Paulo"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow("email first_name last_name city country language timezone plan company signed_up".split())
        for i in range(count):
            rows.writerow([
                f"person{i}@mail{r.randrange(100)}.example", r.choice(firsts), r.choice(lasts), r.choice(cities), r.choice(["IT", "FR", "DE", "US"]),
                r.choice(["it", "fr", "de", "en"]), "Europe/Rome", r.choice(["free", "pro", "team"]), "ACME" if r.random() < .2 else "",
                f"20{r.randrange(20, 26)}-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}T10:00:00Z"])


def workspace(folder, count):
    """A workspace whose campaign goes to `count` people, planned; and the mean size of its messages."""
    root = f"{folder}/workspace-{count}"
    run(PITWALL, "init", root)
    with open(f"{root}/pitwall.yaml") as file:
        settings = [line for line in file.read().splitlines() if not line.startswith("cap:")]
    settings = [line.replace("url: smtp://127.0.0.1:2525", "url: smtp://127.0.0.1:PORT") for line in settings]
    at = next(index for index, line in enumerate(settings) if "url: smtp" in line)
    settings.insert(at + 1, f"    connections: {CONNECTIONS}")
    with open(f"{root}/pitwall.yaml", "w") as file:
        file.write("\n".join(settings).replace("PORT", str(PORT)) + "\n")
    with open(f"{root}/Campaigns/bench.yaml", "w") as file:
        file.write(CAMPAIGN)
    people(f"{root}/people.csv", count)
    run(PITWALL, "import", "contacts", "people.csv", "--topic", "newsletter", "--consent", "confirmed", "--source", "bench", cwd=root)
    size = 0
    for paragraphs in range(4, 40):
        with open(f"{root}/Templates/bench.md", "w") as file:
            file.write(TEMPLATE + FILLER * paragraphs)
        size = message_size(root)
        if size >= 7_800:
            break
    run(PITWALL, "plan", "bench", cwd=root)
    return root, size


def message_size(root):
    shutil.rmtree(f"{root}/look", ignore_errors=True)
    run(PITWALL, "preview", "bench", "--sample", "20", "--out", "look", cwd=root)
    sizes = [os.path.getsize(f"{root}/look/{name}") for name in os.listdir(f"{root}/look") if name.endswith(".eml")]
    return round(statistics.mean(sizes))


class Sink:
    """Postfix's smtp-sink: takes everything and keeps nothing."""

    def __enter__(self):
        command = ["smtp-sink"] + (["-u", "nobody"] if os.geteuid() == 0 else []) + [f"127.0.0.1:{PORT}", "1000"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", PORT), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.02)
        sys.exit("smtp-sink does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def send(root, folder):
    """One send of the planned campaign, in a copy of the workspace."""
    copy = f"{folder}/run"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("look", "people.csv"))
    seconds, memory, cpu, text = timed(PITWALL, "send", "bench", "--yes", "--json", cwd=copy)
    facts = json.loads(text.splitlines()[-1])
    shutil.rmtree(copy)
    return seconds, memory, cpu, facts


def measure_send(folder):
    root, size = workspace(folder, args.messages)
    ours, yardsticks, memories = [], [], []
    with Sink():
        for number in range(args.runs):
            seconds, _, cpu, _ = timed("smtp-source", "-d", "-s", str(CONNECTIONS), "-l", str(size), "-m", str(args.messages), f"127.0.0.1:{PORT}")
            yardsticks.append(args.messages / seconds)
            print(f"  run {number + 1}: smtp-source  {args.messages / seconds:7.0f}/s  {cpu / args.messages * 1e6:5.1f} µs of CPU a message", flush=True)
            seconds, memory, cpu, facts = send(root, folder)
            assert facts["accepted"] == args.messages, facts
            ours.append(args.messages / seconds)
            memories.append(memory)
            print(f"  run {number + 1}: pitwall send {args.messages / seconds:7.0f}/s  {cpu / args.messages * 1e6:5.1f} µs of CPU a message  {memory:.0f} MB"
                  f"  (the wire alone: {facts['per_second']:.0f}/s)", flush=True)
    mine, theirs = statistics.median(ours), statistics.median(yardsticks)
    report("send", f"{args.messages} messages of {size} bytes over {CONNECTIONS} connections: {mine:.0f}/s, smtp-source {theirs:.0f}/s",
           mine / theirs, mine / theirs >= TARGETS["send"], f"≥ {TARGETS['send']}")
    return root, max(memories)


def measure_memory(folder, root, memory):
    if memory is None:
        root, _ = workspace(folder, args.messages)
        with Sink():
            memory = send(root, folder)[1]
    report("memory", f"{args.messages} recipients: {memory:.1f} MB", memory / TARGETS["memory"], memory < TARGETS["memory"], f"< {TARGETS['memory']:.0f} MB")
    shutil.rmtree(root)
    root, _ = workspace(folder, args.many)
    with Sink():
        seconds, many, _, facts = send(root, folder)
    assert facts["accepted"] == args.many, facts
    print(f"  {args.many} recipients: {args.many / seconds:.0f}/s")
    report("memory", f"{args.many} recipients: {many:.1f} MB", many / memory, many <= memory * TARGETS["growth"], f"≤ {TARGETS['growth']}")
    shutil.rmtree(root)


def measure_import(folder):
    path = f"{folder}/people.csv"
    people(path, args.rows)
    columns = "email first_name last_name city country language timezone plan company signed_up".split()
    ours, yardsticks = [], []
    for number in range(args.runs):
        database = f"{folder}/yardstick.sqlite"
        table = f"CREATE TABLE contact ({', '.join(f'{name} TEXT' for name in columns)}); CREATE UNIQUE INDEX by_email ON contact (email);"
        seconds = timed("sqlite3", database, table, ".mode csv", f".import --skip 1 {path} contact")[0]
        assert run("sqlite3", database, "SELECT count(*) FROM contact").strip() == str(args.rows)
        os.remove(database)
        yardsticks.append(seconds)
        root = f"{folder}/import"
        run(PITWALL, "init", root)
        mine, memory, _, text = timed(PITWALL, "import", "contacts", path, "--json", "--workspace", root)
        assert json.loads(text)["added"] == args.rows, text
        shutil.rmtree(root)
        ours.append(mine)
        print(f"  run {number + 1}: sqlite3 .import {seconds:.2f} s, pitwall import contacts {mine:.2f} s, {memory:.0f} MB", flush=True)
    mine, theirs = statistics.median(ours), statistics.median(yardsticks)
    report("import", f"{args.rows} contacts: {mine:.2f} s, sqlite3 .import {theirs:.2f} s", mine / theirs, mine / theirs <= TARGETS["import"], f"≤ {TARGETS['import']}")


results = []


def report(name, text, ratio, good, target):
    results.append((name, text, ratio, good, target))


def main():
    what = args.what or ["send", "memory", "import"]
    if not set(what) <= {"send", "memory", "import"}:
        arguments.error("there are: send, memory, import")
    for tool in {"send": ["smtp-sink", "smtp-source"], "memory": ["smtp-sink"], "import": ["sqlite3"]}.items():
        for name in tool[1]:
            if tool[0] in what and shutil.which(name) is None:
                sys.exit(f"{name} is not on this machine: apt-get install postfix sqlite3")
    folder = tempfile.mkdtemp(prefix="pitwall-bench-")
    os.chmod(folder, 0o755)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} before the start" + ("  — others are at work here: the figures are noisy" if load > 0.5 else ""))
    try:
        root, memory = None, None
        if "send" in what:
            root, memory = measure_send(folder)
        if "memory" in what:
            measure_memory(folder, root, memory)
        if "import" in what:
            measure_import(folder)
    finally:
        if args.keep:
            print(f"kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print()
    for name, text, ratio, good, target in results:
        print(f"{'ok ' if good else 'OFF'}  {name:7} {ratio:5.2f}  (target {target})  {text}")
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    sys.exit(0 if all(good for _, _, _, good, _ in results) else 1)


with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    PORT = probe.getsockname()[1]

if __name__ == "__main__":
    main()

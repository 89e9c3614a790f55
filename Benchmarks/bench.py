#!/usr/bin/env python3
"""Speed and memory of the release build, each beside a yardstick in the same run, printed as ratios.

    Benchmarks/bench.py [send] [ledger] [memory] [import] [--messages 50000] [--many 500000] [--rows 200000] [--runs 3] [--keep]

send     `pitwall send` of personalised messages (about 8 kB, 10 values, 3 links and the unsubscribe links) into smtp-sink, against
         smtp-source sending plain messages of the same size over as many connections, connections kept open. Runs alternate;
         medians. Both are timed from start to end of their process.
ledger   The same send with its log on disk, synced at every commit, against one whose database and flight recorder lie in memory
         (/dev/shm): what durability costs. Runs alternate; medians.
memory   The most memory `pitwall send` ever had (ru_maxrss) for --messages recipients and for --many.
import   `pitwall import contacts` of --rows people against sqlite3's .import of the same file into a table with a unique index.

Needs postfix's smtp-sink and smtp-source, and sqlite3 (Debian: postfix, sqlite3). Loopback only, in a temporary folder.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import bench_workspace
from bench_workspace import CONNECTIONS, ENVIRONMENT, PITWALL, Sink, people, run

TARGETS = {"send": 1.2, "ledger": 1.15, "memory": 60.0, "growth": 1.05, "import": 3.0}

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("what", nargs="*", metavar="WHAT", help="send, ledger, memory, import; all of them where none is named")
arguments.add_argument("--messages", type=int, default=50_000)
arguments.add_argument("--many", type=int, default=500_000)
arguments.add_argument("--rows", type=int, default=200_000)
arguments.add_argument("--runs", type=int, default=3)
arguments.add_argument("--keep", action="store_true", help="keep the temporary folder")
args = arguments.parse_args(None if __name__ == "__main__" else [])

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


def workspace(folder, count):
    """A workspace whose campaign goes to `count` people, planned; and the mean size of its messages."""
    root = f"{folder}/workspace-{count}"
    bench_workspace.workspace(root, PORT, count, TEMPLATE)
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


def send(root, folder, log=None):
    """One send of the planned campaign, in a copy of the workspace; with its log in the folder `log`, if that is given."""
    copy = f"{folder}/run"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("look", "people.csv"))
    database = []
    if log:
        for name in os.listdir(copy):
            if name.startswith("pitwall.sqlite"):
                shutil.move(f"{copy}/{name}", f"{log}/{name}")
        database = ["--database", f"{log}/pitwall.sqlite"]
    # What the copy has not written yet would be synced with the first commit.
    os.sync()
    seconds, memory, cpu, text = timed(PITWALL, "send", "bench", "--yes", "--json", *database, cwd=copy)
    facts = json.loads(text.splitlines()[-1])
    shutil.rmtree(copy)
    return seconds, memory, cpu, facts


def measure_send(folder):
    root, size = workspace(folder, args.messages)
    ours, yardsticks, memories = [], [], []
    with Sink(PORT):
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


def measure_ledger(folder, root):
    if root is None:
        root, _ = workspace(folder, args.messages)
    if not os.path.isdir("/dev/shm"):
        print("  there is no /dev/shm: the cost of the log is not measured")
        return root
    kind = run("stat", "-f", "-c", "%T", folder).strip()
    if kind in ("tmpfs", "ramfs"):
        sys.exit(f"{folder} lies in memory ({kind}) itself: set TMPDIR to a folder on a disk")
    times = {"disk": [], "memory": []}
    with Sink(PORT):
        for number in range(args.runs):
            for where in times:
                log = tempfile.mkdtemp(prefix="pitwall-bench-", dir="/dev/shm") if where == "memory" else None
                try:
                    seconds, _, cpu, facts = send(root, folder, log)
                finally:
                    if log:
                        shutil.rmtree(log, ignore_errors=True)
                assert facts["accepted"] == args.messages, facts
                times[where].append(seconds)
                print(f"  run {number + 1}: log {'on ' + kind if where == 'disk' else 'in memory'} {args.messages / seconds:7.0f}/s  "
                      f"{cpu / args.messages * 1e6:5.1f} µs of CPU a message", flush=True)
    disk, memory = statistics.median(times["disk"]), statistics.median(times["memory"])
    report("ledger", f"{args.messages} messages: {args.messages / disk:.0f}/s with a durable log, {args.messages / memory:.0f}/s with one in memory",
           disk / memory, disk / memory <= TARGETS["ledger"], f"≤ {TARGETS['ledger']}")
    return root


def measure_memory(folder, root, memory):
    if memory is None:
        root, _ = workspace(folder, args.messages)
        with Sink(PORT):
            memory = send(root, folder)[1]
    report("memory", f"{args.messages} recipients: {memory:.1f} MB", memory / TARGETS["memory"], memory < TARGETS["memory"], f"< {TARGETS['memory']:.0f} MB")
    shutil.rmtree(root)
    root, _ = workspace(folder, args.many)
    with Sink(PORT):
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
    what = args.what or ["send", "ledger", "memory", "import"]
    if not set(what) <= {"send", "ledger", "memory", "import"}:
        arguments.error("there are: send, ledger, memory, import")
    for tool in {"send": ["smtp-sink", "smtp-source"], "ledger": ["smtp-sink"], "memory": ["smtp-sink"], "import": ["sqlite3"]}.items():
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
        if "ledger" in what:
            root = measure_ledger(folder, root)
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


PORT = bench_workspace.free_port()

if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Proves, at full size and against a mail server that was not written here, what the ledger promises.

    scripts/prove.py [--people 20000] [--kills 20] [--seed 1] [--only NAME ...] [--keep]

Takes the program from PITWALL_BIN. Where ../shared is absent, `pitwall inbox` is the server and the scenarios that need a server
of somebody else's are left out, which is said. Each line of the table is something that was looked at; exit code 1 when one is off.
Standard library only; everything happens on loopback, in a temporary folder.
"""
import argparse
import collections
import concurrent.futures
import glob
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import examine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.path.join(os.path.dirname(ROOT), "shared", "tools")
WITNESS = os.path.join(SHARED, "smtp_witness.py")
CONNECTIONS = 20
LOSSES = 5

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--people", type=int, default=20_000, help="contacts; four in five of them agreed to the newsletter")
arguments.add_argument("--kills", type=int, default=20)
arguments.add_argument("--seed", type=int, default=1)
arguments.add_argument("--only", nargs="*", help="these scenarios")
arguments.add_argument("--keep", action="store_true", help="keep the temporary folder")
args = arguments.parse_args()
PITWALL = os.path.abspath(os.environ.get("PITWALL_BIN") or os.path.join(ROOT, ".build/release/pitwall"))
if not os.access(PITWALL, os.X_OK):
    sys.exit(f"{PITWALL} is not there: build it with  swift build -c release --product pitwall  or name it in PITWALL_BIN")
rng = random.Random(args.seed)
findings = []


def check(scenario, what, good, detail=""):
    findings.append((scenario, what, bool(good), detail))
    print(f"  {'ok ' if good else 'OFF'}  {what}{'  ' + str(detail) if detail != '' else ''}", flush=True)


class Server:
    """The witness, or the inbox where the witness is not there."""

    def __init__(self, folder, *options, keep=False):
        self.folder = tempfile.mkdtemp(prefix="server-", dir=folder)
        self.log = f"{self.folder}/arrived.jsonl"
        self.kept = f"{self.folder}/kept"
        os.mkdir(self.kept)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        command = [sys.executable, WITNESS, "--port", str(self.port), "--log", self.log, *options] + (["--keep", self.kept] if keep else [])
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)

    def arrivals(self):
        with open(self.log) as file:
            return [json.loads(line) for line in file]

    def count(self):
        with open(self.log, "rb") as file:
            return file.read().count(b"\n")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return json.loads(self.process.communicate()[0].splitlines()[-1])


class Workspace:
    def __init__(self, folder, audience):
        self.root = tempfile.mkdtemp(prefix="workspace-", dir=folder)
        os.rmdir(self.root)
        self.run("init", self.root, inside=False)
        with open(f"{self.root}/pitwall.yaml") as file:
            text = re.sub(r"^cap:.*\n", "", file.read(), flags=re.M).replace(", cap: 2 per 7 days", "")
        with open(f"{self.root}/pitwall.yaml", "w") as file:
            file.write(text.replace("url: smtp://127.0.0.1:2525", f"url: smtp://127.0.0.1:2525\n    connections: {CONNECTIONS}"))
        for kind in ("contacts", "consent"):
            self.run("import", kind, f"{audience}/{kind}.csv")

    def copy(self, folder):
        """The same people, nothing planned. Nobody has the database open."""
        made = object.__new__(Workspace)
        made.root = tempfile.mkdtemp(prefix="workspace-", dir=folder)
        shutil.copytree(self.root, made.root, dirs_exist_ok=True)
        return made

    def run(self, *words, inside=True, codes=(0,)):
        done = subprocess.run([PITWALL, *words], cwd=self.root if inside else None, capture_output=True, text=True)
        if codes and done.returncode not in codes:
            sys.exit(f"pitwall {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def json(self, *words, codes=(0,)):
        return json.loads(self.run(*words, "--json", codes=codes).stdout)

    def send(self, url, *more):
        done = subprocess.run(
            [PITWALL, "send", "welcome", "--yes", "--json", *more], cwd=self.root, capture_output=True, text=True,
            env=self.environment(url))
        try:
            return done.returncode, json.loads(done.stdout), done.stderr
        except json.JSONDecodeError:
            return done.returncode, {}, done.stderr

    def environment(self, url):
        """The settings' own relay, on the server's port: --relay would stand for the whole list and so for its connections."""
        with open(f"{self.root}/pitwall.yaml") as file:
            text = file.read()
        with open(f"{self.root}/pitwall.yaml", "w") as file:
            file.write(re.sub(r"url: smtp://\S+", f"url: {url}", text))
        return {name: value for name, value in os.environ.items() if not name.startswith("PITWALL_")}

    def start(self, url, more={}):
        return subprocess.Popen(
            [PITWALL, "send", "welcome", "--yes", "--json"], cwd=self.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=self.environment(url) | more)

    def make_due(self):
        """As if the waiting were over: of messages, and of providers that are held."""
        with sqlite3.connect(f"{self.root}/pitwall.sqlite", timeout=60) as database:
            database.execute("UPDATE delivery SET due_at = 0 WHERE state = 0")
            database.execute("UPDATE lesson SET held_until = 0")

    def send_to_the_end(self, url, times=40):
        for _ in range(times):
            code, facts, errors = self.send(url)
            if code != 75:
                break
            self.make_due()
        return code, facts, errors

    def database(self, question):
        with sqlite3.connect(f"{self.root}/pitwall.sqlite", timeout=60) as database:
            return database.execute(question).fetchone()[0]

    def log(self):
        done = self.run("log", "welcome", "--format", "jsonl")
        return {entry["email"]: entry for entry in map(json.loads, done.stdout.splitlines())}

    def everybody(self):
        plan = self.json("plan", "welcome")
        with sqlite3.connect(f"{self.root}/pitwall.sqlite") as database:
            rows = database.execute(
                "SELECT c.email FROM plan_recipient p JOIN contact c ON c.id = p.contact_id WHERE p.plan_id = ? AND p.reason IS NULL",
                (plan["plan"],))
            people = {row[0] for row in rows}
        return plan, people


def states(log):
    found = {}
    for email, entry in log.items():
        found.setdefault(entry["state"], set()).add(email)
    return found


def counted(arrivals):
    counts = {}
    for arrival in arrivals:
        counts[arrival["to"][0]] = counts.get(arrival["to"][0], 0) + 1
    return counts


# Scenarios: each gets a workspace with people and no plan.

def plain(name, space, folder):
    """A send without trouble: wire, log and preview agree to the byte."""
    plan, people = space.everybody()
    space.run("preview", "welcome", "--all", "--out", "before")
    server = Server(folder, keep=True)
    code, facts, errors = space.send(server.url)
    print(f"       {facts.get('accepted')} in {facts.get('seconds')} s, {facts.get('per_second')}/s")
    log, arrivals = space.log(), server.arrivals()
    summary = server.stop()
    check(name, "exit code 0", code == 0, code)
    check(name, "plan = accepted = distinct recipients", plan["recipients"] == facts["accepted"] == summary["distinct_recipients"] == len(people),
          f"{plan['recipients']} = {facts['accepted']} = {summary['distinct_recipients']}")
    check(name, "recipients are exactly the plan's people", set(counted(arrivals)) == people)
    check(name, "nobody twice", summary["recipients_twice"] == 0, summary["recipients_twice"])
    check(name, "sha256 on the wire = sha256 in the log", all(log[a["to"][0]]["sha256"] == a["sha"] for a in arrivals), len(arrivals))
    check(name, "Message-ID on the wire = in the log, all distinct",
          all(a["id"] == f"<{log[a['to'][0]]['message_id']}>" for a in arrivals) and len({a["id"] for a in arrivals}) == len(people))
    previews = look(f"{space.root}/before")
    check(name, "content_sha256 of the preview = in the log",
          len(previews) == len(people) and all(log[n[:-4].replace("%2F", "/").replace("%25", "%")]["content_sha256"] == p["content_sha256"] for n, p in previews.items()), len(previews))
    messages = look(server.kept)
    worst = sorted({d for m in messages.values() for d in m["defects"]})
    check(name, "every message parses without a defect", len(messages) == len(people) and not worst, worst[:5] or len(messages))
    code, facts, _ = space.send("smtp://127.0.0.1:1")
    check(name, "a second send has nothing to do", code == 0 and facts["this_run"]["accepted"] == 0, code)


def look(folder):
    """`examine` of every file, on all cores: Python takes some milliseconds a message."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".eml"))
    with concurrent.futures.ProcessPoolExecutor() as pool:
        return dict(zip(names, pool.map(look_at, [os.path.join(folder, name) for name in names], chunksize=200)))


def look_at(path):
    with open(path, "rb") as file:
        return examine.facts(file.read())


def everybody_once(name, space, server, people, refused=frozenset()):
    arrivals = server.arrivals()
    counts = counted(arrivals)
    check(name, "nobody twice", max(counts.values(), default=0) <= 1, sum(1 for n in counts.values() if n > 1))
    check(name, "nobody missed", set(counts) == people - refused, f"{len(counts)} of {len(people) - len(refused)}")
    log = space.log()
    check(name, "sha256 on the wire = sha256 in the log", all(log[a["to"][0]]["sha256"] == a["sha"] for a in arrivals), len(arrivals))
    return log


def refusing(name, space, folder):
    """550 for one in a hundred."""
    _, people = space.everybody()
    refused = {email for email in people if "77@" in email}
    server = Server(folder, "--refuse", "77@")
    code, facts, _ = space.send(server.url)
    log = everybody_once(name, space, server, people, refused)
    check(name, "exit code 0", code == 0, code)
    check(name, "the refused are exactly those", states(log).get("refused") == refused, len(refused))
    check(name, "each was tried once", all(log[email]["attempts"] == 1 and log[email]["code"] == 550 for email in refused))
    code, _, _ = space.send("smtp://127.0.0.1:1")
    check(name, "and is never tried again", code == 0, code)
    server.stop()


def denying(name, space, folder):
    """550 no such user for everybody of one large domain, for a while: its directory is broken."""
    _, people = space.everybody()
    theirs = {email for email in people if email.endswith("@gmail.example")}
    server = Server(folder, "--refuse", "@gmail.example")
    code, facts, _ = space.send(server.url)
    log = space.log()
    believed = states(log).get("refused", set())
    check(name, "everybody else has it", counted(server.arrivals()).keys() == people - theirs, len(people - theirs))
    check(name, "a hundred at most were believed, the others wait", code == 75 and believed <= theirs and len(believed) < 100, len(believed))
    standing = space.database("SELECT count(*) FROM suppression WHERE lifted_at IS NULL")
    check(name, "nobody is suppressed for it", standing == 0, standing)
    server.stop()
    server = Server(folder)
    code, _, _ = space.send_to_the_end(server.url)
    again = counted(server.arrivals())
    check(name, "once it works again they have it, each once", code == 0 and set(again) == theirs - believed and max(again.values()) == 1, len(again))
    server.stop()


def deferring(name, space, folder):
    """451 for one in ten, the first time."""
    _, people = space.everybody()
    put_off = {email for email in people if "3@" in email}
    server = Server(folder, "--defer", "3@")
    code, facts, _ = space.send(server.url)
    check(name, "exit code 75, the deferred are exactly those", code == 75 and states(space.log()).get("deferred") == put_off, len(put_off))
    code, facts, _ = space.send_to_the_end(server.url)
    log = everybody_once(name, space, server, people)
    check(name, "all accepted in the end, the deferred with two attempts",
          code == 0 and len(states(log)["accepted"]) == len(people) and all(log[email]["attempts"] == 2 for email in put_off), code)
    server.stop()


def busy(name, space, folder):
    """421 after 50 messages of a connection."""
    _, people = space.everybody()
    server = Server(folder, "--busy-after", "50")
    code, _, _ = space.send_to_the_end(server.url)
    log = everybody_once(name, space, server, people)
    check(name, "all accepted", code == 0 and len(states(log)["accepted"]) == len(people), code)
    print(f"       {server.stop()['connections']} connections")


def one_by_one(name, space, folder):
    """No PIPELINING: a server that fails whoever does not wait."""
    _, people = space.everybody()
    refused = {email for email in people if "77@" in email}
    server = Server(folder, "--no-pipelining", "--refuse", "77@")
    code, _, _ = space.send(server.url)
    everybody_once(name, space, server, people, refused)
    summary = server.stop()
    check(name, "nothing was pipelined", code == 0 and "pipelined_without_offer" not in summary, code)


def dropped_after_dot(name, space, folder):
    """The connection is lost after the message was kept, before the answer: one in a hundred."""
    _, people = space.everybody()
    server = Server(folder, "--drop-after-dot", "0.01", "--seed", str(args.seed))
    code, facts, _ = space.send_to_the_end(server.url)
    log = everybody_once(name, space, server, people)
    unanswered = {a["to"][0] for a in server.arrivals() if not a["answered"]}
    check(name, "exit code 1", code == 1, code)
    check(name, "the unknown are exactly those", states(log).get("unknown") == unanswered, len(unanswered))
    server.stop()


def dropped_in_data(name, space, folder):
    """The connection is lost in the body: unknown where the dot had been handed to the socket, else tried again."""
    _, people = space.everybody()
    server = Server(folder, "--drop-in-data", "0.01", "--seed", str(args.seed))
    code, facts, _ = space.send_to_the_end(server.url)
    log, counts = space.log(), counted(server.arrivals())
    unknown = states(log).get("unknown", set())
    check(name, "nobody twice", max(counts.values()) <= 1)
    check(name, "the accepted are exactly who got it, the rest is unknown", states(log)["accepted"] == set(counts) and unknown == people - set(counts), len(unknown))
    rounds = 0
    while code == 1 and rounds < 20:
        rounds += 1
        space.run("resolve", "welcome", "--as", "unsent")
        code, facts, _ = space.send_to_the_end(server.url)
    everybody_once(name, space, server, people)
    check(name, "let go again by a person, everybody has it", code == 0, f"{rounds} rounds")
    server.stop()


def resolved(name, space, server, people, unknown):
    """Settles the unknown by what the witness has: it is the evidence that a relay's own log would be."""
    got = set(counted(server.arrivals()))
    for verdict, emails in (("sent", sorted(unknown & got)), ("unsent", sorted(unknown - got))):
        if emails:
            space.run("resolve", "welcome", "--as", verdict, *emails)
    code, _, _ = space.send_to_the_end(server.url)
    counts = counted(server.arrivals())
    check(name, "resolved by what the server knows, everybody has it once", code == 0 and set(counts) == people and max(counts.values()) == 1, code)


def moments(space):
    """How many messages stood where when their sender died: from the ledger and the flight recorder."""
    marks = {}
    for path in glob.glob(f"{space.root}/pitwall.sqlite.flight/campaign-*"):
        with open(path, "rb") as file:
            slots = file.read()
        for start in range(4096, len(slots) - 1023, 1024):
            if slots[start] in (1, 2):
                _, step, contact, entry = struct.unpack_from("<4q", slots, start + 8)
                marks[step, contact, entry] = slots[start]
    with sqlite3.connect(f"{space.root}/pitwall.sqlite", timeout=60) as database:
        in_hand = set(database.execute("SELECT step, contact_id, entry FROM delivery WHERE state = 1"))
    return collections.Counter({
        "claimed": len(in_hand - marks.keys()), "dot marked": sum(mark == 1 and key in in_hand for key, mark in marks.items()),
        "answered": sum(mark == 2 and key in in_hand for key, mark in marks.items()),
        "committed": sum(key not in in_hand for key in marks)})


def killed(name, space, folder):
    """kill -9 at random moments of one campaign, while the server misbehaves too."""
    _, people = space.everybody()
    server = Server(folder, "--busy-after", "60", "--defer", "33@", "--final-delay", "0.02")
    kills = early = 0
    messages, hit = collections.Counter(), collections.Counter()
    while kills < args.kills:
        sender = space.start(server.url)
        begun = server.count()
        if rng.random() < 0.2:
            # Any moment, also before the first message.
            time.sleep(rng.random() * 0.3)
        else:
            goal = begun + rng.randint(1, max(2, len(people) // (args.kills + 4) // 2))
            while server.count() < goal and sender.poll() is None:
                time.sleep(rng.random() * 0.004)
        if sender.poll() is not None:
            break
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        kills += 1
        early += server.count() == begun
        stood = moments(space)
        messages += stood
        hit.update(state for state, count in stood.items() if count)
    code, facts, errors = space.send_to_the_end(server.url)
    arrivals, log = server.arrivals(), space.log()
    print("       when killed: " + ", ".join(f"{messages[state]} {state} ({hit[state]} kills)" for state in ("claimed", "dot marked", "answered", "committed")))
    # From the commit to the clearing of its slot are some microseconds: few kills hit that.
    check(name, "every state before the commit was hit", all(hit[state] for state in ("claimed", "dot marked", "answered")), dict(hit))
    counts, found = counted(arrivals), states(log)
    unknown, accepted = found.get("unknown", set()), found.get("accepted", set())
    check(name, f"killed {args.kills} times before it was done", kills == args.kills, f"{kills}, {early} of them before a first message")
    check(name, "exit code 0 or 1", code in (0, 1), code)
    check(name, "nobody twice", max(counts.values()) <= 1, sum(1 for n in counts.values() if n > 1))
    check(name, "accepted + unknown = everybody", accepted | unknown == people and not accepted & unknown, f"{len(accepted)} + {len(unknown)}")
    check(name, "whoever is accepted has it", accepted <= set(counts))
    check(name, "nobody missed but among the unknown, each named", people - set(counts) <= unknown, f"{len(people - set(counts))} of {len(unknown)}")
    check(name, f"at most {CONNECTIONS} unknown a kill", len(unknown) <= kills * CONNECTIONS, f"{len(unknown)} over {kills} kills")
    check(name, "sha256 on the wire = sha256 in the log", all(log[a["to"][0]]["sha256"] == a["sha"] for a in arrivals if a["to"][0] in accepted))
    resolved(name, space, server, people, unknown)
    server.stop()


def without_power(name, space, folder):
    """Power loss at random moments: kill -9, and every write that was not synced is gone, the flight recorder with them."""
    library = f"{folder}/power.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, f"{ROOT}/scripts/power.c", "-ldl"], check=True)
    _, people = space.everybody()
    server = Server(folder)
    losses, in_hand = 0, []
    while losses < LOSSES:
        disk = tempfile.mkdtemp(prefix="disk-", dir=folder)
        # Nothing runs: what is there has been written long since.
        for file in database_files(space.root):
            shutil.copy(f"{space.root}/{file}", f"{disk}/{file}")
        power = {"LD_PRELOAD": library, "POWER_ROOT": f"{space.root}/", "POWER_DISK": disk}
        goal = server.count() + rng.randint(1, max(2, len(people) // (LOSSES + 2)))
        sender = space.start(server.url, power)
        while server.count() < goal and sender.poll() is None:
            time.sleep(rng.random() * 0.004)
        if sender.poll() is not None:
            break
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        losses += 1
        for file in database_files(space.root):
            os.remove(f"{space.root}/{file}")
        shutil.rmtree(f"{space.root}/pitwall.sqlite.flight")
        for file in os.listdir(disk):
            if not file.endswith(".new"):
                shutil.copy(f"{disk}/{file}", f"{space.root}/{file}")
        shutil.rmtree(disk)
        with sqlite3.connect(f"{space.root}/pitwall.sqlite") as database:
            check(name, "the database is whole", database.execute("PRAGMA integrity_check").fetchone() == ("ok",))
            in_hand += database.execute("SELECT count(*) FROM delivery WHERE state = 1").fetchone()
    code, facts, errors = space.send_to_the_end(server.url)
    counts, found = counted(server.arrivals()), states(space.log())
    unknown, accepted = found.get("unknown", set()), found.get("accepted", set())
    check(name, f"power was lost {LOSSES} times before it was done", losses == LOSSES, losses)
    check(name, "exit code 0 or 1", code in (0, 1), code)
    check(name, "nobody twice", max(counts.values()) <= 1, sum(1 for n in counts.values() if n > 1))
    check(name, "accepted + unknown = everybody", accepted | unknown == people and not accepted & unknown, f"{len(accepted)} + {len(unknown)}")
    check(name, "whoever is accepted has it", accepted <= set(counts))
    check(name, "unknown are those in hand when it went dark, each named", len(unknown) == sum(in_hand), f"{len(unknown)} over {losses} losses")
    resolved(name, space, server, people, unknown)
    server.stop()


def database_files(root):
    return [name for name in os.listdir(root) if name.startswith("pitwall.sqlite") and os.path.isfile(f"{root}/{name}")]


def stopped(name, space, folder):
    """SIGTERM five times: drained, resumable, and nobody unknown."""
    _, people = space.everybody()
    server = Server(folder)
    codes = []
    for _ in range(5):
        goal = server.count() + len(people) // 8
        sender = space.start(server.url)
        while server.count() < goal and sender.poll() is None:
            time.sleep(0.005)
        sender.send_signal(signal.SIGTERM)
        codes.append(sender.wait())
    found = states(space.log())
    check(name, "each ended with 75", codes == [75] * 5, codes)
    check(name, "what the log calls accepted is what arrived", found.get("accepted") == set(counted(server.arrivals())), len(found.get("accepted", ())))
    check(name, "nobody in hand, nobody unknown", not found.get("handed") and not found.get("unknown"))
    code, _, _ = space.send(server.url)
    everybody_once(name, space, server, people)
    check(name, "the next send ends with 0", code == 0, code)
    server.stop()


def with_inbox(name, space, folder):
    """Where the witness is not there: the local inbox keeps what the log says."""
    plan, people = space.everybody()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inbox = subprocess.Popen([PITWALL, "inbox", "--port", str(port), "--out", "outbox"], cwd=space.root, stderr=subprocess.PIPE, text=True)
    inbox.stderr.readline()
    code, facts, _ = space.send(f"smtp://127.0.0.1:{port}")
    inbox.send_signal(signal.SIGTERM)
    inbox.communicate()
    messages, log = look(f"{space.root}/outbox"), space.log()
    check(name, "plan = accepted = kept", code == 0 and plan["recipients"] == facts["accepted"] == len(messages), len(messages))
    check(name, "content_sha256 kept = in the log", {m["content_sha256"] for m in messages.values()} == {e["content_sha256"] for e in log.values()})
    check(name, "every message parses without a defect", not any(m["defects"] for m in messages.values()))


SCENARIOS = {
    "plain": plain, "refuse": refusing, "denying": denying, "defer": deferring, "busy-after": busy, "no-pipelining": one_by_one,
    "drop-after-dot": dropped_after_dot, "drop-in-data": dropped_in_data, "SIGTERM": stopped, "kill -9": killed,
    "power loss": without_power,
}


def audience(folder):
    made = f"{folder}/audience"
    if os.path.exists(f"{SHARED}/make_audience.py"):
        command = [f"{SHARED}/make_audience.py", "--contacts", str(args.people), "--events", "0", "--out", made]
    else:
        command = [f"{ROOT}/scripts/make_examples.py", "--out", made]
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    return made


def main():
    folder = tempfile.mkdtemp(prefix="pitwall-proof-")
    try:
        people = Workspace(folder, audience(folder))
        scenarios = SCENARIOS if os.path.exists(WITNESS) else {"inbox": with_inbox}
        if scenarios is not SCENARIOS:
            print("../shared/tools/smtp_witness.py is not there: only what the local inbox can show is proved")
        for name, scenario in scenarios.items():
            if args.only and name not in args.only:
                continue
            print(f"{name}: {scenario.__doc__}", flush=True)
            space = people.copy(folder)
            began = time.time()
            scenario(name, space, folder)
            print(f"       {time.time() - began:.0f} s", flush=True)
            if not args.keep:
                shutil.rmtree(space.root)
    finally:
        if args.keep:
            print(f"kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    off = [finding for finding in findings if not finding[2]]
    print(f"\n{len(findings) - len(off)} of {len(findings)} verified, with {args.people} contacts and seed {args.seed}")
    for scenario, what, _, detail in off:
        print(f"OFF  {scenario}: {what}  {detail}")
    sys.exit(1 if off or not findings else 0)


if __name__ == "__main__":
    main()

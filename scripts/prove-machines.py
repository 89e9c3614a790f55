#!/usr/bin/env python3
"""Proves that machines which share a campaign send everybody one message, whatever happens to them.

    scripts/prove-machines.sh [--minutes 10] [--people 50000] [--seed 1] [--hosts 3] [--keep]

Each host is a network namespace with two wires: one to the database, one to the mail server. At random a sender is killed, or frozen
for up to twice its lease, or one wire or both are cut and healed. A sender that ends is started again on its host. At the end all wires are
whole and the campaign is sent to its end; then the mail server's own account is held against the log. Exit code 1 when something is off.
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WITNESS = os.path.join(os.path.dirname(ROOT), "shared", "tools", "smtp_witness.py")
CONNECTIONS = 5
DELAY = 0.1
LEASE = 30

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--minutes", type=float, default=10)
arguments.add_argument("--people", type=int, help="as many as the hosts reach in that time, unless it is said")
arguments.add_argument("--seed", type=int, default=1)
arguments.add_argument("--hosts", type=int, default=3)
arguments.add_argument("--keep", action="store_true", help="keep the temporary folder")
args = arguments.parse_args()
PITWALL = os.path.abspath(os.environ["PITWALL_BIN"])
PROGRAMS = os.environ["PITWALL_POSTGRES_PROGRAMS"]
rng = random.Random(args.seed)
TAG = f"pw{os.getpid() % 10000}"
findings = []


def check(what, good, detail=""):
    findings.append(bool(good))
    print(f"  {'ok ' if good else 'OFF'}  {what}{'  ' + str(detail) if detail != '' else ''}", flush=True)


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Net:
    """A namespace for the servers and one for each host; all wires end on two bridges among the servers."""

    def __init__(self, hosts):
        self.server = f"{TAG}-s"
        self.spaces = [self.server]
        run("ip", "netns", "add", self.server)
        self.inside(self.server, "ip", "link", "set", "lo", "up")
        for number, address in ((1, "10.77.1.1/24"), (2, "10.77.2.1/24")):
            self.inside(self.server, "ip", "link", "add", f"br{number}", "type", "bridge")
            self.inside(self.server, "ip", "addr", "add", address, "dev", f"br{number}")
            self.inside(self.server, "ip", "link", "set", f"br{number}", "up")
        for index in range(hosts):
            space = f"{TAG}-{index}"
            run("ip", "netns", "add", space)
            self.spaces.append(space)
            self.inside(space, "ip", "link", "set", "lo", "up")
            for number in (1, 2):
                here, there = f"{TAG}h{index}{number}", f"{TAG}s{index}{number}"
                run("ip", "link", "add", here, "type", "veth", "peer", "name", there)
                run("ip", "link", "set", here, "netns", space)
                run("ip", "link", "set", there, "netns", self.server)
                self.inside(space, "ip", "addr", "add", f"10.77.{number}.{10 + index}/24", "dev", here)
                self.inside(space, "ip", "link", "set", here, "up")
                self.inside(self.server, "ip", "link", "set", there, "master", f"br{number}")
                self.inside(self.server, "ip", "link", "set", there, "up")

    def inside(self, space, *words):
        return run("ip", "netns", "exec", space, *words)

    def wire(self, index, number, state):
        self.inside(self.server, "ip", "link", "set", f"{TAG}s{index}{number}", state)

    def end(self):
        for space in self.spaces:
            subprocess.run(["ip", "netns", "del", space], capture_output=True)


class Postgres:
    def __init__(self, folder, net):
        self.folder = f"{folder}/postgres"
        os.mkdir(self.folder)
        shutil.chown(self.folder, "postgres")
        self.port = free_port()
        self.net = net
        self.program("initdb", "-D", f"{self.folder}/data", "-U", "pitwall", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync")
        with open(f"{self.folder}/data/pg_hba.conf", "a") as file:
            file.write("host all all 10.77.0.0/16 trust\n")
        settings = f"-p {self.port} -c listen_addresses=* -c unix_socket_directories={self.folder} -c fsync=off -c full_page_writes=off"
        self.program("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "start", "-o", settings)
        self.ask("CREATE DATABASE news TEMPLATE template0 ENCODING 'UTF8'", "postgres")
        self.url = f"postgres://pitwall@10.77.1.1:{self.port}/news?sslmode=disable&connect_timeout=5"

    def program(self, name, *words):
        command = ["ip", "netns", "exec", self.net.server, "runuser", "-u", "postgres", "--", f"{PROGRAMS}/{name}", *words]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=self.folder)
        if done.returncode:
            sys.exit(f"{name} ended with {done.returncode}: {done.stderr}")

    def ask(self, question, database="news"):
        return run("psql", "-h", self.folder, "-p", str(self.port), "-U", "pitwall", "-d", database, "-Atqc", question).strip()

    def stop(self):
        self.program("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop")


class Host:
    """A machine: its own workspace folder, clock and wires, and a sender that is started again whenever it ends."""

    def __init__(self, index, folder, space, skew):
        self.index, self.space, self.skew = index, space, skew
        self.root = f"{folder}/host{index}"
        self.process = None
        self.frozen = False
        self.ended = collections.Counter()
        self.over = False
        self.next_start = 0

    def command(self, *words):
        named = f'hostname host{self.index}; exec "$@"'
        return ["ip", "netns", "exec", self.space, "unshare", "--uts", "sh", "-c", named, "sh", PITWALL, *words]

    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PITWALL_")}
        if self.skew:
            kept |= {"LD_PRELOAD": SKEW, "SKEW": str(self.skew)}
        return kept

    def pitwall(self, *words, codes=(0,)):
        done = subprocess.run(self.command(*words), cwd=self.root, capture_output=True, text=True, env=self.environment())
        if codes and done.returncode not in codes:
            sys.exit(f"pitwall {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def tend(self):
        if self.process and self.process.poll() is not None:
            self.ended[self.process.returncode] += 1
            self.over = self.process.returncode in (0, 1)
            self.process = None
            self.frozen = False
        if not self.process and time.time() >= self.next_start:
            with open(f"{self.root}/errors", "a") as errors:
                self.process = subprocess.Popen(
                    self.command("send", "news", "--yes", "--json"), cwd=self.root, stdout=subprocess.DEVNULL, stderr=errors,
                    env=self.environment())
            self.next_start = time.time() + 1

    def signal(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)


def workspace(folder, database, hosts):
    first = hosts[0]
    run(PITWALL, "init", first.root)
    with open(f"{first.root}/pitwall.yaml") as file:
        text = file.read()
    text = re.sub(r"^cap:.*\n", "", text, flags=re.M).replace(", cap: 2 per 7 days", "")
    text = re.sub(r"url: smtp://\S+", f"url: smtp://10.77.2.1:2525\n    tls: none\n    connections: {CONNECTIONS}", text)
    text = re.sub(r"^database:.*\n", "", text, flags=re.M) + f"\ndatabase: {database.url}\n"
    with open(f"{first.root}/pitwall.yaml", "w") as file:
        file.write(text)
    with open(f"{first.root}/Campaigns/news.yaml", "w") as file:
        file.write(
            "version: 1\ntitle: News\nkind: service\ntopic: newsletter\nsegment: everybody\ntemplate: news\nfrom: News <news@example.com>\n")
    with open(f"{first.root}/Segments/everybody.segment", "w") as file:
        file.write("email is known\n")
    with open(f"{first.root}/Templates/news.md", "w") as file:
        file.write("---\nsubject: News\n---\nDear {{ contact.email }}, here is what is new.\n\n{{ organisation.postal_address }}\n")
    with open(f"{folder}/people.csv", "w") as file:
        file.write("email\n" + "".join(f"p{number}@example.com\n" for number in range(PEOPLE)))
    first.pitwall("import", "contacts", f"{folder}/people.csv")
    for other in hosts[1:]:
        shutil.copytree(first.root, other.root, ignore=shutil.ignore_patterns("*.flight"))
    first.pitwall("plan", "news", codes=(0, 1))


def trouble(hosts, net, healing, events):
    """One thing that goes wrong, and when it is put right."""
    host = rng.choice(hosts)
    kind = rng.choices(["kill", "freeze", "short freeze", "cut database", "cut mail", "cut both"], [3, 2, 1, 3, 3, 1])[0]
    now = time.time()
    if kind == "kill":
        if not host.process:
            return
        host.signal(signal.SIGKILL)
        host.next_start = now + rng.uniform(0, 10)
    elif "freeze" in kind:
        if host.frozen or not host.process:
            return
        host.frozen = True
        process = host.process
        process.send_signal(signal.SIGSTOP)
        healing.append((now + (rng.uniform(1, 10) if "short" in kind else rng.uniform(LEASE, 2 * LEASE)), lambda: thaw(host, process)))
    else:
        for number in {"cut database": [1], "cut mail": [2], "cut both": [1, 2]}[kind]:
            net.wire(host.index, number, "down")
            healing.append((now + rng.uniform(1, 1.5 * LEASE), lambda number=number: net.wire(host.index, number, "up")))
    events[kind] += 1
    print(f"       {now - START:5.0f} s  {kind} host{host.index}", flush=True)


def thaw(host, process):
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
    host.frozen = False


def heal(healing, everything=False):
    for due in sorted(healing, key=lambda item: item[0]):
        if everything or due[0] <= time.time():
            due[1]()
            healing.remove(due)


def states(database):
    return {int(state): int(count) for state, count in
            (line.split("|") for line in database.ask("SELECT state, count(*) FROM delivery GROUP BY state").splitlines())}


def finish(hosts, database):
    """Everything is whole again: the senders go on until nothing is left."""
    end = time.time() + 240
    while time.time() < end:
        # What was put off for minutes after its connections were lost need not be waited for.
        database.ask("UPDATE delivery SET due_at = 0 WHERE state = 0 AND due_at > 0")
        for host in hosts:
            host.tend()
        if not {0, 1} & states(database).keys():
            break
        time.sleep(1)
    for host in hosts:
        if host.process:
            try:
                host.process.wait(30)
            except subprocess.TimeoutExpired:
                host.process.kill()
                host.process.wait()


def judge(database, witness, events, hosts):
    witness.send_signal(signal.SIGTERM)
    summary = json.loads(witness.communicate()[0].splitlines()[-1])
    with open(f"{FOLDER}/arrived.jsonl") as file:
        arrived = collections.Counter(json.loads(line)["to"][0] for line in file)
    log = dict(line.split("|") for line in database.ask("SELECT email, state FROM delivery WHERE email IS NOT NULL").splitlines())
    everybody = {f"p{number}@example.com" for number in range(PEOPLE)}
    unknown = {email for email, state in log.items() if state == "4"}
    accepted = {email for email, state in log.items() if state == "2"}
    lost = everybody - arrived.keys() - unknown
    twice = [email for email, count in arrived.items() if count > 1]
    risky = events["kill"] + events["cut mail"] + events["cut both"]
    print(f"       {sum(arrived.values())} arrived in {time.time() - START:.0f} s; {dict(events)}; senders ended with "
          f"{dict(sum((host.ended for host in hosts), collections.Counter()))}; {summary.get('connections', '?')} connections")
    check("nothing is left to go or in hand", states(database).keys() <= {2, 4}, states(database))
    check("lost: 0", not lost, len(lost))
    check("twice: 0", not twice, len(twice))
    check("whoever is accepted in the log has it", accepted <= arrived.keys(), len(accepted))
    check("whoever has it is accepted in the log, or unknown", arrived.keys() <= accepted | unknown, len(arrived))
    check(f"unknown: at most {CONNECTIONS} an event that can cause it", len(unknown) <= CONNECTIONS * max(risky, 1), f"{len(unknown)} of {CONNECTIONS * risky}")
    # Who came later than the first sender by minutes says so in these: all times are the database's.
    spread = database.ask("SELECT max(abs(settled_at - extract(epoch FROM clock_timestamp()) * 1000)) FROM delivery WHERE settled_at IS NOT NULL")
    check("no time in the log is off by a wrong clock", float(spread) < (time.time() - START + 60) * 1000, f"{float(spread) / 1000:.0f} s")
    check("no sender is left over", database.ask("SELECT count(*) FROM sender") == "0")
    if not all(findings):
        for host in hosts:
            with open(f"{host.root}/errors") as errors:
                print(f"host{host.index} said last: {errors.read()[-1500:]}")


FOLDER = tempfile.mkdtemp(prefix="pitwall-machines-")
os.chmod(FOLDER, 0o755)
SKEW = f"{FOLDER}/skew.so"
compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
if compiler:
    run(compiler, "-shared", "-fPIC", "-o", SKEW, f"{ROOT}/scripts/skew.c", "-ldl")
else:
    print("       there is no C compiler: all clocks are right")
PEOPLE = args.people or max(500, int(args.minutes * 60 * CONNECTIONS / DELAY * args.hosts * 0.6))
net = database = witness = None
hosts = []
try:
    net = Net(args.hosts)
    database = Postgres(FOLDER, net)
    command = ["ip", "netns", "exec", net.server, sys.executable, WITNESS, "--host", "10.77.2.1", "--port", "2525", "--log",
               f"{FOLDER}/arrived.jsonl", "--final-delay", str(DELAY)]
    witness = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    skews = [0, -170, 230] if compiler else [0]
    hosts = [Host(index, FOLDER, f"{TAG}-{index}", skews[index % len(skews)]) for index in range(args.hosts)]
    workspace(FOLDER, database, hosts)
    print(f"{PEOPLE} people, {args.hosts} hosts, {CONNECTIONS} connections each, seed {args.seed}", flush=True)
    START = time.time()
    healing, events, next_trouble = [], collections.Counter(), START + 3
    while time.time() < START + args.minutes * 60 and not all(host.over for host in hosts):
        for host in hosts:
            host.tend()
        heal(healing)
        if time.time() >= next_trouble:
            trouble(hosts, net, healing, events)
            next_trouble = time.time() + rng.uniform(2, 10)
        time.sleep(0.1)
    heal(healing, everything=True)
    print(f"       {time.time() - START:5.0f} s  all is whole again: {states(database)}", flush=True)
    finish(hosts, database)
    judge(database, witness, events, hosts)
finally:
    for host in hosts:
        if host.process and host.process.poll() is None:
            host.process.send_signal(signal.SIGCONT)
            host.process.kill()
    if witness and witness.poll() is None:
        witness.kill()
    if database:
        database.stop()
    if net:
        net.end()
    if args.keep:
        print(f"kept: {FOLDER}")
    else:
        shutil.rmtree(FOLDER, ignore_errors=True)
sys.exit(0 if findings and all(findings) else 1)

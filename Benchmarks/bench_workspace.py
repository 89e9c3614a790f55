"""What the benchmarks share: the program under measure, and a workspace whose campaign is planned."""
import csv
import os
import random
import shutil
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PITWALL = os.path.abspath(os.environ.get("PITWALL_BIN") or os.path.join(ROOT, ".build/release/pitwall"))
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PITWALL_")}
CONNECTIONS = 20

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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sink:
    """Postfix's smtp-sink: takes everything and keeps nothing."""

    def __init__(self, port=None):
        self.port = port or free_port()

    def __enter__(self):
        as_root = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [shutil.which("smtp-sink") or "/usr/sbin/smtp-sink", *as_root, f"127.0.0.1:{self.port}", "1000"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.02)
        sys.exit("smtp-sink does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


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


def workspace(root, port, count, template):
    """Makes a workspace whose campaign goes through the relay at `port` to `count` people who have agreed, and imports them."""
    run(PITWALL, "init", root)
    with open(f"{root}/pitwall.yaml") as file:
        lines = [line for line in file.read().splitlines() if not line.startswith("cap:")]
    at = next(index for index, line in enumerate(lines) if "url: smtp" in line)
    lines[at] = lines[at].replace("url: smtp://127.0.0.1:2525", f"url: smtp://127.0.0.1:{port}")
    lines.insert(at + 1, f"    connections: {CONNECTIONS}")
    with open(f"{root}/pitwall.yaml", "w") as file:
        file.write("\n".join(lines) + "\n")
    with open(f"{root}/Campaigns/bench.yaml", "w") as file:
        file.write(CAMPAIGN)
    with open(f"{root}/Templates/bench.md", "w") as file:
        file.write(template)
    people(f"{root}/people.csv", count)
    run(PITWALL, "import", "contacts", "people.csv", "--topic", "newsletter", "--consent", "confirmed", "--source", "bench", cwd=root)

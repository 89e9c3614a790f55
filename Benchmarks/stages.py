#!/usr/bin/env python3
"""Where the microseconds of a send go, by stage of a message's way.

    Benchmarks/stages.py [--messages 50000] [--dkim] [--top 5]

Runs `pitwall send` of the messages that bench.py sends, into smtp-sink, under `perf record`, and counts each sample for the first stage that its
stack names, from the innermost call outwards; where a stack is cut short, for that of its thread. Stacks are kept whole and unwound afterwards (`--call-graph dwarf`), since SQLite, libcrypto and the C
library have no frame pointers: that takes minutes, and for 60,000 messages some 200 MB of disk. Prints a table in Markdown: microseconds of CPU a message by stage, and the functions that take most of each. `--dkim` signs with an RSA key of 2048 bits. Needs perf and smtp-sink (Debian: linux-perf, postfix).
"""
import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

import bench
from bench_workspace import ENVIRONMENT, PITWALL, run

# The innermost call that one of these matches names the stage.
STAGES = [
    ("sign", r"DKIMSigner|RSA|rsa_|BN_|bn_"),
    ("hash", r"SHA256|sha256_|contentRanges"),
    ("encode", r"QuotedPrintable|MailMessage|HeaderWriter|EncodedWord|MailHeader|SharedParts|ComposedMessage\.init"),
    ("compose", r"MessageComposer|Templating|Liquid|LinkToken|MessageIdentity|HMAC|startComposer"),
    ("claim", r"ClaimSelection"),
    ("record", r"Ledger\.settle|SentCounts|FlightRecorder|markAnswer|markDot"),
    ("commit", r"sqlite3WalFrames|sqlite3_wal|walCheckpoint|fdatasync|fsync|sqlite3VdbeHalt|Ledger\.exchange|LedgerLoop"),
    ("policy", r"SendingPolicy|Traffic|RateLimiter|Outbox|Wires"),
    ("wire", r"RelayRun|Dialogue|SendBuffer|CurlChannel|Connection|ReplyReader|curl_|Curl_"),
]
# Samples a second: each copies 16 kB of stack.
FREQUENCY = 400
# What a thread does whose stack says nothing.
THREADS = {"pitwall-wire": "wire", "pitwall-compose": "compose"}
COMPILED = [(name, re.compile(pattern)) for name, pattern in STAGES]


def stage(thread, stack):
    for function in stack:
        for name, pattern in COMPILED:
            if pattern.search(function):
                return name
    for beginning, name in THREADS.items():
        if thread.startswith(beginning):
            return name
    if any("sqlite" in function for function in stack):
        return "SQLite, whose is not known"
    return "start and rest"


def samples(text):
    """The threads and stacks that `perf script` prints, innermost first."""
    thread, stack = "", []
    for line in text:
        words = line.strip()
        if not words:
            if stack:
                yield thread, stack
            thread, stack = "", []
        elif not line[0].isspace():
            thread = words
        else:
            stack.append(words.split(" ", 1)[-1].rsplit(" (", 1)[0].split("+0x")[0])
    if stack:
        yield thread, stack


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--messages", type=int, default=50_000)
    arguments.add_argument("--dkim", action="store_true")
    arguments.add_argument("--top", type=int, default=3, help="functions to name of each stage")
    args = arguments.parse_args()
    for tool in ("perf", "smtp-sink"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not on this machine: apt-get install linux-perf postfix")
    folder = tempfile.mkdtemp(prefix="pitwall-stages-")
    os.chmod(folder, 0o755)
    try:
        root, size = bench.workspace(folder, args.messages)
        if args.dkim:
            run(PITWALL, "dkim", "new", "example.com", "--selector", "s1", cwd=root)
            with open(f"{root}/pitwall.yaml", "a") as file:
                file.write("dkim:\n  - {domain: example.com, selector: s1, key_file: secrets/dkim-example.com-s1.pem}\n")
            run(PITWALL, "plan", "bench", cwd=root)
        data = f"{folder}/perf.data"
        with bench.Sink(bench.PORT):
            subprocess.run(["perf", "record", "-q", "-F", str(FREQUENCY), "--call-graph", "dwarf,16384", "-o", data, PITWALL, "send", "bench", "--yes", "--json"],
                           cwd=root, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
        counts, functions = collections.Counter(), collections.defaultdict(collections.Counter)
        script = subprocess.Popen(["perf", "script", "-i", data, "-F", "comm,ip,sym"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        demangle = subprocess.Popen(["swift", "demangle", "--simplified"], stdin=script.stdout, stdout=subprocess.PIPE, text=True)
        for thread, stack in samples(demangle.stdout):
            name = stage(thread, stack)
            counts[name] += 1
            functions[name][stack[0]] += 1
        total = sum(counts.values())
        microseconds = 1e6 / FREQUENCY / args.messages
        print(f"{args.messages} messages of {size} bytes, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}: "
              f"{total * microseconds:.0f} µs of CPU a message\n")
        print("| stage | µs a message | share | most of it in |\n|---|---|---|---|")
        for name, count in counts.most_common():
            top = ", ".join(f"`{function[:60]}` {number * 100 // count} %" for function, number in functions[name].most_common(args.top))
            print(f"| {name} | {count * microseconds:.1f} | {count * 100 / total:.0f} % | {top} |")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

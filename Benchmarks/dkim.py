#!/usr/bin/env python3
"""DKIM signatures a second on all cores, beside what `openssl speed` signs in the same run, printed as a ratio.

    Benchmarks/dkim.py [--seconds 5] [--runs 3]

Ours hashes an 8 kB message, relaxes and hashes its headers, signs and puts the field on top, on one thread a core. The yardstick
signs the same digest again and again, in one process a core. Builds in release first, unless SIGNING_BENCHMARK names the program.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys

TARGET = 0.8

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--seconds", type=int, default=5)
arguments.add_argument("--runs", type=int, default=3)
args = arguments.parse_args()
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CORES = os.cpu_count() or 1


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def program():
    named = os.environ.get("SIGNING_BENCHMARK")
    if named:
        return named
    build = ["swift", "build", "-c", "release", "--product", "SigningBenchmark"]
    run(*build)
    return run(*build, "--show-bin-path").strip() + "/SigningBenchmark"


def yardstick():
    """The signs a second of `rsa 2048 bits 0.000512s 0.000015s 1953.1 66666.7`."""
    text = run("openssl", "speed", "-seconds", str(args.seconds), "-multi", str(CORES), "rsa2048")
    found = re.search(r"rsa +2048 bits\s+\S+s\s+\S+s\s+([\d.]+)", text)
    return float(found.group(1)) if found else sys.exit(f"openssl speed said something else:\n{text}")


def main():
    path = program()
    ours, theirs = [], []
    for number in range(args.runs):
        theirs.append(yardstick())
        facts = json.loads(run(path, "rsa", str(args.seconds), str(CORES)))
        ours.append(facts["per_second"])
        print(f"  run {number + 1}: openssl speed {theirs[-1]:.0f} signs/s, pitwall {ours[-1]:.0f} messages of {facts['bytes']} bytes/s", flush=True)
    mine, yard = statistics.median(ours), statistics.median(theirs)
    # Each of ours against the yardstick right before it: the machine may be busier at one time than at another.
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    print(f"{'ok ' if ratio >= TARGET else 'OFF'}  dkim    {ratio:5.2f}  (target ≥ {TARGET})  rsa-2048 on {CORES} cores: {mine:.0f}/s, openssl speed {yard:.0f}/s")
    sys.exit(0 if ratio >= TARGET else 1)


if __name__ == "__main__":
    main()

"""Runs what Benchmarks/templates.sh is asked for and prints it as tables."""
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version

BENCH = os.environ["TEMPLATES_BENCH"]
HERE = os.path.dirname(os.path.abspath(__file__))
WANTED = {"mustache": 30, "stencil": 60, "python-liquid": 20, "jinja2": 10}
NAMES = {"mustache": "swift-mustache 2.1.1", "stencil": "Stencil 0.15.1", "python-liquid": f"python-liquid {version('python-liquid')}",
         "jinja2": f"Jinja2 {version('jinja2')}"}


def bench(*arguments):
    done = subprocess.run([BENCH, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def microseconds(render):
    """The fastest of some batches."""
    calls = 1
    while (passed := timed(render, calls)) < 0.02:
        calls *= 2
    return min([passed] + [timed(render, calls) for _ in range(12)]) / calls * 1e6


def timed(render, calls):
    start = time.thread_time()
    for _ in range(calls):
        render()
    return time.thread_time() - start


def python(folder):
    import jinja2
    import liquid

    with open(f"{folder}/mail.json", encoding="utf-8") as file:
        data = json.load(file)
    with open(f"{folder}/mail.html", encoding="utf-8") as file:
        expected = file.read()
    found = {}
    for name, environment, language in [("python-liquid", liquid.Environment(), "liquid"), ("jinja2", jinja2.Environment(), "jinja")]:
        with open(f"{folder}/mail.{language}", encoding="utf-8") as file:
            template = environment.from_string(file.read())
        # Jinja2 drops the last line end.
        if template.render(**data).rstrip() != expected.rstrip():
            sys.exit(f"{name} writes something else")
        found[name] = microseconds(lambda: template.render(**data))
    return found


def render(folder):
    rows = {fact["engine"]: fact for fact in bench("render", folder)}
    times = {engine: fact["microseconds"] for engine, fact in rows.items()} | python(folder)
    # Once more, in case the machine was busy the first time.
    for engine, fact in ((fact["engine"], fact) for fact in bench("render", folder)):
        times[engine] = min(times[engine], fact["microseconds"])
    ours = times.pop("liquid")
    print(f"A mail of 5.7 kB, 40 values, 5 conditions, 10 rows, warm, one core; ours escapes for HTML: {ours:.2f} µs\n")
    print(f"{'beside':<24}{'µs':>10}{'ratio':>9}{'wanted':>9}")
    for engine, wanted in WANTED.items():
        print(f"{NAMES[engine]:<24}{times[engine]:>10.1f}{times[engine] / ours:>8.1f}x{wanted:>8}x")


def parse(_):
    print(f"{'template':>12}{'ns a byte':>12}")
    for fact in bench("parse"):
        print(f"{fact['bytes']:>10} B{fact['nanoseconds_a_byte']:>12.1f}")


def allocations(_):
    found = {}
    for fact in bench("allocations"):
        found.setdefault(fact["kind"], {})[fact["values"]] = fact["allocations"]
    print("Allocations of one rendering, by the number of values written\n")
    print(f"{'through':<12}{'10':>8}{'40':>8}{'400':>8}")
    for kind, counts in found.items():
        print(f"{kind:<12}" + "".join(f"{counts[count]:>8}" for count in (10, 40, 400)))


def cores(folder):
    fact = bench("cores", folder)[0]
    print(f"One core {fact['one']:,.0f} mails/s, two cores {fact['two']:,.0f} mails/s: {fact['ratio']:.2f}x, wanted 1.8x"
          f" (load before: {os.getloadavg()[0]:.1f}; by the CPU time of the threads: {fact['ratio_of_cpu']:.2f}x)")


def hostile(_):
    extremes("hostile", "template")


def pages(_):
    print(f"A page of 104 kB with 300 rules and 2,400 elements compiles in {bench('page')[0]['milliseconds']:.0f} ms, wanted 60\n")
    extremes("pages", "page")


def extremes(kind, noun):
    print(f"{noun:<58}{'ms':>8}{'MB':>8}  ending")
    worst = [0.0, 0.0]
    number = 0
    while facts := bench(kind, str(number)):
        fact = facts[0]
        over = fact["milliseconds"] > 100 or fact["megabytes"] > 50
        print(f"{fact['name']:<58}{fact['milliseconds']:>8.1f}{fact['megabytes']:>8.1f}  {fact['ending'][:90]}{'  <-- too much' if over else ''}")
        worst = [max(worst[0], fact["milliseconds"]), max(worst[1], fact["megabytes"])]
        number += 1
    print(f"\n{number} {noun}s; at most {worst[0]:.0f} ms (wanted 100) and {worst[1]:.0f} MB (wanted 50)")


if __name__ == "__main__":
    steps = {"render": render, "parse": parse, "allocations": allocations, "cores": cores, "hostile": hostile,
             "pages": pages}
    asked = sys.argv[1:] or list(steps)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, f"{HERE}/mail.py", folder], check=True)
        for number, name in enumerate(asked):
            if name not in steps:
                sys.exit(f"there is no {name}: {', '.join(steps)}")
            if number:
                print()
            steps[name](folder)

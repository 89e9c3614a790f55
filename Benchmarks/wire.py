#!/usr/bin/env python3
"""How near `pitwall send` comes to what a slow line or a slow server allows, whatever the machine.

    Benchmarks/wire.py [pipelined] [plain] [slow] [--messages 20000] [--rtt 0.040] [--answer 0.1]

pipelined   a round trip of 40 ms, PIPELINING offered: messages a second, over connections ÷ round trip; and against libcurl sending whole
            mails over as many connections (a C program beside this one, built with cc)
plain       the same without PIPELINING, over connections ÷ (4 round trips); a quarter of the messages
slow        a server that takes 100 ms to answer the final dot, over connections ÷ (0.1 s + one round trip)

The server is this program's: it takes what it is sent after half a round trip and answers half a round trip later. The round trip that counts
is the one that NOOP took on a connection of its own during the run. Rates are between the first and the last twentieth of the
messages, so that connecting is left out. Loopback only, in a temporary folder; needs cc and libcurl's headers for the yardstick.
"""
import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time

import bench_workspace
from bench_workspace import CONNECTIONS, PITWALL, run

SIZE = 8000
TARGETS = {"pipelined": 0.85, "libcurl": 3.0, "plain": 0.9, "slow": 0.9}

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("what", nargs="*", metavar="WHAT", help="pipelined, plain, slow; all of them where none is named")
arguments.add_argument("--messages", type=int, default=20_000)
arguments.add_argument("--rtt", type=float, default=0.040)
arguments.add_argument("--answer", type=float, default=0.1)
args = arguments.parse_args()
HERE = os.path.dirname(os.path.abspath(__file__))


class Session(asyncio.Protocol):
    """One SMTP session whose bytes take half a round trip each way."""

    def __init__(self, server):
        self.server, self.loop = server, asyncio.get_running_loop()
        self.buffer, self.in_data, self.busy_until = bytearray(), False, 0.0

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.say(b"220 bench ESMTP\r\n")

    def data_received(self, data):
        self.loop.call_later(self.server.rtt / 2, self.arrived, data)

    def say(self, reply, after=0.0):
        """Answers in the order of the questions; gives when, for whoever asked."""
        # A microsecond apart: the loop does not keep the order of calls at the same time.
        self.busy_until = max(self.busy_until + 1e-6, self.loop.time() + self.server.rtt / 2) + after
        self.loop.call_at(self.busy_until, self.write, reply)
        return self.busy_until

    def write(self, reply):
        if not self.transport.is_closing():
            self.transport.write(reply)

    def arrived(self, data):
        self.buffer += data
        while True:
            if self.in_data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    return
                del self.buffer[:end + 5]
                self.in_data = False
                self.server.times.append(self.say(b"250 2.0.0 queued\r\n", self.server.answer))
                continue
            end = self.buffer.find(b"\r\n")
            if end < 0:
                return
            verb = bytes(self.buffer[:4]).upper()
            del self.buffer[:end + 2]
            if verb == b"EHLO":
                self.say(b"250-bench\r\n" + (b"250-PIPELINING\r\n" if self.server.pipelining else b"") + b"250 8BITMIME\r\n")
            elif verb == b"DATA":
                self.in_data = True
                self.say(b"354 go on\r\n")
            elif verb == b"QUIT":
                self.loop.call_at(self.say(b"221 bye\r\n") + 0.01, self.transport.close)
            else:
                self.say(b"250 ok\r\n")


class Server:
    """Runs on a thread of its own; `times` is when each message was answered."""

    def __init__(self, rtt, pipelining, answer):
        self.rtt, self.pipelining, self.answer, self.times = rtt, pipelining, answer, []
        self.loop, self.port, ready = asyncio.new_event_loop(), 0, threading.Event()

        async def main():
            server = await self.loop.create_server(lambda: Session(self), "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await server.serve_forever()

        def run():
            try:
                self.loop.run_until_complete(main())
            except RuntimeError:
                pass  # stopped

        threading.Thread(target=run, daemon=True).start()
        ready.wait()

    def end(self):
        self.loop.call_soon_threadsafe(self.loop.stop)

    def rate(self):
        times = sorted(self.times)
        cut = len(times) // 20
        return (len(times) - 2 * cut - 1) / (times[-cut - 1] - times[cut])


class RoundTrip:
    """Measures NOOP on a connection of its own until it is asked."""

    def __init__(self, port):
        self.trips, self.stopped = [], False
        self.thread = threading.Thread(target=self.run, args=(port,), daemon=True)
        self.thread.start()

    def run(self, port):
        with socket.create_connection(("127.0.0.1", port)) as line:
            reader = line.makefile("rb")
            reader.readline()
            while not self.stopped:
                began = time.monotonic()
                line.sendall(b"NOOP\r\n")
                reader.readline()
                self.trips.append(time.monotonic() - began)
                time.sleep(0.2)

    def median(self):
        self.stopped = True
        self.thread.join()
        return statistics.median(self.trips)


def workspace(folder, port, count):
    root = f"{tempfile.mkdtemp(dir=folder)}/w"
    text = "---\nsubject: For {{ contact.first_name }}\nlayout: plain\n---\n# Hello {{ contact.first_name }}\n\n"
    bench_workspace.workspace(root, port, count, text + "Plain words of a paragraph that says little. " * 75 + "\n")
    run(PITWALL, "plan", "bench", cwd=root)
    return root


def measure(folder, count, rtt, pipelining, answer):
    """Our messages a second, and the true round trip."""
    server = Server(rtt, pipelining, answer)
    root = workspace(folder, server.port, count)
    trip = RoundTrip(server.port)
    facts = json.loads(run(PITWALL, "send", "bench", "--yes", "--json", cwd=root).splitlines()[-1])
    assert facts["accepted"] == count == len(server.times), facts
    round_trip = trip.median()
    server.end()
    shutil.rmtree(root)
    return server.rate(), round_trip


def libcurl(folder, count, rtt):
    program = f"{folder}/whole-mails"
    run("cc", "-O2", "-o", program, f"{HERE}/whole-mails.c", "-lcurl")
    server = Server(rtt, True, 0.0)
    run(program, str(server.port), str(CONNECTIONS), str(count), str(SIZE))
    assert len(server.times) == count
    server.end()
    return server.rate()


results = []


def report(name, ratio, text):
    results.append((name, ratio, text))
    print(f"  {text}", flush=True)


def main():
    what = args.what or ["pipelined", "plain", "slow"]
    if not set(what) <= {"pipelined", "plain", "slow"}:
        arguments.error("there are: pipelined, plain, slow")
    folder = tempfile.mkdtemp(prefix="pitwall-wire-")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")
    try:
        if "pipelined" in what:
            rate, trip = measure(folder, args.messages, args.rtt, True, 0.0)
            limit = CONNECTIONS / trip
            report("pipelined", rate / limit, f"pipelined: {rate:.0f}/s of {limit:.0f}/s that {trip * 1000:.1f} ms and {CONNECTIONS} connections allow")
            whole = libcurl(folder, args.messages // 4, args.rtt)
            report("libcurl", rate / whole, f"libcurl's whole mails: {whole:.0f}/s")
        if "plain" in what:
            rate, trip = measure(folder, args.messages // 4, args.rtt, False, 0.0)
            limit = CONNECTIONS / (4 * trip)
            report("plain", rate / limit, f"without PIPELINING: {rate:.0f}/s of {limit:.0f}/s")
        if "slow" in what:
            rate, trip = measure(folder, args.messages // 4, 0.0, True, args.answer)
            limit = CONNECTIONS / (args.answer + trip)
            report("slow", rate / limit, f"{args.answer * 1000:.0f} ms to answer the dot: {rate:.0f}/s of {limit:.0f}/s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print()
    for name, ratio, text in results:
        print(f"{'ok ' if ratio >= TARGETS[name] else 'OFF'}  {name:9} {ratio:5.2f}  (target ≥ {TARGETS[name]})  {text}")
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    sys.exit(0 if all(ratio >= TARGETS[name] for name, ratio, _ in results) else 1)


if __name__ == "__main__":
    main()

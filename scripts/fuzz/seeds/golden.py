"""Starts a corpus with the cases of the Golden Liquid suite, where it is there: seeds/golden.py TARGET FOLDER"""
import json
import os
import sys

suite = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../shared/data/liquid/golden-liquid.json")
target, folder = sys.argv[1:]
if not os.path.exists(suite):
    print("The Golden Liquid suite is not there: starting without it.")
    sys.exit(0)
with open(suite, encoding="utf-8") as file:
    cases = json.load(file)["tests"]
for number, case in enumerate(cases):
    text = case["template"].encode()
    if target == "renderer":
        text = b"%c" % (number % 2) + text + b"\0" + json.dumps(case.get("data") or {}).encode()
    with open(f"{folder}/golden-{number}", "wb") as file:
        file.write(text)

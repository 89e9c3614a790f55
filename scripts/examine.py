#!/usr/bin/env python3
"""Look at messages with Python's own e-mail package, which nobody of this project wrote.

    scripts/examine.py FOLDER        one JSON object: {"NAME.eml": {"sha256", "content_sha256", "to", "id", "defects"}, ...}

`content_sha256` is of the bytes without the header fields Date and DKIM-Signature. `defects` holds what `email` finds wrong under
`policy.default`, and what RFC 5321 forbids: a bare CR or LF, a line of more than 998 bytes, a NUL. Python's standard library only.
"""
import email
import email.policy
import email.utils
import hashlib
import json
import os
import re
import sys

LEFT_OUT = re.compile(rb"^(?:date|dkim-signature)[ \t]*:", re.I)


def content(message):
    """The message without what differs from one making to the next."""
    head, blank, body = message.partition(b"\r\n\r\n")
    kept, leaving_out = [], False
    for line in (head + b"\r\n").splitlines(keepends=True):
        if line[:1] not in b" \t":
            leaving_out = bool(LEFT_OUT.match(line))
        if not leaving_out:
            kept.append(line)
    return b"".join(kept) + blank[2:] + body


def defects(message, parsed):
    found = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", message):
        found.append("a bare CR or LF")
    if any(len(line) > 998 for line in message.split(b"\r\n")):
        found.append("a line of more than 998 bytes")
    if b"\0" in message:
        found.append("a NUL")
    for part in parsed.walk():
        found += [type(defect).__name__ for defect in part.defects]
        for name, value in part.items():
            found += [f"{name}: {type(defect).__name__}" for defect in value.defects]
        if not part.is_multipart():
            part.get_content()
    for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version"):
        if len(parsed.get_all(name, [])) != 1:
            found.append(f"{name} {len(parsed.get_all(name, []))} times")
    if parsed.get_content_type() not in ("multipart/alternative", "multipart/mixed"):
        found.append(f"is {parsed.get_content_type()}")
    return found


def facts(message):
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    to = parsed["to"]
    return {
        "sha256": hashlib.sha256(message).hexdigest(),
        "content_sha256": hashlib.sha256(content(message)).hexdigest(),
        "to": to.addresses[0].addr_spec if to is not None and to.addresses else None,
        "id": (parsed["message-id"] or "").strip().strip("<>"),
        "subject": str(parsed["subject"]),
        "defects": defects(message, parsed),
    }


def examine(folder):
    result = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".eml"):
            with open(os.path.join(folder, name), "rb") as file:
                result[name] = facts(file.read())
    return result


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    json.dump(examine(sys.argv[1]), sys.stdout)

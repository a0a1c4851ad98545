#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Holds what smtp-probe --json printed, FILE, against the keys that the page, PAGE, says: probe-report.py PAGE FILE"""
import json
import sys

TYPES = {"string": str, "integer": int, "array": list, "boolean": bool}


def read_schema(page):
    text = open(page, encoding="utf-8").read().split(".Sh JSON\n")[1]
    block = text.split(".Bd -literal -offset indent\n")[1].split(".Ed\n")[0]
    schema = {}
    for line in block.splitlines():
        if not line.startswith(" "):
            words = line.split()
            schema[words[0]] = (TYPES[words[1]], words[2:3] == ["always"])
    return schema


def check(schema, value, prefix, seen):
    for key in value:
        path = prefix + key
        seen.add(path)
        assert path in schema, path + " is not in the page"
        kind = schema[path][0]
        assert type(value[key]) is kind, "%s is %r, not %s" % (path, value[key], kind)
        if kind is list:
            below = "results[]." if key == "results" else path + "[]."
            for one in value[key]:
                check(schema, one, below, seen)
    for path, (_, always) in schema.items():
        if path.startswith(prefix) and "[]" not in path[len(prefix):] and "." not in path[len(prefix):] and always:
            assert path[len(prefix):] in value, path + " is missing"


schema = read_schema(sys.argv[1])
seen = set()
for line in open(sys.argv[2], encoding="utf-8"):
    if line.endswith("}\n"):
        check(schema, json.loads(line), "", seen)
unseen = sorted(set(schema) - seen - {"servers[].results"})
assert not unseen, "no output of this test has " + ", ".join(unseen)

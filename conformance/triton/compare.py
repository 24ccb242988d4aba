"""The same requests to Triton and to Millrace: what they answer is the same, or the difference stands in DIFFERENCES.md.

compare.py TRITON_REST TRITON_GRPC MILLRACE_REST MILLRACE_GRPC MODELS DIFFERENCES.md [--table]
"""

import json
import math
import pathlib
import re
import sys

from cases import all_cases
from wires import Server

NOTHING = "-"
# What the list says of a request that ends Triton, or that it never answers: it is sent to Millrace alone.
SILENT = ("dies", "hangs")
TOLERANCE = 1e-4


def near(one, other):
    """Numbers of two runtimes' builds, and texts; NaN is NaN."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(near(a, b) for a, b in zip(one, other))
    if isinstance(one, float) and isinstance(other, (int, float)) or isinstance(other, float) and isinstance(one, (int, float)):
        return one == other or (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return one == other


def shown(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = re.sub(r"\s+", " ", text).replace("|", "/")
    return text if len(text) <= 60 else text[:57] + "..."


def differences(triton, millrace):
    """What differs, as the name of a fact and its two values."""
    if triton.get("status") != millrace.get("status"):
        # The rest follows from it.
        return [("status", shown(triton["status"]), shown(millrace["status"]))]
    return [
        (name, shown(triton[name]) if name in triton else NOTHING, shown(millrace[name]) if name in millrace else NOTHING)
        for name in dict.fromkeys([*triton, *millrace])
        if name not in triton or name not in millrace or not near(triton[name], millrace[name])
    ]


class Row:
    """A line of the list: * stands for anything."""

    def __init__(self, line):
        self.line = line
        *parts, self.reason = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(parts) != 4 or not self.reason:
            sys.exit(f"compare: expected | case | fact | Triton | Millrace | reason |, got: {line}")
        self.triton = parts[2].strip("`")
        self.parts = [re.compile(".*".join(re.escape(part) for part in cell[1:-1].split("*")), re.DOTALL) for cell in parts]
        self.used = 0

    def fits(self, difference, of=4):
        return all(part.fullmatch(value) for part, value in zip(self.parts[:of], difference))


def listed(path):
    lines = [line for line in path.read_text().splitlines() if line.startswith("| `")]
    return [Row(line) for line in lines]


def main(triton_rest, triton_grpc, millrace_rest, millrace_grpc, models, path, *options):
    rows = listed(pathlib.Path(path))
    triton, millrace = Server(triton_rest, triton_grpc), Server(millrace_rest, millrace_grpc)
    passed = failed = known = 0
    for name, ask in all_cases(pathlib.Path(models)).items():
        silent = next((row.triton for row in rows if row.triton in SILENT and row.fits((name, "status", row.triton), of=3)), None)
        found = [(name, *difference) for difference in differences({"status": silent} if silent else ask(triton), ask(millrace))]
        left = []
        for difference in found:
            row = next((row for row in rows if row.fits(difference)), None)
            if row:
                row.used += 1
            else:
                left.append(difference)
        failed += bool(left)
        passed += not left
        known += bool(found) and not left
        for difference in left:
            print(("FAILED a difference that is not listed: " if "--table" not in options else "") + "| " + " | ".join(f"`{part}`" for part in difference) + " |")
    for row in rows:
        if not row.used:
            failed += 1
            print(f"FAILED a difference that is listed and was not seen: {row.line}")
    print(f"{known} of these differ as listed")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main(*sys.argv[1:])

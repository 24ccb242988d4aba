"""Counts what passed and names what failed."""

import sys
import traceback


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def that(self, name, true, got=""):
        if true:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {name}: {got}".replace("\n", " ")[:400])

    def equal(self, name, got, expected):
        self.that(name, got == expected, f"got {got!r}, expected {expected!r}")

    def runs(self, name, action, *arguments):
        """An exception is one failure, and the rest goes on."""
        try:
            action(*arguments)
        except Exception as e:
            traceback.print_exc(file=sys.stdout)
            self.that(name, False, f"{type(e).__name__}: {e}")

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(self.failed > 0)

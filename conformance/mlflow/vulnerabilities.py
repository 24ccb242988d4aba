"""The classes of MLflow's past vulnerabilities as raw requests, each of which must be refused: vulnerabilities.py URL [--only CLASS,...]

Run it on the machine of the server: it looks whether files of this machine were written, deleted or read.
"""

import argparse
import sys

from attacks import browsers, load, traversal, uris, webhooks
from attacks.target import Target
from parts import checks

CLASSES = {"traversal": traversal, "uris": uris, "webhooks": webhooks, "browsers": browsers, "load": load}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("--only", default=",".join(CLASSES))
    given = arguments.parse_args()
    target = Target(given.url)
    for name in given.only.split(","):
        checks.part(name, lambda: CLASSES[name].attack(target))
    checks.skipped("symlink in the artifact store", "needs a hand inside the server's folder")
    checks.skipped("zip slip", "the server unpacks nothing")
    sys.exit(checks.close())


if __name__ == "__main__":
    main()

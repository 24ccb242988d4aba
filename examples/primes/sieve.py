"""Finds primes with Python alone; what it gives is what the step declares under outputs."""

import json
import os
import pathlib

below = int(os.environ["MILLRACE_PARAM_BELOW"])
outputs = pathlib.Path(os.environ["MILLRACE_OUTPUTS"])

is_prime = [False, False] + [True] * (below - 2)
for number in range(2, int(below**0.5) + 1):
    if is_prime[number]:
        for multiple in range(number * number, below, number):
            is_prime[multiple] = False
primes = [number for number in range(below) if is_prime[number]]

print(f"{len(primes)} primes below {below}")
(outputs / "primes").write_text("".join(f"{prime}\n" for prime in primes))
(outputs / "values.json").write_text(json.dumps({"count": len(primes), "largest": primes[-1]}))

"""Counts what was checked. A check never stops the script; the last line says how many passed and how many failed."""

import math
import traceback

passed = 0
failed = 0


def ok(name):
    global passed
    passed += 1
    print(f"ok {name}", flush=True)


def fail(name, got, expected):
    global failed
    failed += 1
    print(f"FAILED {name}: got {shown(got)}, expected {shown(expected)}", flush=True)


def shown(value):
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= 600 else text[:600] + "..."


def alike(got, expected):
    """Equality under which NaN equals NaN, numbers equal within rounding, and a predicate is asked."""
    if callable(expected):
        return bool(expected(got))
    if isinstance(expected, float) and isinstance(got, (int, float)):
        return (math.isnan(got) and math.isnan(expected)) or got == expected or math.isclose(got, expected, rel_tol=1e-12)
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(got) == len(expected) and all(alike(g, e) for g, e in zip(got, expected))
    if isinstance(expected, dict) and isinstance(got, dict):
        return got.keys() == expected.keys() and all(alike(got[k], e) for k, e in expected.items())
    return got == expected


def same(name, get, expected=True):
    """What get() returns is alike to expected; returns it."""
    try:
        got = get()
    except Exception as e:
        fail(name, f"{type(e).__name__}: {e}", describe(expected))
        return None
    if alike(got, expected):
        ok(name)
    else:
        fail(name, got, describe(expected))
    return got


def describe(expected):
    return f"what {expected.__name__} accepts" if callable(expected) else expected


def works(name, do):
    """do() raises nothing; returns its result."""
    try:
        result = do()
    except Exception as e:
        fail(name, f"{type(e).__name__}: {e}", "no error")
        return None
    ok(name)
    return result


def refused(name, do, code, *phrases):
    """do() raises the client's exception with this error code, its message holding all the phrases."""
    wanted = f"{code} with {' and '.join(map(repr, phrases))}" if phrases else code
    try:
        result = do()
    except Exception as e:
        got = getattr(e, "error_code", type(e).__name__)
        if got == code and all(p in str(e) for p in phrases):
            ok(name)
        else:
            fail(name, f"{got}: {e}", wanted)
        return
    fail(name, f"no error but {result!r}", wanted)


def raises(name, do, *phrases):
    """do() raises some error whose text holds all the phrases."""
    try:
        result = do()
    except Exception as e:
        if all(p in str(e) for p in phrases):
            ok(name)
        else:
            fail(name, f"{type(e).__name__}: {e}", f"an error with {phrases}")
        return
    fail(name, f"no error but {result!r}", "an error")


def part(name, do):
    """Runs a part of the script; an error between its checks is one failure."""
    print(f"-- {name}", flush=True)
    try:
        do()
    except Exception as e:
        traceback.print_exc()
        fail(f"{name}.reaches_its_end", f"{type(e).__name__}: {e}", "no error")


def skipped(name, why):
    print(f"skipped {name}: {why}", flush=True)


def close():
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0

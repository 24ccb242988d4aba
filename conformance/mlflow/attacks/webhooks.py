"""Webhooks into the machine's own networks, and what their test endpoint says."""

import socket

from parts.checks import skipped

from .target import Canary, judge

PRIVATE = [
    "127.0.0.1", "127.1", "127.255.255.254", "0.0.0.0", "0", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "10.0.0.1", "172.16.0.1",
    "172.31.255.255", "192.168.1.1", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "①②⑦.⓪.⓪.①", "127。0。0。1",
]
NOT_HTTP = ["file:///etc/passwd", "ftp://example.org/", "gopher://127.0.0.1/", "ldap://127.0.0.1/", "javascript:alert(1)", "data:text/plain,x", "//127.0.0.1/", "/hook", "", "http:///x", "https://"]
EVENT = [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]


def attack(target):
    canary = Canary()
    names = PRIVATE + [n for n in {socket.gethostname(), "ip6-localhost", "ip6-loopback"} if n]
    for host in names:
        for scheme in ("http", "https"):
            hook(target, canary, f"{scheme} {host}", f"{scheme}://{host}:{canary.port}/hook")
    for form, url in {"user before": f"http://example.org@127.0.0.1:{canary.port}/", "fragment": f"http://127.0.0.1:{canary.port}#@example.org/", "backslash": f"http://127.0.0.1:{canary.port}\\@example.org/", "spaces": f" http://127.0.0.1:{canary.port}/"}.items():
        hook(target, canary, form, url)
    for url in NOT_HTTP:
        hook(target, canary, url or "empty", url)
    changed(target, canary)
    skipped("webhook[redirect to a private address]", "needs a public address that redirects; a test of the server's own does it with a resolver of its own")


def hook(target, canary, form, url):
    """Refused when it is made, or its test reaches nobody."""
    made = target.send("POST", "/api/2.0/mlflow/webhooks", {"name": target.name, "url": url, "events": EVENT})
    if made.status != 200:
        judge(f"webhook[{form}]", made, 400 <= made.status < 500, canary.called)
        return
    number = made.json()["webhook"]["webhook_id"]
    answer = target.send("POST", f"/api/2.0/mlflow/webhooks/{number}/test", {"webhook_id": number})
    reached = answer.status == 200 and answer.json().get("result", {}).get("success")
    judge(f"webhook[{form}]", answer, not reached and answer.status < 500, canary.called)
    target.send("DELETE", f"/api/2.0/mlflow/webhooks/{number}", {"webhook_id": number})


def changed(target, canary):
    """A good address is not exchanged for a bad one."""
    made = target.send("POST", "/api/2.0/mlflow/webhooks", {"name": target.name, "url": "https://1.1.1.1/hook", "events": EVENT, "secret": "hidden-secret", "status": "DISABLED"})
    judge("webhook[public address is taken]", made, made.status == 200)
    if made.status != 200:
        return
    number = made.json()["webhook"]["webhook_id"]
    target.refused("webhook[changed to a private address]", "PATCH", f"/api/2.0/mlflow/webhooks/{number}", {"webhook_id": number, "url": f"http://127.0.0.1:{canary.port}/"}, unless=canary.called)
    got = target.send("GET", f"/api/2.0/mlflow/webhooks/{number}")
    judge("webhook[secret is never told]", got, got.status == 200, lambda: "the secret was told" if b"hidden-secret" in made.body + got.body else None)
    target.send("DELETE", f"/api/2.0/mlflow/webhooks/{number}", {"webhook_id": number})

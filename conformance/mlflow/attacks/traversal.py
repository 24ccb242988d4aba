"""Traversal in every form of an artifact path, on every endpoint that takes one."""

import os
import pathlib
import shutil
import tempfile

from .target import judge as verdict

UP = 12
# Forms of a path that climb out of the root, for a file given as an absolute path. {f} is that path without its first slash.
CLIMBS = {
    "dots": lambda f: "../" * UP + f,
    "dots after a folder": lambda f: "a/b/" + "../" * (UP + 2) + f,
    "encoded dots": lambda f: "%2e%2e/" * UP + f,
    "upper-case encoded dots": lambda f: "%2E%2E/" * UP + f,
    "half encoded dots": lambda f: ".%2e/" * UP + f,
    "encoded slashes": lambda f: "..%2f" * UP + f.replace("/", "%2f"),
    "all encoded": lambda f: "%2e%2e%2f" * UP + f.replace("/", "%2f"),
    "twice encoded": lambda f: "%252e%252e%252f" * UP + f.replace("/", "%252f"),
    "twice encoded dots": lambda f: "%252e%252e/" * UP + f,
    "three times encoded": lambda f: "%25252e%25252e%25252f" * UP + f.replace("/", "%25252f"),
    "encoded backslashes": lambda f: "..%5c" * UP + f.replace("/", "%5c"),
    "twice encoded backslashes": lambda f: "..%255c" * UP + f.replace("/", "%255c"),
    "mixed backslashes": lambda f: "..%5c../" * (UP // 2) + f,
    "two slashes": lambda f: "/" + f,
    "encoded absolute": lambda f: "%2f" + f.replace("/", "%2f"),
    "twice encoded absolute": lambda f: "%252f" + f.replace("/", "%252f"),
    "file URI": lambda f: "file:///" + f,
    "NUL": lambda f: "../" * UP + f + "%00.txt",
    "NUL alone": lambda f: "x%00y.txt",
    "twice encoded NUL": lambda f: "x%2500y.txt",
    "fragment": lambda f: "x%23/" + "../" * UP + f,
    "question mark": lambda f: "x%3f/" + "../" * UP + f,
    "semicolon": lambda f: "x;/" + "../" * UP + f,
    "only dots": lambda f: "..",
    "trailing dots": lambda f: "a/..",
}
# What a correct server may take for a plain name; it must give nothing away all the same.
NAMES = {
    "four dots": lambda f: "..../" * UP + f,
    "dots and semicolon": lambda f: "..;/" * UP + f,
    "overlong dots": lambda f: "%c0%ae%c0%ae/" * UP + f,
    "fullwidth dots": lambda f: "%ef%bc%8e%ef%bc%8e/" * UP + f,
    "division slash": lambda f: "..%e2%88%95" * UP + f.replace("/", "%e2%88%95"),
    "dot and space": lambda f: "..%20/" * UP + f,
}
NAMES_OF_FILES = {"dots": "..", "dots at the end": "a/..", "encoded": "%2e%2e%2ftmp%2fevil", "twice encoded": "%252e%252e%252fevil", "NUL": "x\0y", "nothing": "", "slash": "a/"}
WINDOWS = {"drive letter": "C:/Windows/win.ini", "encoded drive letter": "C%3A%5CWindows%5Cwin.ini", "share": "%5c%5chost%5cshare%5cx"}


def attack(target):
    reading(target)
    writing(target)
    deleting(target)
    multipart(target)


def readers(target):
    """How a file is read or listed, by name; {p} is where the path goes."""
    model = f"/ajax-api/2.0/mlflow/logged-models/{target.model}/artifacts/"
    return {
        "get in run": f"{target.proxy}/{target.root}/{{p}}",
        "get at root": f"{target.proxy}/{{p}}",
        "get by ajax twin": f"/ajax-api/2.0/mlflow-artifacts/artifacts/{target.root}/{{p}}",
        "list": f"{target.proxy}?path={target.root}/{{p}}",
        "list at root": f"{target.proxy}?path={{p}}",
        "list of run": f"/api/2.0/mlflow/artifacts/list?run_id={target.run}&path={{p}}",
        "get-artifact": f"/get-artifact?run_uuid={target.run}&path={{p}}",
        "get-artifact of version": f"/model-versions/get-artifact?name={target.name}&version=1&path={{p}}",
        "file of logged model": f"{model}files?artifact_file_path={{p}}",
        "folder of logged model": f"/api/2.0/mlflow/logged-models/{target.model}/artifacts/directories?artifact_directory_path={{p}}",
        "presigned": f"/api/2.0/mlflow-artifacts/presigned/{target.root}/{{p}}",
        "trace artifact": f"/ajax-api/3.0/mlflow/get-trace-artifact?request_id=tr-1&path={{p}}",
    }


def reading(target):
    for reader, template in readers(target).items():
        also = (501,) if reader == "presigned" else ()
        for form, climb in CLIMBS.items():
            target.refused(f"traversal.{reader}[{form}]", "GET", template.format(p=climb("etc/passwd")), also=also)
        for form, path in WINDOWS.items():
            if reader in ("get in run", "get by ajax twin", "list", "presigned") and form != "share":
                continue
            target.refused(f"traversal.{reader}[{form}]", "GET", template.format(p=path), also=also)
        for form, climb in NAMES.items():
            if reader != "presigned":
                target.harmless(f"traversal.{reader}[{form}]", "GET", template.format(p=climb("etc/passwd")))


def writing(target):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="attacked-"))
    for form, climb in (CLIMBS | NAMES).items():
        victim = folder / form.replace(" ", "-")

        def written():
            if victim.exists() or victim.with_suffix(".txt").exists():
                os.unlink(victim)
                return f"{victim} was written"

        path = climb(str(victim).lstrip("/"))
        judge = target.refused if form in CLIMBS else target.harmless
        judge(f"traversal.put in run[{form}]", "PUT", f"{target.proxy}/{target.root}/{path}", b"evil", unless=written)
        judge(f"traversal.put at root[{form}]", "PUT", f"{target.proxy}/{path}", b"evil", unless=written)
        judge(f"traversal.upload-artifact[{form}]", "POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={target.run}&path={path}", b"evil", unless=written)
    target.refused("traversal.put[into another root]", "PUT", f"{target.proxy}/{target.root}/../../other/artifacts/x", b"evil")
    shutil.rmtree(folder)


def deleting(target):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="attacked-"))
    for form, climb in (CLIMBS | NAMES).items():
        victim = folder / form.replace(" ", "-")
        victim.mkdir()
        (victim / "file").write_text("precious")

        def gone():
            return None if (victim / "file").exists() else f"{victim} was deleted"

        path = climb(str(victim).lstrip("/"))
        judge = target.refused if form in CLIMBS else target.harmless
        judge(f"traversal.delete in run[{form}]", "DELETE", f"{target.proxy}/{target.root}/{path}", unless=gone)
        judge(f"traversal.delete at root[{form}]", "DELETE", f"{target.proxy}/{path}", unless=gone)
    shutil.rmtree(folder)
    target.refused("traversal.delete[the root itself]", "DELETE", f"{target.proxy}/")
    target.refused("traversal.delete[a dot]", "DELETE", f"{target.proxy}/.")
    answer = target.send("GET", f"{target.proxy}/{target.root}/ok.txt")
    verdict("traversal.delete[left everything]", answer, answer.status == 200 and answer.body == b"fine")


def multipart(target):
    mpu = "/api/2.0/mlflow-artifacts/mpu"
    body = {"path": "x", "num_parts": 1, "upload_id": "1", "parts": []}
    for step in ("create", "complete", "abort"):
        for form, climb in CLIMBS.items():
            target.refused(f"traversal.mpu {step}[{form}]", "POST", f"{mpu}/{step}/{climb('tmp/evil')}", body, also=(501,))
        for form, name in NAMES_OF_FILES.items():
            target.refused(f"traversal.mpu {step}[{form} in the body]", "POST", f"{mpu}/{step}/{target.root}", body | {"path": name}, also=(501,))
    begun = target.send("POST", f"{mpu}/create/{target.root}", body | {"path": "../" * UP + "tmp/climbed"})
    if begun.status == 501:
        return
    # A client sends the file's path on its own machine: only the name may count.
    upload = begun.json()["upload_id"]
    verdict("traversal.mpu create[a local path in the body]", begun, target.send("GET", f"{mpu}/{upload}").json()["path"] == f"{target.root}/climbed")
    target.refused("mpu[part of an upload that is not there]", "PUT", f"{mpu}/part/{'0' * len(upload)}/1", b"evil")
    for form, number in {"0": "0", "beyond the last": "2", "negative": "-1", "no number": "x", "large": "9" * 30}.items():
        target.refused(f"mpu[part {form}]", "PUT", f"{mpu}/part/{upload}/{number}", b"evil")
    for form, climb in CLIMBS.items():
        target.refused(f"traversal.mpu part[{form}]", "PUT", f"{mpu}/part/{upload}/{climb('tmp/evil')}", b"evil")
        target.refused(f"traversal.mpu part[{form} as the upload]", "PUT", f"{mpu}/part/{climb('tmp/evil')}/1", b"evil")
    part = target.send("PUT", f"{mpu}/part/{upload}/1", b"part")
    whole = {"path": "climbed", "upload_id": upload, "parts": [{"part_number": 1, "etag": part.headers["ETag"]}]}
    target.refused("mpu[completed under another name]", "POST", f"{mpu}/complete/{target.root}", whole | {"path": "ok.txt"})
    target.refused("mpu[completed in another folder]", "POST", f"{mpu}/complete/{target.root}/other", whole)
    target.refused("mpu[aborted in another folder]", "POST", f"{mpu}/abort/{target.root}/other", whole)
    target.refused("mpu[completed with another etag]", "POST", f"{mpu}/complete/{target.root}", whole | {"parts": [{"part_number": 1, "etag": '"' + "0" * 64 + '"'}]})
    target.refused("mpu[into a sealed package]", "POST", f"{mpu}/create/packages/{'0' * 64}", body)
    target.refused("mpu[too many parts]", "POST", f"{mpu}/create/{target.root}", body | {"num_parts": 10_001})
    done = target.send("POST", f"{mpu}/complete/{target.root}", whole)
    verdict("mpu[completed where it was begun]", done, done.status == 200)
    answer = target.send("GET", f"{target.proxy}/{target.root}/climbed")
    verdict("mpu[is under the root]", answer, answer.status == 200 and answer.body == b"part")

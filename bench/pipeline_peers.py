"""What Prefect and Dagster take for a step that does nothing, in a chain; each in two configurations."""

import logging
import os
import statistics
import subprocess
import sys
import time
import urllib.request

STEPS = int(sys.argv[1])


def say(name, walls, steps):
    print(f"{name}\t{1000 * statistics.median(walls) / steps:.1f} ms (median of {len(walls)} runs)", flush=True)


def prefect_tasks(how="its own temporary server"):
    import prefect

    @prefect.task
    def nothing(before):
        return before

    @prefect.flow
    def chain(steps):
        value = 0
        for _ in range(steps):
            value = nothing(value)
        return value

    chain(3)
    walls = []
    for _ in range(3):
        begin = time.monotonic()
        chain(STEPS)
        walls.append(time.monotonic() - begin)
    say(f"a task of Prefect {prefect.__version__}, {how}, chain of {STEPS}", walls, STEPS)


def prefect_server():
    """The same in a process of its own, beside a server that runs already."""
    port = "4277"
    server = subprocess.Popen(
        [os.path.join(os.path.dirname(sys.executable), "prefect"), "server", "start", "--port", port],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/api"
    try:
        for _ in range(300):
            try:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url + "/health").read()
                break
            except OSError:
                time.sleep(0.2)
        subprocess.run(
            [sys.executable, __file__, str(STEPS), "prefect_tasks", "a server that runs"],
            env=dict(os.environ, PREFECT_API_URL=url),
            check=True,
        )
    finally:
        server.terminate()
        server.wait()


def dagster_job(count, executor):
    import dagster

    def op(number):
        @dagster.op(name=f"nothing_{number}", ins={"before": dagster.In(dagster.Nothing)} if number else {})
        def nothing():
            return None

        return nothing

    ops = [op(number) for number in range(count)]

    @dagster.job(name=f"chain_{count}", executor_def=executor)
    def chain():
        value = ops[0]()
        for one in ops[1:]:
            value = one(before=value)

    return chain


def short():
    import dagster

    return dagster_job(6, dagster.multiprocess_executor)


def short_forked():
    import dagster

    fork = {"start_method": {"forkserver": {"preload_modules": ["dagster"]}}}
    return dagster_job(6, dagster.multiprocess_executor.configured(fork))


def dagster_ops():
    import dagster

    logging.disable(logging.CRITICAL)
    job = dagster_job(STEPS, dagster.in_process_executor)
    durable = dagster.DagsterInstance.get()
    for how, instance in (("SQLite", durable), ("in memory", dagster.DagsterInstance.ephemeral())):
        job.execute_in_process(instance=instance)
        walls = []
        for _ in range(3):
            begin = time.monotonic()
            assert job.execute_in_process(instance=instance).success
            walls.append(time.monotonic() - begin)
        say(f"an in-process op of Dagster {dagster.__version__}, {how}, chain of {STEPS}", walls, STEPS)
    for how, job in (("spawn", short), ("forkserver", short_forked)):
        walls = []
        for _ in range(3):
            begin = time.monotonic()
            with dagster.execute_job(dagster.reconstructable(job), instance=durable) as result:
                assert result.success
            walls.append(time.monotonic() - begin)
        say(f"a multiprocess op of Dagster {dagster.__version__}, {how}, chain of 6", walls, 6)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        globals()[sys.argv[2]](*sys.argv[3:])
        sys.exit()
    failed = False
    for part in (prefect_tasks, prefect_server, dagster_ops):
        try:
            part()
        except Exception as e:  # the other peer is still worth measuring
            failed = True
            print(f"{part.__name__}: {e}", file=sys.stderr)
    sys.exit(failed)

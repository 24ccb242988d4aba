"""What Prefect and Dagster take for a step that does nothing, in a chain."""

import logging
import statistics
import sys
import time

STEPS = int(sys.argv[1])


def say(name, walls, steps):
    print(f"{name}\t{1000 * statistics.median(walls) / steps:.1f} ms (median of {len(walls)} runs)", flush=True)


def prefect_tasks():
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
    say(f"a task of Prefect {prefect.__version__}, chain of {STEPS}", walls, STEPS)


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


def dagster_ops():
    import dagster

    logging.disable(logging.CRITICAL)
    instance = dagster.DagsterInstance.get()
    job = dagster_job(STEPS, dagster.in_process_executor)
    job.execute_in_process(instance=instance)
    walls = []
    for _ in range(3):
        begin = time.monotonic()
        assert job.execute_in_process(instance=instance).success
        walls.append(time.monotonic() - begin)
    say(f"an in-process op of Dagster {dagster.__version__}, chain of {STEPS}", walls, STEPS)
    begin = time.monotonic()
    with dagster.execute_job(dagster.reconstructable(short), instance=instance) as result:
        assert result.success
    say(f"a multiprocess op of Dagster {dagster.__version__}, chain of 6", [time.monotonic() - begin], 6)


if __name__ == "__main__":
    failed = False
    for part in (prefect_tasks, dagster_ops):
        try:
            part()
        except Exception as e:  # the other peer is still worth measuring
            failed = True
            print(f"{part.__name__}: {e}", file=sys.stderr)
    sys.exit(failed)

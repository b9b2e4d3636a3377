"""Opens a trace of `exclusim export perfetto` with Perfetto's own trace_processor, and compares lengths with samples.csv.

    python3 tests/trace_processor.py RUN TRACE SAMPLE...

Needs the package `perfetto` (PyPI), which fetches trace_processor when it is first used. Without either it says so and ends well.
"""

import csv
import pathlib
import sys

try:
    from perfetto.trace_processor import TraceProcessor
except ImportError:
    print("no package perfetto: the trace was not opened with trace_processor")
    sys.exit(0)

LENGTHS = """
select process.name as shown, sum(slice.dur) as cycles, count(*) as slices
from slice join thread_track on slice.track_id = thread_track.id join thread using (utid) join process using (upid)
where thread.name = 'array' group by process.name
"""


def main() -> int:
    run, trace, samples = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    try:
        processor = TraceProcessor(trace=trace)
    except Exception as error:  # noqa: BLE001 - whatever keeps it from being fetched or started
        print(f"trace_processor could not be had here ({type(error).__name__}): the trace was not opened with it")
        return 0
    with open(run / "samples.csv", encoding="utf-8") as file:
        cycles = {row["sample"]: int(row["cycles"]) for row in csv.DictReader(file)}
    found = {row.shown.split(":")[0].removeprefix("sample "): row.cycles for row in processor.query(LENGTHS)}
    counters = [row.name for row in processor.query("select distinct name from counter_track")]
    processor.close()
    wrong = [f"sample {n}: {found.get(n)} cycles, not {cycles[n]}" for n in samples if found.get(n) != cycles[n]]
    if "survivors" not in counters:
        wrong.append(f"no counter of survivors among {counters}")
    print("\n".join(wrong) or f"trace_processor finds every cycle of {len(samples)} samples")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

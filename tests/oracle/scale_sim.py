"""Regenerates scale_sim.csv: what SCALE-Sim reports for the topologies beside this file.

    python3 -m venv venv && venv/bin/pip install scalesim==3.0.0 'numpy<2.4'
    venv/bin/python tests/oracle/scale_sim.py

CALC mode (no stalls), every dataflow on every array below. Only the columns that tests/oracle/scale_sim.rs compares
are kept: addresses, DRAM traffic and start and stop cycles depend on a prefetcher that exclusim does not have.
"""

import contextlib
import csv
import importlib.metadata
import io
import pathlib
import tempfile

from scalesim.scale_sim import scalesim

HERE = pathlib.Path(__file__).resolve().parent
VERSION = "3.0.0"
ARRAYS = [(8, 8), (16, 16), (12, 14), (4, 32), (32, 4), (7, 5), (1, 8), (8, 1)]
DATAFLOWS = ["os", "ws", "is"]
TOPOLOGIES = ["gemm", "conv"]

CONFIG = """[general]
run_name : run
[architecture_presets]
ArrayHeight : {rows}
ArrayWidth : {cols}
IfmapSramSzkB : 64
FilterSramSzkB : 64
OfmapSramSzkB : 64
IfmapOffset : 0
FilterOffset : 10000000
OfmapOffset : 20000000
Dataflow : {dataflow}
Bandwidth : 10
ReadRequestBuffer : 32
WriteRequestBuffer : 32
[layout]
IfmapCustomLayout : False
IfmapSRAMBankBandwidth : 10
IfmapSRAMBankNum : 10
IfmapSRAMBankPort : 2
FilterCustomLayout : False
FilterSRAMBankBandwidth : 10
FilterSRAMBankNum : 10
FilterSRAMBankPort : 2
[sparsity]
SparsitySupport : false
[run_presets]
InterfaceBandwidth : CALC
UseRamulatorTrace : False
"""

# Column of ours: report of theirs, column of theirs.
COLUMNS = {
    "total_cycles": ("COMPUTE", "Total Cycles"),
    "stall_cycles": ("COMPUTE", "Stall Cycles"),
    "overall_util_pct": ("COMPUTE", "Overall Util %"),
    "mapping_efficiency_pct": ("COMPUTE", "Mapping Efficiency %"),
    "compute_util_pct": ("COMPUTE", "Compute Util %"),
    "ifmap_sram_reads": ("DETAILED_ACCESS", "SRAM IFMAP Reads"),
    "filter_sram_reads": ("DETAILED_ACCESS", "SRAM Filter Reads"),
    "ofmap_sram_writes": ("DETAILED_ACCESS", "SRAM OFMAP Writes"),
}


def layer_names(topology):
    """Names in the order of LayerID: a layer with DP in its name is one layer a channel."""
    rows = list(csv.reader((HERE / f"topologies/{topology}.csv").open(), skipinitialspace=True))[1:]
    for row in rows:
        channels = int(row[5]) if topology == "conv" and "DP" in row[0] else 1
        yield from [row[0]] * channels


def report(folder, kind):
    with (folder / f"run/{kind}_REPORT.csv").open() as file:
        return list(csv.DictReader(file, skipinitialspace=True))


def simulate(topology, rows, cols, dataflow):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        config = folder / "run.cfg"
        config.write_text(CONFIG.format(rows=rows, cols=cols, dataflow=dataflow))
        source = str(HERE / f"topologies/{topology}.csv")
        with contextlib.redirect_stdout(io.StringIO()):
            scalesim(
                save_disk_space=True,
                verbose=False,
                config=str(config),
                topology=source,
                layout=source,  # read only when a custom layout is on
                input_type_gemm=topology == "gemm",
            ).run_scale(top_path=str(folder))
        reports = {kind: report(folder, kind) for kind in ("COMPUTE", "DETAILED_ACCESS")}
    for layer, name in enumerate(layer_names(topology)):
        values = [reports[kind][layer][column] for kind, column in COLUMNS.values()]
        yield [topology, name, layer, rows, cols, dataflow, *values]


def main():
    found = importlib.metadata.version("scalesim")
    assert found == VERSION, f"scalesim {found}, not {VERSION}"
    with (HERE / "scale_sim.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        file.write(f"# scalesim {VERSION}, CALC mode; written by scale_sim.py\n")
        writer.writerow(["topology", "layer", "layer_id", "rows", "cols", "dataflow", *COLUMNS])
        for topology in TOPOLOGIES:
            for rows, cols in ARRAYS:
                for dataflow in DATAFLOWS:
                    writer.writerows(simulate(topology, rows, cols, dataflow))
                    file.flush()


if __name__ == "__main__":
    main()

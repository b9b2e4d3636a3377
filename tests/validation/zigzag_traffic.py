"""DRAM traffic of convolutions as ZigZag maps them, for tests/validation/zigzag.csv. Needs `pip install zigzag-dse==3.9.1`.

    python3 tests/validation/zigzag_traffic.py SEARCH KIB single|double >> tests/validation/zigzag.csv

It also needs `six`, which ZigZag does not name among its dependencies. SEARCH is `salsa`, simulated annealing over the orders of
all loops' prime factors (1,000 steps), or a number: LOMA over all orders of at most so many loops, the smallest factors of an
axis joined. The rows there: `6` and `salsa`; the test takes the better.

The machine: one DRAM, one buffer that operands and sums share, 16x16 multiply-accumulators (input channels by filters) with a
register for a sum in each column. Only bytes over the DRAM port cost energy, and the mapping of least energy is taken: so this
is the least traffic that its search finds. Sums are 4 bytes until they are final, all else 1 byte. `double`: the buffer holds
two of whatever is not held whole.
"""

import contextlib
import csv
import io
import logging
import pathlib
import random
import sys
import tempfile

import yaml
from zigzag.hardware.architecture.memory_port import DataDirection
from zigzag.mapping.temporal_mapping import TemporalMappingType
from zigzag.parser.workload_factory import LayerNodeFactory
from zigzag.stages.evaluation.cost_model_evaluation import CostModelStage
from zigzag.stages.main import MainStage
from zigzag.stages.mapping.salsa import SalsaStage
from zigzag.stages.mapping.spatial_mapping_generation import SpatialMappingGeneratorStage
from zigzag.stages.mapping.temporal_mapping_generator_stage import TemporalMappingGeneratorStage
from zigzag.stages.parser.accelerator_parser import AcceleratorParserStage
from zigzag.stages.results.reduce_stages import MinimalEnergyStage

HERE = pathlib.Path(__file__).resolve().parent
SIDE = 16
MAPPING = {
    "name": "default",
    "spatial_mapping": {"D1": [f"C, {SIDE}"], "D2": [f"K, {SIDE}"]},
    "memory_operand_links": {"O": "O", "W": "I2", "I": "I1"},
}


def port(name, kind, bits, allocation):
    return {"name": name, "type": kind, "bandwidth_min": bits, "bandwidth_max": bits, "allocation": allocation}


def memory(size, cost, operands, ports, served, double=False):
    return {
        "size": size, "r_cost": cost, "w_cost": cost, "area": 0, "latency": 1, "auto_cost_extraction": False,
        "operands": operands, "ports": ports, "served_dimensions": served, "force_double_buffering": double,
    }  # fmt: skip


def accelerator(buffer_bytes, double):
    every = ["I1, fh", "I1, tl", "I2, fh", "I2, tl", "O, fh", "O, tl", "O, fl", "O, th"]
    sums = [
        port("w_port_1", "write", 32, ["O, fh"]), port("r_port_1", "read", 32, ["O, tl"]),
        port("w_port_2", "write", 32, ["O, fl"]), port("r_port_2", "read", 32, ["O, th"]),
    ]  # fmt: skip
    both = ["D1", "D2"]
    return {
        "name": "two levels",
        "memories": {
            "sums": memory(32, 0.0, ["O"], sums, ["D1"]),
            "buffer": memory(
                8 * buffer_bytes, 0.0, ["I1", "I2", "O"], [port("rw_port_1", "read_write", 2**16, every)], both, double
            ),
            "dram": memory(10**12, 1.0, ["I1", "I2", "O"], [port("rw_port_1", "read_write", 8, every)], both),
        },
        "operational_array": {"unit_energy": 0.0, "unit_area": 0.0, "dimensions": both, "sizes": [SIDE, SIDE]},
    }


def layer(row):
    height, width, r, s, channels, filters, stride = (int(value) for value in row[1:8])
    rows, columns = (height - r) // stride + 1, (width - s) // stride + 1
    return {
        "id": 0, "name": row[0], "operator_type": "Conv",
        "equation": "O[b][g][k][oy][ox]+=W[g][k][c][fy][fx]*I[b][g][c][iy][ix]",
        "dimension_relations": [f"ix={stride}*ox+1*fx", f"iy={stride}*oy+1*fy"],
        "loop_dims": ["B", "K", "G", "OX", "OY", "C", "FX", "FY"],
        "loop_sizes": [1, filters, 1, columns, rows, channels, s, r],
        "operand_precision": {"W": 8, "I": 8, "O": 32, "O_final": 8},
        "operand_source": {"I": 0, "W": 0},
        "pr_loop_dims": ["IX", "IY"], "pr_loop_sizes": [width, height], "padding": [[0, 0], [0, 0]],
    }  # fmt: skip


def traffic(row, machine, how):
    node = LayerNodeFactory(layer(row), [MAPPING]).create()
    order = SalsaStage if how == "salsa" else TemporalMappingGeneratorStage
    search = [SpatialMappingGeneratorStage, MinimalEnergyStage, order, CostModelStage]
    random.seed(1)
    (found, _), *_ = MainStage(
        [MinimalEnergyStage, *search],
        layer=node,
        accelerator=machine,
        loma_lpf_limit=1000 if how == "salsa" else int(how),
        salsa_iteration_number=1000,
        loma_show_progress_bar=False,
        temporal_mapping_type=TemporalMappingType.UNEVEN,
        nb_mappings_generated=1,
        enable_mix_spatial_mapping_generation=False,
        access_same_data_considered_as_no_access=True,
    ).run()
    bytes_of = {}
    for operand, levels in found.memory_word_access.items():
        top = levels[-1]
        bytes_of[str(operand)] = sum(int(top.get(way)) for way in DataDirection)
    return bytes_of


def main():
    how, kib, buffering = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    logging.disable(logging.CRITICAL)
    rows = [[cell.strip() for cell in row] for row in csv.reader(open(HERE / "convolutions.csv"))][1:]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        # Lowest memory first.
        yaml.safe_dump(accelerator(1024 * kib, buffering == "double"), file, sort_keys=False)
        file.flush()
        machine = AcceleratorParserStage.parse_accelerator(file.name)
    for row in rows:
        with contextlib.redirect_stderr(io.StringIO()):
            of = traffic(row, machine, how)
        print(f"{row[0]},{kib},{buffering},{how},{of['I']},{of['W']},{of['O']}", flush=True)


if __name__ == "__main__":
    main()

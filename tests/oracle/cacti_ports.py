"""Writes cacti_ports.csv: one bank with a port that reads or writes, and with one that reads beside one that writes (CACTI 7).

    python cacti_ports.py FOLDER > cacti_ports.csv

FOLDER is the package hwcomponents_cacti 1.0.40, its `cacti` built there (make -f cacti.mk TAG=opt).
"""

import pathlib
import re
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(sys.argv[1]).resolve()
PORTS = {"shared": (1, 0, 0), "two": (0, 1, 1)}
SIZES = [(8192, 128), (32768, 64), (32768, 128), (32768, 512), (65536, 128), (131072, 128)]


def bank(node, size, width, both, reads, writes):
    """Read and write energy in pJ, leakage in mW, area in mm2."""
    text = (FOLDER / "default_cfg.cfg").read_text()
    text = text.replace("-exclusive read port 0", f"-exclusive read port {reads}")
    text = text.replace("-exclusive write port 0", f"-exclusive write port {writes}")
    text += f"""
-size (bytes) {size}
-read-write port  {both}
-block size (bytes) {width // 8}
-technology (u) {node / 1000:g}
-cache type "ram"
-output/input bus width {width}
-associativity 1
-UCA bank count 1
-tag size (b) 0
"""
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as config:
        config.write(text)
        config.flush()
        command = [str(FOLDER / "cacti/obj_opt/cacti"), "-infile", config.name]
        said = subprocess.run(command, cwd=FOLDER / "cacti", capture_output=True, text=True, check=True).stdout
    found = [float(re.search(rf"Total dynamic {what} energy per access \(nJ\): (\S+)", said).group(1)) * 1000 for what in ("read", "write")]
    found.append(float(re.search(r"Total leakage power of a bank \(mW\): (\S+)", said).group(1)))
    height, width = re.search(r"Cache height x width \(mm\): (\S+) x (\S+)", said).groups()
    return [*found, float(height) * float(width)]


print("# CACTI 7 as in hwcomponents-cacti 1.0.40, low-standby-power cells, 300 K: one bank; cacti_ports.py writes this.")
print("tech_nm,size_bytes,width_bits,ports,read_pJ,write_pJ,leak_mW,area_mm2")
for node in (22, 45):
    for size, width in SIZES:
        for name, ports in PORTS.items():
            print(node, size, width, name, *(f"{value:.4g}" for value in bank(node, size, width, *ports)), sep=",")

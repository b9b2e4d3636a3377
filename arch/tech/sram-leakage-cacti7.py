"""Writes sram-leakage-cacti7.csv: CACTI 7 by node, device and temperature.

    python sram-leakage-cacti7.py FOLDER > sram-leakage-cacti7.csv

FOLDER is the package hwcomponents_cacti 1.0.40, its `cacti` built there (make -f cacti.mk TAG=opt). Lines that begin with # are
kept by hand.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(sys.argv[1]).resolve()
DEVICES = {"lstp": "low-standby-power", "hp": "high-performance"}


def leakage(node, size, device, kelvin):
    """Subthreshold and gate leakage of one bank with a port of 64 bits, mW."""
    text = (FOLDER / "default_cfg.cfg").read_text()
    text = re.sub(r'(cell|peripheral) type - "itrs-lstp"?', rf'\1 type - "itrs-{device}"', text)
    text = text.replace("temperature (K) 300", f"temperature (K) {kelvin}")
    text += f"""
-size (bytes) {size}
-read-write port  1
-block size (bytes) 8
-technology (u) {node / 1000:g}
-cache type "ram"
-output/input bus width 64
-associativity 1
-UCA bank count 1
-tag size (b) 0
"""
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as config:
        config.write(text)
        config.flush()
        command = [str(FOLDER / "cacti/obj_opt/cacti"), "-infile", config.name]
        said = subprocess.run(command, cwd=FOLDER / "cacti", capture_output=True, text=True, check=True).stdout
    kinds = ("leakage", "gate leakage")
    return sum(float(re.search(rf"Total {kind} power of a bank \(mW\): (\S+)", said).group(1)) for kind in kinds)


print("tech_nm,device,temperature_k,relative")
for node in (22, 32, 45, 65, 90):
    least = leakage(node, 65536, "lstp", 300)
    for device, name in DEVICES.items():
        most = 0.0
        for kelvin in (300, 320, 340, 360, 380, 400):
            most = max(most, leakage(node, 65536, device, kelvin) / least)
            print(f"{node},{name},{kelvin},{most:.4g}")

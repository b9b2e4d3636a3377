//! Does hardware agree? Verilog of the array, the exclusion unit and a whole network, simulated cycle by cycle.
//!
//! `cargo test` reads what the simulations gave, from a CSV beside each module, and compares it with the model; it needs
//! no simulator. `tests/rtl/regenerate.sh` simulates everything again (Verilator) and writes the CSVs; with `sample` it
//! simulates a part, which must give the committed rows. What is witnessed: `docs/rtl.md`.

mod array;
mod fpga;
mod fpga_blocks;
mod lanes;
mod network;
mod synthesis;
mod unit;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use exclusim::decide::Memory;
use exclusim::unit::survives;
use sha2::{Digest, Sha256};

/// What `EXCLUSIM_RTL` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing is simulated: the committed results against the model.
    Compare,
    /// A part is simulated and must give the committed results.
    Sample,
    /// Everything is simulated and written.
    Regenerate,
}

fn mode() -> Mode {
    match std::env::var("EXCLUSIM_RTL").as_deref() {
        Err(_) => Mode::Compare,
        Ok("sample") => Mode::Sample,
        Ok("regenerate") => Mode::Regenerate,
        Ok(other) => panic!("EXCLUSIM_RTL is sample or regenerate, not {other}"),
    }
}

/// Numbers that follow from a seed: xorshift64* (Marsaglia, 2003; Vigna, 2016).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds start far apart, and none at 0.
        Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// From 0 to `limit` - 1.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        (self.bits() >> 11) % limit
    }

    /// Any signed byte.
    pub(crate) fn byte(&mut self) -> i8 {
        i8::from_be_bytes([self.bits().to_be_bytes()[0]])
    }
}

/// A test bench in Verilog: it reads numbers from the file behind `+stimuli=` and writes to the one behind `+results=`.
pub(crate) struct Bench<'a> {
    /// Name of the bench's module.
    pub(crate) top: &'a str,
    /// All sources, as paths under `tests/rtl`.
    pub(crate) sources: &'a [&'a str],
    /// Parameters of the module.
    pub(crate) parameters: &'a [(&'a str, u64)],
}

impl Bench<'_> {
    /// Builds the bench, lint warnings being errors, runs it on the stimuli and returns what it wrote.
    pub(crate) fn run(&self, stimuli: &str) -> String {
        let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rtl").join(self.name());
        std::fs::create_dir_all(&build).unwrap();
        let (input, output) = (build.join("stimuli.txt"), build.join("results.txt"));
        std::fs::write(&input, stimuli).unwrap();
        let _ = std::fs::remove_file(&output);
        let mut verilator = Command::new("verilator");
        verilator.args(["--binary", "-Wall", "-O3", "-j", "2", "--top-module", self.top, "-o", "bench"]);
        verilator.args(["-CFLAGS", "-O1", "--Mdir"]).arg(&build);
        verilator.args(self.parameters.iter().map(|(name, value)| format!("-G{name}={value}")));
        succeed(verilator.args(self.sources.iter().map(|source| folder().join(source))));
        let mut bench = Command::new(build.join("bench"));
        bench.arg(format!("+stimuli={}", input.display())).arg(format!("+results={}", output.display()));
        succeed(&mut bench);
        std::fs::read_to_string(&output).expect("the bench wrote no results")
    }

    fn name(&self) -> String {
        let parameters = self.parameters.iter().map(|(name, value)| format!("-{name}{value}"));
        // The same bench may be built of other sources at the same time.
        let mut hasher = DefaultHasher::new();
        self.sources.hash(&mut hasher);
        format!("{}{}-{:016x}", self.top, parameters.collect::<String>(), hasher.finish())
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rtl")
}

fn succeed(command: &mut Command) {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(done.status.success(), "{command:?}\n{said}");
}

/// The array alone.
const ARRAY: [&str; 5] =
    ["array/pe_moving.sv", "array/pe_standing.sv", "array/moving.sv", "array/standing.sv", "array/skew.sv"];
/// The exclusion unit alone.
const UNIT: [&str; 8] = [
    "unit/exclusion_unit.sv",
    "unit/maximum_tree.sv",
    "unit/running_maximum.sv",
    "unit/population_count.sv",
    "unit/survivor_mask.sv",
    "unit/survivor_list.sv",
    "unit/pack.sv",
    "unit/cut_table.sv",
];

/// The unit that decides by a distance: another source of cuts.
fn distance_sources() -> [&'static str; 8] {
    UNIT.map(|source| if source == "unit/cut_table.sv" { "unit/cut_distance.sv" } else { source })
}

/// The first line of a CSV: which Verilog its rows come from, as `cat SOURCES | sha256sum` says.
fn provenance(sources: &[&str]) -> String {
    let mut sha = Sha256::new();
    for source in sources {
        let text = std::fs::read(folder().join(source));
        sha.update(text.unwrap_or_else(|error| panic!("tests/rtl/{source}: {error}")));
    }
    let digest: String = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("# sha256 of its sources: {digest}")
}

/// The rows of a CSV under `tests/rtl` that was made from `sources` as they are now.
pub(crate) fn committed(file: &str, header: &str, sources: &[&str]) -> Vec<String> {
    let text = std::fs::read_to_string(folder().join(file));
    let text = text.unwrap_or_else(|error| panic!("tests/rtl/{file}: {error}"));
    let mut lines = text.lines().map(str::to_owned);
    assert_eq!(
        lines.next(),
        Some(provenance(sources)),
        "tests/rtl/{file} was made from other sources: tests/rtl/regenerate.sh makes it again"
    );
    assert_eq!(lines.next().as_deref(), Some(header), "tests/rtl/{file}: tests/rtl/regenerate.sh writes it");
    lines.collect()
}

/// The rows of a committed CSV. Before, where simulation is asked for, `simulate` is called for rows: of everything,
/// which are written, or of a sample, which must be among those committed.
pub(crate) fn witness(
    file: &str,
    header: &str,
    sources: &[&str],
    simulate: impl FnOnce(Mode) -> Vec<String>,
) -> Vec<String> {
    let read = || committed(file, header, sources);
    match mode() {
        Mode::Compare => {}
        Mode::Sample => {
            let committed = read();
            let found = simulate(Mode::Sample);
            assert!(!found.is_empty(), "no sample of tests/rtl/{file}");
            for row in found {
                assert!(committed.contains(&row), "tests/rtl/{file} has no row {row}, which was simulated");
            }
        }
        Mode::Regenerate => {
            let rows = simulate(Mode::Regenerate).join("\n");
            let text = format!("{}\n{header}\n{rows}\n", provenance(sources));
            std::fs::write(folder().join(file), text).unwrap();
        }
    }
    read()
}

/// Rows of the hardware that are not those expected of it.
pub(crate) fn differences(committed: &[String], expected: &[String]) -> Vec<String> {
    assert_eq!(committed.len(), expected.len(), "tests/rtl/regenerate.sh was not run");
    let pairs = committed.iter().zip(expected).filter(|(hardware, model)| hardware != model);
    pairs.map(|(hardware, model)| format!("hardware {hardware}\nmodel    {model}")).collect()
}

/// FNV-1a (Fowler, Noll, Vo) over the bytes of numbers, least first.
pub(crate) fn checksum(sums: &[i32]) -> u64 {
    let bytes = sums.iter().flat_map(|sum| sum.to_le_bytes());
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// The paper's rule by its words, in whole numbers: which classes are alive after a head, `entry` giving a code's
/// probability, `(beta, bits)` the threshold. Gives the top class.
pub(crate) fn judge(
    codes: &[i16],
    entry: impl Fn(i16) -> u32,
    (beta, bits): (u32, u32),
    memory: Memory,
    alive: &mut [bool],
) -> usize {
    let candidates = (0..alive.len()).filter(|class| memory != Memory::Monotone || alive[*class]);
    let top = candidates.min_by_key(|class| (-codes[*class], *class)).unwrap();
    for (class, alive) in alive.iter_mut().enumerate() {
        let eligible = memory == Memory::Memoryless || *alive;
        let passes = survives(entry(codes[class]), entry(codes[top]), beta, bits);
        *alive = class == top || eligible && passes;
    }
    top
}

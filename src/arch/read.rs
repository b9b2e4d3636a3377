//! From a configuration file to an [`Arch`]: every key, its default, and what does not go together.

use super::fpga::{self, WrittenFpga};
use super::{Arch, Batch, BatchExits, Cells, ClockBound, Target, arrivals, power};
use crate::config::{Fault, Faults, Fields, Node, OrAuto};
use crate::machine::{self, Array, Dram, Machine, Memory};
use crate::tech::fpga::{BoardDram, Device};
use crate::tech::{Condition, DramKind, DramPrice, Technology};
use crate::units::{BytesPerSecond, Hertz, Seconds};

/// Loads the files that an architecture names.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    /// A technology file.
    pub technology: &'a dyn Fn(&str) -> Result<Technology, Faults>,
    /// An FPGA part: a shipped one's name, or its file.
    pub device: &'a dyn Fn(&str) -> Result<Device, Faults>,
}

/// Keys that other tools have, or that stand in another table, and what to write instead.
const OTHER_NAMES: [(&str, &str); 31] = [
    ("rows", "write it as array.rows, or `rows` below [array]"),
    ("cols", "write it as array.cols, or `cols` below [array]"),
    ("columns", "write it as array.cols, or `cols` below [array]"),
    ("dataflow", "write it as array.dataflow, or `dataflow` below [array]"),
    ("pe", "write array.rows and array.cols"),
    ("pes", "write array.rows and array.cols"),
    ("systolic", "write array.rows, array.cols and array.dataflow"),
    ("sram", "scratchpads stand below [memory]: ifmap, filter and ofmap, or unified"),
    ("buffer", "scratchpads stand below [memory]: ifmap, filter and ofmap, or unified"),
    ("buffers", "scratchpads stand below [memory]: ifmap, filter and ofmap, or unified"),
    ("scratchpad", "scratchpads stand below [memory]: ifmap, filter and ofmap, or unified"),
    ("scratchpads", "scratchpads stand below [memory]: ifmap, filter and ofmap, or unified"),
    ("ifmap", "write it as memory.ifmap"),
    ("filter", "write it as memory.filter"),
    ("weights", "write it as memory.filter, the capacity, or memory.weights, where they stay"),
    ("ofmap", "write it as memory.ofmap"),
    ("accumulator", "write it as memory.ofmap, the capacity for sums"),
    ("bandwidth", "write it as dram.bandwidth, such as \"12.8 GB/s\""),
    ("ddr", "write dram.kind and dram.bandwidth"),
    ("hbm", "write dram.kind = \"hbm2\" and dram.bandwidth"),
    ("frequency", "write it as clock, such as \"500 MHz\""),
    ("freq", "write it as clock, such as \"500 MHz\""),
    ("clk", "write it as clock, such as \"500 MHz\""),
    ("node", "write it as technology, such as \"7nm\""),
    ("process", "write it as technology, such as \"7nm\""),
    ("tech", "write it as technology, such as \"7nm\""),
    ("device", "write it as fpga.device"),
    ("lanes", "write it as vector.lanes or exclusion.lanes"),
    ("heads", "heads belong to a network; the unit that decides stands below [exclusion]"),
    ("policy", "a policy is a file of its own: --policy FILE"),
    ("workload", "a network is an argument of its own: exclusim run ARCH NETWORK"),
];

/// Reads and checks an architecture; `load` loads the files that it names.
///
/// # Errors
/// Every fault of the file at once, those of the files that it names included.
pub fn read(node: &Node, load: Load<'_>) -> Result<Arch, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    fields.otherwise(&OTHER_NAMES);
    let name = fields.about("Name for reports and folders").name("name");
    let name = fields.require("name", "\"my-array\"", name);
    let fpga = fields
        .about("The FPGA that the machine is built on; without this table it is a chip of its own")
        .table_if_any("fpga", fpga::written);
    let device = fpga.as_ref().and_then(|fpga| fpga.device.as_deref()).map(load.device);
    let clock = clock(&mut fields, fpga.is_some());
    let technology = fields.about("Technology that prices the chip: a shipped one such as 45nm, or a file relative to this one; not with [fpga]").text("technology");
    let technology =
        if fpga.is_some() { None } else { fields.require("technology", "\"tech/45nm.toml\"", technology) };
    let array = fields.about("The systolic array").table("array", machine::array);
    let memory =
        fields.about("Scratchpads on chip").table("memory", |fields| machine::memory(fields, array.as_ref()));
    let board = device.as_ref().and_then(|device| device.as_ref().ok()).and_then(|device| device.dram);
    // What a part's board has is not known where the part is not: nothing is missing then.
    let faulty = matches!(device, Some(Err(_)));
    let bare = device.as_ref().and_then(|device| device.as_ref().ok()).filter(|device| device.dram.is_none());
    let dram = fields.about("Memory off chip").table("dram", |fields| match bare {
        Some(device) => dram_beside(fields, device),
        None => dram(fields, board, faulty),
    });
    let vector = fields
        .about("The unit for work that is no GEMM: pooling, sums, rescaling")
        .table("vector", |fields| machine::vector(fields, array.as_ref()));
    let control = fields.about("What the sequencer takes").table("control", machine::control);
    let batch = fields.about("Several samples at once").table("batch", |fields| Batch {
        size: fields.about("Samples at once").integer("size", 1..=4096, 1),
        exits: fields
            .about("Whether the slots of samples that left run on, or the others are packed together")
            .choice("exits", BatchExits::Wait),
    });
    let exclusion = fields.about("The unit that decides at a head").table("exclusion", machine::exclusion);
    let power = fields.about("Between inferences, and leakage").table("power", power::read);
    let arrivals = fields
        .about("Inputs that arrive over time and queue; without this table, single inferences")
        .table_if_any("arrivals", arrivals::read);
    fields.finish();
    if fpga.is_some() && memory.is_some_and(|memory| memory.unified.is_some()) {
        let title = "`memory.unified` on an FPGA: blocks of RAM are counted for scratchpads alone";
        faults.0.push(Fault::new(title.to_owned(), "write ifmap, filter and ofmap instead".to_owned()));
    }
    let material = match (fpga, device) {
        (Some(fpga), Some(device)) => on_fpga(node, &fpga, device, clock, &mut faults),
        (Some(_), None) => None,
        (None, _) => technology.and_then(|file| of_cells(node, (load.technology)(&file), &mut faults)),
    };
    match (name, array, memory, dram, material) {
        (Some(name), Some(array), Some(memory), Some(dram), Some(material)) if faults.0.is_empty() => {
            let (target, clock) = material.target(clock, &array, &memory, power.condition);
            let dram_kind = dram.kind;
            let dram = dram.filled(target.dram_price(dram_kind));
            let machine =
                Machine { clock, array, memory, dram, vector, control, exclusion, schedule_prices: None };
            let arrivals = arrivals.flatten();
            Ok(Arch { name, machine, target, dram_kind, power, batch, arrivals })
        }
        _ => Err(faults),
    }
}

/// The clock, or what it is left to: the longest path of a chip, a part's default. `None` where it is not given.
fn clock(fields: &mut Fields<'_>, on_fpga: bool) -> Option<OrAuto<Hertz>> {
    let clock = fields.about("Clock of everything on chip; auto: the fastest that the longest path allows. On an FPGA an input, never auto").quantity_or_auto::<Hertz>("clock", 1e3..=1e11);
    if !on_fpga {
        return fields.require("clock", "\"500 MHz\"", clock);
    }
    if clock == Some(OrAuto::Auto) {
        let title = "`clock` is \"auto\", but no path of an FPGA's fabric is modelled: its clock is an input";
        let help = "write a clock, or leave it out for the part's default";
        fields.blame(fields.given("clock"), title.into(), help.into());
    }
    clock
}

/// What the machine is made of, before its array is known.
enum Material {
    Cells(Box<Technology>),
    Fpga(Box<fpga::Fpga>),
}

fn of_cells(node: &Node, found: Result<Technology, Faults>, faults: &mut Faults) -> Option<Material> {
    match found {
        Ok(technology) => {
            if technology.reference.is_some() {
                power::refuse_condition(node, faults);
            }
            Some(Material::Cells(Box::new(technology)))
        }
        Err(more) => {
            faults.0.extend(more.0);
            None
        }
    }
}

fn on_fpga(
    node: &Node,
    fpga: &WrittenFpga,
    device: Result<Device, Faults>,
    clock: Option<OrAuto<Hertz>>,
    faults: &mut Faults,
) -> Option<Material> {
    fpga::refuse_cells_keys(node, faults);
    fpga.on(device, clock.is_none(), faults).map(|fpga| Material::Fpga(Box::new(fpga)))
}

impl Material {
    /// The target, and the clock that was given or follows from it.
    fn target(
        self,
        clock: Option<OrAuto<Hertz>>,
        array: &Array,
        memory: &Memory,
        condition: Condition,
    ) -> (Target, Hertz) {
        match self {
            Self::Fpga(fpga) => {
                let clock = match clock {
                    Some(OrAuto::Given(clock)) => clock,
                    Some(OrAuto::Auto) | None => fpga.device.clock,
                };
                (Target::Fpga(fpga), clock)
            }
            Self::Cells(technology) => {
                let technology = technology.in_condition(condition);
                let timing = ClockBound::of(array, memory, &technology);
                let (clock, clock_is_auto) = match clock {
                    Some(OrAuto::Given(clock)) => (clock, false),
                    Some(OrAuto::Auto) | None => (timing.clock(), true),
                };
                (Target::Cells(Box::new(Cells { technology, timing, clock_is_auto })), clock)
            }
        }
    }
}

/// `[dram]` before the technology says what its kind reaches.
#[derive(Clone, Copy)]
struct WrittenDram {
    kind: DramKind,
    bandwidth: BytesPerSecond,
    efficiency: Option<f64>,
    latency: Option<Seconds>,
}

impl WrittenDram {
    /// With the efficiency and latency of its kind where none is written.
    fn filled(self, kind: DramPrice) -> Dram {
        Dram {
            bandwidth: self.bandwidth,
            efficiency: self.efficiency.unwrap_or(kind.efficiency),
            latency: self.latency.unwrap_or(kind.latency),
        }
    }
}

/// Reads `[dram]` beside a part whose board has none, which is what a missing key is told with.
fn dram_beside(fields: &mut Fields<'_>, device: &Device) -> Option<WrittenDram> {
    let missing = ["kind", "bandwidth"].into_iter().filter(|key| !fields.has(key)).collect::<Vec<_>>();
    if !missing.is_empty() {
        let keys = missing.iter().map(|key| format!("`dram.{key}`")).collect::<Vec<_>>().join(" and ");
        let title = format!("{keys} missing: no memory is known on the board of {}", device.part);
        let help =
            "write what you put beside it, such as kind = \"ddr3\" and bandwidth = \"1.6 GB/s\" under [dram]";
        fields.blame(None, title, help.into());
    }
    dram(fields, None, !missing.is_empty())
}

/// Reads `[dram]`; what is not written is the board's, where there is one.
fn dram(fields: &mut Fields<'_>, board: Option<BoardDram>, unknown: bool) -> Option<WrittenDram> {
    let kind = fields
        .about("Selects prices; on an FPGA, its board's if left out")
        .choice_if_any::<DramKind>("kind")
        .or(board.map(|board| board.kind));
    let bandwidth = fields
        .about("Peak; on an FPGA, its board's if left out")
        .quantity::<BytesPerSecond>("bandwidth", 1e6..=1e15);
    let bandwidth = bandwidth.or(board.map(|board| board.bandwidth));
    let latency =
        fields.about("Of a first access; the kind's if left out").quantity::<Seconds>("latency", 0.0..=1.0);
    let given = fields.has("efficiency");
    let efficiency = fields
        .about("Fraction of the peak that streaming reaches; the kind's if left out")
        .real("efficiency", 0.01..=1.0, 1.0);
    // A board that has memory says both.
    if !unknown && board.is_none() {
        fields.require("kind", "\"lpddr4\"", kind);
        fields.require("bandwidth", "\"3.2 GB/s\"", bandwidth);
    }
    Some(WrittenDram { kind: kind?, bandwidth: bandwidth?, efficiency: given.then_some(efficiency), latency })
}

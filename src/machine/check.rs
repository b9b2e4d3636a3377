//! From a configuration file to an [`Arch`]: every key, its default, and what does not go together.

use super::fpga::{self, WrittenFpga};
use super::{
    Accumulator, Arch, Array, Batch, BatchExits, Cells, ClockBound, Control, DataflowChoice, DecisionOverlap,
    Dram, EdgeFolds, Exclusion, FoldOverlap, Memory, Placement, Residency, Squash, Target, Vector, Weights,
    arrivals, power,
};
use crate::config::{Faults, Fields, Node, OrAuto};
use crate::map::{Role, layout};
use crate::shape::Operand;
use crate::tech::fpga::{BoardDram, Device};
use crate::tech::{Condition, DramKind, DramPrice, Technology};
use crate::units::{Bits, Bytes, BytesPerSecond, Hertz, Seconds};

/// Largest array side; far beyond anything built, and small enough that no product of sides overflows.
const MOST_ROWS: u64 = 65_536;
const MOST_CYCLES: u64 = 1_000_000_000;
/// Largest scratchpad, 1 TiB: no number of bytes of it times rows overflows.
const MOST_BYTES: f64 = 1_099_511_627_776.0;

/// Loads the files that an architecture names.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    /// A technology file.
    pub technology: &'a dyn Fn(&str) -> Result<Technology, Faults>,
    /// An FPGA part: a shipped one's name, or its file.
    pub device: &'a dyn Fn(&str) -> Result<Device, Faults>,
}

/// Reads and checks an architecture; `load` loads the files that it names.
///
/// # Errors
/// Every fault of the file at once, those of the files that it names included.
pub fn read(node: &Node, load: Load<'_>) -> Result<Arch, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let name = fields.name("name");
    let name = fields.require("name", "\"my-array\"", name);
    let fpga = fields.table_if_any("fpga", fpga::written);
    let device = fpga.as_ref().and_then(|fpga| fpga.device.as_deref()).map(load.device);
    let clock = clock(&mut fields, fpga.is_some());
    let technology = fields.text("technology");
    let technology =
        if fpga.is_some() { None } else { fields.require("technology", "\"tech/45nm.toml\"", technology) };
    let array = fields.table("array", array);
    let memory = fields.table("memory", |fields| memory(fields, array.as_ref()));
    let board = device.as_ref().and_then(|device| device.as_ref().ok()).and_then(|device| device.dram);
    // What a part's board has is not known where the part is not: nothing is missing then.
    let faulty = matches!(device, Some(Err(_)));
    let bare = device.as_ref().and_then(|device| device.as_ref().ok()).filter(|device| device.dram.is_none());
    let dram = fields.table("dram", |fields| match bare {
        Some(device) => dram_beside(fields, device),
        None => dram(fields, board, faulty),
    });
    let lanes = array.map_or(16, |array| array.cols);
    let vector = fields.table("vector", |fields| Vector {
        lanes_are_cols: array.is_some() && !fields.has("lanes"),
        lanes: fields.integer("lanes", 1..=MOST_ROWS, lanes),
        fused: fields.boolean("fused", true),
    });
    let control = fields.table("control", |fields| Control {
        layer_setup: fields.integer("layer_setup", 0..=MOST_CYCLES, 0),
        decision: fields.integer("decision", 0..=MOST_CYCLES, 0),
    });
    let batch = fields.table("batch", |fields| Batch {
        size: fields.integer("size", 1..=4096, 1),
        exits: fields.choice("exits", BatchExits::Wait),
    });
    let exclusion = fields.table("exclusion", exclusion);
    let power = fields.table("power", power::read);
    let arrivals = fields.table_if_any("arrivals", arrivals::read);
    fields.finish();
    let material = match (fpga, device) {
        (Some(fpga), Some(device)) => on_fpga(node, &fpga, device, clock, &mut faults),
        (Some(_), None) => None,
        (None, _) => technology.and_then(|file| of_cells(node, (load.technology)(&file), &mut faults)),
    };
    match (name, array, memory, dram, material) {
        (Some(name), Some(array), Some(memory), Some(dram), Some(material)) if faults.0.is_empty() => {
            let (target, clock) = material.target(clock, &array, &memory, power.condition);
            let dram = dram.filled(target.dram_price(dram.kind));
            let arrivals = arrivals.flatten();
            Ok(Arch {
                name,
                clock,
                array,
                memory,
                dram,
                vector,
                control,
                batch,
                exclusion,
                power,
                arrivals,
                target,
            })
        }
        _ => Err(faults),
    }
}

/// The clock, or what it is left to: the longest path of a chip, a part's default. `None` where it is not given.
fn clock(fields: &mut Fields<'_>, on_fpga: bool) -> Option<OrAuto<Hertz>> {
    let clock = fields.quantity_or_auto::<Hertz>("clock", 1e3..=1e11);
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

fn exclusion(fields: &mut Fields<'_>) -> Exclusion {
    let exclusion = Exclusion {
        placement: fields.choice("placement", Placement::Array),
        overlap: fields.choice("overlap", DecisionOverlap::Blocking),
        squash: fields.choice("squash", Squash::Fold),
        compact: fields.boolean("compact", false),
        mask: fields.boolean("mask", false),
        macs: fields.integer("macs", 0..=MOST_ROWS, 0),
        lanes: fields.integer("lanes", 1..=4096, 8),
    };
    if exclusion.compact && exclusion.mask {
        let node = fields.given("mask");
        let title = "`exclusion.mask` has no use with `compact`: classes left out leave nothing to mask";
        fields.blame(node, title.into(), "write mask = false, or compact = false".into());
    }
    match exclusion.placement {
        Placement::Dedicated if exclusion.macs == 0 => fields.blame(
            None,
            "`exclusion.placement = \"dedicated\"` needs multiply-accumulators of its own".into(),
            "add macs = 16, or write placement = \"array\"".into(),
        ),
        Placement::Array if exclusion.macs > 0 => fields.blame(
            None,
            format!("`exclusion.macs = {}` has no use when heads run on the array", exclusion.macs),
            "write placement = \"dedicated\", or macs = 0".into(),
        ),
        Placement::Array | Placement::Dedicated => {}
    }
    exclusion
}

fn array(fields: &mut Fields<'_>) -> Option<Array> {
    let rows = fields.integer_if_any("rows", 1..=MOST_ROWS);
    let rows = fields.require("rows", "16", rows);
    let cols = fields.integer_if_any("cols", 1..=MOST_ROWS);
    let cols = fields.require("cols", "16", cols);
    let dataflow = fields.choice_if_any::<DataflowChoice>("dataflow");
    let dataflow = fields.require("dataflow", "\"weight-stationary\"", dataflow);
    // One dataflow for all unless a key says more: each further one is paid for in the processing elements.
    let head_dataflow = fields.choice_if_any::<DataflowChoice>("head_dataflow");
    let fc_dataflow = fields.choice_if_any::<DataflowChoice>("fc_dataflow");
    let fold_overlap = fields.choice("fold_overlap", FoldOverlap::None);
    let edge_folds = fields.choice("edge_folds", EdgeFolds::Full);
    let zero_gating = fields.boolean("zero_gating", false);
    let dataflow = dataflow?;
    Some(Array {
        rows: rows?,
        cols: cols?,
        dataflow,
        head_dataflow: head_dataflow.unwrap_or(dataflow),
        fc_dataflow: fc_dataflow.unwrap_or(dataflow),
        fold_overlap,
        edge_folds,
        zero_gating,
    })
}

fn memory(fields: &mut Fields<'_>, array: Option<&Array>) -> Option<Memory> {
    let mut capacity = |key: &'static str| {
        let found = fields.quantity::<Bytes>(key, 1.0..=MOST_BYTES);
        fields.require(key, "\"64 KiB\"", found)
    };
    let (ifmap, filter, ofmap) = (capacity("ifmap"), capacity("filter"), capacity("ofmap"));
    let width = match fields.quantity_or_auto::<Bits>("width", 8.0..=1e6) {
        Some(OrAuto::Given(width)) => Some(width),
        Some(OrAuto::Auto) | None => None,
    };
    let banks = fields.integer("banks", 1..=4096, 1);
    if width.is_none() && banks > 1 {
        fields.blame(
            fields.given("banks"),
            format!("`memory.banks = {banks}` with `width = \"auto\"`: an automatic port needs no banks"),
            "write a width, such as width = \"128 bit\", or banks = 1".into(),
        );
    }
    let memory = Memory {
        width,
        banks,
        residency: fields.choice("residency", Residency::Fit),
        weights: fields.choice("weights", Weights::Stream),
        head_weights: fields.choice("head_weights", Weights::Stream),
        accumulator: fields.choice("accumulator", Accumulator::Spill),
        ifmap: ifmap?,
        filter: filter?,
        ofmap: ofmap?,
    };
    if let Some(array) = array {
        one_tile_fits(fields, &memory, array);
    }
    Some(memory)
}

/// What each scratchpad must hold in one of its halves, bytes: the stationary tile if in any dataflow of the array that is its
/// operand's, and otherwise one column or row of the array.
#[must_use]
pub fn tile_needs(array: &Array) -> [u64; 3] {
    let (tile, edge) = (array.rows * array.cols, array.rows.max(array.cols));
    let stays =
        |operand| array.dataflows().any(|dataflow| layout(dataflow).role(operand) == Role::Stationary);
    let of = |operand| if stays(operand) { tile } else { edge };
    [of(Operand::Ifmap), of(Operand::Filter), 4 * edge]
}

/// Blames scratchpads that cannot hold what the array needs.
fn one_tile_fits(fields: &mut Fields<'_>, memory: &Memory, array: &Array) {
    let pads = [("ifmap", memory.ifmap), ("filter", memory.filter), ("ofmap", memory.ofmap)];
    for ((key, capacity), need) in pads.into_iter().zip(tile_needs(array)) {
        if capacity.0 < 2 * need {
            fields.blame(
                None,
                format!("`memory.{key}` of {} bytes cannot hold two tiles of {need} bytes", capacity.0),
                format!("give {key} at least \"{} B\", or make the array smaller", 2 * need),
            );
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
    fn filled(self, kind: Option<DramPrice>) -> Dram {
        Dram {
            kind: self.kind,
            bandwidth: self.bandwidth,
            efficiency: self.efficiency.or(kind.map(|kind| kind.efficiency)).unwrap_or(1.0),
            latency: self.latency.or(kind.map(|kind| kind.latency)).unwrap_or_default(),
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
    let kind = fields.choice_if_any::<DramKind>("kind").or(board.map(|board| board.kind));
    let bandwidth = fields.quantity::<BytesPerSecond>("bandwidth", 1e6..=1e15);
    let bandwidth = bandwidth.or(board.map(|board| board.bandwidth));
    let latency = fields.quantity::<Seconds>("latency", 0.0..=1.0);
    let given = fields.has("efficiency");
    let efficiency = fields.real("efficiency", 0.01..=1.0, 1.0);
    if !unknown {
        fields.require("kind", "\"lpddr4\"", kind);
        fields.require("bandwidth", "\"3.2 GB/s\"", bandwidth);
    }
    Some(WrittenDram { kind: kind?, bandwidth: bandwidth?, efficiency: given.then_some(efficiency), latency })
}

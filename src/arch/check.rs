//! From a configuration file to an [`Arch`]: every key, its default, and what does not go together.

use super::{
    Accumulator, Arch, Array, Batch, BatchExits, ClockBound, Control, DataflowChoice, DecisionOverlap, Dram,
    DramKind, EdgeFolds, Exclusion, FoldOverlap, Memory, Placement, Residency, Squash, Technology, Vector,
    Weights, arrivals, power,
};
use crate::config::{Faults, Fields, Node, OrAuto};
use crate::map::layout;
use crate::shape::Operand;
use crate::units::{Bits, Bytes, BytesPerSecond, Hertz, Seconds};

/// Largest array side; far beyond anything built, and small enough that no product of sides overflows.
const MOST_ROWS: u64 = 65_536;
const MOST_CYCLES: u64 = 1_000_000_000;
/// Largest scratchpad, 1 TiB: no number of bytes of it times rows overflows.
const MOST_BYTES: f64 = 1_099_511_627_776.0;

/// Reads and checks an architecture. `technology` loads the technology file that the configuration names.
///
/// # Errors
/// Every fault of the file at once, those of the technology file included.
pub fn read(node: &Node, technology: &dyn Fn(&str) -> Result<Technology, Faults>) -> Result<Arch, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let name = fields.name("name");
    let name = fields.require("name", "\"my-array\"", name);
    let clock = fields.quantity_or_auto::<Hertz>("clock", 1e3..=1e11);
    let clock = fields.require("clock", "\"500 MHz\"", clock);
    let technology_file = fields.text("technology");
    let technology_file = fields.require("technology", "\"tech/45nm.toml\"", technology_file);
    let array = fields.table("array", array);
    let memory = fields.table("memory", |fields| memory(fields, array.as_ref()));
    let dram = fields.table("dram", dram);
    let lanes = array.map_or(16, |array| array.cols);
    let vector = fields.table("vector", |fields| Vector {
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
    let technology = technology_file.and_then(|file| match technology(&file) {
        Ok(technology) => Some(technology),
        Err(more) => {
            faults.0.extend(more.0);
            None
        }
    });
    if technology.as_ref().is_some_and(|technology| technology.reference.is_some()) {
        power::refuse_condition(node, &mut faults);
    }
    match (name, clock, array, memory, dram, technology) {
        (Some(name), Some(clock), Some(array), Some(memory), Some(dram), Some(technology))
            if faults.0.is_empty() =>
        {
            let technology = technology.in_condition(power.condition);
            let dram = dram.filled(&technology);
            let timing = ClockBound::of(&array, &memory, &technology);
            let (clock, clock_is_auto) = match clock {
                OrAuto::Auto => (timing.clock(), true),
                OrAuto::Given(clock) => (clock, false),
            };
            let arrivals = arrivals.flatten();
            Ok(Arch {
                name,
                clock,
                clock_is_auto,
                timing,
                array,
                memory,
                dram,
                vector,
                control,
                batch,
                exclusion,
                power,
                arrivals,
                technology,
            })
        }
        _ => Err(faults),
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

/// Each scratchpad must hold, in one of its halves, the stationary tile if in any dataflow of the array that is its
/// operand's, and otherwise one column or row of the array.
fn one_tile_fits(fields: &mut Fields<'_>, memory: &Memory, array: &Array) {
    let (tile, edge) = (array.rows * array.cols, array.rows.max(array.cols));
    let stays = |operand| array.dataflows().any(|dataflow| layout(dataflow).stationary == operand);
    let needs = [
        ("ifmap", memory.ifmap, if stays(Operand::Ifmap) { tile } else { edge }),
        ("filter", memory.filter, if stays(Operand::Filter) { tile } else { edge }),
        ("ofmap", memory.ofmap, 4 * edge),
    ];
    for (key, capacity, need) in needs {
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
struct WrittenDram {
    kind: DramKind,
    bandwidth: BytesPerSecond,
    efficiency: Option<f64>,
    latency: Option<Seconds>,
}

impl WrittenDram {
    /// With the efficiency and latency of its kind where none is written.
    fn filled(self, technology: &Technology) -> Dram {
        let kind = technology.dram(self.kind);
        Dram {
            kind: self.kind,
            bandwidth: self.bandwidth,
            efficiency: self.efficiency.or(kind.map(|kind| kind.efficiency)).unwrap_or(1.0),
            latency: self.latency.or(kind.map(|kind| kind.latency)).unwrap_or_default(),
        }
    }
}

fn dram(fields: &mut Fields<'_>) -> Option<WrittenDram> {
    let kind = fields.choice_if_any::<DramKind>("kind");
    let kind = fields.require("kind", "\"lpddr4\"", kind);
    let bandwidth = fields.quantity::<BytesPerSecond>("bandwidth", 1e6..=1e15);
    let bandwidth = fields.require("bandwidth", "\"3.2 GB/s\"", bandwidth);
    let latency = fields.quantity::<Seconds>("latency", 0.0..=1.0);
    let given = fields.has("efficiency");
    let efficiency = fields.real("efficiency", 0.01..=1.0, 1.0);
    Some(WrittenDram { kind: kind?, bandwidth: bandwidth?, efficiency: given.then_some(efficiency), latency })
}

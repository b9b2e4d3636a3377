//! The tables of an architecture file that describe the machine: every key, its default, and what does not go together.

use super::{
    Accumulator, Array, Buffering, Control, DataflowChoice, DecisionOverlap, EdgeFolds, Exclusion,
    FoldOverlap, HeadPrefetch, Memory, Placement, Prefetch, Residency, Scheduling, Squash, Unified, Vector,
    Weights,
};
use crate::config::{Fields, OrAuto};
use crate::map::{Role, layout};
use crate::shape::Operand;
use crate::units::{Bits, Bytes};

/// Largest array side; far beyond anything built, and small enough that no product of sides overflows.
const MOST_SIDE: u64 = 65_536;
const MOST_CYCLES: u64 = 1_000_000_000;
/// Largest scratchpad, 1 TiB: no number of bytes of it times rows overflows.
const MOST_BYTES: f64 = 1_099_511_627_776.0;

/// Reads `[exclusion]`.
pub(crate) fn exclusion(fields: &mut Fields<'_>) -> Exclusion {
    let exclusion = Exclusion {
        placement: fields
            .about("Where the GEMMs of heads run: on the array, on multiply-accumulators of their own, or on the lanes of the vector unit")
            .choice("placement", Placement::Array),
        overlap: fields
            .about("Whether the array waits for a decision, or begins the next layer")
            .choice("overlap", DecisionOverlap::Blocking),
        squash: fields
            .about("Whether folds begun for a sample that leaves run to their end, or stop at once")
            .choice("squash", Squash::Fold),
        prefetch: fields
            .about("Whether the next layer's first weights are fetched before a head has decided, in vain if the sample leaves")
            .choice("prefetch", HeadPrefetch::Bet),
        compact: fields
            .about("Excluded classes are left out of later head GEMMs and of the classifier")
            .boolean("compact", false),
        mask: fields
            .about("Products of excluded classes are not done, in as many cycles")
            .boolean("mask", false),
        macs: fields.about("Multiply-accumulators of a dedicated head engine").integer(
            "macs",
            0..=MOST_SIDE,
            0,
        ),
        lanes: fields.about("Scores per cycle: comparators, and rows of the score memory").integer(
            "lanes",
            1..=4096,
            8,
        ),
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
        Placement::Array | Placement::Vector if exclusion.macs > 0 => {
            let runs_on =
                if exclusion.placement == Placement::Array { "array" } else { "lanes of the vector unit" };
            fields.blame(
                None,
                format!("`exclusion.macs = {}` has no use when heads run on the {runs_on}", exclusion.macs),
                "write placement = \"dedicated\", or macs = 0".into(),
            );
        }
        Placement::Array | Placement::Dedicated | Placement::Vector => {}
    }
    exclusion
}

/// Reads `[array]`.
pub(crate) fn array(fields: &mut Fields<'_>) -> Option<Array> {
    let rows = fields.about("Rows of processing elements").integer_if_any("rows", 1..=MOST_SIDE);
    let rows = fields.require("rows", "16", rows);
    let cols = fields.about("Columns of processing elements").integer_if_any("cols", 1..=MOST_SIDE);
    let cols = fields.require("cols", "16", cols);
    let dataflow = fields
        .about("Which operand stays in the processing elements; best: for each GEMM the fastest")
        .choice_if_any::<DataflowChoice>("dataflow");
    let dataflow = fields.require("dataflow", "\"weight-stationary\"", dataflow);
    // One dataflow for all unless a key says more: each further one is paid for in the processing elements.
    let head_dataflow = fields
        .about("The same for the GEMMs of heads, as `dataflow` if left out; each further dataflow costs area")
        .choice_if_any::<DataflowChoice>("head_dataflow");
    let fc_dataflow = fields
        .about("The same for the backbone's fully connected layers")
        .choice_if_any::<DataflowChoice>("fc_dataflow");
    let fold_overlap = fields.about("What of a fold overlaps with the next: nothing, up to a swap of the whole array, or double-buffered registers").choice("fold_overlap", FoldOverlap::None);
    let edge_folds = fields
        .about("Whether a ragged fold is charged the whole array, or the rows and columns in use")
        .choice("edge_folds", EdgeFolds::Full);
    let zero_gating = fields
        .about("Products whose activation is zero are not done; costs a flag per processing element")
        .boolean("zero_gating", false);
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

/// Reads `[memory]`.
pub(crate) fn memory(fields: &mut Fields<'_>, array: Option<&Array>) -> Option<Memory> {
    let schedule = fields
        .about("How layers are cut into tiles and ordered: each the fastest way, the way of the least energy, or one order of folds for all")
        .choice("schedule", Scheduling::Best);
    let (unified, pads) = capacities(fields, schedule);
    let width = match fields
        .about("Width of each scratchpad's port; auto: what the array needs per cycle")
        .quantity_or_auto::<Bits>("width", 8.0..=1e6)
    {
        Some(OrAuto::Given(width)) => Some(width),
        Some(OrAuto::Auto) | None => None,
    };
    let banks = fields.about("Banks of each scratchpad").integer("banks", 1..=4096, 1);
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
        residency: fields
            .about("Whether maps may stay on chip between layers")
            .choice("residency", Residency::Fit),
        weights: fields
            .about("Whether weights come from DRAM in every inference, or stay in `filter`")
            .choice("weights", Weights::Stream),
        head_weights: fields
            .about("The same for the weights of heads")
            .choice("head_weights", Weights::Stream),
        accumulator: fields
            .about("In the fixed order: whether partial sums that outgrow `ofmap` go to DRAM, or time is cut until they fit")
            .choice("accumulator", Accumulator::Spill),
        buffering: fields
            .about("Whether a tile is fetched while another is worked on, or bus and array take turns")
            .choice("buffering", Buffering::Double),
        prefetch: prefetch(fields, schedule),
        schedule,
        ifmap: pads[0]?,
        filter: pads[1]?,
        ofmap: pads[2]?,
        unified,
    };
    if let Some(array) = array {
        one_tile_fits(fields, &memory, array);
    }
    Some(memory)
}

/// What is fetched ahead: nothing in the fixed order, which is kept as it was for comparison.
fn prefetch(fields: &mut Fields<'_>, schedule: Scheduling) -> Prefetch {
    let fixed = schedule == Scheduling::Fixed;
    let left_out = if fixed { Prefetch::None } else { Prefetch::Layer };
    let prefetch = fields
        .about(
            "Whether the next layer's first weights are fetched while the last tile of this one is worked on",
        )
        .choice("prefetch", left_out);
    if fixed && prefetch == Prefetch::Layer {
        let node = fields.given("prefetch");
        let title = "`memory.prefetch = \"layer\"` with `memory.schedule = \"fixed\"`: the fixed order fetches nothing ahead";
        fields.blame(node, title.into(), "write prefetch = \"none\", or schedule = \"best\"".into());
    }
    prefetch
}

/// One buffer, or a scratchpad for each operand: capacities of ifmap, filter, ofmap, zero for what the one buffer holds.
fn capacities(fields: &mut Fields<'_>, schedule: Scheduling) -> (Option<Unified>, [Option<Bytes>; 3]) {
    let mut capacity = |(key, about)| fields.about(about).quantity::<Bytes>(key, 1.0..=MOST_BYTES);
    let [unified, granule, ifmap, filter, ofmap] = [
        (
            "unified",
            "One buffer that every layer divides between ifmap and weights, instead of `ifmap` and `filter`",
        ),
        ("granule", "With `unified`: a share is a multiple of this; a sixteenth where left out"),
        ("ifmap", "Scratchpad of activations; each scratchpad must hold two tiles"),
        ("filter", "Scratchpad of weights"),
        ("ofmap", "Scratchpad of results and partial sums"),
    ]
    .map(&mut capacity);
    let Some(bytes) = unified else {
        if granule.is_some() {
            let title = "`memory.granule` has no use without `memory.unified`: scratchpads are not divided";
            let node = fields.given("granule");
            fields.blame(node, title.into(), "add unified = \"512 KiB\", or leave granule out".into());
        }
        let mut pad = |key, found| fields.require(key, "\"64 KiB\"", found);
        return (None, [pad("ifmap", ifmap), pad("filter", filter), pad("ofmap", ofmap)]);
    };
    fields.require("unified", "\"512 KiB\"", unified);
    for (key, found) in [("ifmap", ifmap), ("filter", filter)] {
        if found.is_some() {
            let node = fields.given(key);
            let title =
                format!("`memory.{key}` beside `memory.unified`: the one buffer holds ifmap and weights");
            fields.blame(node, title, format!("leave {key} out, or leave unified out"));
        }
    }
    if schedule == Scheduling::Fixed {
        let node = fields.given("schedule");
        let title =
            "`memory.schedule = \"fixed\"` with `memory.unified`: the fixed order is one of scratchpads";
        fields.blame(node, title.into(), "write schedule = \"best\", or ifmap, filter and ofmap".into());
    }
    let granule = granule.unwrap_or(Bytes(bytes.0.div_ceil(16)));
    if granule.0 * 2 > bytes.0 {
        let node = fields.given("granule");
        let title = format!("a granule of {} bytes leaves no two shares of {} bytes", granule.0, bytes.0);
        fields.blame(node, title, "write a granule of at most half of unified, such as a sixteenth".into());
    }
    let unified = Unified { capacity: bytes, granule };
    (Some(unified), [Some(Bytes(0)), Some(Bytes(0)), Some(ofmap.unwrap_or(Bytes(0)))])
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
        // Whether a layer's tiles fit one buffer together is found when it is scheduled.
        let shared = memory.unified.is_some() && capacity.0 == 0;
        if capacity.0 < 2 * need && !shared {
            fields.blame(
                None,
                format!("`memory.{key}` of {} bytes cannot hold two tiles of {need} bytes", capacity.0),
                format!("give {key} at least \"{} B\", or make the array smaller", 2 * need),
            );
        }
    }
}

/// Reads `[vector]`; without `lanes` it has as many as the array has columns.
pub(crate) fn vector(fields: &mut Fields<'_>, array: Option<&Array>) -> Vector {
    let lanes = array.map_or(16, |array| array.cols);
    Vector {
        lanes_are_cols: array.is_some() && !fields.has("lanes"),
        lanes: fields.about("Elements per cycle; as many as the array has columns if left out").integer(
            "lanes",
            1..=MOST_SIDE,
            lanes,
        ),
        fused: fields
            .about("Vector work hides behind the array operation that feeds it")
            .boolean("fused", true),
    }
}

/// Reads `[control]`.
pub(crate) fn control(fields: &mut Fields<'_>) -> Control {
    Control {
        layer_setup: fields.about("Cycles before each array operation").integer(
            "layer_setup",
            0..=MOST_CYCLES,
            0,
        ),
        decision: fields.about("Cycles of control per decision").integer("decision", 0..=MOST_CYCLES, 0),
    }
}

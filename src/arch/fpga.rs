//! `[fpga]` of an architecture: the part that it is built on, and how.

use super::power::refuse_keys;
use crate::config::{Faults, Fields, Node};
use crate::names::closed_set;
use crate::tech::fpga::{Device, INFRASTRUCTURE, PerResource, Resource, Resources};

/// A machine on an FPGA.
#[derive(Clone, Debug, PartialEq)]
pub struct Fpga {
    /// The part and its board.
    pub device: Device,
    /// What multiplies.
    pub mac: MacStyle,
    /// What scratchpads are made of.
    pub scratchpads: ScratchpadBlocks,
    /// What the design has beside the machine: DMA, control, interconnect.
    pub infrastructure: Resources,
    /// Of what kinds of block the architecture states its own.
    pub infrastructure_stated: PerResource<bool>,
    /// Whether the clock is the device's default, for want of one in the architecture.
    pub clock_is_default: bool,
}

closed_set! {
    /// What a multiply-accumulator of the array, and of a dedicated head engine, is made of.
    pub enum MacStyle {
        /// A DSP block each.
        Dsp = "dsp",
        /// A DSP block for two that share an activation; their sums are added in LUTs.
        DspPacked = "dsp-packed",
        /// LUTs alone.
        Lut = "lut",
    }
}

closed_set! {
    /// What scratchpads are made of.
    pub enum ScratchpadBlocks {
        /// For each the kind of block of which it takes the smaller part of what the device has.
        Auto = "auto",
        /// Block RAM.
        BlockRam = "block-ram",
        /// Ultra RAM.
        UltraRam = "ultra-ram",
    }
}

/// `[fpga]` as it is written, before its part is read.
pub(super) struct WrittenFpga {
    /// A shipped part's name, or a path.
    pub(super) device: Option<String>,
    device_node: Option<Node>,
    mac: MacStyle,
    mac_node: Option<Node>,
    scratchpads: ScratchpadBlocks,
    scratchpads_node: Option<Node>,
    infrastructure: [Option<u64>; INFRASTRUCTURE.len()],
}

/// Reads `[fpga]`.
pub(super) fn written(fields: &mut Fields<'_>) -> WrittenFpga {
    let device = fields
        .about("The part: a shipped one's name, such as zu9eg, or a part's file relative to this one")
        .text("device");
    let device = fields.require("device", "\"zu7ev\"", device);
    let mac = fields
        .about("What multiplies: DSP blocks, DSP blocks with two products each, or LUTs")
        .choice("mac", MacStyle::Dsp);
    let scratchpads =
        fields.about("Which blocks the scratchpads take").choice("scratchpads", ScratchpadBlocks::Auto);
    let infrastructure = fields
        .about("What DMA, control and interconnect take; the family's if left out")
        .table("infrastructure", |fields| {
            let about = "Blocks of this kind";
            INFRASTRUCTURE.map(|(_, key)| fields.about(about).integer_if_any(key, 0..=100_000_000))
        });
    let node = |key| fields.given(key).cloned();
    let [device_node, mac_node, scratchpads_node] = ["device", "mac", "scratchpads"].map(node);
    WrittenFpga { device, device_node, mac, mac_node, scratchpads, scratchpads_node, infrastructure }
}

impl WrittenFpga {
    /// What is written, on the part that it names; faults of the part are shown where it is named.
    pub(super) fn on(
        &self,
        device: Result<Device, Faults>,
        clock_is_default: bool,
        faults: &mut Faults,
    ) -> Option<Fpga> {
        let device = match device {
            Ok(device) => device,
            Err(more) => {
                faults.0.extend(more.0.into_iter().map(|fault| match (&fault.place, &self.device_node) {
                    (None, Some(node)) => node.fault(fault.title, "this part", fault.help),
                    _ => fault,
                }));
                return None;
            }
        };
        self.agrees_with(&device, faults);
        let mut infrastructure = device.traits.infrastructure + device.more_infrastructure;
        let mut infrastructure_stated = PerResource::<bool>::default();
        for ((resource, _), given) in INFRASTRUCTURE.into_iter().zip(self.infrastructure) {
            infrastructure[resource] = given.unwrap_or(infrastructure[resource]);
            infrastructure_stated[resource] = given.is_some();
        }
        let (mac, scratchpads) = (self.mac, self.scratchpads);
        Some(Fpga { device, mac, scratchpads, infrastructure, infrastructure_stated, clock_is_default })
    }

    /// Blames what the part's blocks cannot do.
    fn agrees_with(&self, device: &Device, faults: &mut Faults) {
        let part = &device.part;
        if self.mac == MacStyle::DspPacked
            && device.traits.macs_per_dsp < 2
            && let Some(node) = &self.mac_node
        {
            let title =
                format!("`fpga.mac` is `dsp-packed`, but a DSP block of {part} makes one 8-bit product");
            let help = format!(
                "write \"dsp\" ({} blocks) or \"lut\", or a part of 7-series or UltraScale+",
                device.resources[Resource::Dsp]
            );
            faults.0.push(node.fault(title, "this value", help));
        }
        if self.scratchpads == ScratchpadBlocks::UltraRam
            && device.resources[Resource::UltraRam] == 0
            && let Some(node) = &self.scratchpads_node
        {
            let title = format!("`fpga.scratchpads` is `ultra-ram`, but {part} has none");
            let help = format!("write \"block-ram\" ({} of 18 Kbit)", device.resources[Resource::BlockRam]);
            faults.0.push(node.fault(title, "this value", help));
        }
    }
}

/// Refuses the keys that mean something on a chip of its own only.
pub(super) fn refuse_cells_keys(arch: &Node, faults: &mut Faults) {
    let why = " with [fpga]: what blocks cost and leak is the part's";
    refuse_keys(arch, "", &["technology"], why, "remove it", faults);
    let help =
        "remove it: static power holds for the part as its file says, and nothing of it can be cut off";
    refuse_keys(arch, "power", &["device", "temperature", "idle"], why, help, faults);
}

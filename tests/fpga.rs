//! FPGA parts: are all shipped ones read, plausible, and is no figure taken without its source?

mod widths;

use crate::common::{self, preset, text};
use exclusim::arch::Arch;
use exclusim::config::{self, Faults};
use exclusim::cost::fpga::{Largest, Limit, Part, design, largest, shortages};
use exclusim::cost::{Component, prices};
use exclusim::count::{Action, Cause, Tally};
use exclusim::simulate::{Misfit, agree, energy_ranges, sensitivity, simulate, violations};
use exclusim::tech::fpga::{Device, Families, Family, Ram, Resource, read_device, read_families};
use exclusim::unit::UnitSize;
use exclusim::units::real;
use proptest::prelude::*;

const DEVICES: [&str; 11] = [
    "alveo-u250",
    "alveo-u50",
    "artix-7-100t",
    "ecp5-85f",
    "kria-k26",
    "vu9p",
    "zu3eg",
    "zu7ev",
    "zu9eg",
    "zynq-7020",
    "zynq-7045",
];

fn families(text: &str) -> Result<Families, Faults> {
    let load = |file: &str| Ok((file.to_owned(), common::text(&format!("arch/fpga/{file}"))));
    config::parse("families.toml", text).and_then(|node| read_families(&node, &load))
}

fn device(text: &str) -> Result<Device, Faults> {
    let families = families(&common::text("arch/fpga/families.toml"))?;
    config::parse("device.toml", text).and_then(|node| read_device(&node, &families))
}

fn shipped(name: &str) -> String {
    text(&format!("arch/fpga/{name}.toml"))
}

#[test]
fn every_shipped_part_is_read_and_plausible() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("arch/fpga");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), DEVICES.len() + 1, "parts and families.toml");
    for name in DEVICES {
        let part = device(&shipped(name)).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        assert_eq!(part.name, name);
        let has = part.resources;
        // AMD's slices have two flip-flops a LUT and its block RAM comes in pairs; only large UltraScale+ has ultra RAM.
        let amd = part.family != Family::Ecp5;
        assert_eq!(has[Resource::FlipFlop], has[Resource::Lut] * if amd { 2 } else { 1 }, "{name}");
        assert!(!amd || has[Resource::BlockRam].is_multiple_of(2), "{name}");
        assert!(has[Resource::UltraRam] == 0 || part.family == Family::UltraScalePlus, "{name}");
        assert!(has[Resource::Dsp] > 100 && has[Resource::Lut] / has[Resource::Dsp] < 600, "{name}");
        let [least, most] = part.traits.clock;
        assert!(least <= part.clock && part.clock <= most, "{name}");
        assert!(part.dram.is_none_or(|dram| dram.bandwidth.0 > 1e9), "{name}");
    }
}

/// Every line that has a figure, without its source, and with a status that is none.
#[test]
fn no_figure_is_taken_without_source_and_status() {
    let mut tried = 0;
    let mut refused = |whole: &str, read: &dyn Fn(&str) -> Result<(), Faults>| {
        for line in whole.lines().filter(|line| line.contains("{ value = ")) {
            let (figure, rest) = line.split_once(", source = ").unwrap();
            let (_, status) = rest.split_once(", status = ").unwrap();
            let unsourced = format!("{figure}, status = {status}");
            let rumour = line.replace(status, "\"rumour\" }");
            for (other, key) in [(unsourced, "source"), (rumour, "status")] {
                let faults = read(&whole.replacen(line, &other, 1)).unwrap_err();
                assert!(faults.0.len() == 1 && faults.0[0].title.contains(key), "{line}: {faults}");
                tried += 1;
            }
        }
    };
    for name in DEVICES {
        refused(&shipped(name), &|text| device(text).map(|_| ()));
    }
    refused(&text("arch/fpga/families.toml"), &|text| families(text).map(|_| ()));
    assert!(tried > 200, "{tried}");
}

#[test]
fn all_faults_of_a_part_are_told_at_once() {
    let text = shipped("zu7ev")
        .replace("\"ultrascale-plus\"", "\"versal\"")
        .replace("value = 230400", "value = 0")
        .replace("[clock]", "[clocks]")
        .replace("kind = \"ddr4\"", "kind = \"ddr6\"");
    let faults = device(&text).unwrap_err().to_string();
    for part in [
        "`versal`",
        "\"7-series\"",
        "`resources.lut.value` is 0",
        "`clock.default` is missing",
        "`clocks`",
        "`ddr6`",
    ] {
        assert!(faults.contains(part), "{part} is not in\n{faults}");
    }
}

#[test]
fn a_clock_beyond_the_family_is_refused() {
    let faults = device(&shipped("zynq-7020").replace("\"100 MHz\"", "\"900 MHz\"")).unwrap_err();
    assert_eq!(faults.0.len(), 1, "{faults}");
    assert!(faults.0[0].title.contains("25 to 250 MHz"), "{faults}");
}

/// An inference's worth of work on a machine.
fn work() -> Tally {
    let mut tally = Tally::default();
    tally.cycles[Cause::Stream] = 100_000;
    for action in Action::ALL {
        tally.actions[action] = 1_000 + action as u64;
    }
    tally
}

fn on(name: &str, settings: &[&str]) -> Result<Arch, Faults> {
    preset(name, &settings.iter().map(|setting| (*setting).to_owned()).collect::<Vec<_>>())
}

fn unit() -> UnitSize {
    UnitSize::of_default_bits(6, 10)
}

#[test]
fn presets_fit_their_parts_at_the_device_s_clock_and_memory() {
    for (name, macs, clock) in
        [("zcu104-16x16", 256, 250e6), ("pynq-z2-8x8", 64, 100e6), ("kria-dpu-sized", 1568, 300e6)]
    {
        let arch = on(name, &[]).unwrap_or_else(|faults| panic!("{faults}"));
        let fpga = arch.fpga().unwrap();
        assert_eq!(
            (arch.machine.array.rows * arch.machine.array.cols, arch.machine.clock.0),
            (macs, clock),
            "{name}"
        );
        assert_eq!(Some(arch.dram_kind), fpga.device.dram.map(|dram| dram.kind), "{name}");
        let design = design(&arch, fpga, unit());
        assert!(shortages(design.total(), &fpga.device).is_empty(), "{name}");
        for (resource, &count) in design.total().iter() {
            assert!(count <= design.at_most()[resource], "{name} {resource:?}");
        }
    }
    assert_eq!(on("zcu104-16x16", &[]).unwrap().machine.dram.bandwidth.0, 19.2e9, "the board's");
}

/// Blocks of RAM by hand: width over a block's, depth over a block's, the least over the shapes.
#[test]
fn memories_take_the_blocks_that_shapes_and_ports_ask_for() {
    let blocks = |bits: u64, width: u64, ultra| Ram::of(bits, width, Family::UltraScalePlus, ultra);
    let count = |ram: Ram| (ram.blocks[Resource::BlockRam], ram.blocks[Resource::UltraRam], ram.enabled);
    // 128 Ki x 8 bits: a byte wide 64 of 2K x 9; 128 bits wide 8192 deep: 15 of 1K x 18 ... or 15 x 4 of 2K x 9.
    assert_eq!(count(blocks(1 << 20, 8, false)), (64, 0, 1));
    assert_eq!(count(blocks(1 << 20, 128, false)), (60, 0, 15));
    // Ports decide: 1,024 bits at once are 29 blocks of 36 bits, whatever little they hold.
    let wide = blocks(32 * 1024, 1024, false);
    assert_eq!((count(wide), wide.by_width), ((29, 0, 29), true));
    assert_eq!(count(blocks(1 << 20, 128, true)), (0, 4, 2), "two ultra blocks wide, two deep");
    let small = blocks(1024, 16, false);
    assert_eq!((small.blocks[Resource::Lut], small.enabled), (24, 0), "64 x 16 bits: four LUTs for 64 x 3");
    assert_eq!(Ram::of(1024, 16, Family::Ecp5, false).blocks[Resource::Lut], 96, "six for 16 x 4");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A wider port or a larger capacity never takes fewer blocks, and never fewer than the bits fill.
    #[test]
    fn memories_grow_with_what_they_hold(bits in 1u64..1 << 24, width in 1u64..2000, more in 0u64..1 << 20) {
        for ultra in [false, true] {
            let of = |bits, width| Ram::of(bits, width, Family::UltraScalePlus, ultra).blocks;
            let (now, deeper) = (of(bits, width), of(bits + more, width));
            prop_assume!(bits > 1024);
            let (kind, size) = if ultra { (Resource::UltraRam, 294_912) } else { (Resource::BlockRam, 18_432) };
            prop_assert!(now[kind] * size >= bits && deeper[kind] >= now[kind]);
            let widest = if ultra { 72 } else { 36 };
            prop_assert!(now[kind] >= width.div_ceil(widest));
        }
    }

    /// A row or a column more never takes less of anything, in any style.
    #[test]
    fn arrays_grow_with_their_sides(
        rows in 2u64..64, cols in 2u64..64,
        overlap in prop::sample::select(vec!["none", "global-swap", "double-buffered"]),
        dataflow in prop::sample::select(vec!["os", "ws", "best"]),
        mac in prop::sample::select(vec!["dsp", "dsp-packed", "lut"]),
        device in prop::sample::select(vec!["vu9p", "zynq-7045"]),
    ) {
        let of = |rows: u64, cols: u64| {
            let arch = on("zcu104-16x16", &[
                &format!("array.rows={rows}"), &format!("array.cols={cols}"), &format!("fpga.mac={mac}"),
                &format!("array.fold_overlap={overlap}"), &format!("array.dataflow={dataflow}"),
                &format!("fpga.device={device}"),
            ]).unwrap_or_else(|faults| panic!("{faults}"));
            let found = design(&arch, arch.fpga().unwrap(), unit());
            (found.total(), found.at_most())
        };
        let (now, at_most) = of(rows, cols);
        for (more, _) in [of(rows + 1, cols), of(rows, cols + 1)] {
            for (resource, &count) in now.iter() {
                // Ultra RAM and block RAM stand for each other where the kind is left open.
                let either = matches!(resource, Resource::BlockRam | Resource::UltraRam);
                prop_assert!(either || count <= more[resource], "{resource:?}: {now:?} {more:?}");
                prop_assert!(count <= at_most[resource]);
            }
        }
    }
}

/// What is said to be the largest fits, and no larger one up to twice its side does.
#[test]
fn the_largest_array_is_the_largest() {
    for (name, settings) in [
        ("pynq-z2-8x8", vec![]),
        ("zcu104-16x16", vec!["fpga.mac=lut"]),
        ("kria-dpu-sized", vec![]),
        ("zcu104-16x16", vec!["memory.filter=1 KiB"]),
    ] {
        let arch = on(name, &settings).unwrap();
        let fpga = arch.fpga().unwrap();
        let Largest { square, power_of_two, limit } = largest(&arch, fpga, unit());
        let fits = |side: u64| {
            let sides = [format!("array.rows={side}"), format!("array.cols={side}")];
            let sides = sides.iter().map(String::as_str);
            // Read anew: lanes follow the columns where they are not written, scratchpads must hold two tiles.
            on(name, &settings.iter().copied().chain(sides).collect::<Vec<_>>()).is_ok_and(|arch| {
                let fpga = arch.fpga().unwrap();
                shortages(design(&arch, fpga, unit()).total(), &fpga.device).is_empty()
            })
        };
        for side in square..=2 * square {
            assert_eq!(fits(side), side == square, "{name} {settings:?} {side} of {square}, {limit:?}");
        }
        // Narrow memories waste blocks, so that a smaller array need not fit.
        let powers = (0..8).rev().map(|power| 1 << power).filter(|&side| side <= square);
        assert_eq!(powers.filter(|&side| fits(side)).max(), Some(power_of_two), "{name}");
        assert_eq!(matches!(limit, Limit::Scratchpad("filter")), settings == ["memory.filter=1 KiB"]);
    }
}

/// Prices by hand, and what a faster clock does: the same energy of the work, less of what stands.
#[test]
fn energies_follow_from_blocks_and_their_prices() {
    let arch = on("zcu104-16x16", &[]).unwrap();
    let found = prices(&arch, unit());
    assert_eq!(found.actions[Action::Mac].0, 3.0);
    assert_eq!(found.actions[Action::Requantize].0, 12.0);
    assert_eq!(found.actions[Action::GatedMac].0, 0.0);
    // 16 bytes a row of activations: two blocks of ultra RAM, 25 pJ each.
    assert!((found.actions[Action::IfmapRead].0 - 2.0 * 25.0 / 16.0).abs() < 1e-9);
    let design = design(&arch, arch.fpga().unwrap(), unit());
    let logic = |resource: Resource, each: f64| real(design.total()[resource]) * each;
    let cycle: f64 = found.cycle.values().map(|energy| energy.0).sum();
    // 14.4 + 36.6 fJ a LUT, 1.1 + 20.6 fJ a flip-flop.
    let by_hand = logic(Resource::Lut, 0.051) + logic(Resource::FlipFlop, 0.0217);
    assert!((cycle / by_hand - 1.0).abs() < 1e-9, "{cycle} {by_hand}");
    let packed = prices(&on("zcu104-16x16", &["fpga.mac=dsp-packed"]).unwrap(), unit());
    assert_eq!(packed.actions[Action::Mac].0, 1.5);

    let slow = prices(&on("zcu104-16x16", &["clock=125 MHz"]).unwrap(), unit());
    let (fast, slow) = (found.energy(&work()), slow.energy(&work()));
    assert_eq!(fast.dynamic, slow.dynamic);
    for (fast, slow) in fast.idle.values().zip(slow.idle.values()) {
        assert!((slow.0 - 2.0 * fast.0).abs() <= 1e-9 * slow.0);
    }
    assert!(fast.idle[Component::Device].0 > 0.0);
    let groups: f64 = found.energy_by_group(&work()).values().map(|energy| energy.0).sum();
    assert!((groups / fast.total().0 - 1.0).abs() < 1e-9, "groups are all of it");
}

/// LUTs that multiply are paid for as all LUTs are: every cycle, whatever they do.
#[test]
fn products_in_luts_are_paid_for_every_cycle() {
    let of = |mac: &str| {
        let arch = on("zcu104-16x16", &[&format!("fpga.mac={mac}"), "array.rows=8", "array.cols=8"]).unwrap();
        let found = prices(&arch, unit());
        let blocks = design(&arch, arch.fpga().unwrap(), unit()).blocks;
        let array = blocks.into_iter().find(|block| block.part == Part::Array).unwrap().nominal;
        (found.actions[Action::Mac].0, found.cycle[Component::Array].0, array)
    };
    let ((dsp, few, _), (lut, every_cycle, array)) = (of("dsp"), of("lut"));
    assert!(lut == 0.0 && dsp == 3.0 && every_cycle > few);
    // 8 x 8 elements, and adders below the array of 32 bits a column.
    let by_hand = real(array[Resource::Lut] + 256) * 0.051 + real(array[Resource::FlipFlop] + 256) * 0.0217;
    assert!((every_cycle / by_hand - 1.0).abs() < 1e-9, "{every_cycle} {by_hand}");
}

#[test]
fn ranges_hold_what_is_priced_and_split_part_from_board() {
    for name in ["zcu104-16x16", "pynq-z2-8x8"] {
        let (arch, network) = (on(name, &[]).unwrap(), common::fixed_network());
        let (policy, decisions) = common::decisions(&network, 0x1234);
        let outcome = simulate(&arch, &network, &policy, &decisions, None);
        assert!(violations(&arch.machine, &outcome).is_empty());
        let samples = real(u64::try_from(decisions.samples).unwrap());
        let stages = [&outcome.ablation.no_heads, &outcome.ablation.never, &outcome.ablation.speculation];
        for (range, parts) in energy_ranges(&arch, &outcome).iter().zip(stages) {
            let priced = outcome.prices.energy(&parts.total()).total().0 / samples;
            assert!(((range.chip.nominal + range.board.nominal).0 / priced - 1.0).abs() < 1e-9);
            for part in [range.chip, range.board] {
                assert!(part.low < part.nominal && part.nominal < part.high, "{part:?}");
                assert!(part.high.0 < 3.1 * part.nominal.0 && part.low.0 > part.nominal.0 / 3.1);
            }
        }
        let moves = sensitivity(&arch, &outcome, None).single;
        assert!(moves.least <= moves.saved && moves.saved <= moves.most, "{moves:?}");
        assert!(moves.most > moves.least && moves.conditions.is_empty(), "{moves:?}");
        assert!(moves.groups.iter().all(|moved| moved.factor > 1.0), "{:?}", moves.groups);
    }
}

#[test]
fn what_a_part_cannot_do_is_told_with_what_would_fit() {
    for (name, settings, said) in [
        ("zcu104-16x16", "fpga.device=zu7", vec!["cannot read", "did you mean zu7ev?"]),
        ("zcu104-16x16", "technology=tech/45nm.toml", vec!["`technology` has no effect", "remove it"]),
        ("zcu104-16x16", "clock=auto", vec!["no path of an FPGA's fabric is modelled", "the part's default"]),
        ("zcu104-16x16", "power.idle=race-to-sleep", vec!["`power.idle` has no effect"]),
        ("zcu104-16x16", "fpga.mac=dsp48", vec!["`dsp48`", "dsp-packed"]),
        ("pynq-z2-8x8", "fpga.scratchpads=ultra-ram", vec!["XC7Z020 has none", "280 of 18 Kbit"]),
        ("pynq-z2-8x8", "fpga.lut=5", vec!["unknown key `fpga.lut`"]),
    ] {
        let faults = on(name, &[settings]).unwrap_err().to_string();
        for part in said {
            assert!(faults.contains(part), "{settings}: {part} is not in\n{faults}");
        }
    }
    let packed = ["fpga.device=ecp5-85f", "fpga.mac=dsp-packed", "dram.kind=ddr3"];
    let faults = on("pynq-z2-8x8", &packed).unwrap_err().to_string();
    assert!(faults.contains("makes one 8-bit product") && faults.contains("156 blocks"), "{faults}");
    let faults = on("pynq-z2-8x8", &["fpga.device=ecp5-85f"]).unwrap_err().to_string();
    assert!(faults.contains("no memory is known on the board of LFE5UM-85F"), "{faults}");
    assert!(faults.contains("`dram.kind` missing"), "the preset has a bandwidth: {faults}");
}

/// A machine that does not fit says what is short and which array would do; with its own infrastructure it may fit.
#[test]
fn what_does_not_fit_says_what_would() {
    let network = common::fixed_network();
    let agreed = |settings: &[&str]| agree(&on("pynq-z2-8x8", settings).unwrap(), &network, None);
    assert_eq!(agreed(&[]), Ok(()));
    let sides = ["array.rows=12", "array.cols=12", "memory.ofmap=64 KiB"];
    let misfits = agreed(&sides).unwrap_err();
    let [misfit @ Misfit::DoesNotFit { short, .. }] = misfits.as_slice() else { panic!("{misfits:?}") };
    // 144 elements, 12 lanes of four, one multiplier of the unit.
    assert_eq!((short[0].resource, short[0].needs, short[0].usable), (Resource::Dsp, 193, 176));
    assert!(misfit.to_string().contains("193 DSP blocks where 176 may be filled, 17 too many"), "{misfit}");
    assert!(misfit.remedy().contains("configured 11 x 11 fits, or 8 x 8"), "{}", misfit.remedy());
    // What is promised fits, with a lane a column or with lanes as they are written; the next does not.
    let square = |side: u64| [format!("array.rows={side}"), format!("array.cols={side}")];
    for (more, most) in
        [(&["memory.ofmap=64 KiB"][..], 11), (&["memory.ofmap=64 KiB", "vector.lanes=16"], 10)]
    {
        let of = |side| {
            let square = square(side);
            agreed(&[more, &[square[0].as_str(), square[1].as_str()]].concat())
        };
        assert_eq!(of(most), Ok(()), "{more:?}");
        let told = format!("{most} x {most} fits");
        assert!(of(most + 1).unwrap_err()[0].remedy().contains(&told), "{more:?}");
    }
    let lanes = [&sides[..], &["vector.lanes=6"]].concat();
    assert_eq!(agreed(&lanes), Ok(()), "fewer lanes leave room");
    let crowded = agreed(&["fpga.infrastructure.lut=40000"]).unwrap_err();
    let [misfit @ Misfit::DoesNotFit { .. }] = crowded.as_slice() else { panic!("{crowded:?}") };
    assert!(misfit.remedy().contains("no array fits"), "{}", misfit.remedy());
}

/// Memories share what blocks are left with all else: a mix of both kinds is chosen that fits where one does.
#[test]
fn scratchpads_are_mixed_beside_what_else_takes_block_ram() {
    let sizes = ["memory.ifmap=270 KiB", "memory.filter=604 KiB", "memory.ofmap=457 KiB"];
    let sides = ["fpga.device=kria-k26", "array.rows=20", "array.cols=28"];
    let arch = on("pynq-z2-8x8", &[&sizes[..], &sides].concat()).unwrap();
    let fpga = arch.fpga().unwrap();
    let taken = design(&arch, fpga, unit()).total();
    assert_eq!(taken[Resource::UltraRam], 50);
    assert!(!shortages(taken, &fpga.device).iter().any(|short| short.resource.is_ram()), "{taken:?}");
}

/// What is stated is not doubted; the family's infrastructure may be twice what it is taken for, its block RAM, too.
#[test]
fn infrastructure_may_be_more_unless_it_is_stated() {
    let of = |settings: &[&str]| {
        let arch = on("zcu104-16x16", settings).unwrap();
        let blocks = design(&arch, arch.fpga().unwrap(), unit()).blocks;
        let found = blocks.into_iter().find(|block| block.part == Part::Infrastructure).unwrap();
        [Resource::Lut, Resource::BlockRam].map(|kind| (found.nominal[kind], found.at_most[kind]))
    };
    assert_eq!(of(&[]), [(19_700, 39_400), (8, 16)]);
    assert_eq!(of(&["fpga.infrastructure.lut=9000"]), [(9000, 9000), (8, 16)]);
}

#[test]
fn a_part_that_cannot_be_printed_or_priced_is_refused() {
    let text = shipped("zynq-7020");
    for (from, to, said) in [
        ("ultra_ram = { value = 0", "ultra_ram = { value = 64", "its family has none"),
        ("part = \"XC7Z020\"", "part = \"XC\\u001b[31m7Z\"", "`part` is empty or has characters"),
        ("board = \"ZedBoard; a PYNQ-Z2 has half its DRAM bandwidth\"", "board = \"\"", "`board` is empty"),
        ("name = \"zynq-7020\"", "name = \"\"", "`name`"),
    ] {
        assert!(text.contains(from), "{from}");
        let faults = device(&text.replacen(from, to, 1)).unwrap_err();
        assert!(faults.0.len() == 1 && faults.to_string().contains(said), "{said}: {faults}");
    }
}

//! Widths that blocks do not have: what the tool can be asked for of a part, and what it says instead of doing something else.

use super::*;
use exclusim::cost::fpga::{TooWide, too_wide};
use exclusim::tech::fpga::product_blocks;

fn misfits(name: &str, settings: &[&str]) -> Vec<Misfit> {
    let arch = on(name, settings).unwrap_or_else(|faults| panic!("{faults}"));
    agree(&arch, &common::fixed_network(), None).err().unwrap_or_default()
}

/// Operands have 8 bits and sums 32: no key asks for others, on an FPGA or elsewhere.
#[test]
fn operands_and_sums_of_other_widths_cannot_be_asked_for() {
    for key in ["array.operand_bits=16", "array.sum_bits=64", "fpga.operand_bits=4", "memory.sum_bits=48"] {
        let faults = on("pynq-z2-8x8", &[key]).unwrap_err().to_string();
        let key = key.split('=').next().unwrap();
        assert!(faults.contains(&format!("unknown key `{key}`")), "{faults}");
    }
}

/// A port that is written: 6,000 bits are 167 blocks of 36 side by side for each of three scratchpads, 224 may be filled.
#[test]
fn a_written_port_wider_than_all_blocks_is_told_with_a_width_that_fits() {
    let wide = ["memory.width=6000 bit"];
    let found = misfits("pynq-z2-8x8", &wide);
    let [misfit @ Misfit::TooWide { of: TooWide::Ports { bits, fits }, .. }] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((*bits, *fits), ([6000; 3], 2048));
    assert!(misfit.to_string().contains("more blocks of RAM side by side than may be filled"), "{misfit}");
    assert!(misfit.remedy().contains("memory.width = \"2048 bit\""), "{}", misfit.remedy());
    assert_eq!(misfits("pynq-z2-8x8", &["memory.width=2048 bit"]), []);
    assert_ne!(misfits("pynq-z2-8x8", &["memory.width=4096 bit"]), []);
}

/// Banks lie side by side, too.
#[test]
fn banks_that_are_too_wide_together_are_told() {
    let found = misfits("pynq-z2-8x8", &["memory.width=512 bit", "memory.banks=16"]);
    let [Misfit::TooWide { of: TooWide::Ports { bits, fits }, .. }] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(*bits, [8192; 3]);
    let narrower = format!("memory.width={fits} bit");
    assert_eq!(misfits("pynq-z2-8x8", &[&narrower, "memory.banks=16"]), []);
}

/// An automatic port is as wide as the array needs: narrower ports or a smaller array are what would fit.
#[test]
fn a_port_as_wide_as_its_array_is_told_with_a_narrower_one() {
    // 256 columns of 32 bits are 228 blocks of 36 in the scratchpad of sums.
    let settings =
        ["fpga.mac=dsp-packed", "fpga.device=zynq-7045", "array.rows=2", "array.cols=256", "vector.lanes=8"];
    let arch = on("pynq-z2-8x8", &settings).unwrap();
    assert_eq!(too_wide(&arch, arch.fpga().unwrap(), unit()), None, "it has 872");
    let settings =
        [&["fpga.device=zynq-7020", "array.cols=240"][..], &settings[..1], &settings[2..3]].concat();
    let settings = [&settings[..], &["vector.lanes=8"]].concat();
    let found = misfits("pynq-z2-8x8", &settings);
    let of = found.iter().find_map(|misfit| match misfit {
        Misfit::TooWide { of, .. } => Some(*of),
        _ => None,
    });
    let Some(TooWide::Ports { bits, .. }) = of else { panic!("{found:?}") };
    assert_eq!(bits, [16, 1920, 7680]);
}

/// Scores lie a row of lanes wide.
#[test]
fn a_score_memory_that_is_too_wide_is_told() {
    let found = misfits("zcu104-16x16", &["exclusion.lanes=4096"]);
    let of = found.iter().find_map(|misfit| match misfit {
        Misfit::TooWide { of: of @ TooWide::Scores { .. }, .. } => Some((*of, misfit.remedy())),
        _ => None,
    });
    let Some((TooWide::Scores { lanes: 4096, fits }, remedy)) = of else { panic!("{found:?}") };
    assert!(remedy.contains(&format!("exclusion.lanes = {fits}")) && fits < 4096, "{remedy}");
}

/// What holds too much is no matter of width: no narrower port helps.
#[test]
fn a_memory_that_is_too_large_is_not_called_too_wide() {
    let found = misfits("pynq-z2-8x8", &["memory.ifmap=2 MiB"]);
    let [Misfit::DoesNotFit { short, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(short[0].resource, Resource::BlockRam);
}

/// A width between those that a block has takes the next: 33 bits as many blocks as 36.
#[test]
fn odd_widths_take_the_next_shape() {
    let blocks = |width| Ram::of(512 * width, width, Family::Series7, false).blocks[Resource::BlockRam];
    assert_eq!([33, 36, 37, 72].map(blocks), [1, 1, 2, 2]);
    let blocks =
        |width| Ram::of(4096 * width, width, Family::UltraScalePlus, true).blocks[Resource::UltraRam];
    assert_eq!([8, 72, 73].map(blocks), [1, 1, 2]);
}

/// A factor that a DSP block does not have takes several: a softmax of 1000 classes sums 26 bits.
#[test]
fn products_wider_than_a_block_take_several() {
    use Family::{Ecp5, Series7, UltraScalePlus};
    let of = |one, other| [Series7, UltraScalePlus, Ecp5].map(|family| product_blocks(family, one, other));
    assert_eq!(of(12, 13), [1, 1, 1], "the default cut");
    assert_eq!(of(16, 17), [1, 1, 1], "the widest cut");
    assert_eq!(of(26, 17), [2, 1, 2]);
    assert_eq!(of(17, 26), [2, 1, 2], "either way round");
    // Whole numbers of 31 bits are signed ones of 32, a lane's factors: the four blocks that yosys takes.
    assert_eq!(of(31, 31), [4, 4, 4]);
}

/// Two products share a block where a factor has 25 bits, and an array of LUTs needs no block at all.
#[test]
fn a_packing_that_a_block_cannot_do_is_told() {
    let bare = ["fpga.device=ecp5-85f", "dram.kind=ddr3", "dram.bandwidth=1 GB/s"];
    let packed = [&bare[..], &["fpga.mac=dsp-packed"]].concat();
    let faults = on("pynq-z2-8x8", &packed).unwrap_err().to_string();
    assert!(
        faults.contains("makes one 8-bit product") && faults.contains("\"dsp\" (156 blocks)"),
        "{faults}"
    );
    assert!(on("pynq-z2-8x8", &[&bare[..], &["fpga.mac=lut"]].concat()).is_ok());
}

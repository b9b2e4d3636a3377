//! Sizes and colours. Lengths are in hundredths of a millimetre, the unit of the canvas.

use plotters::style::RGBColor;

use crate::cost::fpga::Part;
use crate::count::{Cause, Component};

/// One millimetre on the canvas.
pub(super) const MM: i32 = 100;
/// Width across both columns of a page.
pub(super) const TWO_COLUMNS: i32 = 180 * MM;
/// Width of one column.
pub(super) const ONE_COLUMN: i32 = 85 * MM;
/// What rows may take of a page's height before they get thinner.
pub(super) const PAGE_ROWS: i32 = 205 * MM;
/// White around a figure.
pub(super) const MARGIN: i32 = MM;

/// White right of an axis: half of the last tick's label stands beyond it.
pub(super) const AXIS_MARGIN: i32 = 4 * MM;

/// Text, 8 pt.
pub(super) const TEXT: i32 = 282;
/// Values beside bars, 7 pt.
pub(super) const SMALL_TEXT: i32 = 247;
/// The least that is still readable in print, 5 pt.
pub(super) const LEAST_TEXT: i32 = 176;
/// Title, 9 pt.
pub(super) const TITLE_TEXT: i32 = 318;

/// Text, axes and the line at zero.
pub(super) const INK: RGBColor = RGBColor(0, 0, 0);
/// Frames of bars.
pub(super) const FRAME: RGBColor = RGBColor(80, 80, 80);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(218, 218, 218);
/// Behind the rows of heads.
pub(super) const BAND: RGBColor = RGBColor(240, 240, 240);
/// Paper, and the seam between parts of a bar.
pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);

/// Points that others outdo.
pub(super) const OUTDONE: RGBColor = RGBColor(178, 178, 178);

/// Series, in order: Okabe and Ito's colours, neighbours far apart in lightness; shapes and dashes differ besides.
pub(super) const SERIES: [RGBColor; 8] = [
    RGBColor(0, 0, 0),
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(86, 180, 233),
    RGBColor(204, 121, 167),
    RGBColor(110, 110, 110),
];

/// Multiply-accumulates, cycles, energy: three clearly different greys when printed without colour.
pub(super) const SAVED: [RGBColor; 3] =
    [RGBColor(72, 72, 72), RGBColor(34, 136, 204), RGBColor(244, 190, 84)];

/// The colour of a cause: Okabe and Ito's hues, moved apart in lightness so that all differ in greyscale too
/// and neighbours in a bar differ most.
pub(super) fn cause(cause: Cause) -> RGBColor {
    match cause {
        Cause::Preload => RGBColor(104, 186, 236),
        Cause::Stream => RGBColor(0, 56, 116),
        Cause::Skew => RGBColor(216, 236, 248),
        Cause::Drain => RGBColor(0, 146, 108),
        Cause::Stall => RGBColor(190, 54, 6),
        Cause::Vector => RGBColor(236, 200, 48),
        Cause::Setup => RGBColor(204, 126, 174),
        Cause::Engine => RGBColor(56, 14, 74),
        Cause::Unit => RGBColor(0, 0, 0),
        Cause::Squash => RGBColor(124, 66, 10),
    }
}

/// The colour of a component: SRAMs in one hue of three lightnesses, all different in greyscale.
pub(super) fn component(component: Component) -> RGBColor {
    match component {
        Component::Array => RGBColor(0, 56, 116),
        Component::IfmapSram => RGBColor(128, 188, 168),
        Component::FilterSram => RGBColor(64, 160, 132),
        Component::OfmapSram => RGBColor(0, 96, 76),
        Component::Vector => RGBColor(236, 200, 48),
        Component::ExclusionUnit => RGBColor(190, 54, 6),
        Component::Dram => RGBColor(218, 226, 236),
        Component::Infrastructure => RGBColor(30, 8, 44),
        Component::Device => RGBColor(123, 123, 123),
        Component::Board => RGBColor(70, 24, 60),
    }
}

/// The colour of a part of a design on an FPGA: its component's, where it is not one of two.
pub(super) fn design_part(part: Part) -> RGBColor {
    match part {
        Part::Accumulators => RGBColor(88, 126, 168),
        Part::HeadEngine => RGBColor(250, 222, 200),
        Part::Array
        | Part::Ifmap
        | Part::Filter
        | Part::Ofmap
        | Part::Vector
        | Part::ExclusionUnit
        | Part::Infrastructure => component(part.component()),
    }
}

/// Right in time, right but late, wrong too early, wrong in any case.
pub(super) const VERDICTS: [RGBColor; 4] =
    [RGBColor(0, 68, 124), RGBColor(164, 212, 240), RGBColor(238, 162, 40), RGBColor(172, 66, 14)];

/// A share from 0 to 1 as a shade, from paper by yellow-green and teal to dark violet: lightness falls evenly.
pub(super) fn shade(share: f64) -> RGBColor {
    const ANCHORS: [[f64; 3]; 5] = [
        [255.0, 255.0, 255.0],
        [206.0, 224.0, 120.0],
        [78.0, 178.0, 140.0],
        [46.0, 92.0, 140.0],
        [62.0, 20.0, 92.0],
    ];
    between(&ANCHORS, share.clamp(0.0, 1.0))
}

/// Gains from white to blue and losses from white to orange, for a part of the largest from -1 to 1.
pub(super) fn gain(part: f64) -> RGBColor {
    let (colour, part) =
        if part < 0.0 { (RGBColor(206, 92, 0), -part) } else { (RGBColor(0, 82, 156), part) };
    shaded(colour, 0.12 + 0.88 * part.min(1.0))
}

/// A part from 0 to 1 of a colour in paper.
pub(super) fn shaded(RGBColor(red, green, blue): RGBColor, part: f64) -> RGBColor {
    let mix = |channel: u8| (255.0 + (f64::from(channel) - 255.0) * part).round() as u8;
    RGBColor(mix(red), mix(green), mix(blue))
}

/// Ink or paper, whichever stands out on a ground.
pub(super) fn on(RGBColor(red, green, blue): RGBColor) -> RGBColor {
    let light = 0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue);
    if light > 140.0 { INK } else { PAPER }
}

/// Colours of the exits, shallow to deep, and of the end last: the earlier a sample leaves, the darker.
pub(super) fn depths(count: usize) -> Vec<RGBColor> {
    const END: RGBColor = RGBColor(246, 246, 246);
    let exits = count.saturating_sub(1);
    (0..exits).map(|i| ramp(i, exits)).chain((count > 0).then_some(END)).collect()
}

/// Step `i` of `count` from dark violet by teal to light yellow-green; lightness rises evenly, whatever the eye.
fn ramp(i: usize, count: usize) -> RGBColor {
    const ANCHORS: [[f64; 3]; 4] =
        [[62.0, 20.0, 92.0], [46.0, 92.0, 140.0], [52.0, 166.0, 140.0], [206.0, 224.0, 92.0]];
    between(&ANCHORS, if count < 2 { 1.0 } else { i as f64 / (count - 1) as f64 })
}

/// A colour on the way through equally distant anchors, from 0 to 1.
fn between<const N: usize>(anchors: &[[f64; 3]; N], along: f64) -> RGBColor {
    let along = along * (N - 1) as f64;
    let from = (along as usize).min(N - 2);
    let part = along - from as f64;
    let mix = |channel: usize| {
        let (start, end) = (anchors[from][channel], anchors[from + 1][channel]);
        (start + (end - start) * part).round() as u8
    };
    RGBColor(mix(0), mix(1), mix(2))
}

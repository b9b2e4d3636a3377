//! What a run says of a machine on an FPGA: blocks, energy and power from low to high, its clock.

use super::grouped;
use crate::arch::Arch;
use crate::report::{
    ClockSummary, Form, FpgaSummary, GivenClock, RangeSummary, ResourceSummary, SystemRange, Table,
};

/// Energy and power with exits and without, the part and its board apart, and how far the saving can be trusted.
pub(super) fn energies(fpga: &FpgaSummary, plain: bool, form: Form) -> String {
    let mut table = Table::new(["nominal, low and high", "plain"]);
    let mut systems = vec!["no_heads"];
    if !plain {
        ["all heads", "with exits"].iter().for_each(|title| table.column(title));
        systems.extend(["never", "mean"]);
    }
    let found: Vec<&SystemRange> = systems.iter().filter_map(|system| fpga.systems.get(system)).collect();
    let mut rows = |name: &str, of: &dyn Fn(&SystemRange) -> RangeSummary, scale: f64, digits: usize| {
        type End = fn(RangeSummary) -> f64;
        let ends: [(&str, End); 3] =
            [(name, |range| range.nominal), ("  low", |range| range.low), ("  high", |range| range.high)];
        for (name, end) in ends {
            let cells = found.iter().map(|system| format!("{:.digits$}", end(of(system)) * scale));
            table.row([name.to_owned()].into_iter().chain(cells));
        }
    };
    rows("fabric, uJ", &|found| found.fabric_pj, 1e-6, 1);
    rows("board, uJ", &|found| found.board_pj, 1e-6, 1);
    rows("fabric, W", &|found| found.fabric_mw, 1e-3, 2);
    rows("board, W", &|found| found.board_mw, 1e-3, 2);
    let percent = |fraction: f64| format!("{:.1} %", 100.0 * fraction);
    let saved = &fpga.saved;
    let mut unknown = String::new();
    for (known, what) in [
        (fpga.static_power_known, "static power of the part"),
        (fpga.board_power_known, "power of processors or shell on the board"),
    ] {
        if !known {
            unknown += &format!("  not known, so not counted: {what}\n");
        }
    }
    if plain {
        return format!("{}{unknown}", table.written(form));
    }
    format!(
        "{}  energy saved {} to {}, nominal {} (fabric alone {});\n  the sign {}\n{unknown}",
        table.written(form),
        percent(saved.least),
        percent(saved.most),
        percent(saved.nominal),
        percent(saved.fabric),
        if saved.sign_holds { "holds" } else { "CHANGES" },
    )
}

/// What the design takes of its part, in a line.
pub(super) fn resources(fpga: &FpgaSummary) -> String {
    let ResourceSummary { total, usable, at_most, limiting, .. } = &fpga.resources;
    let mut text = format!(
        "on {} ({}), products by {}; of what may be filled, limited by {limiting}:\n  ",
        fpga.part, fpga.board, fpga.mac
    );
    let taken: Vec<String> = KINDS
        .iter()
        .filter(|kind| usable[**kind] > 0)
        .map(|kind| {
            let share = 100.0 * crate::units::real(total[kind]) / crate::units::real(usable[kind]);
            format!("{} {kind} ({share:.0} %)", grouped(total[kind]))
        })
        .collect();
    // Three and two: five are wider than a terminal.
    text += &taken.chunks(3).map(|some| some.join(", ")).collect::<Vec<_>>().join(",\n  ");
    if KINDS.iter().any(|kind| at_most[kind] > usable[kind]) {
        text += "\n  at the upper end of the model's error it does NOT fit";
    }
    text + "\n"
}

const KINDS: [&str; 5] = ["lut", "ff", "dsp", "bram18", "uram"];

/// That a clock is beyond its family, for where the summary is not for people.
#[must_use]
pub fn clock_warning(clock: &ClockSummary) -> Option<String> {
    match clock {
        ClockSummary::Given(given) if !given.within => Some(beyond(given)),
        ClockSummary::Given(_) | ClockSummary::Bound(_) => None,
    }
}

fn beyond(given: &GivenClock) -> String {
    let [least, most] = [given.least_hz, given.most_hz].map(|hertz| hertz * 1e-6);
    format!(
        "warning: this clock is outside the range that is published for such designs on this family, {least:.0} to {most:.0} MHz"
    )
}

/// The clock of an architecture on an FPGA, which is an input.
#[must_use]
pub fn clock_text(found: &ClockSummary, arch: &Arch) -> String {
    match found {
        ClockSummary::Given(given) => clock(given, arch.machine.clock.0 * 1e-6),
        ClockSummary::Bound(_) => String::new(),
    }
}

/// The clock, which is an input.
pub(super) fn clock(given: &GivenClock, megahertz: f64) -> String {
    let whose = if given.device_default { "the device's default" } else { "as given" };
    let [least, most] = [given.least_hz, given.most_hz].map(|hertz| hertz * 1e-6);
    let warning = if given.within { String::new() } else { format!("\n{}", beyond(given)) };
    format!(
        "clock: {megahertz} MHz, {whose}: an input, not a prediction;\n  published designs on this family have {least:.0} to {most:.0} MHz{warning}\n"
    )
}

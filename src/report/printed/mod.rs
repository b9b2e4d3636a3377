//! The summary that a person reads in ten seconds.

mod against;
pub(super) mod fpga;
mod notes;
mod plain;
mod sensitivity;

use crate::count::Cause;
use crate::report::{
    Across, ArrivalSummary, BatchSummary, BatchSystemSummary, ClockSummary, Form, IntervalSummary,
    StageSummary, Summary, SystemSummary, Table, WIDTH, prose,
};
use crate::simulate::Stage;
use crate::time::WorkPart;
use crate::units::real;
use crate::workload::ScoresFrom;

/// The text of a summary.
#[must_use]
pub fn summary_text(summary: &Summary, form: Form) -> String {
    let mut text = title(summary);
    if !summary.overrides.is_empty() {
        text += &format!("with {}\n", summary.overrides.join(", "));
    }
    text.push('\n');
    if is_plain(summary) {
        text += &format!("{}\n{}\n", plain::verdict(summary), plain::quantities(summary, form));
    } else {
        text += &verdict(summary);
        text += &summary.intervals.as_ref().map(IntervalSummary::text).unwrap_or_default();
        text += &format!("\n{}\n", quantities(summary, form));
    }
    let energies = |found| fpga::energies(found, is_plain(summary), form) + "\n";
    text += &summary.fpga.as_ref().map(energies).unwrap_or_default();
    text += &causes(summary, form);
    text.push('\n');
    if summary.policy.heads.contains(&true) && summary.policy.rule != "no-heads" {
        text += &heads(summary, form);
        text.push('\n');
    }
    text += &summary.batch.as_ref().map(|found| batch(found, summary, form)).unwrap_or_default();
    text += &against::text(summary, form);
    text += &summary.arrivals.as_ref().map(|found| arrivals(found, summary, form) + "\n").unwrap_or_default();
    text += &summary.sensitivity.as_ref().map(|found| sensitivity::text(found, form)).unwrap_or_default();
    text += &notes::notes(summary);
    text += &clock(summary);
    match form {
        Form::Plain => prose(&text),
        Form::Markdown => text,
        Form::Latex => commented(&text),
    }
}

/// What was run on what.
fn title(summary: &Summary) -> String {
    let Summary { workload, arch, technology, policy, .. } = summary;
    let start = format!("{workload} on {arch} at {} MHz, {technology} prices", megahertz(summary));
    let samples = match summary.scores {
        ScoresFrom::None => String::new(),
        ScoresFrom::Assumed => format!(", {} assumed samples", grouped(summary.samples)),
        ScoresFrom::Replayed | ScoresFrom::Recorded | ScoresFrom::Decided => {
            format!(", {} samples", grouped(summary.samples))
        }
    };
    // Only class exclusion has anything to remember.
    let memory = if policy.excludes { format!(" ({})", policy.memory) } else { String::new() };
    let rule = if is_plain(summary) { "no heads" } else { policy.rule };
    let line = format!("{start}{samples}, {rule}{memory}\n");
    if line.chars().count() <= WIDTH + 1 {
        return line;
    }
    format!("{start}\n{}, {rule}{memory}\n", samples.trim_start_matches(", "))
}

/// Whether the network has no heads: then there is one system, and nothing is saved.
fn is_plain(summary: &Summary) -> bool {
    summary.heads.is_empty()
}

/// All but the tables as comments of LaTeX.
#[must_use]
pub fn commented(text: &str) -> String {
    let (mut all, mut inside) = (String::new(), false);
    for line in text.lines() {
        inside |= line.starts_with("\\begin{");
        all += if inside || line.is_empty() { "" } else { "% " };
        all += &format!("{line}\n");
        inside &= !line.starts_with("\\end{");
    }
    all
}

/// What three systems make of the same batches.
fn batch(batch: &BatchSummary, summary: &Summary, form: Form) -> String {
    let title = format!("batches of {}, {}", batch.size, batch.exits_in_batch);
    let mut table = Table::new([title.as_str(), "plain", "all heads", "with exits"]);
    let systems = [&batch.no_heads, &batch.never, &batch.exits];
    let mut row = |name: &str, of: &dyn Fn(&BatchSystemSummary) -> String| {
        table.row([name.to_owned()].into_iter().chain(systems.map(of)));
    };
    row("cycles, thousand", &|system| format!("{:.1}", system.cycles * 1e-3));
    row(energy_title(summary), &|system| format!("{:.2}", system.energy_pj * 1e-6));
    row("latency, us", &|system| format!("{:.1}", system.latency_mean_s * 1e6));
    row("  p99", &|system| format!("{:.1}", system.latency_p99_s * 1e6));
    row("inferences per second", &|system| format!("{:.0}", system.throughput_per_s));
    let with = |saved: f64, [low, high]: [f64; 2]| {
        format!("{} ({:.1} to {:.1})", percent(saved), 100.0 * low, 100.0 * high)
    };
    let cycles = with(batch.cycles_saved_net, batch.cycles_saved_net_interval);
    let energy = with(batch.energy_saved_net, batch.energy_saved_net_interval);
    format!(
        "{}  saved net in batches (95 % over batches, bootstrap), per inference:\n  {cycles} of cycles, {energy} of energy;\n  the tables above are of single inferences\n\n",
        table.written(form)
    )
}

/// What three systems, and those of other policies, make of the same arrivals.
fn arrivals(arrivals: &ArrivalSummary, summary: &Summary, form: Form) -> String {
    let process = format!("{} arrivals", arrivals.process);
    let mut table = Table::new([process.as_str(), "plain", "all heads", "with exits"]);
    summary.against.iter().for_each(|rival| table.column(&rival.name));
    let mut systems = vec![&arrivals.no_heads, &arrivals.never, &arrivals.exits];
    systems.extend(&arrivals.against);
    let mut row = |name: &str, of: &dyn Fn(&SystemSummary) -> String| {
        table.row([name.to_owned()].into_iter().chain(systems.iter().map(|system| of(system))));
    };
    let micro = |seconds: f64| format!("{:.1}", seconds * 1e6);
    row("response, us", &|system| micro(system.response_s.mean));
    row("  p50", &|system| micro(system.response_s.p50));
    row("  p95", &|system| micro(system.response_s.p95));
    row("  p99", &|system| micro(system.response_s.p99));
    row("  max", &|system| micro(system.response_s.max));
    row("wait, us", &|system| micro(system.mean_wait_s));
    row("answers per second", &|system| format!("{:.1}", system.throughput_per_s));
    row("busy", &|system| percent(system.utilization));
    row("queue", &|system| match system.stable {
        Some(true) => "stable".into(),
        Some(false) => "overloaded".into(),
        None => "-".into(),
    });
    let power = if summary.fpga.is_some() { "nominal power, mW" } else { "power, mW" };
    row(power, &|system| format!("{:.2}", system.power_mw));
    row(energy_title(summary), &|system| format!("{:.2}", system.energy_pj * 1e-6));
    let rate = arrivals.rate_per_s.map_or_else(String::new, |rate| format!(" at {rate:.1} /s"));
    let count = grouped(arrivals.inferences);
    format!(
        "{}  {count} inferences{rate}, one after the other;\n  power and energy include the time between them\n",
        table.written(form)
    )
}

/// What the clock assumes, beside the bound that the tool would choose.
fn clock(summary: &Summary) -> String {
    let clock = match &summary.clock {
        ClockSummary::Bound(clock) => clock,
        ClockSummary::Given(given) => return fpga::clock(given, megahertz(summary)),
    };
    let limit = clock.limit.described();
    let bound = clock.bound_hz * 1e-6;
    let given = megahertz(summary);
    if clock.auto {
        return format!("clock: \"auto\", {bound:.0} MHz, limited by {limit}\n");
    }
    let warning = if summary.clock_hz > clock.bound_hz {
        "\nwarning: this clock is faster than that path allows; write clock = \"auto\", or see docs/model/arrivals-and-clock.md#the-clock"
    } else {
        ""
    };
    format!("clock: {given} MHz as given; \"auto\" would be {bound:.0} MHz,\n  limited by {limit}{warning}\n")
}

/// The answer first, in one sentence.
fn verdict(summary: &Summary) -> String {
    // What rounds to nothing is nothing, without a sign.
    let word = |saved: f64| match saved {
        _ if saved.abs() < 0.0005 => "changes",
        _ if saved > 0.0 => "saves",
        _ => "costs",
    };
    let told = |saved: f64, what: &str| format!("{:.1} % of {what}", 100.0 * saved.abs());
    let word_of_cycles = word(summary.cycles.saved_net);
    let cycles = format!("{word_of_cycles} {}", told(summary.cycles.saved_net, "cycles"));
    let energy = match &summary.fpga {
        None => {
            let energy = told(summary.energy_pj.saved_net, "energy");
            let word = word(summary.energy_pj.saved_net);
            if word == word_of_cycles { energy } else { format!("{word} {energy}") }
        }
        Some(fpga) => {
            // The signs may differ: then the range has a loss at one end.
            let [least, most] = [fpga.saved.least, fpga.saved.most].map(|saved| 100.0 * saved);
            let (word, range) =
                if most < 0.0 { ("costs", [-most, -least]) } else { ("saves", [least, most]) };
            let verb = if word == word_of_cycles { String::new() } else { format!("{word} ") };
            format!("{verb}{:.1} to {:.1} % of energy", range[0], range[1])
        }
    };
    let lost = 100.0 * (summary.accuracy - summary.accuracy_baseline);
    let what = match summary.policy.rule {
        rule @ ("never" | "no-heads") => format!("`{rule}`"),
        _ if summary.policy.excludes => "class exclusion".to_owned(),
        rule => format!("exit by {rule}"),
    };
    if summary.scores == ScoresFrom::Assumed {
        return format!("{what} {cycles} and {energy}, net of its own cost, if samples leave as assumed\n");
    }
    if summary.scores == ScoresFrom::Decided {
        return format!("{what} {cycles} and {energy}, net of its own cost, if samples leave as given\n");
    }
    if summary.scores == ScoresFrom::None {
        return format!(
            "{what} {cycles} and {energy}: every head runs, and without scores no sample leaves\n"
        );
    }
    format!(
        "{what} {cycles} and {energy}, net of its own cost, at {} accuracy ({lost:+.2} points against the plain network's {})\n",
        accuracy(summary.accuracy),
        accuracy(summary.accuracy_baseline),
    )
}

fn accuracy(fraction: f64) -> String {
    format!("{:.2} %", 100.0 * fraction)
}

/// Energies of an FPGA in one column are nominal: their range stands elsewhere.
pub(super) fn energy_title(summary: &Summary) -> &'static str {
    if summary.fpga.is_some() { "nominal energy, uJ" } else { "energy, uJ" }
}

fn quantities(summary: &Summary, form: Form) -> String {
    let mut table =
        Table::new(["per inference", "plain", "all heads", "with exits", "saved net", "p50", "p95", "max"]);
    let mut row = |name: &str, across: &Across, scale: f64, digits: usize| {
        let number = |value: f64| format!("{:.digits$}", value * scale);
        table.row([
            name.to_owned(),
            number(across.no_heads),
            number(across.never),
            number(across.mean),
            percent(across.saved_net),
            number(across.p50),
            number(across.p95),
            number(across.max),
        ]);
    };
    row("MACs, million", &summary.macs, 1e-6, 3);
    row("cycles, thousand", &summary.cycles, 1e-3, 1);
    row("latency, us", &summary.latency_s, 1e6, 1);
    row(energy_title(summary), &summary.energy_pj, 1e-6, 2);
    table.written(form)
        + "  plain: the network without heads; all heads: every head runs, no sample\n  \
           leaves early; with exits: mean over the samples; p50, p95, max: with exits;\n  \
           saved net: 1 - with exits / plain\n"
}

/// Share of the cycles below which a part's causes, or a cause, are left to summary.json.
const WORTH_A_LINE: f64 = 0.005;

/// Where the cycles go: parts by stage, then the causes that matter.
fn causes(summary: &Summary, form: Form) -> String {
    let of = |stage: Stage| &summary.ablation[stage];
    let mut stages = vec![("plain", of(Stage::NoHeads))];
    if !is_plain(summary) {
        stages.extend([("all heads", of(Stage::Never)), ("with exits", of(Stage::Exit))]);
    }
    // What is not configured changes nothing and gets no column.
    for (title, stage, before) in [
        ("compacted", Stage::Compaction, Stage::Exit),
        ("speculative", Stage::Speculation, Stage::Compaction),
    ] {
        if of(stage) != of(before) {
            stages.push((title, of(stage)));
        }
    }
    let total = stages.iter().map(|(_, stage)| stage.cycles_all_samples).max().unwrap_or(0);
    let samples = real(summary.samples);
    let mut table = Table::new(["cycles, thousand"]);
    stages.iter().for_each(|(title, _)| table.column(title));
    let mut line = |name: String, of: &dyn Fn(&StageSummary) -> u64| {
        let values: Vec<u64> = stages.iter().map(|(_, stage)| of(stage)).collect();
        let cells = values.into_iter().map(|sum| format!("{:.1}", real(sum) / samples * 1e-3));
        table.row([name].into_iter().chain(cells));
    };
    for part in WorkPart::ALL {
        let all = |stage: &StageSummary| stage.cycles_by_cause[part].0.total();
        let absent = part == WorkPart::Wasted || part == WorkPart::Heads && is_plain(summary);
        if absent && stages.iter().all(|(_, stage)| all(stage) == 0) {
            continue;
        }
        line(part.name().to_owned(), &all);
        let of = |stage: &StageSummary, cause: Cause| stage.cycles_by_cause[part].0[cause];
        let worth = |cause: &&Cause| {
            stages.iter().any(|(_, stage)| real(of(stage, **cause)) >= WORTH_A_LINE * real(total))
        };
        let (shown, rest): (Vec<Cause>, Vec<Cause>) = Cause::ALL.iter().partition(worth);
        for &cause in &shown {
            line(format!("  {}", cause.name()), &|stage| of(stage, cause));
        }
        if !shown.is_empty() {
            line("  other".to_owned(), &|stage| rest.iter().map(|&cause| of(stage, cause)).sum());
        }
    }
    table.written(form)
        + "  body: up to the last convolution; tail: the layers after it;\n  indented: why the cycles pass\n"
}

/// Net energies of heads from here on are told in uJ.
const MANY_PICOJOULES: f64 = 1e8;

/// What each head costs and skips, in cycles averaged over all samples.
fn heads(summary: &Summary, form: Form) -> String {
    let most = summary.heads.iter().map(|head| head.net_energy_pj.abs()).fold(0.0, f64::max);
    let (net_energy, scale) = if most < MANY_PICOJOULES { ("net nJ", 1e-3) } else { ("net uJ", 1e-6) };
    let header = [
        "head",
        "reached",
        "left",
        "accuracy",
        "survivors",
        "cost",
        "skipped",
        "net cycles",
        net_energy,
        "pays",
    ];
    let mut table = Table::new(header);
    for (h, head) in summary.heads.iter().enumerate() {
        let optional = |value: Option<f64>, scale: f64, unit: &str| {
            value.map_or_else(|| "-".into(), |value| format!("{:.1}{unit}", value * scale))
        };
        // Cycles and energy need not agree.
        let pays = match (head.net_cycles > 0.0, head.net_energy_pj > 0.0) {
            _ if head.reached == 0.0 => "-",
            (true, true) => "yes",
            (false, false) => "no",
            (true, false) => "cycles",
            (false, true) => "energy",
        };
        table.row([
            (h + 1).to_string(),
            percent(head.reached),
            percent(head.left),
            optional(head.accuracy.filter(|_| summary.scores.tell_accuracy()), 100.0, " %"),
            optional(head.survivors, 1.0, ""),
            format!("{:.0}", head.cost_cycles),
            format!("{:.0}", head.skipped_cycles),
            format!("{:+.0}", head.net_cycles),
            format!("{:+.1}", head.net_energy_pj * scale),
            if head.on { pays } else { "off" }.to_owned(),
        ]);
    }
    let end = summary.exits.last().copied().unwrap_or(1.0);
    table.written(form)
        + &format!(
            "  reached, left: share of the samples that run the head, and that leave\n  \
             there; {} run to the end\n  \
             accuracy: of the samples that leave there\n  \
             survivors: mean number of classes left after the head\n  \
             cost: cycles of the head and its decisions; skipped: cycles of later\n  \
             backbone layers that its leavers do not run; net: skipped - cost;\n  \
             means over all samples, also those that do not reach the head\n  \
             pays: whether net is above 0; cycles, energy: only that one is\n",
            percent(end)
        )
}

/// The clock in MHz, to a tenth: one that the tool worked out is not round.
fn megahertz(summary: &Summary) -> f64 {
    (summary.clock_hz * 1e-5).round() / 10.0
}

fn percent(fraction: f64) -> String {
    // Adding zero takes the sign off what rounds to nothing.
    format!("{:.1} %", (1000.0 * fraction).round() / 10.0 + 0.0)
}

/// 10000 as 10,000.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

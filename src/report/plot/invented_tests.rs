//! Invented results of runs and sweeps, in the files that figures are drawn from.

use std::fmt::Write;
use std::io::Cursor;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Figure, PARITY, PlotError, Results};
use crate::count::{Cause, Component};

/// Sizes of invented results.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) heads: usize,
    pub(super) classes: usize,
    pub(super) samples: usize,
}

pub(super) const SMALL: Size = Size { heads: 3, classes: 5, samples: 40 };

/// What a run's summary must hold for every figure, and what makes figures of options and loads possible.
pub(super) fn summary(Size { heads, classes, samples }: Size, scale: f64) -> Value {
    let across = |mean: f64| {
        json!({ "no_heads": mean * 2.0, "never": mean * 2.2, "mean": mean, "saved_net": 0.5 - scale / 10.0,
            "saved_vs_never": 0.55 })
    };
    let system = |latency: f64| {
        json!({ "response_s": { "mean": latency, "p99": latency * 4.0 }, "latency_mean_s": latency,
            "latency_p99_s": latency * 3.0, "throughput_per_s": 900.0 * scale })
    };
    let head = |h: usize| json!({ "on": h != 1, "cost_cycles": 50.0, "skipped_cycles": 40.0 * h as f64, "net_cycles": 40.0 * h as f64 - 50.0 });
    let group = |name: &str, reach: f64| json!({ "group": name, "factor": 2.5, "share": 0.3, "saved_at_low": 0.5 - reach, "saved_at_high": 0.5 + reach });
    json!({
        "version": env!("CARGO_PKG_VERSION"), "arch": format!("array-{scale}"), "clock_hz": 5e8,
        "machine": { "dataflow": "weight-stationary", "macs_per_cycle": 256, "dram_bytes_per_s": 2.9e9 },
        "workload": "invented", "policy": { "rule": "relative-to-max", "bits": [4.0 * scale, 12] }, "flips": { "exits": 2, "answers": 1, "survivor_counts": 3 },
        "classes": (0..classes).map(|c| format!("class <{c}> & more")).collect::<Vec<_>>(), "samples": samples,
        "accuracy": 0.9 + scale / 100.0, "accuracy_baseline": 0.95, "cycles": across(1e5 * scale),
        "energy_pj": across(3e7 * scale), "latency_s": across(2e-4 * scale), "macs": across(1.4e7),
        "area_by_component_mm2": { "array": 0.2, "ifmap_sram": 0.5, "filter_sram": 0.5, "ofmap_sram": 0.3,
            "vector": 0.06, "exclusion_unit": 0.01 },
        "fpga": { "part": "XC<7>", "resources": blocks() },
        "exits": vec![0.25; heads + 1], "heads": (0..heads).map(head).collect::<Vec<_>>(),
        "sensitivity": { "single": { "saved_net": 0.5, "least": 0.3, "most": 0.7,
            "groups": [group("dram_bits", 0.05), group("registers", -0.02), group("leakage", 0.0)] } },
        "arrivals": { "rate_per_s": 1000.0 * scale, "no_heads": system(2e-3 * scale), "exits": system(1e-3) },
    })
}

/// Blocks of a design without ultra RAM that fits, but for its LUTs at the upper end.
fn blocks() -> Value {
    let counts = |[lut, ff, dsp, bram18]: [u64; 4]| json!({ "lut": lut, "ff": ff, "dsp": dsp, "bram18": bram18, "uram": 0 });
    json!({
        "by_part": { "array": counts([400, 3000, 64, 0]), "ifmap_scratchpad": counts([0, 0, 0, 40]),
            "vector": counts([200, 100, 16, 0]), "exclusion_unit": counts([30, 20, 1, 2]),
            "infrastructure": counts([300, 600, 0, 8]) },
        "total": counts([930, 3720, 81, 50]), "at_most": counts([1500, 4400, 81, 50]),
        "usable": counts([1000, 5000, 160, 90]), "available": counts([1400, 10_000, 200, 112]),
    })
}

fn layers(heads: usize) -> (String, String) {
    let mut breakdown = String::from("layer,part,head");
    Cause::ALL.iter().for_each(|cause| write!(breakdown, ",{}_cycles", cause.name()).unwrap());
    Component::ALL.iter().for_each(|component| write!(breakdown, ",{}_pj", component.name()).unwrap());
    let mut layers = String::from(
        "layer,macs,cycles,utilization,mapping_efficiency,dram_ifmap_bytes,dram_filter_bytes,dram_ofmap_bytes",
    );
    let mut row = |name: &str, part: &str, scale: usize| {
        write!(breakdown, "\n{name},{part},").unwrap();
        for (i, cause) in Cause::ALL.iter().enumerate() {
            let never = matches!(cause, Cause::Drain | Cause::Engine | Cause::Squash);
            write!(breakdown, ",{}", if never { 0 } else { scale * (10 - i) * 7 }).unwrap();
        }
        (0..Component::ALL.len()).for_each(|i| write!(breakdown, ",{}.5", scale * (i + 1) * 1000).unwrap());
        write!(layers, "\n{name},{},{},0.5,0.75,0,{},", scale * 9000, scale * 90, scale % 2 * 700).unwrap();
    };
    for head in 1..=heads {
        row(&format!("conv{head}<&>"), "body", head * 40);
        row(&format!("exit{head}/fc"), "head", head + 2);
    }
    row("logits", "tail", 4);
    (breakdown, layers)
}

/// Results of a run, invented.
pub(super) fn run(name: &str, size: Size, scale: f64) -> Results {
    let Size { heads, classes, samples } = size;
    let survivors: String = (1..=heads).map(|head| format!(",survivors_{head}")).collect();
    let mut table =
        format!("sample,label,answer,exit{survivors},macs,cycles,energy_pj,plain_answer,oracle_exit");
    let mut exits = vec![vec![[0_u64; 2]; heads + 1]; classes];
    for sample in 0..samples {
        let (label, exit) = (sample % classes, sample * 7 % (heads + 1));
        let answer = (label + usize::from(sample % 9 == 0)) % classes;
        let alive = |head: usize| {
            if head <= exit && head != 1 {
                ((sample + head) % classes + 1).to_string()
            } else {
                String::new()
            }
        };
        let alive: Vec<String> = (0..heads).map(alive).collect();
        let cost = (exit + 1) * 25_000;
        exits[label][exit][0] += 1;
        exits[label][exit][1] += u64::from(answer == label);
        let (left, oracle, plain) =
            (exit + 1, sample % (heads + 1) + 1, label * usize::from(sample % 18 != 0));
        write!(
            table,
            "\n{sample},{label},{answer},{left},{},{cost},{cost},{cost}.5,{plain},{oracle}",
            alive.join(",")
        )
        .unwrap();
    }
    let mut by_exit = String::from("class,exit,samples,correct");
    for (class, exits) in exits.iter().enumerate() {
        for (exit, [samples, correct]) in exits.iter().enumerate() {
            write!(by_exit, "\n{class},{},{samples},{correct}", exit + 1).unwrap();
        }
    }
    let mut excluded = String::from("head,class,excluded");
    let mut segments = String::from("segment,alive,cycles");
    for head in 1..=heads {
        (0..classes).for_each(|class| write!(excluded, "\n{head},{class},{}", class % 4).unwrap());
        (1..=classes).filter(|alive| head > 1 || *alive == classes).for_each(|alive| {
            write!(segments, "\n{head},{alive},{}", 1000 + alive.div_ceil(2) * 100).unwrap();
        });
    }
    let (breakdown, layers) = layers(heads);
    let files = [
        ("summary.json", summary(size, scale).to_string()),
        ("layers.csv", layers),
        ("breakdown.csv", breakdown),
        ("exits.csv", by_exit),
        ("excluded.csv", excluded),
        ("samples.csv", table),
        ("segments.csv", segments),
    ];
    files.iter().fold(Results::new(name), |results, (file, text)| results.with(file, text).unwrap())
}

const METRICS: &str = "accuracy,left_early,macs,cycles,cycles_p99,cycles_no_heads,cycles_never,cycles_saved_net,latency_s,\
    latency_p99_s,energy_pj,energy_no_heads_pj,energy_saved_net,edp_js,area_mm2";

/// Results with a table of points.
pub(super) fn points(results: Results, text: String) -> Result<Results, PlotError> {
    let text: Arc<[u8]> = text.into_bytes().into();
    results.with_points(move || Ok(Box::new(Cursor::new(Arc::clone(&text)))))
}

/// Results of a sweep over some axes; every third point is worse than the plain network.
pub(super) fn sweep(axes: &str, values: &[&str]) -> Results {
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!("version,inputs,point,{axes},{METRICS}");
    for (i, values) in values.iter().enumerate() {
        let (accuracy, saved) = (0.9 - i as f64 / 500.0, 0.4 - 0.3 * (i % 3) as f64);
        let cost = 1000 + i * 37 % 400;
        write!(
            text,
            "\n{version},abc,{i},{values},{accuracy},0.4,1e6,{cost},{cost},2000,2100,{saved},{cost}e-6,{cost}e-6,{cost}e4,3e7,\
             {saved},1e-9,1.5"
        )
        .unwrap();
    }
    points(Results::new("sweep"), text).unwrap()
}

/// Results that a figure is drawn from.
pub(super) fn results_of(figure: Figure) -> Vec<Results> {
    match figure {
        Figure::DesignMap => {
            vec![sweep(
                "array.cols,array.rows,policy.rule",
                &[
                    "8,8,relative-to-max",
                    "16,8,relative-to-max",
                    "8,16,no-heads",
                    "16,16,relative-to-max",
                    "16,16,relative-to-max",
                ],
            )]
        }
        Figure::BreakEven => {
            let values = ["8,1600000000", "16,1600000000", "8,3200000000", "16,3200000000"];
            vec![sweep("array.rows,dram.bandwidth_bytes_per_s", &values)]
        }
        Figure::ThresholdSweep => {
            vec![sweep("array.rows,policy.beta", &["8,0.1", "8,0.5", "16,0.1", "16,0.5"])]
        }
        Figure::Parity => {
            let text = "source,case,reference_cycles,model_cycles\nverilog,a,10,10\nother,b,100000,99000\n";
            vec![Results::new("parity").with(PARITY, text).unwrap()]
        }
        _ if figure.compares_runs()
            || matches!(
                figure,
                Figure::Staircase | Figure::Area | Figure::Resources | Figure::Distribution
            ) =>
        {
            (1..=3).map(|i| run(&format!("run {i} <&>"), SMALL, f64::from(i))).collect()
        }
        _ => vec![run("run", SMALL, 1.0)],
    }
}

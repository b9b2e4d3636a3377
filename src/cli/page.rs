//! `report.html` of a run or a sweep: what is beside the tables, gathered; the page itself is made by `report::html`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::provenance::Made;
use crate::arch::Arch;
use crate::config::{Fault, Faults};
use crate::decide::{Decisions, Explained, Explainer, Policy};
use crate::load::{self, Split, Workload};
use crate::replay::{Images, Pixels, Scores};
use crate::report::html::{
    MadeBy, PathShown, Pictures, RunPage, SweepError, SweepPage, run_page, sweep_page, told_samples,
};
use crate::run::{Ran, decide_fault};
use crate::time::Deciders;
use crate::time::timeline::{Detail, Passing, Timelines};

impl Made {
    /// As a page tells it.
    fn told(&self) -> MadeBy {
        let input = |input: &load::InputFile| [input.role.clone(), input.file.clone(), input.sha256.clone()];
        MadeBy {
            tool: self.tool.clone(),
            command: self.typed(),
            origin: self.origin.clone(),
            inputs: self.inputs.iter().map(input).collect(),
        }
    }
}

/// What a run is of.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) arch: &'a Arch,
    pub(super) workload: &'a Workload,
    pub(super) policy: &'a Policy,
    pub(super) scores: &'a Scores,
}

/// The page of a run, of the very texts of its files.
pub(super) fn of_run(
    subject: Subject<'_>,
    ran: &Ran,
    printed: &str,
    files: &[(&'static str, String)],
    made: &Made,
) -> Result<String, Faults> {
    let Subject { arch, workload, policy, scores } = subject;
    let samples = told_samples(&ran.decisions);
    let explainer = Explainer::new(scores, policy).map_err(|error| decide_fault(&error))?;
    // What is made up to an assumption has no score that a head gave, and no image.
    let real = workload.tells_accuracy();
    let explained: Vec<(usize, Explained)> =
        samples.iter().filter(|_| real).map(|sample| (*sample, explainer.sample(*sample))).collect();
    let classes = workload.class_names();
    Ok(run_page(&RunPage {
        title: format!("{} on {}", workload.manifest.name, arch.name),
        made: made.told(),
        printed,
        files,
        network: &workload.segments,
        classes: &classes,
        rule: &policy.rule,
        explained,
        pictures: if real { pictures(workload, &samples) } else { None },
        paths: paths(subject, ran),
    }))
}

/// Images of some samples, where a workload has images of its evaluation split.
fn pictures(workload: &Workload, samples: &[usize]) -> Option<Pictures> {
    // Recorded scores may be of other samples than the images.
    if workload.manifest.trace.is_some() || workload.manifest.decisions.is_some() {
        return None;
    }
    let images = workload.images(Split::Evaluation).ok()?;
    let size = images.shape.elements();
    let mut pixels = Vec::with_capacity(size * samples.len());
    for sample in samples {
        pixels.extend(bytes(&images, sample * size..(sample + 1) * size)?);
    }
    Some(Pictures {
        width: images.shape.width,
        height: images.shape.height,
        channels: images.shape.channels,
        samples: samples.to_vec(),
        pixels,
    })
}

/// Pixels as bytes: real ones from the least to the largest of their image.
fn bytes(images: &Images, range: std::ops::Range<usize>) -> Option<Vec<u8>> {
    match &images.pixels {
        Pixels::U8(pixels) => pixels.get(range).map(<[u8]>::to_vec),
        Pixels::F32(pixels) => {
            let own = pixels.get(range)?;
            let least = own.iter().copied().fold(f32::INFINITY, f32::min);
            let most = own.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let span = if most > least { most - least } else { 1.0 };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
            let byte = |pixel: &f32| ((pixel - least) / span * 255.0).round() as u8;
            Some(own.iter().map(byte).collect())
        }
    }
}

/// Paths that a page shows.
const MOST_PATHS: usize = 12;

/// The most frequent path to each exit, and that which all of the network is run on.
fn paths(subject: Subject<'_>, ran: &Ran) -> Vec<PathShown> {
    let Subject { arch, workload, policy, .. } = subject;
    let (decisions, on) = (&ran.decisions, policy.running());
    let deciders = Deciders { on: &on, rule: policy.rule.facts().unit };
    let compact = arch.machine.exclusion.compact;
    let lines = Timelines::new(&workload.segments, &arch.machine, deciders, &ran.outcome.table, compact);
    let exits = decisions.exit_counts();
    let mut order: Vec<usize> = (0..exits.len()).filter(|exit| exits[*exit] > 0).collect();
    order.sort_by_key(|exit| std::cmp::Reverse(exits[*exit]));
    let shown = |exit: usize| {
        let (path, samples) = most_frequent(decisions, exit);
        let left = path.iter().map(|passing| passing.left.to_string()).collect::<Vec<_>>().join(" ");
        let leaves = if exit < decisions.heads {
            format!("leaves at head {}", exit + 1)
        } else {
            "runs to the end".to_owned()
        };
        let name = format!("{leaves}, survivors {left}: {samples} of {} samples", decisions.samples);
        PathShown { name, samples, line: lines.of(&path, Detail::LAYERS) }
    };
    order.into_iter().take(MOST_PATHS).map(shown).collect()
}

/// The path that most of the samples of an exit take, and how many.
fn most_frequent(decisions: &Decisions, exit: usize) -> (Vec<Passing>, u64) {
    let mut found = std::collections::BTreeMap::<Vec<usize>, u64>::new();
    for sample in (0..decisions.samples).filter(|sample| decisions.exits[*sample].segment() == exit) {
        *found.entry(decisions.alive_along(sample).collect()).or_default() += 1;
    }
    let (alive, samples) = found.into_iter().max_by_key(|(_, samples)| *samples).unwrap_or_default();
    let leaves = exit < decisions.heads;
    let left = |s: usize| alive.get(s + 1).copied().unwrap_or(if leaves { 1 } else { alive[s] });
    let passing =
        |s: usize| Passing { entering: alive[s], left: left(s), leaves: leaves && s + 1 == alive.len() };
    ((0..alive.len()).map(passing).collect(), samples)
}

/// The page of a sweep's folder, of its files alone: shards that were merged give the page of a sweep that ran whole.
pub(super) fn of_sweep(folder: &Path, name: &str, inputs: &str, made: &Made) -> Result<String, Faults> {
    let file = folder.join("points.csv");
    let open = || -> std::io::Result<Box<dyn Read>> { Ok(Box::new(File::open(&file)?)) };
    let text = |name: &str| load::text(&folder.join(name), "file of results");
    let (front, settings) = (text("pareto.csv")?, text("settings.csv")?);
    let page = SweepPage {
        title: name.to_owned(),
        // Commands that it took, shards and interruptions, change nothing in it.
        made: MadeBy { tool: made.tool.clone(), origin: made.origin.clone(), ..MadeBy::default() },
        inputs,
        points: &open,
        front: &front,
        settings: &settings,
    };
    sweep_page(&page).map_err(|SweepError::Read(error)| {
        let title = format!("{}: {error}", file.display());
        Fault::new(title, "make the results again with exclusim sweep").into()
    })
}

//! Scores of a workload: replayed, recorded, or made up to an assumption.

use super::files;
use super::place::Place;
use super::watch::Watch;
use super::workload::Workload;
use crate::config::{Fault, Faults};
use crate::names::closed_set;
use crate::replay::{
    Assumption, Codes, DataError, Engine, Images, Pixels, Preprocess, Requant, Scores, codes, replay_with,
};
use crate::units::real;

closed_set! {
    /// The two sets of samples of a workload, as `[data]` names them.
    pub enum Split {
        /// The samples that results are reported on.
        Evaluation = "evaluation",
        /// The samples that thresholds are found on.
        Calibration = "calibration",
    }
}

impl Workload {
    /// Scores of the evaluation split, at most `samples` of them: a trace if the workload has one, those that an
    /// assumption makes, else a replay.
    ///
    /// # Errors
    /// Data that are missing, faulty or do not fit the network.
    pub fn evaluation(&self, samples: Option<usize>, watch: &dyn Watch) -> Result<Scores, Faults> {
        let scores = match (&self.manifest.trace, &self.manifest.assumed) {
            _ if self.manifest.decisions.is_some() => self.decisions()?,
            (Some(trace), _) => self.trace(trace)?,
            (None, Some(assumed)) => assumed.scores(self.segments.classes),
            (None, None) if self.runs_to_the_end() => return Ok(self.nothing_leaves()),
            (None, None) => {
                return self.replay(Split::Evaluation, samples, self.manifest.requant, watch);
            }
        };
        Ok(match samples {
            Some(samples) => scores.first(samples),
            None => scores,
        })
    }

    /// Whether there is nothing to decide on: no data, and heads, if any, whose network stands alone.
    fn runs_to_the_end(&self) -> bool {
        self.manifest.evaluation.is_none() && (self.alone || self.segments.heads() == 0)
    }

    /// One sample that no head excludes a class of.
    fn nothing_leaves(&self) -> Scores {
        let (heads, classes) = (self.segments.heads(), self.segments.classes.max(1));
        let all = real(u64::try_from(classes).unwrap_or(u64::MAX));
        let (leave, alive) = (vec![0.0; heads], vec![all; heads]);
        Assumption { samples: 1, leave, alive, seed: 1 }.scores(classes)
    }

    /// Scores of the calibration split: a trace if the workload has one, else a replay.
    ///
    /// # Errors
    /// As [`Workload::evaluation`].
    pub fn calibration(&self, watch: &dyn Watch) -> Result<Scores, Faults> {
        match &self.manifest.calibration_trace {
            Some(trace) => self.trace(trace),
            None => self.replay(Split::Calibration, None, self.manifest.requant, watch),
        }
    }

    /// Exits that others decided, as scores that decide so.
    fn decisions(&self) -> Result<Scores, Faults> {
        let name = self.manifest.decisions.as_deref().unwrap_or_default();
        let path = files::within(&self.folder, name, "file of decisions")?;
        let file = files::open(&path, "file of decisions")?;
        Scores::read_decisions(file, self.segments.heads(), self.segments.classes)
            .map_err(|error| data_fault(&path, &error))
    }

    /// Recorded scores, checked against the network.
    fn trace(&self, name: &str) -> Result<Scores, Faults> {
        let path = files::within(&self.folder, name, "trace")?;
        let scores =
            Scores::read_trace(files::open(&path, "trace")?).map_err(|error| data_fault(&path, &error))?;
        self.check_trace(&path, &scores)?;
        Ok(scores)
    }

    /// A recorded trace must be of this network.
    fn check_trace(&self, place: &Place, scores: &Scores) -> Result<(), Faults> {
        let weighted =
            self.segments.steps().filter_map(|step| step.weighted).max().map_or(0, |last| last + 1);
        let zeros =
            scores.zero_fractions.as_ref().map_or(weighted, |zeros| zeros.len() / scores.samples.max(1));
        let pairs = [
            ("classes", scores.classes, self.segments.classes),
            ("heads", scores.heads.len(), self.segments.heads()),
            ("layers with zero fractions", zeros, weighted),
        ];
        let fault = |(what, found, expected): (&str, usize, usize)| {
            let title = format!("{place} has {found} {what}, but the network has {expected}");
            Fault::new(title, "record the trace again with this network")
        };
        let faults = pairs.into_iter().filter(|(_, found, expected)| found != expected).map(fault).collect();
        Faults(faults).none(())
    }

    /// How many calibration samples are evaluation samples as well: the same images. Of recorded scores the whole split
    /// is or is not, and where one split is of images and the other recorded, the same labels in the same order tell.
    /// What cannot be read is not it.
    #[must_use]
    pub fn calibrates_on_evaluation(&self, calibration: &Scores) -> usize {
        let manifest = &self.manifest;
        let images = |split| self.images(split).ok();
        let recorded = |file: &str| self.trace(file).ok();
        let same = match (&manifest.trace, &manifest.calibration_trace) {
            (Some(trace), Some(_)) => recorded(trace)
                .is_some_and(|found| found.heads == calibration.heads && found.labels == calibration.labels),
            (Some(trace), None) => recorded(trace).is_some_and(|found| found.labels == calibration.labels),
            (None, Some(_)) => {
                images(Split::Evaluation).is_some_and(|found| found.labels == calibration.labels)
            }
            (None, None) => {
                let splits = (images(Split::Calibration), images(Split::Evaluation));
                let (Some(calibration), Some(evaluation)) = splits else { return 0 };
                return calibration.shared_with(&evaluation);
            }
        };
        if same { calibration.samples } else { 0 }
    }

    /// The images of a split.
    ///
    /// # Errors
    /// There are none, they are faulty, or they do not fit the network.
    pub fn images(&self, split: Split) -> Result<Images, Faults> {
        let given = match split {
            Split::Evaluation => &self.given.evaluation,
            Split::Calibration => &self.given.calibration,
        };
        if let Some(images) = given {
            return Ok(images.clone());
        }
        let Some(file) = self.data(split) else { return Err(self.no_data(split).into()) };
        self.images_in(file)
    }

    fn images_in(&self, name: &str) -> Result<Images, Faults> {
        let path = files::within(&self.folder, name, "data file")?;
        Images::read(files::open(&path, "data file")?, self.segments.classes)
            .map_err(|error| data_fault(&path, &error))
    }

    /// Replays a split, or its first samples.
    ///
    /// # Errors
    /// As [`Workload::evaluation`].
    pub fn replay(
        &self,
        split: Split,
        samples: Option<usize>,
        requant: Requant,
        watch: &dyn Watch,
    ) -> Result<Scores, Faults> {
        let images = self.images(split)?;
        if matches!(images.pixels, Pixels::U8(_)) && self.manifest.preprocess == Preprocess::default() {
            let name = &self.manifest.name;
            watch.note(&format!("{name}: no [preprocess], so bytes go in as they are, 0 to 255"));
        }
        let images = match samples {
            Some(samples) => images.first(samples),
            None => images,
        };
        watch.begin(images.samples());
        let engine = Engine { requant, ..Engine::default() };
        let done = |samples| watch.advance(samples);
        let scores = replay_with(engine, self.network()?, &images, &self.manifest.preprocess, &done);
        watch.end();
        scores.map_err(|error| {
            let place = self.data_place(split);
            Fault::new(format!("{place}: {error}"), "make data, preprocessing and network fit").into()
        })
    }

    /// The codes of every tensor of one sample.
    ///
    /// # Errors
    /// As [`Workload::images`], and when there is no such sample or the network cannot be replayed.
    pub fn codes(&self, split: Split, sample: usize, requant: Requant) -> Result<Codes, Faults> {
        let images = self.images(split)?;
        let engine = Engine { requant, ..Engine::default() };
        codes(engine, self.network()?, &images, &self.manifest.preprocess, sample).map_err(|error| {
            let place = self.data_place(split);
            Fault::new(format!("{place}: {error}"), "make data, preprocessing and network fit").into()
        })
    }

    /// Where a split's images are, for messages.
    fn data_place(&self, split: Split) -> String {
        let given = match split {
            Split::Evaluation => &self.given.evaluation,
            Split::Calibration => &self.given.calibration,
        };
        match given {
            Some(_) => format!("the images of the {} split", split.name()),
            None => self.folder.join(self.data(split).unwrap_or_default()).to_string(),
        }
    }

    /// The file of a split's images.
    fn data(&self, split: Split) -> Option<&str> {
        match split {
            Split::Evaluation => self.manifest.evaluation.as_deref(),
            Split::Calibration => self.manifest.calibration.as_deref(),
        }
    }

    /// What to do without images.
    fn no_data(&self, split: Split) -> Fault {
        let name = split.name();
        if self.alone {
            let title = format!("{} is a network alone: it has no {name} split", self.file);
            let help = "put it into a folder with a workload.toml that names data (docs/bring-your-own-network.md), and give the folder";
            return Fault::new(title, help);
        }
        let recorded = match split {
            Split::Evaluation => "a recorded `trace`, or [assumed] exits",
            Split::Calibration => "or a recorded `calibration_trace`",
        };
        let title = format!("{} has no {name} split", self.folder.join(&self.file));
        Fault::new(title, format!("add {name} = \"file.npz\" under [data], {recorded}"))
    }
}

fn data_fault(place: &Place, error: &DataError) -> Faults {
    Fault::new(format!("{place}: {error}"), error.remedy()).into()
}

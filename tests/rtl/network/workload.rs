//! The network, images for it, and what replay says of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use exclusim::network::Network;
use exclusim::network::segment::{Segments, segments};
use exclusim::replay::{Engine, Preprocess, Requant, ScoreTable, Scores, replay_with};

use super::random::{self, CLASSES};

const SEED: u64 = 2309;
/// Images that the heads are balanced by, that a machine's are chosen from, and how many it gets.
const BALANCE: usize = 300;
const CANDIDATES: usize = 2000;
pub(super) const IMAGES: usize = 50;

/// The network with images.
pub(super) struct Workload {
    pub(super) network: Network,
    pub(super) segments: Segments,
    pub(super) requant: Requant,
    pub(super) codes: Vec<Vec<i8>>,
    pub(super) scores: Scores,
}

impl Workload {
    /// Everything there is to choose from.
    pub(super) fn candidates(requant: Requant) -> Self {
        let mut network = random::network(SEED, requant);
        let balance = random::images(SEED + 2, BALANCE);
        Self::new(network.clone(), requant, balance).favour_no_class(&mut network);
        let codes = random::images(SEED + 1, CANDIDATES);
        Self::new(network, requant, codes)
    }

    fn new(network: Network, requant: Requant, codes: Vec<Vec<i8>>) -> Self {
        let images = random::pixels(&network, &codes);
        let engine = Engine { requant, ..Engine::default() };
        let scores = replay_with(engine, &network, &images, &Preprocess::default(), &|_| {}).unwrap();
        let mut segments = segments(&network);
        // The image lies in the scratchpad when the inference begins.
        for segment in &mut segments.segments {
            Arc::make_mut(&mut segment.backbone).iter_mut().for_each(|step| step.reads_image = false);
        }
        Self { network, segments, requant, codes, scores }
    }

    /// Takes from the biases of heads and classifier what a class has more than its zero on average: with random weights
    /// two or three classes would win always.
    fn favour_no_class(&self, network: &mut Network) {
        let outputs = network.heads.iter().chain([&network.classifier]).copied();
        for (head, output) in outputs.enumerate().collect::<Vec<_>>() {
            let layer = network.layers.iter_mut().find(|layer| layer.output == output).unwrap();
            let [from, to] = [layer.inputs[0], output].map(|value| network.values[value.0].quantization);
            let parameters = layer.parameters.as_mut().unwrap();
            for (class, (bias, scale)) in parameters.bias.iter_mut().zip(&parameters.scales).enumerate() {
                let codes = (0..self.codes.len()).map(|image| i64::from(self.row(head, image)[class]));
                let mean = codes.sum::<i64>() as f64 / self.codes.len() as f64 - f64::from(to.zero_point);
                let code = f64::from(to.scale) / f64::from(from.scale * scale);
                *bias -= (mean * code).round() as i32;
            }
        }
    }

    /// Images in equal parts of those that leave at each exit; of every part first those that take cycles of their own,
    /// then those of a history of their own, as `kinds` (exit, cycles, history) says of every image.
    pub(super) fn varied<Kind: Ord>(&self, kinds: &[(usize, u64, Kind)]) -> Self {
        let exits: BTreeSet<usize> = kinds.iter().map(|(exit, ..)| *exit).collect();
        let part = |exit: &usize| {
            let (mut paths, mut histories) = (BTreeSet::new(), BTreeSet::new());
            let mut leave: Vec<_> = (0..kinds.len()).filter(|image| kinds[*image].0 == *exit).collect();
            leave.sort_by_cached_key(|image| {
                let (_, cycles, history) = &kinds[*image];
                let [path, history] = [paths.insert(cycles), histories.insert(history)];
                (!path, !history)
            });
            leave
        };
        let parts: Vec<Vec<usize>> = exits.iter().map(part).collect();
        let longest = parts.iter().map(Vec::len).max().unwrap();
        let turns = (0..longest).flat_map(|turn| parts.iter().filter_map(move |part| part.get(turn)));
        let codes = turns.take(IMAGES).map(|image| self.codes[*image].clone()).collect();
        Self::new(self.network.clone(), self.requant, codes)
    }

    /// Scores of one image at head `head`, or of the classifier behind the last head.
    pub(super) fn row(&self, head: usize, image: usize) -> &[i16] {
        match self.table(head) {
            ScoreTable::Codes { codes, .. } => &codes[image * CLASSES..(image + 1) * CLASSES],
            ScoreTable::Reals(_) => panic!("scores are codes"),
        }
    }

    pub(super) fn table(&self, head: usize) -> &ScoreTable {
        self.scores.heads.iter().chain([&self.scores.classifier]).nth(head).unwrap()
    }
}

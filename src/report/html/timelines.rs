//! Timelines of the paths that samples take most often, layer by layer.

use super::json::{array, object, string};
use crate::time::timeline::{Doing, Timeline, Track};

/// One path and how many samples take it.
pub struct PathShown {
    /// How it is called.
    pub name: String,
    /// Samples of all.
    pub samples: u64,
    /// What happens on it.
    pub line: Timeline,
}

/// Slices that a page takes: of more, only the first paths are shown.
const MOST: usize = 20_000;

/// `[{"name", "samples", "cycles", "layers", "slices": [[track, what, start, cycles, layer, bytes]], "levels": [[gauge, cycle,
/// value]]}]`, and how many of the paths are not in it.
pub(super) fn timelines(paths: &[PathShown]) -> (String, usize) {
    let mut slices = 0;
    let shown: Vec<String> = paths
        .iter()
        .take_while(|path| {
            slices += path.line.slices.len();
            slices <= MOST
        })
        .map(one)
        .collect();
    let left_out = paths.len() - shown.len();
    (array(shown), left_out)
}

fn one(path: &PathShown) -> String {
    let line = &path.line;
    let slice = |slice: &crate::time::timeline::Slice| {
        let (what, bytes) = match slice.doing {
            Doing::Layer => ("layer", 0),
            Doing::Tile { .. } => ("tile", 0),
            Doing::Cause(cause) => (cause.name(), 0),
            Doing::Transfer { what, bytes } => (what.name(), bytes),
        };
        let (track, what) = (string(slice.track.name()), string(what));
        format!("[{track},{what},{},{},{},{bytes}]", slice.start, slice.cycles, slice.layer)
    };
    let shown = line.slices.iter().filter(|slice| slice.track != Track::Tiles);
    object([
        ("name", string(&path.name)),
        ("samples", path.samples.to_string()),
        ("cycles", line.cycles.to_string()),
        ("layers", array(line.layers.iter().map(|name| string(name)))),
        ("slices", array(shown.map(slice))),
        (
            "levels",
            array(
                line.levels
                    .iter()
                    .map(|level| format!("[{},{},{}]", string(level.gauge.name()), level.cycle, level.value)),
            ),
        ),
    ])
}

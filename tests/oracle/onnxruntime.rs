//! Does onnxruntime agree? Every code of every model below, bit for bit, with every kernel this machine has.
//!
//! `tests/fixtures/onnx/make.py` writes the small models and onnxruntime's codes for them; the workload's
//! expected.npz comes from `workloads/recipes/recipe.py`.

use exclusim::load::{self, Silent};
use exclusim::network::Network;
use exclusim::network::onnx::{HeadNames, import};
use exclusim::replay::{Engine, Images, Kernel, Preprocess, ScoreTable, Scores, replay, replay_with};
use std::fs::{File, read};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn network(model: &Path) -> Network {
    import(&read(model).unwrap(), &HeadNames::default())
        .unwrap_or_else(|e| panic!("{}: {e}", model.display()))
}

fn tables(scores: &Scores) -> impl Iterator<Item = &ScoreTable> {
    scores.heads.iter().chain([&scores.classifier])
}

/// Number of codes that differ; panics when anything but codes differs.
fn differences(found: &Scores, expected: &Scores) -> usize {
    assert_eq!(found.labels, expected.labels);
    assert_eq!(found.heads.len(), expected.heads.len());
    let pairs = tables(found).zip(tables(expected));
    pairs
        .map(|pair| match pair {
            (
                ScoreTable::Codes { codes: a, scale: s, zero_point: z, signed: i },
                ScoreTable::Codes { codes: b, scale: t, zero_point: y, signed: j },
            ) => {
                assert_eq!((s.to_bits(), z, i, a.len()), (t.to_bits(), y, j, b.len()));
                a.iter().zip(b).filter(|(a, b)| a != b).count()
            }
            other => panic!("codes expected, found {other:?}"),
        })
        .sum()
}

/// A model and how many of its codes differ: docs/deviations.md, 13.
const KNOWN: (&str, usize) = ("residual_qdq_i8", 7);

#[test]
fn every_operator_equals_onnxruntime_with_every_kernel() {
    let folder = root().join("tests/fixtures/onnx");
    let mut models: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    models.retain(|path| path.extension().is_some_and(|e| e == "onnx"));
    models.sort();
    assert!(models.len() > 50, "only {} models", models.len());
    let mut wrong = Vec::new();
    for model in models {
        let network = network(&model);
        let data = model.with_extension("npz");
        let images = Images::read(File::open(&data).unwrap(), network.classes()).unwrap();
        let expected = Scores::read_trace(File::open(&data).unwrap()).unwrap();
        for kernel in Kernel::ALL.into_iter().filter(|k| k.available()) {
            let found = replay_with(
                Engine { kernel, ..Engine::default() },
                &network,
                &images,
                &Preprocess::default(),
                &|_| (),
            )
            .unwrap();
            let known = if model.file_stem().is_some_and(|name| name == KNOWN.0) { KNOWN.1 } else { 0 };
            match differences(&found, &expected) {
                n if n == known => {}
                n => wrong.push(format!("{} with {kernel:?}: {n} codes", model.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn heads_are_ordered_by_depth() {
    let network = network(&root().join("tests/fixtures/onnx/heads.onnx"));
    let names = |id| {
        let layer = network.layers.iter().position(|l| l.output == id).unwrap();
        (layer, network.layers[layer].name.as_str())
    };
    let heads: Vec<_> = network.heads.iter().map(|&id| names(id)).collect();
    assert!(heads[0].0 < heads[1].0, "{heads:?}");
    assert_eq!(names(network.classifier).0, network.layers.len() - 1);
    for (i, layer) in network.layers.iter().enumerate() {
        assert!(layer.inputs.iter().all(|id| id.0 <= i && id.0 < layer.output.0), "not in order: {layer:?}");
    }
}

/// Replays a workload's evaluation set and compares what onnxruntime's codes are kept of: number of samples and of
/// differing codes.
fn differing(name: &str) -> [usize; 2] {
    let folder = root().join("workloads").join(name);
    let expected = Scores::read_trace(File::open(folder.join("expected.npz")).unwrap()).unwrap();
    let workload = load::workload(&folder, &Silent).unwrap();
    let found = workload.evaluation(Some(expected.samples), &Silent).unwrap();
    [found.samples, differences(&found, &expected)]
}

/// 10,000 images, 7 outputs of 10 scores; the first 1,063 images, 7 outputs of 94 scores.
#[test]
fn whole_workloads_equal_onnxruntime() {
    assert_eq!(differing("vgg-mini-fashion"), [10_000, 0]);
    assert_eq!(differing("resnet20-glyph94"), [1_063, 0]);
}

#[test]
fn threads_do_not_matter() {
    let folder = root().join("workloads/vgg-mini-fashion");
    let network = network(&folder.join("model.onnx"));
    let images = Images::read(File::open(folder.join("test.npz")).unwrap(), network.classes()).unwrap();
    let preprocess = Preprocess { scale: 1.0 / 128.0, mean: vec![1.0], std: vec![1.0] };
    let few = images.first(100);
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let one = alone.install(|| replay(&network, &few, &preprocess, &|_| ()).unwrap());
    let many = rayon::ThreadPoolBuilder::new().num_threads(5).build().unwrap();
    assert_eq!(one, many.install(|| replay(&network, &few, &preprocess, &|_| ()).unwrap()));
}

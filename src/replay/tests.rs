//! Kernels against each other and against the definition, and files that are not what they should be.

use super::npz::{NewArray, write};
use super::{
    DataError, Engine, Images, Kernel, Pixels, Preprocess, ReplayError, ScoreTable, Scores, replay,
    replay_layers, replay_with,
};
use crate::network::onnx::{HeadNames, import};
use crate::network::{Layer, Network, Op, Parameters, Quantization, Value, ValueId};
use crate::shape::{Conv2d, MapShape, Window};
use proptest::prelude::*;
use std::io::Cursor;

/// A small model with two heads.
const MODEL: &[u8] = include_bytes!("../../tests/fixtures/onnx/heads.onnx");

/// One convolution, flattened: its codes are the classifier's scores.
fn network(conv: Conv2d, signed: bool, zero_points: [i32; 2], parameters: Parameters) -> Option<Network> {
    let [height, width] = conv.window.output(conv.input.height, conv.input.width)?;
    let output = MapShape { channels: conv.filters, height, width };
    let code = |zero: i32| if signed { zero - 128 } else { zero };
    let value = |name: &str, shape, zero| Value {
        name: name.into(),
        shape,
        quantization: Quantization { scale: 0.5, zero_point: code(zero), signed },
    };
    let flat = MapShape::vector(output.elements());
    let layer = |name: &str, op, from, parameters| Layer {
        name: name.into(),
        op,
        inputs: vec![ValueId(from)],
        output: ValueId(from + 1),
        parameters,
    };
    Some(Network {
        name: "one".into(),
        values: vec![
            value("image", conv.input, zero_points[0]),
            value("map", output, zero_points[1]),
            value("scores", flat, zero_points[1]),
        ],
        input: ValueId(0),
        layers: vec![layer("conv", Op::Conv(conv), 0, Some(parameters)), layer("flat", Op::Flatten, 1, None)],
        heads: Vec::new(),
        classifier: ValueId(2),
    })
}

/// The convolution by its definition: one output at a time, padding by the zero point.
fn defined(network: &Network, image: &[i32]) -> Vec<i16> {
    let (Op::Conv(conv), Some(parameters)) = (network.layers[0].op, &network.layers[0].parameters) else {
        panic!()
    };
    let [from, to] = [0, 1].map(|i| &network.values[i]);
    let (depth, width) = (conv.input.channels / conv.groups, conv.filters / conv.groups);
    let [rows, columns] = conv.window.kernel;
    let mut codes = Vec::new();
    for filter in 0..conv.filters {
        for y in 0..to.shape.height {
            for x in 0..to.shape.width {
                let mut sum = parameters.bias[filter];
                for (c, ky, kx) in itertools(depth, rows, columns) {
                    let row = (y * conv.window.stride[0] + ky * conv.window.dilation[0])
                        .wrapping_sub(conv.window.padding[0]);
                    let column = (x * conv.window.stride[1] + kx * conv.window.dilation[1])
                        .wrapping_sub(conv.window.padding[1]);
                    if row < conv.input.height && column < conv.input.width {
                        let channel = filter / width * depth + c;
                        let code = image[(channel * conv.input.height + row) * conv.input.width + column];
                        let weight = parameters.weights[((filter * depth + c) * rows + ky) * columns + kx];
                        sum += (code - from.quantization.zero_point) * i32::from(weight);
                    }
                }
                let multiplier =
                    (from.quantization.scale * parameters.scales[filter]) / to.quantization.scale;
                let [least, most] = to.quantization.range().map(|c| (c - to.quantization.zero_point) as f32);
                let steps = (sum as f32 * multiplier).clamp(least, most).round_ties_even() as i32;
                codes.push((steps + to.quantization.zero_point) as i16);
            }
        }
    }
    codes
}

fn itertools(a: usize, b: usize, c: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..a).flat_map(move |i| (0..b).flat_map(move |j| (0..c).map(move |k| (i, j, k))))
}

fn codes(table: &ScoreTable) -> &[i16] {
    let ScoreTable::Codes { codes, .. } = table else { panic!("no codes") };
    codes
}

prop_compose! {
    fn convolutions()(
        groups in prop_oneof![4 => Just(1usize), 1 => 2usize..4],
        depth in 1usize..20,
        width in prop_oneof![1usize..6, 14usize..19, 30usize..34, 60usize..70],
        size in [1usize..9, 1usize..9],
        kernel in [1usize..4, 1usize..4],
        stride in [1usize..4, 1usize..4],
        dilation in [1usize..3, 1usize..3],
        padding in [0usize..4, 0usize..4, 0usize..4, 0usize..4],
    ) -> Conv2d {
        let input = MapShape { channels: depth * groups, height: size[0], width: size[1] };
        Conv2d { input, filters: width * groups, window: Window { kernel, stride, padding, dilation }, groups }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_kernel_computes_the_definition(
        conv in convolutions(),
        signed in any::<bool>(),
        zero_points in [0i32..256, 0i32..256],
        multiplier in prop_oneof![Just(1.0f32 / 128.0), Just(0.5), 1e-5f32..0.1],
        extreme in 0..4,
        seed in any::<u64>(),
    ) {
        let mut state = seed | 1;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as i32
        };
        let depth = conv.input.channels / conv.groups;
        let count = conv.filters * depth * conv.window.kernel[0] * conv.window.kernel[1];
        let mut weight = || if extreme == 0 { [-128, 127][(random() & 1) as usize] } else { random() as i8 };
        let weights = (0..count).map(|_| weight()).collect();
        let scales = (0..conv.filters).map(|i| multiplier * (1 + i % 3) as f32).collect();
        let bias = (0..conv.filters).map(|_| random() % 20_000 - 10_000).collect();
        let parameters = Parameters { weights, scales, bias };
        let Some(network) = network(conv, signed, zero_points, parameters) else { return Ok(()) };
        // Pixels are bytes that preprocessing turns into (byte - zero point) * scale, hence into the byte itself.
        let pixels: Vec<u8> =
            (0..conv.input.elements()).map(|_| if extreme < 2 { [0, 255][(random() & 1) as usize] } else { random() as u8 }).collect();
        let preprocess = Preprocess { scale: 0.5, mean: vec![0.5 * zero_points[0] as f32; conv.input.channels], std: vec![] };
        let image: Vec<i32> = pixels.iter().map(|&p| i32::from(p) - if signed { 128 } else { 0 }).collect();
        let images = Images { shape: conv.input, pixels: Pixels::U8(pixels), labels: vec![0] };
        let expected = defined(&network, &image);
        let zeros = image.iter().filter(|&&c| c == network.values[0].quantization.zero_point).count();
        for kernel in Kernel::ALL.into_iter().filter(|k| k.available()) {
            let found = replay_with(Engine { kernel, ..Engine::default() }, &network, &images, &preprocess, &|_| ()).unwrap();
            prop_assert_eq!(codes(&found.classifier), expected.as_slice(), "{:?}", kernel);
            prop_assert_eq!(found.zero_fractions.unwrap(), vec![zeros as f32 / image.len() as f32]);
        }
    }

    #[test]
    fn traces_survive_writing_and_reading(
        samples in 1usize..5, heads in 0usize..4, classes in 1usize..5, kind in 0..3, layers in prop::option::of(0usize..3),
    ) {
        let table = |i: usize| match kind {
            0 => ScoreTable::Reals((0..samples * classes).map(|n| (n + i) as f32 / 7.0 - 1.0).collect()),
            _ => ScoreTable::Codes {
                codes: (0..samples * classes).map(|n| (n * 89 + i) as i16 % 256 - if kind == 2 { 128 } else { 0 }).collect(),
                scale: 0.25 + i as f32,
                zero_point: i as i32,
                signed: kind == 2,
            },
        };
        let scores = Scores {
            samples,
            classes,
            labels: (0..samples).map(|s| (s % classes) as u16).collect(),
            heads: (0..heads).map(table).collect(),
            classifier: table(9),
            zero_fractions: layers.map(|l| vec![0.5; samples * l]),
        };
        let bytes = scores.to_trace().unwrap();
        prop_assert_eq!(&bytes, &scores.to_trace().unwrap());
        prop_assert_eq!(Scores::read_trace(Cursor::new(bytes)).unwrap(), scores);
    }

    /// Strides, paddings, shapes, scales and weights of a model changed at random: what still comes in also runs.
    #[test]
    fn no_damaged_model_makes_it_panic(changes in prop::collection::vec((0..MODEL.len(), any::<u8>()), 1..6)) {
        let mut bytes = MODEL.to_vec();
        changes.into_iter().for_each(|(at, byte)| bytes[at] = byte);
        let Ok(network) = import(&bytes, &HeadNames::default()) else { return Ok(()) };
        let shape = network.value(network.input).shape;
        if network.values.iter().map(|v| v.shape.elements()).sum::<usize>() < 1 << 20 {
            let images = Images { shape, pixels: Pixels::U8(vec![7; shape.elements()]), labels: vec![0] };
            let _ = replay(&network, &images, &Preprocess::default(), &|_| ());
        }
    }

    #[test]
    fn no_change_of_a_file_makes_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5), cut in any::<prop::sample::Index>()) {
        let mut bytes = file(&[("images", "|u1", vec![2, 1, 2, 2], vec![0; 8]), ("labels", "<i4", vec![2], vec![0; 8])]);
        let _ = Images::read(Cursor::new(&bytes[..cut.index(bytes.len())]), 10);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = Images::read(Cursor::new(&bytes), 10);
        let _ = Scores::read_trace(Cursor::new(&bytes));
    }
}

fn file(arrays: &[NewArray<'_>]) -> Vec<u8> {
    write(arrays).unwrap()
}

fn refused(arrays: &[NewArray<'_>]) -> String {
    Images::read(Cursor::new(file(arrays)), 10).unwrap_err().to_string()
}

#[test]
fn wrong_images_are_named() {
    let good = ("images", "|u1", vec![2, 1, 1, 2], vec![1; 4]);
    let labels = ("labels", "<i2", vec![2], vec![1, 0, 9, 0]);
    let images = Images::read(Cursor::new(file(&[good.clone(), labels.clone()])), 10).unwrap();
    assert_eq!((images.samples(), images.labels.as_slice()), (2, &[1, 9][..]));
    assert_eq!(refused(std::slice::from_ref(&labels)), "array `images` is missing; the file has labels");
    assert_eq!(refused(std::slice::from_ref(&good)), "array `labels` is missing; the file has images");
    let flat = refused(&[("images", "|u1", vec![4], vec![1; 4]), labels.clone()]);
    assert_eq!(
        flat,
        "array `images` is uint8 [4]; expected is uint8 or float32 [samples, channels, height, width]"
    );
    let wide =
        refused(&[("images", "<f8", vec![1, 1, 1, 1], vec![0; 8]), ("labels", "|u1", vec![1], vec![0])]);
    assert!(wide.contains("float64 [1, 1, 1, 1]"), "{wide}");
    let empty = refused(&[("images", "|u1", vec![0, 1, 1, 1], vec![]), labels.clone()]);
    assert_eq!(empty, "array `images` has no samples");
    let label = refused(&[good.clone(), ("labels", "|i1", vec![2], vec![3, 255])]);
    assert_eq!(label, "labels[1] = -1 is not from 0 to 9");
    let longer = refused(&[good.clone(), ("labels", "<i4", vec![3], vec![0; 12])]);
    assert!(longer.contains("int32 [3]; expected is integers [2]"), "{longer}");
    let nan = [1.0f32, f32::NAN, 0.0, 0.0].iter().flat_map(|f| f.to_le_bytes()).collect();
    let nan = refused(&[("images", "<f4", vec![2, 1, 1, 2], nan), labels.clone()]);
    assert_eq!(nan, "images[0, 0, 0, 1] is NaN, not a finite number");
    let short = refused(&[("images", "|u1", vec![2, 1, 1, 3], vec![0; 4]), labels.clone()]);
    assert_eq!(short, "array `images`: its shape needs 6 bytes, it has 4");
    let huge = refused(&[("images", "|u1", vec![usize::MAX, 2, 1, 3], vec![0; 4]), labels]);
    assert_eq!(huge, "array `images`: its shape is too large");
    let text = Images::read(Cursor::new(b"no archive".as_slice()), 10).unwrap_err();
    assert!(matches!(text, DataError::NotNpz { .. }));
}

#[test]
fn a_small_file_does_not_fill_memory() {
    // Zeros of 128 MiB in some hundred kilobytes: as images, and as labels that no images go with.
    let many = 128 << 20;
    let zeros = ("images", "|u1", vec![many, 1, 1, 1], vec![0; many]);
    let packed = refused(&[zeros, ("labels", "|u1", vec![1], vec![1])]);
    assert!(packed.contains("more than 200 times as many"), "{packed}");
    let labels = ("labels", "|u1", vec![many], vec![0; many]);
    let unasked = refused(&[("images", "|u1", vec![1, 1, 1, 1], vec![0]), labels]);
    assert!(unasked.contains("uint8 [134217728]; expected is integers [1]"), "{unasked}");
}

#[test]
fn wrong_traces_are_named() {
    let labels = ("labels", "|u1", vec![1], vec![1]);
    let scores = ("scores", "|u1", vec![1, 1, 2], vec![1, 2]);
    let last = ("final", "|u1", vec![1, 2], vec![3, 4]);
    let read = |arrays: &[_]| Scores::read_trace(Cursor::new(file(arrays))).unwrap_err().to_string();
    let unscaled = read(&[labels.clone(), scores.clone(), last.clone()]);
    assert_eq!(unscaled, "array `final_scale` is missing; the file has labels, scores, final");
    let wide = read(&[labels.clone(), ("scores", "|u1", vec![1, 1, 3], vec![1; 3]), last.clone()]);
    assert!(
        wide.contains("`scores` is uint8 [1, 1, 3]; expected is codes or floats [1, heads, 2]"),
        "{wide}"
    );
    let one = 1f32.to_le_bytes().to_vec();
    let scaled = |scale: f32, zero_point: u8| {
        let scale = ("final_scale", "<f4", vec![], scale.to_le_bytes().to_vec());
        let zero_point = ("final_zero_point", "|i1", vec![], vec![zero_point]);
        read(&[labels.clone(), scores.clone(), last.clone(), scale, zero_point])
    };
    assert_eq!(scaled(f32::NAN, 3), "final_scale is NaN, not a finite number above 0");
    assert_eq!(scaled(-1.0, 3), "final_scale is -1, not a finite number above 0");
    assert_eq!(scaled(1.0, 255), "final_zero_point is -1, not from 0 to 255");
    let real = ("scores", "<f4", vec![1, 1, 2], [0.5f32, f32::INFINITY].map(f32::to_le_bytes).concat());
    let numbers = ("final", "<f4", vec![1, 2], [one.clone(), one.clone()].concat());
    assert_eq!(read(&[labels.clone(), real, numbers.clone()]), "scores[0, 0, 1] is inf, not a finite number");
    let fine = ("scores", "<f4", vec![1, 1, 2], numbers.3.clone());
    let zeros = ("zero_fractions", "<f4", vec![1, 2], [0.5f32, 1.5].map(f32::to_le_bytes).concat());
    assert_eq!(read(&[labels.clone(), fine, numbers, zeros]), "zero_fractions[0, 1] is 1.5, not from 0 to 1");
    let none = read(&[
        labels.clone(),
        ("scores", "|u1", vec![1, 1, 0], vec![]),
        ("final", "|u1", vec![1, 0], vec![]),
    ]);
    assert!(none.contains("uint8 [1, 0]; expected is codes or floats [samples, classes]"), "{none}");
    let both = read(&[
        labels,
        scores,
        ("final", "<f4", vec![1, 2], [one.clone(), one.clone()].concat()),
        ("final_scale", "<f4", vec![], one),
    ]);
    assert!(both.contains("because `final_scale` is there"), "{both}");
}

#[test]
fn images_that_do_not_fit_are_refused() {
    let input = MapShape { channels: 2, height: 3, width: 3 };
    let window = Window { kernel: [3; 2], stride: [1; 2], padding: [0; 4], dilation: [1; 2] };
    let conv = Conv2d { input, filters: 2, window, groups: 1 };
    let parameters = Parameters { weights: vec![1; 36], scales: vec![1.0; 2], bias: vec![0; 2] };
    let good = network(conv, false, [0, 0], parameters).unwrap();
    let images = Images { shape: input, pixels: Pixels::U8(vec![0; 18]), labels: vec![1] };
    let run = |network: &Network, images: &Images, preprocess: &Preprocess| {
        replay(network, images, preprocess, &|_| ()).map(|_| ()).unwrap_err()
    };
    let plain = Preprocess::default();
    assert!(replay(&good, &images, &plain, &|_| ()).is_ok());
    let turned = Images { shape: MapShape { channels: 1, height: 6, width: 3 }, ..images.clone() };
    assert!(matches!(run(&good, &turned, &plain), ReplayError::Image { .. }));
    let labelled = Images { labels: vec![2], ..images.clone() };
    assert_eq!(run(&good, &labelled, &plain), ReplayError::Label { sample: 0, label: 2, classes: 2 });
    let none = Images { labels: vec![], pixels: Pixels::U8(vec![]), ..images.clone() };
    assert_eq!(run(&good, &none, &plain), ReplayError::Empty);
    let short = Images { pixels: Pixels::U8(vec![0; 17]), ..images.clone() };
    assert!(matches!(run(&good, &short, &plain), ReplayError::Pixels { found: 17, .. }));
    let mean = Preprocess { mean: vec![0.0; 3], ..Preprocess::default() };
    assert!(
        run(&good, &images, &mean).to_string().contains("mean has 3 numbers, the images have 2 channels")
    );
    let mut shapes = good.clone();
    shapes.layers[0].parameters = None;
    assert!(run(&shapes, &images, &plain).to_string().contains("layer `conv`: it has no weights"));
    let mut loops = good;
    loops.layers[0].inputs = vec![ValueId(1)];
    assert!(run(&loops, &images, &plain).to_string().contains("not yet made"));
}

#[test]
fn progress_counts_every_sample_once() {
    let input = MapShape { channels: 1, height: 1, width: 1 };
    let window = Window { kernel: [1; 2], stride: [1; 2], padding: [0; 4], dilation: [1; 2] };
    let conv = Conv2d { input, filters: 1, window, groups: 1 };
    let parameters = Parameters { weights: vec![1], scales: vec![1.0], bias: vec![0] };
    let network = network(conv, false, [0, 0], parameters).unwrap();
    let images = Images { shape: input, pixels: Pixels::F32(vec![1.5; 101]), labels: vec![0; 101] };
    let done = std::sync::atomic::AtomicUsize::new(0);
    let scores = replay(&network, &images, &Preprocess::default(), &|n| {
        done.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(done.into_inner(), 101);
    assert!(codes(&scores.unwrap().classifier).iter().all(|&c| c == 3));
}

#[test]
fn images_that_share_a_large_layers_weights_get_what_each_gets_alone() {
    let input = MapShape { channels: 256, height: 2, width: 2 };
    let window = Window { kernel: [3; 2], stride: [1; 2], padding: [1; 4], dilation: [1; 2] };
    let conv = Conv2d { input, filters: 128, window, groups: 1 };
    let weights = (0..256 * 128 * 9).map(|i| ((i * 37) % 255) as i8).collect();
    let parameters = Parameters { weights, scales: vec![0.000_2; 128], bias: vec![100; 128] };
    let network = network(conv, false, [7, 90], parameters).unwrap();
    let preprocess = Preprocess { scale: 0.5, mean: vec![3.5; 256], std: vec![] };
    // Neither whole machines' loads of images nor whole chunks of a thread's.
    let images: Vec<Vec<u8>> = (0..19)
        .map(|n| (0..input.elements()).map(|i| ((i + 1) * (n + 3) * 29 % 256) as u8).collect())
        .collect();
    let expected: Vec<i16> = images
        .iter()
        .flat_map(|image| defined(&network, &image.iter().copied().map(i32::from).collect::<Vec<_>>()))
        .collect();
    assert!(
        expected.iter().collect::<std::collections::BTreeSet<_>>().len() > 50,
        "too few codes to tell images apart"
    );
    let images = Images { shape: input, pixels: Pixels::U8(images.concat()), labels: vec![0; 19] };
    for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.available()) {
        let engine = Engine { kernel, ..Engine::default() };
        let found = replay_with(engine, &network, &images, &preprocess, &|_| ()).unwrap();
        assert_eq!(codes(&found.classifier), expected, "{kernel:?}");
    }
    let mut done = Vec::new();
    replay_layers(Engine::default(), &network, &images, &preprocess, |layer| done.push(layer)).unwrap();
    // Images are read by eights, which the convolution takes together.
    let times = |layer| done.iter().filter(|&&found| found == layer).count();
    assert_eq!([times(0), times(2)], [3, 19]);
}

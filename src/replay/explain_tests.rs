//! Every code of every layer explained, beside what the kernels made of it.

use super::{Engine, Images, Kernel, Pixels, Preprocess, Requant, codes, explain};
use crate::network::onnx::{HeadNames, import};
use crate::random::SplitMix64;
use std::path::PathBuf;

fn explained(model: &str, requant: Requant) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", "onnx", model].iter().collect();
    let network = import(&std::fs::read(path).unwrap(), &HeadNames::default()).unwrap();
    let shape = network.value(network.input).shape;
    let mut random = SplitMix64(7);
    let pixels = (0..2 * shape.elements()).map(|_| random.below(4001) as f32 / 1000.0 - 2.0).collect();
    let images = Images { shape, pixels: Pixels::F32(pixels), labels: vec![0; 2] };
    let engine = Engine { kernel: Kernel::best(), requant };
    let codes = codes(engine, &network, &images, &Preprocess::default(), 1).unwrap();
    for (number, layer) in network.layers.iter().enumerate() {
        let made = codes.values[layer.output.0].len();
        assert_eq!(made, network.value(layer.output).shape.elements(), "{model}: {}", layer.name);
        for index in 0..made {
            let lines = explain(&network, &codes, number, index).unwrap();
            let last = lines.last().unwrap();
            assert!(last.ends_with(", the same"), "{model}: {lines:#?}");
        }
        assert_eq!(explain(&network, &codes, number, made), None);
    }
}

#[test]
fn every_code_is_explained_as_the_kernels_make_it() {
    for name in ["residual", "joined", "sigmoid", "leaky", "clipped", "padded", "products", "depthwise"] {
        explained(&format!("{name}_qdq.onnx"), Requant::Float);
        explained(&format!("{name}_qdq_i8.onnx"), Requant::Float);
    }
    for name in
        ["average_pool_padded", "global_average_pool_i8", "max_pool", "conv_dilated", "conv_grouped_i8"]
    {
        explained(&format!("{name}.onnx"), Requant::Float);
    }
}

#[test]
fn integer_factors_are_explained_too() {
    for requant in [Requant::FixedPoint, Requant::FixedPoint8, Requant::Gemmlowp] {
        explained("residual_qdq.onnx", requant);
    }
}

//! Extents beside those of onnx.shape_inference, and the work of every kind of operator.

use super::tensor::Tensor;
use super::tensors;
use crate::network::onnx::proto::{ModelProto, ValueInfoProto, tensor_shape_proto::dimension, type_proto};
use crate::network::onnx::{HeadNames, OnnxError, shapes};
use crate::network::segment::{Work, segments};
use prost::Message;
use std::path::PathBuf;

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", "onnx", "shapes"].iter().collect()
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.onnx"))).unwrap()
}

/// Extents in a file, those that are numbers.
fn told(info: &ValueInfoProto) -> Option<Vec<Option<usize>>> {
    let Some(type_proto::Value::TensorType(tensor)) = &info.r#type.as_ref()?.value else { return None };
    let size = |dim: &crate::network::onnx::proto::tensor_shape_proto::Dimension| match dim.value {
        Some(dimension::Value::DimValue(size)) => usize::try_from(size).ok(),
        _ => None,
    };
    Some(tensor.shape.as_ref()?.dim.iter().map(size).collect())
}

#[test]
fn extents_are_those_of_shape_inference() {
    let mut compared = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|found| found != "onnx") {
            continue;
        }
        let model = ModelProto::decode(&*std::fs::read(&path).unwrap()).unwrap();
        let graph = model.graph.as_ref().unwrap();
        let found = tensors(graph);
        assert_eq!(found.walk.faults, [], "{}", path.display());
        for info in graph.value_info.iter().chain(&graph.output) {
            let Some(told) = told(info).filter(|_| !found.unread.contains(info.name())) else { continue };
            let Some(Some(Tensor { dims, .. })) = found.tensors.get(info.name()) else {
                // A quantizer leaves the extents of tensors that it replaced.
                let made = graph.node.iter().any(|node| node.output.iter().any(|name| name == info.name()));
                assert!(!made, "{}: `{}` is missing", path.display(), info.name());
                continue;
            };
            let fits = dims.len() == told.len()
                && dims.iter().zip(&told).all(|(found, told)| told.is_none_or(|told| told == *found));
            assert!(fits, "{}: `{}` is {dims:?}, not {told:?}", path.display(), info.name());
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared}");
}

/// Every step as `kind groups x m x n x k` or `kind elements`.
fn work(name: &str) -> Vec<String> {
    let network = shapes(&bytes(name), &HeadNames::default()).unwrap().network;
    let shown = |kind: &str, work: Work| match work {
        Work::Gemm { gemm, .. } => format!("{kind} {} x {} x {} x {}", gemm.groups, gemm.m, gemm.n, gemm.k),
        Work::Vector { elements, .. } => format!("{kind} {elements}"),
    };
    segments(&network).steps().map(|step| shown(step.kind.name(), step.work)).collect()
}

fn notes(name: &str) -> Vec<String> {
    shapes(&bytes(name), &HeadNames::default()).unwrap().notes
}

#[test]
fn functions_of_one_element_are_one_table() {
    let expected = [
        "conv 1 x 64 x 8 x 36",
        "activation 512",
        "conv 1 x 64 x 8 x 8",
        "activation 512",
        "conv 1 x 64 x 8 x 8",
        "activation 512",
        "avgpool 512",
        "conv 1 x 1 x 2 x 8",
        "conv 1 x 1 x 8 x 2",
        "activation 8",
        "mul 1024",
        "conv 1 x 64 x 8 x 8",
        "elementwise 512",
        "activation 512",
        "add 1024",
        "add 1536",
        "activation 512",
        "avgpool 512",
        "fc 1 x 1 x 10 x 8",
    ];
    assert_eq!(work("functions"), expected);
}

#[test]
fn attention_is_products_of_maps() {
    let expected = [
        "conv 1 x 16 x 16 x 48",
        "concat 272",
        "add 272",
        "norm 1360",
        "gemm 1 x 17 x 48 x 16",
        "matmul 4 x 17 x 17 x 4",
        "softmax 4624",
        "matmul 4 x 17 x 4 x 17",
        "gemm 1 x 17 x 16 x 16",
        "add 544",
        "gemm 1 x 17 x 64 x 16",
        "activation 1088",
        "gemm 1 x 17 x 16 x 64",
        "add 544",
        "fc 1 x 1 x 10 x 16",
    ];
    assert_eq!(work("attention"), expected);
    assert!(notes("attention")[0].contains("--set batch.size=2"));
    let network = shapes(&bytes("attention"), &HeadNames::default()).unwrap().network;
    for step in segments(&network).steps().filter(|step| step.of_two_maps()) {
        assert_eq!((step.weight_bytes(), step.weighted), (0, None), "{}", step.name);
    }
}

#[test]
fn recurrent_layers_are_a_product_for_all_steps_and_one_for_each() {
    let expected = [
        "gemm 2 x 12 x 32 x 5",
        "gemm 24 x 1 x 32 x 8",
        "gates 2496",
        "gemm 1 x 12 x 18 x 16",
        "gemm 12 x 1 x 18 x 6",
        "gates 720",
        "fc 1 x 1 x 10 x 6",
    ];
    assert_eq!(work("recurrent"), expected);
    assert!(notes("recurrent")[0].contains("--set batch.size=2"), "the second axis is the batch");
}

#[test]
fn transposed_convolutions_add_where_windows_overlap() {
    let expected = [
        "conv 1 x 20 x 8 x 27",
        "conv 1 x 20 x 24 x 8",
        "conv 2 x 80 x 32 x 3",
        "col2im 5120",
        "resize 2560",
        "resize 2560",
        "conv 1 x 320 x 4 x 8",
        "add 2560",
        "norm 5120",
        "reduce 1280",
    ];
    assert_eq!(work("upwards"), expected);
}

#[test]
fn dynamic_quantization_finds_its_scales() {
    let expected = ["quantize 576", "conv 1 x 36 x 4 x 27", "quantize 432", "fc 1 x 1 x 10 x 144"];
    assert_eq!(work("dynamic"), expected);
    let said =
        crate::network::onnx::import(&bytes("dynamic"), &HeadNames::default()).unwrap_err().to_string();
    for part in ["quantized dynamically", "4 nodes", "DynamicQuantizeLinear", "quantize_static"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_fixed_batch_is_told() {
    assert_eq!(work("case_fixed_batch_cut"), ["fc 1 x 1 x 10 x 64"]);
    let notes = notes("case_fixed_batch_cut");
    assert!(notes[0].contains("fixed at 256") && notes[0].contains("--set batch.size=256"), "{notes:?}");
}

#[test]
fn functions_of_the_image_alone_are_no_work() {
    assert_eq!(work("case_empty_csv"), Vec::<String>::new());
    assert_eq!(work("case_silu")[..2], ["conv 1 x 64 x 8 x 27", "activation 512"]);
    assert_eq!(work("case_nhwc_keras").len(), 3);
    let bias = work("case_bias_add_of_a_constant");
    assert!(bias.iter().all(|step| step.starts_with("fc")), "{bias:?}");
}

#[test]
fn equal_faults_of_many_nodes_are_one() {
    let mut model = ModelProto::decode(&*bytes("functions")).unwrap();
    for node in &mut model.graph.as_mut().unwrap().node {
        if node.op_type() == "Conv" {
            node.op_type = Some("Hash".into());
        }
    }
    let error = shapes(&model.encode_to_vec(), &HeadNames::default()).unwrap_err();
    let OnnxError::Faults(faults) = error else { panic!("{error}") };
    let [only] = faults.as_slice() else { panic!("{faults:?}") };
    let said = only.to_string();
    assert!(said.contains("(Hash)") && said.contains("docs/formats.md"), "{said}");
}

#[test]
fn what_depends_on_data_is_refused_with_a_way_out() {
    let mut model = ModelProto::decode(&*bytes("functions")).unwrap();
    let graph = model.graph.as_mut().unwrap();
    let node = graph.node.iter_mut().find(|node| node.op_type() == "GlobalAveragePool").unwrap();
    node.op_type = Some("NonZero".into());
    let said = shapes(&model.encode_to_vec(), &HeadNames::default()).unwrap_err().to_string();
    assert!(said.contains("(NonZero)") && said.contains("extract_model"), "{said}");
}

#[test]
fn every_operator_stands_in_the_formats() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/formats.md")).unwrap();
    let missing: Vec<&str> = crate::network::onnx::operators::OPERATORS
        .iter()
        .map(|operator| operator.name)
        .filter(|name| !text.contains(&format!("`{name}`")))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn no_change_makes_it_panic(
        which in 0usize..9,
        changes in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>()), 1..6),
    ) {
        let all = ["windows", "functions", "attention", "shuffle", "upwards", "recurrent", "sequence", "folded", "dynamic"];
        let mut bytes = bytes(all[which]);
        let length = bytes.len();
        changes.into_iter().for_each(|(at, byte)| bytes[at.index(length)] = byte);
        if let Ok(read) = shapes(&bytes, &HeadNames::default()) {
            let _ = segments(&read.network);
        }
    }
}

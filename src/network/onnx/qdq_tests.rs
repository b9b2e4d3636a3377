//! Networks in QDQ form, whole and at fault; and shapes of models in any precision.

use super::proto::{GraphProto, ModelProto, NodeProto, StringStringEntryProto};
use super::tests::shows;
use super::{External, HeadNames, import, import_with, shapes};
use crate::network::segment::{LayerKind, Work, segments};
use crate::network::{Network, Op};
use crate::shape::MapShape;
use prost::Message;

/// Networks of `tests/fixtures/onnx/quantize.py`, in the form that name says.
fn quantized(form: &str) -> Network {
    let path = format!("{}/tests/fixtures/onnx/residual_{form}.onnx", env!("CARGO_MANIFEST_DIR"));
    import(&std::fs::read(path).unwrap(), &HeadNames::default()).unwrap()
}

#[test]
fn both_forms_become_the_same_layers() {
    let shape = |network: &Network| -> Vec<(Op, MapShape)> {
        let computed = network.layers.iter().filter(|l| l.parameters.is_some() || l.op == Op::Add);
        computed.map(|l| (l.op, network.value(l.output).shape)).collect()
    };
    let operators = shape(&quantized("qop"));
    assert_eq!(operators.iter().filter(|(op, _)| *op == Op::Add).count(), 3);
    assert_eq!(shape(&quantized("qdq")), operators);
    assert_eq!(shape(&quantized("qdq_i8")), operators);
}

#[test]
fn shapes_need_no_quantization() {
    let model = quantized("qdq");
    let path = format!("{}/tests/fixtures/onnx/residual_qdq.onnx", env!("CARGO_MANIFEST_DIR"));
    let timed = shapes(&std::fs::read(path).unwrap(), &HeadNames::default()).unwrap().network;
    let steps = |network: &Network| -> Vec<(LayerKind, Work)> {
        let cut = segments(network);
        let all: Vec<_> =
            cut.steps().filter(|s| s.kind != LayerKind::Activation).map(|s| (s.kind, s.work)).collect();
        all
    };
    assert_eq!(steps(&timed), steps(&model));
    assert!(timed.layers.iter().all(|layer| layer.parameters.is_none()));
    assert_eq!((timed.heads.len(), timed.classes()), (2, 10));
}

/// The network in QDQ form after an edit of its graph.
fn edited_qdq(edit: impl FnOnce(&mut GraphProto), read: External<'_>) -> Result<Network, String> {
    let path = format!("{}/tests/fixtures/onnx/residual_qdq.onnx", env!("CARGO_MANIFEST_DIR"));
    let mut model = ModelProto::decode(&*std::fs::read(path).unwrap()).unwrap();
    edit(model.graph.as_mut().unwrap());
    import_with(&model.encode_to_vec(), &HeadNames::default(), read).map_err(|error| error.to_string())
}

/// Puts functions of one element behind the first convolution, each from a tensor to a tensor.
fn relus_after_the_first_conv(graph: &mut GraphProto, first: &str, edges: &[[String; 2]]) {
    let at = graph.node.iter().position(|node| node.op_type() == "Conv").unwrap();
    graph.node[at].output[0] = first.into();
    let relu = |[input, output]: &[String; 2]| NodeProto {
        op_type: Some("Relu".into()),
        input: vec![input.clone()],
        output: vec![output.clone()],
        ..NodeProto::default()
    };
    graph.node.splice(at + 1..at + 1, edges.iter().map(relu));
}

#[test]
fn functions_in_a_circle_end() {
    let none: External<'_> = &|_| Err("none".into());
    let edge = |from: &str, to: &str| [from.to_owned(), to.to_owned()];
    for circle in
        [&[edge("a", "a")][..], &[edge("a", "b"), edge("b", "a")], &[edge("b", "a"), edge("a", "b")]]
    {
        let said = edited_qdq(|graph| relus_after_the_first_conv(graph, "a", circle), none).unwrap_err();
        shows(&said, &["/convs.0/Conv"]);
    }
    let output = |graph: &GraphProto| {
        graph.node.iter().find(|node| node.op_type() == "Conv").unwrap().output[0].clone()
    };
    let chain = |graph: &mut GraphProto| {
        let last = output(graph);
        let name = |at: usize| if at == 20_000 { last.clone() } else { format!("relu{at}") };
        let edges: Vec<[String; 2]> = (0..20_000).map(|at| [name(at), name(at + 1)]).collect();
        relus_after_the_first_conv(graph, "relu0", &edges);
    };
    assert_eq!(edited_qdq(chain, none).unwrap(), quantized("qdq"));
}

#[test]
fn a_constant_at_fault_is_the_only_fault() {
    let elsewhere = |graph: &mut GraphProto| {
        let tensor = graph.initializer.iter_mut().find(|t| t.dims.len() == 4).unwrap();
        tensor.raw_data = None;
        tensor.data_location = Some(1);
        tensor.external_data =
            vec![StringStringEntryProto { key: Some("location".into()), value: Some("weights.bin".into()) }];
    };
    let said = edited_qdq(elsewhere, &|_| Err("gone".into())).unwrap_err();
    shows(&said, &["convs.0.weight_quantized", "`weights.bin`: gone"]);
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn constants_are_no_maps() {
    let add = |graph: &mut GraphProto| {
        let add = graph.node.iter_mut().find(|node| node.op_type() == "Add").unwrap();
        add.input[1] = "project.weight_DequantizeLinear_Output".into();
    };
    let said = edited_qdq(add, &|_| Err("none".into())).unwrap_err();
    shows(&said, &["`/Add` (com.microsoft.QLinearAdd)", "is a constant", "weights, bias, scales"]);
}

#[test]
fn what_exporters_write_for_other_code_is_explained() {
    let mean = |graph: &mut GraphProto| {
        let node = graph.node.iter_mut().find(|node| node.op_type() == "AveragePool").unwrap();
        (node.op_type, node.attribute) = (Some("ReduceMean".into()), Vec::new());
    };
    let said = edited_qdq(mean, &|_| Err("none".into())).unwrap_err();
    shows(&said, &["`/AveragePool` (ReduceMean)", "AdaptiveAvgPool2d(1)"]);
    let shape = |graph: &mut GraphProto| {
        let node = graph.node.iter_mut().find(|node| node.op_type() == "AveragePool").unwrap();
        (node.op_type, node.attribute) = (Some("Shape".into()), Vec::new());
    };
    let said = edited_qdq(shape, &|_| Err("none".into())).unwrap_err();
    shows(&said, &["`/AveragePool` (Shape)", "torch.flatten(x, 1)"]);
}

#[test]
fn means_of_other_axes_are_no_average_pools() {
    let path = format!("{}/tests/fixtures/bring-your-own/model.onnx", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    assert!(shapes(&bytes, &HeadNames::default()).is_ok());
    let mut model = ModelProto::decode(&*bytes).unwrap();
    let graph = model.graph.as_mut().unwrap();
    let axes = graph.node.iter().find(|node| node.op_type() == "ReduceMean").unwrap().input[1].clone();
    let tensor = graph
        .node
        .iter_mut()
        .filter(|node| node.output.first() == Some(&axes))
        .find_map(|node| node.attribute[0].t.as_mut());
    let tensor =
        tensor.or_else(|| graph.initializer.iter_mut().find(|tensor| tensor.name() == axes)).unwrap();
    tensor.raw_data = Some([1i64, 2].iter().flat_map(|axis| axis.to_le_bytes()).collect());
    let turned = shapes(&model.encode_to_vec(), &HeadNames::default()).unwrap_err().to_string();
    shows(&turned, &["operands of [1, "]);
}

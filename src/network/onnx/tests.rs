//! Faults of models, each made by editing a good one; and bytes that are no models at all.

use super::proto::{AttributeProto, ModelProto, NodeProto, attribute_proto::AttributeType};
use super::{HeadNames, OnnxError, import};
use crate::network::Op;
use proptest::prelude::*;
use prost::Message;

/// A trunk of convolutions with two heads, declared deepest first.
const HEADS: &[u8] = include_bytes!("../../../tests/fixtures/onnx/heads.onnx");

fn names(outputs: &[&str], classifier: Option<&str>) -> HeadNames {
    HeadNames {
        outputs: outputs.iter().map(|&s| s.into()).collect(),
        classifier: classifier.map(str::to_owned),
    }
}

/// The message about the good model after an edit.
fn message(edit: impl FnOnce(&mut ModelProto)) -> String {
    let mut model = ModelProto::decode(HEADS).unwrap();
    edit(&mut model);
    match import(&model.encode_to_vec(), &HeadNames::default()) {
        Ok(_) => panic!("it was imported"),
        Err(error) => error.to_string(),
    }
}

/// The message after an edit of the first node of an operator.
fn node_message(operator: &str, edit: impl FnOnce(&mut NodeProto)) -> String {
    message(|model| {
        let nodes = &mut model.graph.as_mut().unwrap().node;
        edit(nodes.iter_mut().find(|n| n.op_type() == operator).unwrap());
    })
}

fn attribute(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: Some(name.into()),
        r#type: Some(AttributeType::Int as i32),
        i: Some(value),
        ..AttributeProto::default()
    }
}

pub(super) fn shows(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn a_good_model_comes_in() {
    let network = import(HEADS, &HeadNames::default()).unwrap();
    assert_eq!((network.heads.len(), network.classes()), (2, 10));
    assert_eq!(network.layers.iter().filter(|l| l.parameters.is_some()).count(), 6);
    assert!(network.layers.iter().any(|l| matches!(l.op, Op::GlobalAveragePool)));
}

#[test]
fn heads_can_be_chosen_and_unused_layers_go() {
    let network = import(HEADS, &names(&["first"], Some("logits"))).unwrap();
    assert_eq!((network.heads.len(), network.layers.len()), (1, 8));
    let plain = import(HEADS, &names(&[], Some("second"))).unwrap();
    assert_eq!(plain.heads.len(), 2);
}

#[test]
fn wrong_head_names_are_refused() {
    let refused = |n: &HeadNames| import(HEADS, n).unwrap_err().to_string();
    shows(&refused(&names(&["exit9"], None)), &["no output `exit9`", "second, first, logits"]);
    shows(&refused(&names(&["first", "first"], None)), &["`first` is named twice"]);
    shows(&refused(&names(&["logits"], Some("logits"))), &["both as a head and as the classifier"]);
    let unclear = message(|m| {
        let graph = m.graph.as_mut().unwrap();
        graph.output[2].name = Some("scores".into());
        graph.node.last_mut().unwrap().output[0] = "scores".into();
    });
    shows(&unclear, &["second, first, scores", "is not clear", "[heads]"]);
}

#[test]
fn heads_out_of_order_are_refused_with_their_order() {
    // A list of thresholds, or recorded scores, would go to the wrong heads.
    let listed = |outputs: &[&str]| import(HEADS, &names(outputs, Some("logits"))).map_err(|e| e.to_string());
    let said = listed(&["second", "first"]).unwrap_err();
    shows(&said, &["listed as second, first", r#"write outputs = ["first", "second"]"#]);
    let [given, found] =
        [listed(&["first", "second"]).unwrap(), import(HEADS, &HeadNames::default()).unwrap()];
    assert_eq!(given.heads, found.heads);
}

#[test]
fn axes_of_one_pixel_go_together_or_one_by_one() {
    use super::proto::{TensorProto, tensor_proto::DataType};
    let with = |steps: &[&[i64]]| {
        let mut model = ModelProto::decode(HEADS).unwrap();
        let graph = model.graph.as_mut().unwrap();
        let at = graph.node.iter().position(|node| node.name() == "Reshape_9").unwrap();
        let flattened = graph.node.remove(at);
        let mut input = flattened.input[0].clone();
        for (step, axes) in steps.iter().enumerate() {
            let last = step + 1 == steps.len();
            let output = if last { flattened.output[0].clone() } else { format!("squeezed{step}") };
            let name = format!("axes{step}");
            graph.initializer.push(TensorProto {
                name: Some(name.clone()),
                dims: vec![i64::try_from(axes.len()).unwrap()],
                data_type: Some(DataType::Int64 as i32),
                int64_data: axes.to_vec(),
                ..TensorProto::default()
            });
            let node = NodeProto {
                op_type: Some("Squeeze".into()),
                input: vec![input, name],
                output: vec![output.clone()],
                ..NodeProto::default()
            };
            graph.node.insert(at + step, node);
            input = output;
        }
        import(&model.encode_to_vec(), &HeadNames::default()).map_err(|error| error.to_string())
    };
    let together = with(&[&[2, 3]]).unwrap();
    assert_eq!(together.layers.len(), import(HEADS, &HeadNames::default()).unwrap().layers.len());
    for steps in [&[&[-1][..], &[-1][..]][..], &[&[2], &[2]], &[&[3], &[2]], &[&[-2, -1]]] {
        assert_eq!(with(steps).as_ref(), Ok(&together), "{steps:?}");
    }
    for steps in [&[&[1][..]][..], &[&[3]], &[&[0], &[1]], &[&[2, 2]], &[&[2, 3], &[2]], &[&[i64::MIN]]] {
        assert!(with(steps).is_err(), "{steps:?}");
    }
}

#[test]
fn unsupported_nodes_are_named() {
    let relu = node_message("MaxPool", |n| (n.op_type, n.attribute) = (Some("Relu".into()), vec![]));
    shows(&relu, &["node `MaxPool_3` (Relu): unsupported operator", "docs/formats.md"]);
    let ceil = node_message("MaxPool", |n| n.attribute.push(attribute("ceil_mode", 1)));
    shows(&ceil, &["`MaxPool_3` (MaxPool): ceil_mode = 1; supported is ceil_mode = 0"]);
    let unknown = node_message("QLinearConv", |n| n.attribute.push(attribute("winograd", 1)));
    shows(&unknown, &["`QLinearConv_2` (QLinearConv): unknown attribute `winograd`"]);
    let pads = node_message("QLinearConv", |n| {
        let pads = n.attribute.iter_mut().find(|a| a.name() == "pads").unwrap();
        pads.ints = vec![1, 1, -1, 1];
    });
    shows(&pads, &["pads = [1, 1, -1, 1]", "4 numbers from 0"]);
    let group = node_message("QLinearConv", |n| n.attribute.push(attribute("group", 3)));
    shows(&group, &["in 3 groups over 2 channels"]);
    shows(&node_message("QGemm", |n| n.input[0] = "t2".into()), &["QGemm", "rank 4"]);
    shows(&node_message("QGemm", |n| n.input[0] = "t99".into()), &["nothing makes its input `t99`"]);
    shows(
        &node_message("QLinearConv", |n| n.input[0] = "t3".into()),
        &["`t3` is made by a later node", "cycles"],
    );
    shows(
        &node_message("QLinearConv", |n| n.input[0] = "image".into()),
        &["reads `image`, which is not quantized", "quantize_static"],
    );
    shows(&node_message("MaxPool", |n| n.output.push("indices".into())), &["2 outputs"]);
}

#[test]
fn unsupported_constants_are_named() {
    let weights = |edit: fn(&mut super::proto::TensorProto)| {
        message(|m| {
            let graph = m.graph.as_mut().unwrap();
            edit(graph.initializer.iter_mut().find(|t| t.dims.len() == 4).unwrap());
        })
    };
    shows(&weights(|t| t.data_type = Some(10)), &["QLinearConv_2", "its type is float16", "int8"]);
    shows(&weights(|t| t.dims[0] = 1 << 62), &["QLinearConv_2", "too large"]);
    shows(&weights(|t| t.dims[0] = -8), &["is negative"]);
    shows(&weights(|t| t.dims[0] = 7), &["needs 126 elements, it has 144"]);
    shows(&weights(|t| t.data_type = Some(2)), &["uint8 [8, 2, 3, 3]", "int8 weights"]);
    let skewed = message(|m| {
        let zeros = m.graph.as_mut().unwrap().initializer.iter_mut();
        zeros.filter(|t| t.data_type == Some(3) && t.dims == [8]).for_each(|t| t.raw_data = Some(vec![1; 8]));
    });
    shows(&skewed, &["zero points that are all 0"]);
    let full = message(|m| {
        let bias = m.graph.as_mut().unwrap().initializer.iter_mut().find(|t| t.data_type == Some(6)).unwrap();
        bias.raw_data = Some([0xff, 0xff, 0xff, 0x7f].repeat(8));
    });
    shows(&full, &["filter 0 can overflow a 32-bit accumulator"]);
}

#[test]
fn unsupported_graphs_are_named() {
    shows(&message(|m| m.opset_import[0].version = Some(99)), &["operator set `` version 99", "10 to 23"]);
    shows(&message(|m| m.graph.as_mut().unwrap().input.clear()), &["0 inputs", "the image"]);
    let unfixed = message(|m| {
        let input = &mut m.graph.as_mut().unwrap().input[0];
        let Some(super::proto::type_proto::Value::TensorType(t)) = &mut input.r#type.as_mut().unwrap().value
        else {
            panic!()
        };
        t.shape.as_mut().unwrap().dim[2].value = None;
    });
    shows(&unfixed, &["graph input `image`", "unknown size"]);
    shows(&message(|m| drop(m.graph.as_mut().unwrap().output.remove(0))), &["no output depends on node"]);
    shows(&message(|m| drop(m.graph.as_mut().unwrap().node.pop())), &["nothing makes graph output `logits`"]);
}

/// The good model with a weight tensor's bytes in another file, and what is said of it.
fn beside(location: &str, length: &str, file: Result<Vec<u8>, String>) -> Result<(), String> {
    let mut model = ModelProto::decode(HEADS).unwrap();
    let tensors = &mut model.graph.as_mut().unwrap().initializer;
    let tensor = tensors.iter_mut().find(|t| t.dims.len() == 4).unwrap();
    tensor.raw_data = None;
    tensor.data_location = Some(1);
    let entry = |key: &str, value: &str| super::proto::StringStringEntryProto {
        key: Some(key.into()),
        value: Some(value.into()),
    };
    tensor.external_data = vec![entry("location", location), entry("offset", "4"), entry("length", length)];
    let read = |path: &std::path::Path| {
        assert_eq!(path.to_str(), Some(location));
        file.clone().map(Into::into)
    };
    super::import_with(&model.encode_to_vec(), &HeadNames::default(), &read)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

#[test]
fn data_in_other_files_are_read_inside_the_folder_only() {
    let whole = || Ok(vec![1; 148]);
    assert_eq!(beside("weights.bin", "144", whole()), Ok(()));
    let refused = |location: &str, length: &str, file| beside(location, length, file).unwrap_err();
    shows(&refused("../weights.bin", "144", whole()), &["`../weights.bin`", "not inside the model's folder"]);
    shows(&refused("/etc/weights.bin", "144", whole()), &["not inside the model's folder"]);
    shows(&refused("weights.bin", "145", whole()), &["has 148 bytes", "145 from byte 4"]);
    shows(&refused("weights.bin", "many", whole()), &["`many`, is no number"]);
    shows(&refused("weights.bin", "144", Err("gone".into())), &["QLinearConv_2", "`weights.bin`: gone"]);
    shows(&refused("weights.bin", "100", whole()), &["needs 144 elements, it has 100"]);
}

#[test]
fn all_faults_are_reported_at_once_and_none_twice() {
    let error = message(|m| {
        let graph = m.graph.as_mut().unwrap();
        m.opset_import[0].version = Some(3);
        graph.node[1].op_type = Some("Conv".into());
        graph
            .node
            .iter_mut()
            .filter(|n| n.op_type() == "QGemm")
            .for_each(|n| n.op_type = Some("Softmax".into()));
    });
    shows(&error, &["3 faults", "version 3", "(Conv)", "(com.microsoft.Softmax)", "and so in 2 more nodes"]);
    assert_eq!(error.lines().count(), 4, "{error}");
}

#[test]
fn what_is_no_model_is_unreadable() {
    for bytes in [&b""[..], b"PK\x03\x04 a zip archive", b"{\"json\": 1}", &HEADS[..HEADS.len() / 2]] {
        let error = import(bytes, &HeadNames::default()).unwrap_err();
        assert!(matches!(error, OnnxError::Unreadable { .. }), "{error}");
    }
}

/// Imports without a panic; replay's tests run damaged models that come in.
fn survive(bytes: &[u8]) {
    let _ = import(bytes, &HeadNames::default());
    if let Ok(read) = super::shapes(bytes, &HeadNames::default()) {
        let _ = crate::network::segment::segments(&read.network);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survive(&bytes);
    }

    #[test]
    fn no_cut_makes_it_panic(length in 0..HEADS.len()) {
        survive(&HEADS[..length]);
    }

    #[test]
    fn no_change_makes_it_panic(changes in prop::collection::vec((0..HEADS.len(), any::<u8>()), 1..6)) {
        let mut bytes = HEADS.to_vec();
        changes.into_iter().for_each(|(at, byte)| bytes[at] = byte);
        survive(&bytes);
    }

    /// Numbers of attributes, shapes and zero points, anywhere in a well-formed file.
    #[test]
    fn no_number_makes_it_panic(node in 0usize..30, which in 0usize..8, number in any::<i64>(), small in -3i64..70000) {
        let mut model = ModelProto::decode(HEADS).unwrap();
        for (i, value) in [(node, number), (node + 7, small)] {
            let graph = model.graph.as_mut().unwrap();
            let (nodes, tensors) = (graph.node.len(), graph.initializer.len());
            if let Some(a) = graph.node[i % nodes].attribute.iter_mut().cycle_nth(which) {
                a.i = a.i.map(|_| value);
                if !a.ints.is_empty() {
                    let length = a.ints.len();
                    a.ints[which % length] = value;
                }
            }
            let dims = &mut graph.initializer[i % tensors].dims;
            if which > 5 && !dims.is_empty() {
                let length = dims.len();
                dims[which % length] = value;
            }
        }
        survive(&model.encode_to_vec());
    }
}

/// The n-th of few, counted round and round.
trait CycleNth<T> {
    fn cycle_nth(self, n: usize) -> Option<T>;
}

impl<T, I: ExactSizeIterator<Item = T>> CycleNth<T> for I {
    fn cycle_nth(mut self, n: usize) -> Option<T> {
        let length = self.len();
        if length == 0 { None } else { self.nth(n % length) }
    }
}

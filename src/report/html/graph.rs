//! The network as a page draws it: the backbone's steps in order, the maps that skip steps, the heads' steps.

use super::json::{array, object, string};
use crate::network::segment::Segments;

/// `{"backbone": [[name, segment]], "heads": [[name, head]], "shortcuts": [[from, to]]}`; steps, segments and heads count
/// from 0, shortcuts are of the backbone's steps.
pub(super) fn graph(network: &Segments) -> String {
    let (mut backbone, mut heads, mut shortcuts) = (Vec::new(), Vec::new(), Vec::new());
    for (s, segment) in network.segments.iter().enumerate() {
        for step in segment.backbone.iter() {
            let at = backbone.len();
            shortcuts.extend(step.waited.iter().map(|map| format!("[{},{at}]", map.made)));
            backbone.push(format!("[{},{s}]", string(&step.name)));
        }
        heads.extend(segment.head.iter().map(|step| format!("[{},{s}]", string(&step.name))));
    }
    object([("backbone", array(backbone)), ("heads", array(heads)), ("shortcuts", array(shortcuts))])
}

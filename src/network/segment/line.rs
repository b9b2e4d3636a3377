//! The backbone's steps one after the other, and the maps that wait along the way.
//!
//! Heads are left out: whether they run must not change what the backbone keeps, and their vectors are small.

use std::collections::{BTreeMap, BTreeSet};

use super::Waiting;
use crate::network::{Network, Op, ValueId};
use crate::units::count;

/// Positions of steps, and who reads what. Layers that only rename data have no position.
pub(super) struct Line<'a> {
    network: &'a Network,
    /// Layer of every position.
    layers: Vec<usize>,
    /// Position of every such layer.
    positions: BTreeMap<usize, usize>,
    maps: BTreeMap<ValueId, Map>,
    /// The map behind every value: a flattened one is the same map, and so is a part of one.
    sources: Vec<ValueId>,
}

/// A map's life on the line.
#[derive(Default)]
struct Map {
    /// Position that makes it; `None` for the image.
    made: Option<usize>,
    readers: Vec<usize>,
}

impl<'a> Line<'a> {
    pub(super) fn new(network: &'a Network, backbone: &BTreeSet<usize>) -> Self {
        let mut sources: Vec<ValueId> = (0..network.values.len()).map(ValueId).collect();
        let mut line = Self {
            network,
            layers: Vec::new(),
            positions: BTreeMap::new(),
            maps: BTreeMap::new(),
            sources: Vec::new(),
        };
        for &index in backbone {
            let layer = &network.layers[index];
            if matches!(layer.op, Op::Flatten | Op::Move(_)) {
                sources[layer.output.0] = sources[layer.inputs[0].0];
                continue;
            }
            let position = line.layers.len();
            line.layers.push(index);
            line.positions.insert(index, position);
            for input in layer.inputs.iter().map(|input| sources[input.0]).collect::<BTreeSet<_>>() {
                line.maps.entry(input).or_default().readers.push(position);
            }
            line.maps.entry(layer.output).or_default().made = Some(position);
        }
        Self { sources, ..line }
    }

    /// The maps that a position reads, each once.
    fn read(&self, position: usize) -> BTreeSet<ValueId> {
        let inputs = &self.network.layers[self.layers[position]].inputs;
        inputs.iter().map(|input| self.sources[input.0]).collect()
    }

    fn bytes(&self, map: ValueId) -> u64 {
        count(self.network.value(map).shape.elements())
    }

    /// Whether a layer can work in the stream that makes its operand: it pools the map, looks its
    /// codes up or adds another to it, the step
    /// before it makes that map, and no other step reads it.
    pub(super) fn streamed(&self, layer: usize) -> bool {
        let Some(&position) = self.positions.get(&layer) else { return false };
        let works = matches!(self.network.layers[layer].op, Op::MaxPool(_) | Op::Add | Op::LookUp(_));
        let Some(before) = position.checked_sub(1).filter(|_| works) else { return false };
        let maker = &self.network.layers[self.layers[before]];
        let only = self.maps.get(&maker.output).is_some_and(|map| map.readers == [position]);
        only && (matches!(maker.op, Op::Conv(_) | Op::FullyConnected { .. })
            || self.streamed(self.layers[before]))
    }

    /// The last layer in the stream of layer `at`: what works on its map as it is made comes before anything else.
    pub(super) fn stream_end(&self, at: usize) -> usize {
        let follows = |&last: &usize| {
            let next = *self.positions.range(last + 1..).next()?.0;
            self.streamed(next).then_some(next)
        };
        std::iter::successors(Some(at), follows).last().unwrap_or(at)
    }

    /// Bytes of the maps that a layer reads, each once and whole.
    pub(super) fn read_bytes(&self, layer: usize) -> u64 {
        let position = self.positions.get(&layer);
        position.map_or(0, |&position| self.read(position).into_iter().map(|map| self.bytes(map)).sum())
    }

    /// What waited for a layer: the maps it reads that the step before it did not make. What joins maps reads
    /// all of them back when it cannot work in the stream of one.
    pub(super) fn waited(&self, layer: usize) -> Vec<Waiting> {
        let Some(&position) = self.positions.get(&layer) else { return Vec::new() };
        let many = matches!(self.network.layers[layer].op, Op::Add | Op::Concat);
        let all = many && !self.streamed(layer);
        let waits = |map: &ValueId| {
            let made = self.maps[map].made?;
            (all || made + 1 < position).then(|| self.waiting(*map, made, position))
        };
        self.read(position).iter().filter_map(waits).collect()
    }

    /// The map a layer makes, if a later step than the next reads it.
    pub(super) fn waits(&self, map: ValueId) -> Option<Waiting> {
        let (made, last) = self.life(map)?;
        (made + 1 < last).then(|| self.waiting(map, made, last))
    }

    fn life(&self, map: ValueId) -> Option<(usize, usize)> {
        let map = self.maps.get(&map)?;
        Some((map.made?, *map.readers.last()?))
    }

    /// A map that lives from one position to another, at least as long as it is needed.
    fn waiting(&self, map: ValueId, made: usize, last: usize) -> Waiting {
        let last = self.life(map).map_or(last, |(_, end)| end.max(last));
        let beside = (made..=last).map(|position| self.beside(map, position)).max().unwrap_or(0);
        Waiting { bytes: self.bytes(map), beside, made, last }
    }

    /// Bytes of the other maps that a position reads or makes, or that wait while it runs.
    fn beside(&self, map: ValueId, position: usize) -> u64 {
        let mut others = self.read(position);
        others.insert(self.network.layers[self.layers[position]].output);
        let waits =
            |id: &ValueId| self.life(*id).is_some_and(|(made, last)| made < position && position < last);
        others.extend(self.maps.keys().copied().filter(waits));
        others.remove(&map);
        others.into_iter().map(|other| self.bytes(other)).sum()
    }
}

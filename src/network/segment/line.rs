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
    /// For every position, whether it can work in the stream of the one before it.
    streams: Vec<bool>,
    /// Bytes of all maps that a position reads or makes, or that wait while it runs.
    present: Peaks,
}

/// The largest number of any range, found in two steps: rows of maxima over 1, 2, 4, ... numbers.
struct Peaks(Vec<Vec<u64>>);

impl Peaks {
    fn new(numbers: Vec<u64>) -> Self {
        let mut rows = vec![numbers];
        let mut width = 1;
        while let Some(row) = rows.last().filter(|row| row.len() > width) {
            let next = row.iter().zip(&row[width..]).map(|(a, b)| *a.max(b)).collect();
            rows.push(next);
            width *= 2;
        }
        Self(rows)
    }

    /// The largest from `first` to `last`.
    fn most(&self, first: usize, last: usize) -> u64 {
        let level = (last - first + 1).ilog2() as usize;
        let row = &self.0[level];
        row[first].max(row[last + 1 - (1 << level)])
    }
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
            streams: Vec::new(),
            present: Peaks(Vec::new()),
        };
        for &index in backbone {
            let layer = &network.layers[index];
            if layer.op.moves_only() {
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
        line.sources = sources;
        line.present = Peaks::new(line.present());
        for position in 0..line.layers.len() {
            let streams = line.joins_stream(position);
            line.streams.push(streams);
        }
        line
    }

    /// Bytes present at every position: a map is there from where it is made to where it is read last, and the image,
    /// which lies in DRAM, where it is read.
    fn present(&self) -> Vec<u64> {
        let mut changes = vec![(0, 0); self.layers.len() + 1];
        let mut there = |first: usize, last: usize, bytes: u64| {
            changes[first].0 += bytes;
            changes[last + 1].1 += bytes;
        };
        for (&id, map) in &self.maps {
            match map.made {
                Some(made) => {
                    there(made, map.readers.last().map_or(made, |&last| last.max(made)), self.bytes(id))
                }
                None => map.readers.iter().for_each(|&reader| there(reader, reader, self.bytes(id))),
            }
        }
        let mut bytes = 0;
        let now = |&(come, gone): &(u64, u64)| {
            bytes = bytes + come - gone;
            bytes
        };
        changes[..self.layers.len()].iter().map(now).collect()
    }

    /// The maps that a position reads, each once.
    fn read(&self, position: usize) -> BTreeSet<ValueId> {
        let inputs = &self.network.layers[self.layers[position]].inputs;
        inputs.iter().map(|input| self.sources[input.0]).collect()
    }

    fn bytes(&self, map: ValueId) -> u64 {
        count(self.network.value(map).shape.elements())
    }

    /// Whether a layer can work in the stream that makes its operand: it pools the map, looks its codes up or works with
    /// it element by element, the step before it makes that map, and no other step reads it.
    pub(super) fn streamed(&self, layer: usize) -> bool {
        self.positions.get(&layer).is_some_and(|&position| self.streams[position])
    }

    /// The same of a position, when it is known of those before it.
    fn joins_stream(&self, position: usize) -> bool {
        let op = |position: usize| self.network.layers[self.layers[position]].op;
        let works = matches!(
            op(position),
            Op::MaxPool(_) | Op::Add | Op::LookUp(_) | Op::Vector { streams: true, .. }
        );
        let Some(before) = position.checked_sub(1).filter(|_| works) else { return false };
        let made = self.network.layers[self.layers[before]].output;
        let only = self.maps.get(&made).is_some_and(|map| map.readers == [position]);
        let product = matches!(op(before), Op::Conv(_) | Op::FullyConnected { .. } | Op::Product { .. });
        only && (product || self.streams[before])
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
        let many = matches!(self.network.layers[layer].op, Op::Add | Op::Concat | Op::Vector { .. });
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
        let bytes = self.bytes(map);
        // The map itself is there all the while.
        Waiting { bytes, beside: self.present.most(made, last) - bytes, made, last }
    }
}

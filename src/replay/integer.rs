//! Replay of a quantized network in exact integers, equal to onnxruntime bit for bit.
//!
//! Each convolution and fully connected layer sums (x - z_x) * w + bias in 32 bits, multiplies by
//! (s_x * s_w) / s_y in f32, clamps, rounds half to even and adds z_y: the requantization called `float`.

use super::ReplayError;
use super::images::{Images, Pixels, Preprocess};
use super::kernel::{
    Add, AveragePool, CountZeros, DepthwiseConvolution, Flattened, GlobalAveragePool, Kernel, Layout, LookUp,
    MaxPool, Moved,
};
use super::plan::{Plan, Step, Work, offset};
use super::requant::Requant;
use super::scores::{ScoreTable, Scores};
use crate::network::{Network, Quantization};
use crate::shape::MapShape;
use rayon::prelude::*;

/// Samples a thread takes at once.
const CHUNK: usize = 16;

/// Replays `network` on all images with the fastest kernel of this processor.
///
/// `progress` is called with the number of samples finished since its last call, from any thread. Samples are
/// independent: the result does not depend on the number of threads (rayon's current pool) or on the kernel.
///
/// # Errors
/// When the images do not fit the network, a label is no class, the preprocessing is not usable, or a layer has no
/// weights or not the shape of its tensors.
pub fn replay(
    network: &Network,
    images: &Images,
    preprocess: &Preprocess,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Scores, ReplayError> {
    replay_with(Engine::default(), network, images, preprocess, progress)
}

/// How to replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    /// The instruction set; one that this processor does not have is replaced by the scalar one.
    pub kernel: Kernel,
    /// How sums become codes.
    pub requant: Requant,
}

impl Default for Engine {
    /// onnxruntime's arithmetic on the fastest instruction set.
    fn default() -> Self {
        Self { kernel: Kernel::best(), requant: Requant::Float }
    }
}

/// [`replay`] with a given engine.
///
/// # Errors
/// As [`replay`].
pub fn replay_with(
    engine: Engine,
    network: &Network,
    images: &Images,
    preprocess: &Preprocess,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Scores, ReplayError> {
    let (kernel, plan) = prepared(engine, network, images, preprocess)?;
    let reader = Reader::new(network, &plan, images, preprocess);
    let (codes_each, zeros_each) = (plan.outputs.len() * network.classes(), plan.operands.len());
    let mut codes = vec![0u8; images.samples() * codes_each];
    // One column more, so that a network without weights has rows, too.
    let mut zeros = vec![0f32; images.samples() * (zeros_each + 1)];
    let rows = codes.par_chunks_mut(CHUNK * codes_each).zip(zeros.par_chunks_mut(CHUNK * (zeros_each + 1)));
    rows.enumerate().for_each_init(
        || Machine::new(kernel, &plan),
        |machine, (chunk, (codes, zeros))| {
            let mut rows = codes.chunks_mut(codes_each).zip(zeros.chunks_mut(zeros_each + 1));
            let (first, done) = (chunk * CHUNK, rows.len());
            for start in (0..done).step_by(plan.images) {
                let images = plan.images.min(done - start);
                (0..images).for_each(|image| reader.read(first + start + image, machine.image(image)));
                machine.run(images, |_| ());
                for (image, (codes, zeros)) in rows.by_ref().take(images).enumerate() {
                    machine.keep(image, codes, &mut zeros[..zeros_each]);
                }
            }
            progress(done);
        },
    );
    let zero_fractions = zeros.chunks(zeros_each + 1).flat_map(|row| &row[..zeros_each]).copied().collect();
    Ok(tables(network, images, &codes, zero_fractions))
}

/// Replays on one thread for its time: calls `done` with the index of a layer whenever it was computed, for one image or for
/// all that took it together, and with the number of layers once an image was read.
///
/// # Errors
/// As [`replay`].
pub fn replay_layers(
    engine: Engine,
    network: &Network,
    images: &Images,
    preprocess: &Preprocess,
    mut done: impl FnMut(usize),
) -> Result<(), ReplayError> {
    let (kernel, plan) = prepared(engine, network, images, preprocess)?;
    let reader = Reader::new(network, &plan, images, preprocess);
    let mut machine = Machine::new(kernel, &plan);
    for start in (0..images.samples()).step_by(plan.images) {
        let together = plan.images.min(images.samples() - start);
        for image in 0..together {
            reader.read(start + image, machine.image(image));
            done(network.layers.len());
        }
        machine.run(together, &mut done);
    }
    Ok(())
}

/// A kernel that this processor has, and the network laid out, if it can take the images.
pub(super) fn prepared(
    engine: Engine,
    network: &Network,
    images: &Images,
    preprocess: &Preprocess,
) -> Result<(Kernel, Plan), ReplayError> {
    let kernel = if engine.kernel.available() { engine.kernel } else { Kernel::Scalar };
    let plan = Plan::new(network, engine.requant)?;
    check(network, &plan, images, preprocess)?;
    Ok((kernel, plan))
}

/// Refuses what the network can not take.
fn check(
    network: &Network,
    plan: &Plan,
    images: &Images,
    preprocess: &Preprocess,
) -> Result<(), ReplayError> {
    let expected = network.value(network.input).shape;
    let flat = expected == MapShape::vector(images.shape.elements());
    if images.shape != expected && !flat {
        return Err(ReplayError::Image { expected, found: images.shape });
    }
    if images.samples() == 0 {
        return Err(ReplayError::Empty);
    }
    if images.pixels.len() != images.samples() * images.shape.elements() {
        return Err(ReplayError::Pixels {
            found: images.pixels.len(),
            samples: images.samples(),
            shape: images.shape,
        });
    }
    let classes = network.classes();
    if let Some((sample, &label)) =
        images.labels.iter().enumerate().find(|(_, l)| usize::from(**l) >= classes)
    {
        return Err(ReplayError::Label { sample, label, classes });
    }
    for &output in &plan.outputs {
        let Layout { channels, height, width, .. } = plan.buffers[output].layout;
        if channels * height * width != classes {
            let cause = format!("it has {} scores, the classifier has {classes}", channels * height * width);
            return Err(ReplayError::Layer { layer: "a head".into(), cause });
        }
    }
    preprocess.check(images.shape.channels)
}

/// Sorts interleaved bytes into one table per head, as the codes the network means.
fn tables(network: &Network, images: &Images, codes: &[u8], zero_fractions: Vec<f32>) -> Scores {
    let classes = network.classes();
    let outputs = network.heads.len() + 1;
    let table = |(i, id)| {
        let Quantization { scale, zero_point, signed } = network.value(id).quantization;
        let offset = offset(network.value(id).quantization) as i16;
        let rows = codes.chunks(classes).skip(i).step_by(outputs);
        let codes = rows.flatten().map(|&byte| i16::from(byte) - offset).collect();
        ScoreTable::Codes { codes, scale, zero_point, signed }
    };
    Scores {
        samples: images.samples(),
        classes,
        labels: images.labels.clone(),
        heads: network.heads.iter().copied().enumerate().map(table).collect(),
        classifier: table((outputs - 1, network.classifier)),
        zero_fractions: Some(zero_fractions),
    }
}

/// Turns images into codes with channels innermost.
pub(super) struct Reader<'a> {
    images: &'a Images,
    preprocess: &'a Preprocess,
    quantization: Quantization,
    layout: Layout,
    /// Code of every byte, by channel.
    tables: Vec<[u8; 256]>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        network: &Network,
        plan: &Plan,
        images: &'a Images,
        preprocess: &'a Preprocess,
    ) -> Self {
        let quantization = network.value(network.input).quantization;
        let layout = plan.buffers[plan.input].layout;
        let mut reader = Self { images, preprocess, quantization, layout, tables: Vec::new() };
        if matches!(images.pixels, Pixels::U8(_)) {
            let table = |channel| std::array::from_fn(|byte| reader.code(byte as f32, channel));
            reader.tables = (0..images.shape.channels).map(table).collect();
        }
        reader
    }

    /// QuantizeLinear of a preprocessed pixel: divide, clamp, round half to even, add the zero point.
    fn code(&self, pixel: f32, channel: usize) -> u8 {
        let Quantization { scale, zero_point, .. } = self.quantization;
        let [least, most] = self.quantization.range().map(|code| (code - zero_point) as f32);
        let steps = (self.preprocess.apply(pixel, channel) / scale).max(least).min(most).round_ties_even();
        (steps as i32 + zero_point + offset(self.quantization)) as u8
    }

    /// Writes the codes of one image into a buffer.
    pub(super) fn read(&self, sample: usize, map: &mut [u8]) {
        let size = self.images.shape.elements();
        let plane = self.images.shape.height * self.images.shape.width;
        let range = sample * size..(sample + 1) * size;
        for channel in 0..self.images.shape.channels {
            let range = range.start + channel * plane..range.start + (channel + 1) * plane;
            match &self.images.pixels {
                Pixels::U8(pixels) => {
                    let table = &self.tables[channel];
                    self.scatter(channel, pixels[range].iter().map(|&byte| table[usize::from(byte)]), map);
                }
                Pixels::F32(pixels) => {
                    self.scatter(channel, pixels[range].iter().map(|&pixel| self.code(pixel, channel)), map);
                }
            }
        }
    }

    /// Puts one channel's codes where the network reads them.
    fn scatter(&self, channel: usize, mut codes: impl Iterator<Item = u8>, map: &mut [u8]) {
        if [self.layout.height, self.layout.width] != [self.images.shape.height, self.images.shape.width] {
            // A network of vectors reads the image flattened.
            let first = self.layout.origin + channel * self.images.shape.height * self.images.shape.width;
            map[first..].iter_mut().zip(codes).for_each(|(to, code)| *to = code);
            return;
        }
        for row in 0..self.layout.height {
            let pixels = map[self.layout.at(row, 0) + channel..].iter_mut().step_by(self.layout.channels);
            pixels.take(self.layout.width).zip(&mut codes).for_each(|(to, code)| *to = code);
        }
    }
}

/// One thread's buffers.
pub(super) struct Machine<'a> {
    kernel: Kernel,
    plan: &'a Plan,
    maps: Vec<Vec<u8>>,
    sums: Vec<i32>,
    real_sums: Vec<f32>,
    /// Fraction of zeros by buffer, for those a product reads.
    zeros: Vec<Option<f32>>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(kernel: Kernel, plan: &'a Plan) -> Self {
        let maps = plan.buffers.iter().map(|b| vec![b.zero_point; b.bytes * plan.images]).collect();
        let widest = plan.buffers.iter().map(|b| b.layout.channels).max().unwrap_or(0);
        let zeros = vec![None; plan.buffers.len()];
        Self { kernel, plan, maps, sums: vec![0; widest], real_sums: vec![0.0; widest], zeros }
    }

    /// Where an image is read to.
    pub(super) fn image(&mut self, image: usize) -> &mut [u8] {
        let input = self.plan.input;
        &mut self.maps[input][self.plan.part(input, image)]
    }

    /// The map of the first image in a buffer.
    pub(super) fn map(&self, buffer: usize) -> &[u8] {
        &self.maps[buffer][self.plan.part(buffer, 0)]
    }

    /// Runs all layers on the first `images` images in the input buffer: those between steps that take all of them
    /// together one image after the other, so that its maps stay near.
    pub(super) fn run(&mut self, images: usize, mut done: impl FnMut(usize)) {
        let plan = self.plan;
        for steps in plan.steps.chunk_by(|one, next| one.together == next.together) {
            let turns = if steps[0].together { 1 } else { images };
            for image in 0..turns {
                for step in steps {
                    // No layer writes what it reads: the plan gives every layer's output its own buffer.
                    let mut output = std::mem::take(&mut self.maps[step.to]);
                    self.step(step, image, &mut output);
                    self.maps[step.to] = output;
                    done(step.layer);
                }
            }
        }
    }

    fn step(&mut self, step: &Step, image: usize, output: &mut [u8]) {
        let [from, to] = [step.from, step.to].map(|index| &self.plan.buffers[index].layout);
        let images = if step.together { self.plan.images } else { 1 };
        let part = |buffer: usize| {
            let first = self.plan.part(buffer, image);
            first.start..first.start + images * first.len()
        };
        let output = &mut output[part(step.to)];
        let input = &self.maps[step.from][part(step.from)];
        match &step.work {
            Work::Multiply(products) => {
                products.iter().for_each(|product| self.kernel.multiply(product, input, output));
            }
            Work::MaxPool(window) => self.kernel.run(MaxPool { window, from, to, input, output }),
            Work::AveragePool(window, rescale) => {
                let sums = &mut self.real_sums[..to.channels];
                self.kernel.run(AveragePool { window, rescale, from, to, input, output, sums });
            }
            Work::GlobalAveragePool(rescale) => {
                let sums = &mut self.sums[..to.channels];
                self.kernel.run(GlobalAveragePool { rescale, from, to, input, output, sums });
            }
            Work::Depthwise(packed) => self.kernel.run(DepthwiseConvolution { packed, input, output }),
            Work::LookUp { table, channel } => {
                self.kernel.look_up(LookUp { table, channel: *channel, from, to, input, output });
            }
            Work::Move(moving) => self.kernel.run(Moved { moving, from, to, input, output }),
            Work::Flatten => self.kernel.run(Flattened { from, to, input, output }),
            Work::Add { other, sum } => {
                let layouts = [from, &self.plan.buffers[*other].layout, to];
                self.kernel.run(Add {
                    sum,
                    layouts,
                    inputs: [input, &self.maps[*other][part(*other)]],
                    output,
                });
            }
        }
    }

    /// Copies out an image's scores, channel-major, and the zero fraction of every layer's ifmap.
    fn keep(&mut self, image: usize, codes: &mut [u8], zero_fractions: &mut [f32]) {
        let classes = codes.len() / self.plan.outputs.len();
        for (codes, &output) in codes.chunks_mut(classes).zip(&self.plan.outputs) {
            let layout = &self.plan.buffers[output].layout;
            let pixels = (0..layout.height).flat_map(|y| (0..layout.width).map(move |x| (y, x)));
            let plane = layout.height * layout.width;
            for (i, (y, x)) in pixels.enumerate() {
                let map = &self.maps[output][self.plan.part(output, image)];
                let from = &map[layout.at(y, x)..][..layout.channels];
                codes[i..].iter_mut().step_by(plane).zip(from).for_each(|(to, &code)| *to = code);
            }
        }
        self.zeros.fill(None);
        for (fraction, &operand) in zero_fractions.iter_mut().zip(&self.plan.operands) {
            *fraction = self.zeros[operand].unwrap_or_else(|| self.zero_fraction(operand, image));
            self.zeros[operand] = Some(*fraction);
        }
    }

    fn zero_fraction(&self, index: usize, image: usize) -> f32 {
        let buffer = &self.plan.buffers[index];
        let mut zeros = 0;
        let (layout, zero_point) = (&buffer.layout, buffer.zero_point);
        let map = &self.maps[index][self.plan.part(index, image)];
        self.kernel.run(CountZeros { layout, map, zero_point, zeros: &mut zeros });
        zeros as f32 / (layout.height * layout.width * layout.channels) as f32
    }
}

//! How one code comes about, step by step, in plain arithmetic that shares nothing with the kernels.

use super::codes::Codes;
use super::kernel::Scaling;
use super::plan::{offset, zero_point};
use crate::network::{Function, Layer, Move, Network, Op, Parameters, Quantization, Value, ValueId};
use crate::shape::{Conv2d, MapShape, Window};

/// Products that are listed one by one; the rest is summed up.
const LISTED: usize = 32;

/// The steps that make one code, as lines of text; the last says whether the replay has the same code.
///
/// `index` counts along the tensor as ONNX orders it. `None` when there is no such layer or code.
#[must_use]
pub fn explain(network: &Network, codes: &Codes, layer: usize, index: usize) -> Option<Vec<String>> {
    let layer = network.layers.get(layer)?;
    let made = network.value(layer.output);
    let code = *codes.values[layer.output.0].get(index)?;
    let mut story = Story { network, codes, layer, lines: Vec::new() };
    let [channel, row, column] = place(made.shape, index);
    story.say(format!(
        "layer `{}` makes `{}` of {} x {} x {} (channels x height x width); code {index} is channel {channel}, row {row}, \
         column {column}",
        layer.name, made.name, made.shape.channels, made.shape.height, made.shape.width
    ));
    for &input in &layer.inputs {
        story.say(format!(
            "reads `{}`: {}",
            network.value(input).name,
            shown(network.value(input).quantization)
        ));
    }
    story.say(format!("makes codes of {}", shown(made.quantization)));
    let found = story.code([channel, row, column])?;
    let same = if found == i64::from(code) { "the same" } else { "not the same: please report it" };
    story.say(format!("code = {found}; the replay has {code}, {same}"));
    Some(story.lines)
}

fn shown(quantization: Quantization) -> String {
    let Quantization { scale, zero_point, signed } = quantization;
    format!("scale {scale}, zero point {zero_point}, {}", if signed { "i8" } else { "u8" })
}

/// Channel, row and column of a flat index.
fn place(shape: MapShape, index: usize) -> [usize; 3] {
    let plane = shape.height * shape.width;
    [index / plane, index % plane / shape.width, index % shape.width]
}

/// What is said so far.
struct Story<'a> {
    network: &'a Network,
    codes: &'a Codes,
    layer: &'a Layer,
    lines: Vec<String>,
}

/// A code and its weight under a window.
struct Term {
    place: [usize; 3],
    code: i32,
    weight: i32,
}

impl Story<'_> {
    fn say(&mut self, line: String) {
        self.lines.push(line);
    }

    fn input(&self, number: usize) -> (&Value, &[i16]) {
        let ValueId(id) = self.layer.inputs[number];
        (&self.network.values[id], &self.codes.values[id])
    }

    /// The code of an input at a place.
    fn at(&self, number: usize, [channel, row, column]: [usize; 3]) -> Option<i32> {
        let (value, codes) = self.input(number);
        let MapShape { height, width, .. } = value.shape;
        codes.get((channel * height + row) * width + column).map(|&code| code.into())
    }

    fn output(&self) -> Quantization {
        self.network.value(self.layer.output).quantization
    }

    /// The code at a place of the layer's tensor.
    fn code(&mut self, place: [usize; 3]) -> Option<i64> {
        match self.layer.op {
            Op::Conv(conv) => self.convolution(&conv, place),
            Op::FullyConnected { inputs, .. } => self.fully_connected(inputs, place[0]),
            Op::MaxPool(window) => self.largest(&window, place),
            Op::AveragePool(window) => self.average(&window, place),
            Op::GlobalAveragePool => self.whole_average(place[0]),
            Op::Add => self.sum(place),
            Op::Concat => self.part(place),
            Op::LookUp(function) => {
                let code = self.at(0, place)?;
                Some(self.looked_up(function, self.input(0).0.quantization, code))
            }
            Op::Flatten => {
                let shape = self.input(0).0.shape;
                let [channel, row, column] = self::place(shape, place[0]);
                self.copied([channel, row, column])
            }
            Op::Move(moving) => self.moved(&moving, place),
            Op::Product { .. } | Op::Vector { .. } | Op::Rearrange => None,
        }
    }

    /// Pixels of the input under a window, padding left out.
    fn under(&self, window: &Window, [row, column]: [usize; 2]) -> Vec<[usize; 4]> {
        let MapShape { height, width, .. } = self.input(0).0.shape;
        let along = |axis: usize, at: usize, size: usize| {
            let first = at * window.stride[axis];
            (0..window.kernel[axis]).filter_map(move |tap| {
                let pixel = (first + tap * window.dilation[axis]).checked_sub(window.padding[axis])?;
                (pixel < size).then_some((tap, pixel))
            })
        };
        let columns: Vec<(usize, usize)> = along(1, column, width).collect();
        along(0, row, height).flat_map(|(i, y)| columns.iter().map(move |&(j, x)| [i, j, y, x])).collect()
    }

    fn convolution(&mut self, conv: &Conv2d, [filter, row, column]: [usize; 3]) -> Option<i64> {
        let parameters = self.layer.parameters.as_ref()?;
        let [rows, columns] = conv.window.kernel;
        let (depth, width) = (conv.input.channels / conv.groups, conv.filters / conv.groups);
        let first = filter / width * depth;
        let pixels = self.under(&conv.window, [row, column]);
        let outside = depth * (rows * columns - pixels.len());
        let mut terms = Vec::new();
        for channel in 0..depth {
            for &[i, j, y, x] in &pixels {
                let place = [first + channel, y, x];
                let weight =
                    *parameters.weights.get(((filter * depth + channel) * rows + i) * columns + j)?;
                terms.push(Term { place, code: self.at(0, place)?, weight: weight.into() });
            }
        }
        if outside > 0 {
            self.say(format!("{outside} of its products lie in the padding, where x = z_x: they are 0"));
        }
        self.requantized(&terms, parameters, filter)
    }

    fn fully_connected(&mut self, inputs: usize, output: usize) -> Option<i64> {
        let parameters = self.layer.parameters.as_ref()?;
        let shape = self.input(0).0.shape;
        let weights = parameters.weights.get(output * inputs..(output + 1) * inputs)?;
        let term = |(i, &weight): (usize, &i8)| {
            let place = place(shape, i);
            Some(Term { place, code: self.at(0, place)?, weight: weight.into() })
        };
        let terms = weights.iter().enumerate().map(term).collect::<Option<Vec<_>>>()?;
        self.requantized(&terms, parameters, output)
    }

    /// Products, their sum, bias, factor, rounding, zero point.
    fn requantized(&mut self, terms: &[Term], parameters: &Parameters, filter: usize) -> Option<i64> {
        let from = self.input(0).0.quantization;
        let product = |term: &Term| (term.code - from.zero_point) * term.weight;
        for term in terms.iter().take(LISTED) {
            let [channel, row, column] = term.place;
            self.lines.push(format!(
                "  x[{channel},{row},{column}] = {}: ({} - {}) * {} = {}",
                term.code,
                term.code,
                from.zero_point,
                term.weight,
                product(term)
            ));
        }
        let rest: i32 = terms.iter().skip(LISTED).map(product).sum();
        if terms.len() > LISTED {
            self.say(format!("  and {} more products, together {rest}", terms.len() - LISTED));
        }
        let products: i32 = terms.iter().map(product).sum();
        let (bias, scale) = (*parameters.bias.get(filter)?, *parameters.scales.get(filter)?);
        let sum = products + bias;
        self.say(format!("sum = {products}, with the bias {bias}: {sum}"));
        let to = self.output();
        let scaling = Scaling::new(self.codes.requant, from.scale, &[scale], to.scale);
        self.say(format!("factor = s_x * s_w / s_y = {} * {scale} / {}", from.scale, to.scale));
        match scaling.float() {
            Some(factor) => {
                let [least, most] = to.range().map(|code| (code - to.zero_point) as f32);
                let scaled = sum as f32 * factor;
                self.say(format!("factor in f32 = {factor}; sum * factor in f32 = {scaled}"));
                self.say(format!(
                    "clamped to [{least}, {most}]: {}; rounded half to even: {}; plus zero point {}",
                    scaled.max(least).min(most),
                    scaled.max(least).min(most).round_ties_even(),
                    to.zero_point
                ));
            }
            None => self.say(format!(
                "{}; plus zero point {}, clamped to a code",
                scaling.integers(),
                to.zero_point
            )),
        }
        let [byte] = scaling.codes(0, &[sum], zero_point(to));
        Some(i64::from(byte) - i64::from(offset(to)))
    }

    fn largest(&mut self, window: &Window, [channel, row, column]: [usize; 3]) -> Option<i64> {
        let pixels = self.under(window, [row, column]);
        let codes: Vec<i32> =
            pixels.iter().map(|&[_, _, y, x]| self.at(0, [channel, y, x])).collect::<Option<_>>()?;
        self.say(format!("the largest of the codes {codes:?}"));
        codes.into_iter().max().map(i64::from)
    }

    fn average(&mut self, window: &Window, [channel, row, column]: [usize; 3]) -> Option<i64> {
        let (from, to) = (self.input(0).0.quantization, self.output());
        let pixels = self.under(window, [row, column]);
        let mut sum = 0f32;
        for &[_, _, y, x] in &pixels {
            sum += (self.at(0, [channel, y, x])? - from.zero_point) as f32 * from.scale;
        }
        let count = pixels.len() as f32;
        let steps = sum / count / to.scale;
        let [least, most] = to.range().map(|code| code as f32);
        let shifted = (steps + to.zero_point as f32).max(least).min(most);
        self.say(format!("sum of (x - z_x) * s_x over {count} pixels, row by row in f32 = {sum}"));
        self.say(format!(
            "/ {count} / s_y = {steps}; plus zero point {}, clamped: {shifted}; then rounded half to even",
            to.zero_point
        ));
        Some(shifted.round_ties_even() as i64)
    }

    fn whole_average(&mut self, channel: usize) -> Option<i64> {
        let (value, codes) = self.input(0);
        let (from, to, count) = (value.quantization, self.output(), value.shape.height * value.shape.width);
        let codes = codes.get(channel * count..(channel + 1) * count)?;
        let sum: i64 = codes.iter().map(|&code| i64::from(code) - i64::from(from.zero_point)).sum();
        let factor = from.scale / (to.scale * count as f32);
        let [least, most] = to.range().map(|code| (code - to.zero_point) as f32);
        let scaled = sum as f32 * factor;
        self.say(format!("sum of x - z_x over {count} pixels = {sum}"));
        self.say(format!("factor = s_x / (s_y * {count}) in f32 = {factor}; sum * factor = {scaled}"));
        let rounded = scaled.max(least).min(most).round_ties_even();
        self.say(format!(
            "clamped to [{least}, {most}] and rounded half to even: {rounded}; plus zero point {}",
            to.zero_point
        ));
        Some(rounded as i64 + i64::from(to.zero_point))
    }

    fn sum(&mut self, place: [usize; 3]) -> Option<i64> {
        let to = self.output();
        let [a, b] = [0, 1].map(|number| self.input(number).0.quantization);
        let [x, y] = [self.at(0, place)?, self.at(1, place)?];
        let [to_a, to_b] = [a, b].map(|operand| operand.scale / to.scale);
        let [za, zb, zc] = [a, b, to].map(|operand| operand.zero_point as f32);
        let fixed = zc - to_a.mul_add(za, to_b * zb);
        let [least, most] = to.range().map(|code| code as f32);
        let exact = (x as f32).mul_add(to_a, (y as f32).mul_add(to_b, fixed));
        self.say(format!("a = {x}, b = {y}; ratios s_a / s_c = {to_a}, s_b / s_c = {to_b}"));
        self.say(format!(
            "fixed = z_c - (z_a * s_a / s_c + z_b * s_b / s_c) = {fixed}, its first product fused"
        ));
        self.say(format!("a * s_a / s_c + (b * s_b / s_c + fixed) = {exact}, both fused; clamped, then rounded half to even"));
        Some(exact.max(least).min(most).round_ties_even() as i64)
    }

    fn part(&mut self, [mut channel, row, column]: [usize; 3]) -> Option<i64> {
        for number in 0..self.layer.inputs.len() {
            let (value, _) = self.input(number);
            let (channels, from, name) = (value.shape.channels, value.quantization, value.name.clone());
            if channel < channels {
                self.say(format!("it is channel {channel} of `{name}`, brought to the result's scale"));
                let code = self.at(number, [channel, row, column])?;
                return Some(self.looked_up(Function::Identity, from, code));
            }
            channel -= channels;
        }
        None
    }

    fn looked_up(&mut self, function: Function, from: Quantization, code: i32) -> i64 {
        let to = self.output();
        let real = (code - from.zero_point) as f32 * from.scale;
        let value = function.of(real);
        let [least, most] = to.range().map(|code| (code - to.zero_point) as f32);
        let steps = value / to.scale;
        let rounded = steps.max(least).min(most).round_ties_even();
        self.say(format!("x = {code}: (x - z_x) * s_x = {real}; {function:?} of it = {value}"));
        self.say(format!("/ s_y = {steps}; clamped to [{least}, {most}] and rounded half to even: {rounded}; plus zero point {}", to.zero_point));
        rounded as i64 + i64::from(to.zero_point)
    }

    fn copied(&mut self, place: [usize; 3]) -> Option<i64> {
        let [channel, row, column] = place;
        self.say(format!("it is the code of channel {channel}, row {row}, column {column}"));
        self.at(0, place).map(i64::from)
    }

    fn moved(&mut self, moving: &Move, place: [usize; 3]) -> Option<i64> {
        let from = |axis: usize| {
            let taken = place[axis].checked_sub(moving.before[axis]).filter(|&at| at < moving.taken[axis])?;
            Some(moving.start[axis] + taken * moving.step[axis])
        };
        match [from(0), from(1), from(2)] {
            [Some(channel), Some(row), Some(column)] => self.copied([channel, row, column]),
            _ => {
                self.say("it lies in the padding: the zero point".into());
                Some(self.output().zero_point.into())
            }
        }
    }
}

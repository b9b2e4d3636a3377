//! Recorded scores, `trace.npz`: a file any framework can write with one call of numpy.savez.
//!
//! `labels` `[S]`; `scores` `[S, E, C]` of the heads and `final` `[S, C]` of the classifier, each either 8-bit codes (u8
//! or i8) with `scores_scale` `[E]` and `scores_zero_point` `[E]`, or `final_scale` and `final_zero_point`, or floats
//! without them; optionally `zero_fractions` f32 [S, L].

use super::data::{DataError, all, finite, labels, unexpected};
use super::npz::{Array, Elements, NewArray, Npz, write};
use super::scores::{ScoreTable, Scores};
use std::io::{Read, Seek};

impl Scores {
    /// Reads a trace.
    ///
    /// # Errors
    /// When an array is missing, damaged, of another type or shape, empty or not finite, or a label is no class.
    pub fn read_trace(file: impl Read + Seek) -> Result<Self, DataError> {
        let mut npz = Npz::open(file)?;
        let [last, scores] = [npz.read("final")?, npz.read("scores")?];
        let &[samples, classes] = last.shape.as_slice() else {
            return Err(unexpected("final", &last, "codes or floats [samples, classes]"));
        };
        if samples == 0 {
            return Err(DataError::Empty { array: "final".into() });
        }
        if classes == 0 {
            return Err(unexpected(
                "final",
                &last,
                "codes or floats [samples, classes], of at least one class",
            ));
        }
        let heads = match scores.shape.as_slice() {
            &[s, heads, c] if (s, c) == (samples, classes) => heads,
            _ => {
                return Err(unexpected(
                    "scores",
                    &scores,
                    format!("codes or floats [{samples}, heads, {classes}]"),
                ));
            }
        };
        let labels = labels(&mut npz, samples, classes)?;
        let mut classifier = tables(&mut npz, "final", last, 1, classes)?;
        let heads = tables(&mut npz, "scores", scores, heads, classes)?;
        let zero_fractions = zero_fractions(&mut npz, samples)?;
        let classifier = classifier.pop().ok_or(DataError::Empty { array: "final".into() })?;
        Ok(Self { samples, classes, labels, heads, classifier, zero_fractions })
    }

    /// The bytes of a trace file; the same scores give the same bytes.
    ///
    /// # Errors
    /// When some heads have codes and others real numbers, or i8 and u8 codes are mixed: one array cannot hold both.
    pub fn to_trace(&self) -> Result<Vec<u8>, DataError> {
        let heads: Vec<&ScoreTable> = self.heads.iter().collect();
        let labels = self.labels.iter().flat_map(|l| l.to_le_bytes()).collect();
        let mut arrays = vec![("labels", "<u2", vec![self.samples], labels)];
        arrays.extend(self.recorded("scores", &heads, vec![self.samples, heads.len(), self.classes])?);
        arrays.extend(self.recorded("final", &[&self.classifier], vec![self.samples, self.classes])?);
        if let Some(fractions) = &self.zero_fractions {
            let shape = vec![self.samples, fractions.len() / self.samples.max(1)];
            arrays.push(("zero_fractions", "<f4", shape, float_bytes(fractions)));
        }
        write(&arrays)
    }

    /// The arrays of some tables, interleaved by sample.
    fn recorded(
        &self,
        name: &'static str,
        tables: &[&ScoreTable],
        shape: Vec<usize>,
    ) -> Result<Vec<NewArray<'static>>, DataError> {
        let mixed = || DataError::Unwritten { cause: format!("`{name}` mixes types of scores") };
        let (mut scales, mut zero_points, mut kind) = (Vec::new(), Vec::new(), None);
        for table in tables {
            let this = match table {
                ScoreTable::Codes { scale, zero_point, signed, .. } => {
                    scales.push(*scale);
                    zero_points.push(*zero_point);
                    if *signed { "|i1" } else { "|u1" }
                }
                ScoreTable::Reals(_) => "<f4",
            };
            if *kind.get_or_insert(this) != this {
                return Err(mixed());
            }
        }
        let mut data = Vec::new();
        for sample in 0..self.samples {
            let row = sample * self.classes..(sample + 1) * self.classes;
            for table in tables {
                match table {
                    // The low byte of a code is the code as i8 or u8.
                    ScoreTable::Codes { codes, .. } => {
                        data.extend(codes[row.clone()].iter().map(|&c| c as u8))
                    }
                    ScoreTable::Reals(reals) => data.extend(float_bytes(&reals[row.clone()])),
                }
            }
        }
        let mut arrays = vec![(name, kind.unwrap_or("<f4"), shape, data)];
        if !scales.is_empty() {
            let [scale, zero_point] = if name == "final" {
                ["final_scale", "final_zero_point"]
            } else {
                ["scores_scale", "scores_zero_point"]
            };
            let shape = if name == "final" { vec![] } else { vec![scales.len()] };
            let integers = zero_points.iter().flat_map(|z| z.to_le_bytes()).collect();
            arrays.push((scale, "<f4", shape.clone(), float_bytes(&scales)));
            arrays.push((zero_point, "<i4", shape, integers));
        }
        Ok(arrays)
    }
}

fn float_bytes(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|f| f.to_le_bytes()).collect()
}

/// Cuts an array `[sample][table][class]` into tables.
fn tables<R: Read + Seek>(
    npz: &mut Npz<R>,
    name: &str,
    array: Array,
    count: usize,
    classes: usize,
) -> Result<Vec<ScoreTable>, DataError> {
    let (codes, signed): (Vec<i16>, bool) = match &array.elements {
        Elements::U8(v) => (v.iter().map(|&c| c.into()).collect(), false),
        Elements::I8(v) => (v.iter().map(|&c| c.into()).collect(), true),
        Elements::F32(_) | Elements::F64(_) => return reals(npz, name, array, count, classes),
        _ => return Err(unexpected(name, &array, "uint8 or int8 codes, or float32")),
    };
    let [scale_name, zero_point_name] = [format!("{name}_scale"), format!("{name}_zero_point")];
    let [scale, zero_point] = [npz.read(&scale_name)?, npz.read(&zero_point_name)?];
    let fits = |shape: &[usize]| shape == [count] || (name == "final" && shape.is_empty());
    let shape = if name == "final" { "a scalar".to_owned() } else { format!("[{count}]") };
    let scales = scale.elements.clone().floats().filter(|_| fits(&scale.shape));
    let scales = scales.ok_or_else(|| unexpected(&scale_name, &scale, format!("float32 {shape}")))?;
    all(&scale_name, &scale.shape, &scales, "a finite number above 0", |s: f32| s.is_finite() && s > 0.0)?;
    let range = if signed { -128..=127 } else { 0..=255 };
    let integers = zero_point.elements.integers().filter(|_| fits(&zero_point.shape)).map(Vec::from_iter);
    let integers =
        integers.ok_or_else(|| unexpected(&zero_point_name, &zero_point, format!("integers {shape}")))?;
    let expected = format!("from {} to {}", range.start(), range.end());
    all(&zero_point_name, &zero_point.shape, &integers, &expected, |z| range.contains(&z))?;
    // In range, so that nothing is left out.
    let zero_points: Vec<i32> = integers.into_iter().filter_map(|z| i32::try_from(z).ok()).collect();
    let cut = |(i, (scale, zero_point)): (usize, (f32, i32))| ScoreTable::Codes {
        codes: codes.chunks(classes).skip(i).step_by(count).flatten().copied().collect(),
        scale,
        zero_point,
        signed,
    };
    Ok(scales.into_iter().zip(zero_points).enumerate().map(cut).collect())
}

/// Cuts an array of floats into tables; scales beside it would leave open what the numbers mean.
fn reals<R: Read + Seek>(
    npz: &mut Npz<R>,
    name: &str,
    array: Array,
    count: usize,
    classes: usize,
) -> Result<Vec<ScoreTable>, DataError> {
    for extra in [format!("{name}_scale"), format!("{name}_zero_point")] {
        // Without heads there is nothing to dequantize.
        if count > 0 && npz.contains(&extra) {
            return Err(unexpected(name, &array, format!("uint8 or int8 codes, because `{extra}` is there")));
        }
    }
    let numbers = array.elements.floats().unwrap_or_default();
    finite(name, &array.shape, &numbers)?;
    let cut =
        |i| ScoreTable::Reals(numbers.chunks(classes).skip(i).step_by(count).flatten().copied().collect());
    Ok((0..count).map(cut).collect())
}

/// The optional zero fractions, each from 0 to 1.
fn zero_fractions<R: Read + Seek>(npz: &mut Npz<R>, samples: usize) -> Result<Option<Vec<f32>>, DataError> {
    const NAME: &str = "zero_fractions";
    if !npz.contains(NAME) {
        return Ok(None);
    }
    let array = npz.read(NAME)?;
    let fits = matches!(array.shape.as_slice(), &[s, _] if s == samples);
    let fractions = array.elements.clone().floats().filter(|_| fits);
    let fractions =
        fractions.ok_or_else(|| unexpected(NAME, &array, format!("float32 [{samples}, layers]")))?;
    all(NAME, &array.shape, &fractions, "from 0 to 1", |f: f32| (0.0..=1.0).contains(&f))?;
    Ok(Some(fractions))
}

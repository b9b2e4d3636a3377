//! A drawing as PNG of 300 dots an inch, with anti-aliased edges and the outlines of the bundled font.

use ab_glyph::{OutlineCurve, Point};
use plotters::style::RGBColor;
use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::PlotError;
use super::canvas::{Anchor, Drawing, Mark};
use super::letters::{HALF_CAPITAL, Letters};

const DOTS_PER_INCH: f32 = 300.0;
/// Dots a unit of the canvas; an inch is 2540 of those.
const SCALE: f32 = DOTS_PER_INCH / 2540.0;
/// The same as PNG says it, a metre.
const DOTS_PER_METRE: u32 = 11_811;

impl Drawing {
    /// The figure as PNG, with its print size in the file.
    ///
    /// # Errors
    /// [`PlotError::Drawing`] if the drawing library fails.
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        let dots = |units: i32| (units as f32 * SCALE).ceil() as u32;
        let sheet = Pixmap::new(dots(self.width), dots(self.height));
        let mut sheet = sheet.ok_or_else(|| super::svg::drawing("the sheet has no size"))?;
        sheet.fill(Color::WHITE);
        let letters = Letters::bundled()?;
        for mark in &self.marks {
            paint(mark, &mut sheet, &letters);
        }
        encoded(&sheet, &self.origin).map_err(super::svg::drawing)
    }
}

fn paint(mark: &Mark, sheet: &mut Pixmap, font: &Letters) {
    let fill = |sheet: &mut Pixmap, path: Option<Path>, colour: &RGBColor, rule: FillRule| {
        if let Some(path) = path {
            sheet.fill_path(&path, &ink(colour), rule, Transform::from_scale(SCALE, SCALE), None);
        }
    };
    match mark {
        Mark::Block { corners: [from, to], colour } => {
            let ((left, top), (right, bottom)) = (at(*from), at(*to));
            let block = Rect::from_ltrb(left, top, right, bottom).map(PathBuilder::from_rect);
            fill(sheet, block, colour, FillRule::Winding);
        }
        Mark::Path { points, colour, width } => {
            if let Some(path) = polygon(points, false) {
                let stroke = Stroke { width: *width as f32, ..Stroke::default() };
                let scale = Transform::from_scale(SCALE, SCALE);
                sheet.stroke_path(&path, &ink(colour), &stroke, scale, None);
            }
        }
        Mark::Shape { points, colour } => fill(sheet, polygon(points, true), colour, FillRule::Winding),
        Mark::Dot { middle, radius, colour } => {
            let (x, y) = at(*middle);
            fill(sheet, PathBuilder::from_circle(x, y, *radius as f32), colour, FillRule::Winding);
        }
        Mark::Text { text, at: point, size, anchor, colour } => {
            let path = outlines(font, text, at(*point), *size as f32, *anchor);
            fill(sheet, path, colour, FillRule::Winding);
        }
    }
}

fn at((x, y): (i32, i32)) -> (f32, f32) {
    (x as f32, y as f32)
}

fn ink(RGBColor(red, green, blue): &RGBColor) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(*red, *green, *blue, 255);
    paint.anti_alias = true;
    paint
}

fn polygon(points: &[(i32, i32)], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (i, point) in points.iter().enumerate() {
        let (x, y) = at(*point);
        if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    if closed {
        path.close();
    }
    path.finish()
}

/// The outlines of a text about the middle of its capitals.
fn outlines(letters: &Letters, text: &str, (x, y): (f32, f32), size: f32, anchor: Anchor) -> Option<Path> {
    let (line, scale) = (letters.line(text), letters.scale(size));
    let (left, baseline) = (x + scale * line.left(anchor), y + HALF_CAPITAL * size);
    let mut path = PathBuilder::new();
    for (glyph, along) in &line.letters {
        let place = |point: &Point| (left + scale * (along + point.x), baseline - scale * point.y);
        for (start, curves) in letters.contours(*glyph) {
            let (x, y) = place(&start);
            path.move_to(x, y);
            curves.iter().for_each(|curve| add(&mut path, curve, place));
        }
    }
    path.finish()
}

fn add(path: &mut PathBuilder, curve: &OutlineCurve, place: impl Fn(&Point) -> (f32, f32)) {
    match curve {
        OutlineCurve::Line(_, to) => {
            let (x, y) = place(to);
            path.line_to(x, y);
        }
        OutlineCurve::Quad(_, by, to) => {
            let ((bx, by), (x, y)) = (place(by), place(to));
            path.quad_to(bx, by, x, y);
        }
        OutlineCurve::Cubic(_, first, second, to) => {
            let ((ax, ay), (bx, by), (x, y)) = (place(first), place(second), place(to));
            path.cubic_to(ax, ay, bx, by, x, y);
        }
    }
}

/// The file, opaque, with the size of a dot: what typesetting takes a picture's size from, and what made it.
fn encoded(sheet: &Pixmap, origin: &str) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, sheet.width(), sheet.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Best);
    encoder.set_adaptive_filter(png::AdaptiveFilterType::NonAdaptive);
    encoder.set_filter(png::FilterType::NoFilter);
    let (xppu, yppu) = (DOTS_PER_METRE, DOTS_PER_METRE);
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu, yppu, unit: png::Unit::Meter }));
    if !origin.is_empty() {
        encoder.add_itxt_chunk("Comment".to_owned(), origin.to_owned())?;
    }
    let opaque: Vec<u8> =
        sheet.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&opaque)?;
    writer.finish()?;
    Ok(file)
}

//! A drawing as PNG of 300 dots an inch, with anti-aliased edges and the outlines of the bundled font.

use ab_glyph::{Font, FontRef, OutlineCurve};
use plotters::style::RGBColor;
use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::PlotError;
use super::canvas::{Anchor, Drawing, Mark};
use super::text::{FONT, unreadable};

const DOTS_PER_INCH: f32 = 300.0;
/// Dots a unit of the canvas; an inch is 2540 of those.
const SCALE: f32 = DOTS_PER_INCH / 2540.0;
/// The same as PNG says it, a metre.
const DOTS_PER_METRE: u32 = 11_811;
/// Half a capital's height, in em.
const HALF_CAPITAL: f32 = 0.344;

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
        let font = FontRef::try_from_slice(FONT).map_err(|_| unreadable())?;
        for mark in &self.marks {
            paint(mark, &mut sheet, &font);
        }
        encoded(&sheet).map_err(super::svg::drawing)
    }
}

fn paint(mark: &Mark, sheet: &mut Pixmap, font: &FontRef<'_>) {
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
            let path = letters(font, text, at(*point), *size as f32, *anchor);
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

/// The outlines of a text, as SVG viewers set it: baseline from the middle of a capital, letters kerned.
fn letters(font: &FontRef<'_>, text: &str, (x, y): (f32, f32), size: f32, anchor: Anchor) -> Option<Path> {
    let scale = size / font.units_per_em()?;
    let glyphs: Vec<_> = text.chars().map(|c| font.glyph_id(c)).collect();
    let kern = |i: usize| if i == 0 { 0.0 } else { font.kern_unscaled(glyphs[i - 1], glyphs[i]) };
    let advance = |i: usize| kern(i) + font.h_advance_unscaled(glyphs[i]);
    let width = scale * (0..glyphs.len()).map(advance).sum::<f32>();
    let mut pen = match anchor {
        Anchor::Left => x,
        Anchor::Middle => x - width / 2.0,
        Anchor::Right => x - width,
    };
    let baseline = y + HALF_CAPITAL * size;
    let mut path = PathBuilder::new();
    for (i, glyph) in glyphs.iter().enumerate() {
        let start = pen + scale * kern(i);
        let place = |point: ab_glyph::Point| (start + scale * point.x, baseline - scale * point.y);
        contour(&mut path, &font.outline(*glyph).map(|outline| outline.curves).unwrap_or_default(), place);
        pen += scale * advance(i);
    }
    path.finish()
}

/// The curves of a letter, a new contour wherever one does not begin where the last ended.
fn contour(path: &mut PathBuilder, curves: &[OutlineCurve], place: impl Fn(ab_glyph::Point) -> (f32, f32)) {
    let mut pen = None;
    for curve in curves {
        let (from, to) = match curve {
            OutlineCurve::Line(from, to)
            | OutlineCurve::Quad(from, _, to)
            | OutlineCurve::Cubic(from, _, _, to) => (*from, *to),
        };
        if pen != Some(from) {
            let (x, y) = place(from);
            path.move_to(x, y);
        }
        let (x, y) = place(to);
        match curve {
            OutlineCurve::Line(..) => path.line_to(x, y),
            OutlineCurve::Quad(_, by, _) => {
                let (bx, by) = place(*by);
                path.quad_to(bx, by, x, y);
            }
            OutlineCurve::Cubic(_, first, second, _) => {
                let ((ax, ay), (bx, by)) = (place(*first), place(*second));
                path.cubic_to(ax, ay, bx, by, x, y);
            }
        }
        pen = Some(to);
    }
}

/// The file, opaque, with the size of a dot: what typesetting takes a picture's size from.
fn encoded(sheet: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, sheet.width(), sheet.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Best);
    encoder.set_adaptive_filter(png::AdaptiveFilterType::NonAdaptive);
    encoder.set_filter(png::FilterType::NoFilter);
    let (xppu, yppu) = (DOTS_PER_METRE, DOTS_PER_METRE);
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu, yppu, unit: png::Unit::Meter }));
    let opaque: Vec<u8> =
        sheet.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&opaque)?;
    writer.finish()?;
    Ok(file)
}

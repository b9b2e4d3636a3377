//! Images of samples side by side in one PNG.

use super::json::{array, object, string};

/// Images as bytes.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// Pixels of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 1: grey, 3: red, green, blue; others are shown as grey by their first channel.
    pub channels: usize,
    /// The samples that they are of.
    pub samples: Vec<usize>,
    /// `[sample][channel][row][column]`.
    pub pixels: Vec<u8>,
}

/// Images in a row of the PNG.
const COLUMNS: usize = 16;

impl Pictures {
    /// `{"png": data URL, "width", "height", "columns", "samples"}`; `None` where there are none or they are no images.
    pub(super) fn json(&self) -> Option<String> {
        let png = self.png()?;
        Some(object([
            ("png", string(&format!("data:image/png;base64,{}", base64(&png)))),
            ("width", self.width.to_string()),
            ("height", self.height.to_string()),
            ("columns", COLUMNS.to_string()),
            ("samples", array(self.samples.iter().map(ToString::to_string))),
        ]))
    }

    fn png(&self) -> Option<Vec<u8>> {
        let size = self.channels * self.width * self.height;
        if self.samples.is_empty() || size == 0 || self.pixels.len() != size * self.samples.len() {
            return None;
        }
        let colours = if self.channels == 3 { 3 } else { 1 };
        let (columns, rows) = (COLUMNS, self.samples.len().div_ceil(COLUMNS));
        let wide = columns * self.width * colours;
        let mut sheet = vec![0; wide * rows * self.height];
        for (at, image) in self.pixels.chunks_exact(size).enumerate() {
            let (left, top) = (at % columns * self.width, at / columns * self.height);
            for y in 0..self.height {
                for x in 0..self.width {
                    for c in 0..colours {
                        let to = (top + y) * wide + (left + x) * colours + c;
                        sheet[to] = image[(c * self.height + y) * self.width + x];
                    }
                }
            }
        }
        let mut out = Vec::new();
        let [width, height] =
            [columns * self.width, rows * self.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(if colours == 3 { png::ColorType::Rgb } else { png::ColorType::Grayscale });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_adaptive_filter(png::AdaptiveFilterType::Adaptive);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&sheet).ok()?;
        writer.finish().ok()?;
        Some(out)
    }
}

/// Bytes in the alphabet of RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let bits =
            part.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        for digit in 0..4 {
            let code = bits >> (18 - 6 * digit) & 63;
            out.push(if digit <= part.len() { char::from(DIGITS[code as usize]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_the_standard() {
        let known = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, text) in known.iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), *text);
        }
    }

    #[test]
    fn every_pixel_is_where_it_belongs() {
        for channels in [1, 3] {
            let (width, height, samples) = (3, 2, 18);
            let size = channels * width * height;
            let pixels: Vec<u8> = (0..size * samples).map(|at| (at % 251) as u8).collect();
            let pictures = Pictures { width, height, channels, samples: (0..samples).collect(), pixels };
            let png = pictures.png().unwrap();
            let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
            let mut sheet = vec![0; reader.output_buffer_size()];
            let info = reader.next_frame(&mut sheet).unwrap();
            assert_eq!((info.width, info.height), (48, 4));
            let at = |sample: usize, channel: usize, y: usize, x: usize| {
                let (left, top) = (sample % 16 * width + x, sample / 16 * height + y);
                sheet[(top * 48 + left) * channels + channel]
            };
            let own = |sample: usize, channel: usize, y: usize, x: usize| {
                pictures.pixels[sample * size + (channel * height + y) * width + x]
            };
            for sample in [0, 15, 16, 17] {
                assert_eq!(at(sample, channels - 1, 1, 2), own(sample, channels - 1, 1, 2));
            }
        }
        let broken = Pictures { width: 2, height: 2, channels: 1, samples: vec![0], pixels: vec![0; 3] };
        assert!(broken.png().is_none());
    }
}

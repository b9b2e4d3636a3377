//! Figures as files: bytes, markup, faults. What they look like, a person has to see; `write_all` leaves them in
//! the directory for temporary files.

use super::*;
use crate::count::{Cause, PerCause};
use crate::network::segment::Part;

/// Names of the elements of an SVG, if every one is closed and every `&` starts an entity.
fn elements(svg: &str) -> Vec<String> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for tag in svg.split('<').skip(1) {
        let (inside, text) = tag.split_once('>').expect("an element ends");
        for entity in inside.split('&').skip(1).chain(text.split('&').skip(1)) {
            let name = entity.split(';').next().unwrap();
            assert!(["lt", "gt", "amp", "quot", "apos"].contains(&name), "&{name}");
        }
        assert_eq!(inside.matches('"').count() % 2, 0, "{inside}");
        let name = inside.trim_matches('/').split(' ').next().unwrap().to_owned();
        if inside.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            all.push(name.clone());
            if !inside.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?} not closed");
    all
}

/// The texts of an SVG with what they need: left, right and middle, in hundredths of a millimetre.
fn texts(svg: &str) -> Vec<(String, [i32; 3])> {
    let parse = |line: &str| {
        let (attributes, rest) = line.strip_prefix("<text ")?.split_once('>')?;
        let text = rest.strip_suffix("</text>")?.to_owned();
        let value = |name: &str| {
            let start = attributes.find(&format!("{name}=\""))? + name.len() + 2;
            attributes[start..].split('"').next()
        };
        let number = |name: &str| value(name).and_then(|v| v.parse::<f64>().ok()).map(|v| v.round() as i32);
        let (x, y, size) = (number(" x").or(number("x"))?, number("y")?, number("font-size")?);
        let width = canvas::text_width(&text.replace("&lt;", "<").replace("&amp;", "&"), size).unwrap();
        let left = match value("text-anchor")? {
            "start" => x,
            "middle" => x - width / 2,
            _ => x - width,
        };
        Some((text, [left, left + width, y]))
    };
    svg.lines().filter_map(parse).collect()
}

/// Width and height of a figure.
fn size(svg: &str) -> (i32, i32) {
    let view = svg.split_once("viewBox=\"0 0 ").unwrap().1.split('"').next().unwrap();
    let (width, height) = view.split_once(' ').unwrap();
    (width.parse().unwrap(), height.parse().unwrap())
}

/// A figure is well formed, and its texts are on the sheet and apart from each other.
fn check_figure(svg: &str) {
    elements(svg);
    let (width, height) = size(svg);
    let texts = texts(svg);
    assert!(!texts.is_empty());
    for (i, (text, [left, right, y])) in texts.iter().enumerate() {
        assert!(
            *left >= 0 && *right <= width && *y >= 0 && *y < height - 176,
            "{text} at {left} {right} {y}"
        );
        for (other, [l, r, h]) in &texts[i + 1..] {
            assert!(right <= l || r <= left || (y - h).abs() >= 176, "{text} on {other}");
        }
    }
}

fn layer(label: &str, part: Part, scale: u64) -> LayerCycles {
    let share = |cause| match cause {
        Cause::Preload => 16,
        Cause::Stream => 64,
        Cause::Skew => 30,
        Cause::Stall => 12,
        Cause::Vector => 5,
        Cause::Setup => 1,
        Cause::Unit => u64::from(label.ends_with("fc")),
        Cause::Drain | Cause::Engine | Cause::Squash => 0,
    };
    LayerCycles { label: label.to_owned(), part, cycles: PerCause::of(|cause| share(cause) * scale) }
}

/// Eight convolutions, their pools, six heads and the classifier.
fn network() -> Vec<LayerCycles> {
    let sizes = [28, 380, 190, 340, 150, 290, 70, 75];
    let mut rows = Vec::new();
    for (i, size) in sizes.into_iter().enumerate() {
        rows.push(layer(&format!("conv{}", i + 1), Part::Body, size));
        if i % 2 == 1 {
            let mut pool = layer(&format!("pool{}", i / 2 + 1), Part::Body, 0);
            pool.cycles[Cause::Vector] = 3136 >> i;
            rows.push(pool);
        }
        if (1..7).contains(&i) {
            let mut pool = layer(&format!("exit{i}/avgpool"), Part::Head(i - 1), 0);
            pool.cycles[Cause::Vector] = 900 >> (i / 2);
            rows.push(pool);
            rows.push(layer(&format!("exit{i}/fc"), Part::Head(i - 1), 2 + i as u64));
        }
    }
    rows.push(layer("classifier", Part::Tail, 4));
    rows
}

fn fashion() -> (Vec<String>, Vec<Vec<u64>>) {
    let names = [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ];
    let counts = [
        [12, 180, 260, 210, 120, 70, 40, 108],
        [420, 390, 120, 40, 15, 8, 3, 4],
        [4, 60, 220, 260, 180, 110, 70, 96],
        [90, 280, 300, 150, 80, 40, 20, 40],
        [2, 40, 190, 270, 210, 130, 70, 88],
        [260, 410, 200, 70, 30, 15, 6, 9],
        [0, 20, 90, 180, 220, 190, 120, 180],
        [310, 400, 180, 60, 25, 12, 5, 8],
        [380, 350, 160, 60, 25, 12, 5, 8],
        [350, 380, 170, 50, 25, 12, 5, 8],
    ];
    (names.map(str::to_owned).to_vec(), counts.map(|row| row.to_vec()).to_vec())
}

fn hundred() -> (Vec<String>, Vec<Vec<u64>>) {
    let row = |i: u64| (0..8).map(|exit| (i * 37 + exit * 53) % 91 + 3).collect();
    (
        (0..100).map(|i| format!("class {i}, of a kind with a long name")).collect(),
        (0..100).map(row).collect(),
    )
}

fn row(label: &str, macs: f64, cycles: f64, energy: f64) -> Saved {
    Saved { label: label.to_owned(), macs, cycles, energy }
}

fn savings() -> Vec<Saved> {
    vec![
        row("against plain network", 0.412, 0.287, 0.331),
        row("against all heads running", 0.447, 0.352, 0.398),
    ]
}

fn losses() -> Vec<Saved> {
    vec![
        row("against plain network", 0.121, -0.087, -0.0321),
        row("against all heads running", 0.2, 0.05, 0.0),
    ]
}

/// Every figure with its name.
fn figures() -> Vec<(&'static str, String)> {
    let (names, counts) = fashion();
    let (many_names, many_counts) = hundred();
    let rows = network();
    let forty: Vec<_> =
        (0..40u64).map(|i| layer(&format!("stage{}/conv{i}", i / 8), Part::Body, 50 + i * 7)).collect();
    let many: Vec<_> = rows.iter().cycle().take(160).cloned().collect();
    let plots = [
        ("cycles", cycles_by_cause(&rows, None)),
        ("cycles-one", cycles_by_cause(&rows[..1], Some("One layer of vgg-mini on edge-16x16"))),
        ("cycles-forty", cycles_by_cause(&forty, None)),
        ("cycles-many", cycles_by_cause(&many, None)),
        ("exits", exits_per_class(&names, &counts, None)),
        (
            "exits-thousand",
            exits_per_class(
                &vec!["class".to_owned(); 1000],
                &many_counts.iter().cycle().take(1000).cloned().collect::<Vec<_>>(),
                None,
            ),
        ),
        ("exits-one", exits_per_class(&names[..1], &counts[..1], None)),
        ("exits-hundred", exits_per_class(&many_names, &many_counts, Some("A hundred classes"))),
        ("saved", saved(&savings(), None)),
        ("saved-negative", saved(&losses(), Some("Where heads cost more than they save"))),
        ("saved-one", saved(&savings()[..1], None)),
    ];
    plots.into_iter().map(|(name, svg)| (name, svg.unwrap())).collect()
}

#[test]
fn figures_are_well_formed_with_no_text_on_another() {
    for (name, svg) in figures() {
        println!("{name}");
        check_figure(&svg);
        let (width, height) = size(&svg);
        assert!([8500, 18000].contains(&width) && height < 25_000, "{width} x {height}");
        assert!(svg.contains(&format!(r#"width="{}.00mm""#, width / 100)));
    }
}

#[test]
fn same_data_give_the_same_bytes() {
    assert_eq!(figures(), figures());
}

#[test]
fn every_label_is_there_and_escaped() {
    let rows: Vec<_> = (0..40).map(|i| layer(&format!("l{i}<&>"), Part::Body, i)).collect();
    let svg = cycles_by_cause(&rows, Some("a < b & c")).unwrap();
    check_figure(&svg);
    assert!(
        (0..40).all(|i| svg.contains(&format!(">l{i}&lt;&amp;&gt;</text>")))
            && svg.contains("a &lt; b &amp; c")
    );
    let svg = exits_per_class(&["x<y\u{1b}\nz".to_owned()], &[vec![1, 2]], None).unwrap();
    check_figure(&svg);
    assert!(svg.contains(">x&lt;y  z</text>"));
    let svg = saved(&[row("<&", 0.0, 0.0, 0.0)], None).unwrap();
    check_figure(&svg);
    assert!(svg.contains(">&lt;&amp;</text>"));
}

#[test]
fn a_hundred_classes_are_all_labelled() {
    let (names, counts) = hundred();
    let svg = exits_per_class(&names, &counts, None).unwrap();
    assert!((0..100).all(|i| svg.contains(&format!(">class {i}, "))));
    assert_eq!(svg.matches("…</text>").count(), 100, "names are cut");
}

#[test]
fn only_causes_that_occur_are_in_the_legend() {
    let svg = cycles_by_cause(&network(), None).unwrap();
    let named = |cause: Cause| svg.contains(&format!(">{}</text>", cause.name()));
    assert!(named(Cause::Stream) && named(Cause::Unit) && !named(Cause::Drain));
    assert!(svg.contains("exclusion head"));
    assert!(!cycles_by_cause(&network()[..1], None).unwrap().contains("exclusion head"));
}

#[test]
fn a_class_without_samples_says_so() {
    let names = ["seen".to_owned(), "unseen".to_owned()];
    let svg = exits_per_class(&names, &[vec![3, 4], vec![0, 0]], None).unwrap();
    assert_eq!(svg.matches("no samples").count(), 1);
}

#[test]
fn extremes_are_drawn() {
    let mut one = layer("one", Part::Body, 0);
    one.cycles[Cause::Stream] = 1;
    check_figure(&cycles_by_cause(&[one.clone()], None).unwrap());
    let most = vec![layer("l", Part::Body, 1); MOST_ROWS];
    check_figure(&cycles_by_cause(&most, None).unwrap());
    one.cycles = PerCause::of(|_| u64::MAX);
    check_figure(&cycles_by_cause(&[one], None).unwrap());
    check_figure(&exits_per_class(&["c".to_owned()], &[vec![u64::MAX; 30]], None).unwrap());
    for value in [0.0, -1e-9, 1e8, -1e8, f64::MIN_POSITIVE, -0.999] {
        check_figure(&saved(&[row("any", value, -value, 0.5)], None).unwrap());
        check_figure(&saved(&[row("any", value, value, value)], None).unwrap());
    }
    check_figure(
        &saved(&vec![row("a baseline whose name has no end at all", 0.5, -0.2, 0.1); 40], None).unwrap(),
    );
    assert!(saved(&[row("any", 0.0, -1e-9, 0.0)], None).unwrap().contains(">0.0<"), "no minus before zero");
}

/// CIE lightness, 0 to 100.
fn lightness(plotters::style::RGBColor(red, green, blue): plotters::style::RGBColor) -> f64 {
    let linear = |channel: u8| ((f64::from(channel) / 255.0 + 0.055) / 1.055).powf(2.4);
    116.0 * (0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)).cbrt() - 16.0
}

#[test]
fn colours_differ_in_greyscale_too() {
    let mut causes: Vec<f64> = Cause::ALL.iter().map(|&cause| lightness(style::cause(cause))).collect();
    causes.sort_by(f64::total_cmp);
    assert!(causes.windows(2).all(|pair| pair[1] - pair[0] > 7.0), "{causes:?}");
    let depths: Vec<f64> = style::depths(8).into_iter().map(lightness).collect();
    assert!(depths.windows(2).all(|pair| pair[1] - pair[0] > 7.0), "{depths:?}");
    let saved = style::SAVED.map(lightness);
    assert!(saved.windows(2).all(|pair| pair[1] - pair[0] > 20.0), "{saved:?}");
}

#[test]
fn nothing_to_draw_is_an_error() {
    let said = |error: Result<String, PlotError>| error.unwrap_err().to_string();
    assert_eq!(said(cycles_by_cause(&[], None)), "no layers to draw; a figure needs at least one");
    assert_eq!(
        said(cycles_by_cause(&[layer("a", Part::Tail, 0)], None)),
        "all cycles are zero; there is nothing to draw"
    );
    let names = ["a".to_owned(), "b".to_owned()];
    assert_eq!(said(exits_per_class(&[], &[], None)), "no classes to draw; a figure needs at least one");
    assert_eq!(
        said(exits_per_class(&names, &[vec![1]], None)),
        "2 class names go with 1 rows of counts; give one row a class"
    );
    assert_eq!(
        said(exits_per_class(&names, &[vec![1, 2], vec![1]], None)),
        "class `b` counts 1 exits where the first class counts 2"
    );
    assert_eq!(
        said(exits_per_class(&names, &[vec![], vec![]], None)),
        "no exits to draw; a figure needs at least one"
    );
    assert_eq!(
        said(exits_per_class(&names, &[vec![0], vec![0]], None)),
        "all numbers of samples are zero; there is nothing to draw"
    );
    let many: Vec<_> = vec![layer("a", Part::Body, 1); 1001];
    assert_eq!(
        said(cycles_by_cause(&many, None)),
        "1001 layers are too many for a figure; draw at most 1000 at a time"
    );
    assert_eq!(said(saved(&[], None)), "no baselines to draw; a figure needs at least one");
    for value in [f64::NAN, f64::INFINITY, 1e9] {
        assert_eq!(
            said(saved(&[row("a", 0.1, value, 0.1)], None)),
            format!("cycles of `a` is {value}; a figure needs a finite number below a billion")
        );
    }
}

#[test]
#[ignore = "writes every figure into the directory for temporary files, to be looked at"]
fn write_all() {
    let folder = std::env::temp_dir().join("exclusim-figures");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, svg) in figures() {
        std::fs::write(folder.join(format!("{name}.svg")), svg).unwrap();
    }
}

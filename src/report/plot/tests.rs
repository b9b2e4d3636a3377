//! Figures as files: bytes, markup, faults. What they look like, a person has to see: `exclusim plot` draws them.

use serde_json::{Value, json};

use super::invented_tests::{SMALL, Size, points, results_of, run, summary, sweep};
use super::*;
use crate::cost::fpga::Part;
use crate::count::{Cause, Component};

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
        let escapes = [("&lt;", "<"), ("&gt;", ">"), ("&apos;", "'"), ("&quot;", "\""), ("&amp;", "&")];
        let plain = escapes.iter().fold(text.clone(), |text, (escape, sign)| text.replace(escape, sign));
        let width = text::text_width(&plain, size).unwrap();
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

fn ask(width: Width, title: Option<&str>) -> Ask<'_> {
    Ask { page: Page { width, title, note: None }, column: None }
}

#[test]
fn every_figure_is_well_formed_at_both_widths_with_no_text_on_another() {
    for figure in Figure::ALL {
        for (width, title) in [(Width::OneColumn, None), (Width::TwoColumns, Some("a < b & c"))] {
            println!("{} {width:?}", figure.name());
            let made = figure.make(&results_of(figure), ask(width, title)).unwrap();
            let svg = made.drawing.svg(Lettering::Text).unwrap();
            check_figure(&svg);
            let (found, height) = size(&svg);
            assert!(found == width.units() && height < 25_000, "{found} x {height}");
            assert!(svg.contains(&format!(r#"width="{}.00mm""#, found / 100)));
            assert_eq!(svg.contains(">a &lt; b &amp; c</text>"), title.is_some());
            assert!(made.data.lines().count() > 1, "no data");
        }
    }
}

#[test]
fn outlines_say_what_the_texts_say_and_need_no_font() {
    let labels = |svg: &str| {
        svg.split("aria-label=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    for figure in Figure::ALL {
        let drawing = figure.make(&results_of(figure), ask(figure.usual_width(), None)).unwrap().drawing;
        let (text, outlines) =
            (drawing.svg(Lettering::Text).unwrap(), drawing.svg(Lettering::Outlines).unwrap());
        let said: Vec<String> =
            texts(&text).into_iter().map(|(text, _)| text.replace("&apos;", "'")).collect();
        let labels: Vec<String> = labels(&outlines);
        assert_eq!(labels, said, "{}", figure.name());
        assert!(!outlines.contains("font") && !outlines.contains("<text"), "{}", figure.name());
        elements(&outlines);
        // Every letter that is used is defined, and once.
        for used in outlines.split("xlink:href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert_eq!(outlines.matches(&format!("<path id=\"{used}\" d=\"M")).count(), 1, "{used}");
        }
    }
}

#[test]
fn same_data_give_the_same_bytes() {
    for figure in Figure::ALL {
        let made = || figure.make(&results_of(figure), ask(figure.usual_width(), None)).unwrap();
        let (one, other) = (made(), made());
        assert_eq!(one.data, other.data);
        for lettering in [Lettering::Outlines, Lettering::Text] {
            assert_eq!(one.drawing.svg(lettering).unwrap(), other.drawing.svg(lettering).unwrap());
        }
        assert_eq!(one.drawing.png().unwrap(), other.drawing.png().unwrap());
    }
}

#[test]
fn a_png_has_its_print_size_and_is_not_blank() {
    let made = Figure::Heads.make(&results_of(Figure::Heads), ask(Width::OneColumn, None)).unwrap();
    let file = made.drawing.png().unwrap();
    let mut reader = ::png::Decoder::new(file.as_slice()).read_info().unwrap();
    let dots = reader.info().pixel_dims.unwrap();
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).unwrap();
    // 85 mm at 300 dots an inch.
    assert_eq!((info.width, dots.xppu, dots.yppu), (1004, 11_811, 11_811));
    let dark = pixels.chunks(3).filter(|pixel| pixel.iter().all(|channel| *channel < 90)).count();
    assert!(dark > 1000 && dark < pixels.len() / 12, "{dark} dark pixels of {}", pixels.len() / 3);
}

#[test]
fn large_and_lopsided_results_are_drawn() {
    let sizes = [
        Size { heads: 6, classes: 94, samples: 300 },
        Size { heads: 1, classes: 2, samples: 1 },
        Size { heads: 20, classes: 300, samples: 50 },
    ];
    for size in sizes {
        let of_a_run = Figure::ALL.into_iter().filter(|figure| !figure.compares_runs());
        for figure in of_a_run {
            println!("{} of {} heads, {} classes", figure.name(), size.heads, size.classes);
            match figure.make(&[run("any", size, 1.0)], ask(figure.usual_width(), None)) {
                Ok(made) => check_figure(&made.drawing.svg(Lettering::Text).unwrap()),
                Err(error) => assert!(error.is_absence(), "{}: {error}", figure.name()),
            }
        }
    }
}

#[test]
fn only_causes_that_occur_are_in_the_legend() {
    let made = Figure::CyclesByCause.make(&results_of(Figure::CyclesByCause), ask(Width::TwoColumns, None));
    let svg = made.unwrap().drawing.svg(Lettering::Text).unwrap();
    let named = |cause: Cause| svg.contains(&format!(">{}</text>", cause.name()));
    assert!(named(Cause::Stream) && named(Cause::Unit) && !named(Cause::Drain));
    assert!(svg.contains("shaded rows: exclusion heads"));
}

#[test]
fn blocks_of_a_part_are_told_in_percent_of_what_may_be_filled() {
    let made = Figure::Resources.make(&[run("run", SMALL, 1.0)], ask(Width::OneColumn, None)).unwrap();
    let svg = made.drawing.svg(Lettering::Text).unwrap();
    for text in [
        "93 to 150 %",
        "74 to 88 %",
        "51 %",
        "56 %",
        "on XC&lt;7&gt;",
        "exclusion unit",
        "mark: all together, at most",
    ] {
        assert!(svg.contains(&format!(">{text}</text>")), "{text}");
    }
    // A kind that the device has none of, and parts that are not there.
    for text in ["ultra RAM", "head engine", "filter scratchpad"] {
        assert!(!svg.contains(&format!(">{text}</text>")), "{text}");
    }
    let rows: Vec<Vec<&str>> = made.data.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][3..], ["resource", "part", "blocks", "total", "total_at_most", "usable", "available"]);
    assert_eq!(rows.len(), 1 + 4 * 5);
    for kind in rows[1..].chunk_by(|a, b| a[3] == b[3]) {
        let blocks: u64 = kind.iter().map(|row| row[5].parse::<u64>().unwrap()).sum();
        assert_eq!(blocks.to_string(), kind[0][6], "{kind:?}");
    }
    let mut on_chip = summary(SMALL, 1.0);
    on_chip["fpga"] = Value::Null;
    let on_chip = run("run", SMALL, 1.0).with("summary.json", &on_chip.to_string()).unwrap();
    let said = refused(Figure::Resources, &[on_chip]);
    assert_eq!(
        said,
        "summary.json of run has no `fpga.resources.by_part`, which takes arch/zcu104-16x16.toml, or another with [fpga]"
    );
}

#[test]
fn single_energies_of_an_fpga_are_said_to_be_nominal() {
    let mut on_chip = summary(SMALL, 1.0);
    on_chip["fpga"] = Value::Null;
    let on_chip = run("run", SMALL, 1.0).with("summary.json", &on_chip.to_string()).unwrap();
    let said = |figure: Figure, results: Results| {
        let made = figure.make(&[results], ask(Width::OneColumn, None)).unwrap();
        made.drawing.svg(Lettering::Text).unwrap().contains("at nominal prices")
    };
    for figure in [Figure::Saved, Figure::Distribution, Figure::Pareto, Figure::MacsMislead] {
        assert!(said(figure, run("run", SMALL, 1.0)) && !said(figure, on_chip.clone()), "{}", figure.name());
    }
    assert!(!said(Figure::Utilization, run("run", SMALL, 1.0)), "no energy is shown");
}

#[test]
fn a_class_without_samples_says_so_and_a_head_nobody_leaves_at_too() {
    let few = run("few", Size { samples: 3, ..SMALL }, 1.0);
    let svg = |figure: Figure| {
        figure
            .make(std::slice::from_ref(&few), ask(Width::OneColumn, None))
            .unwrap()
            .drawing
            .svg(Lettering::Text)
            .unwrap()
    };
    assert_eq!(svg(Figure::ExitsPerClass).matches("no samples").count(), 2);
    assert!(svg(Figure::ExitsPerHead).contains(">none</text>"));
    assert!(svg(Figure::EarlyAndLate).contains("none leaves"));
}

#[test]
fn results_with_nothing_to_show_say_so() {
    let mut off = summary(SMALL, 1.0);
    off["heads"].as_array_mut().unwrap().iter_mut().for_each(|head| head["on"] = json!(false));
    let off = run("run", SMALL, 1.0).with("summary.json", &off.to_string()).unwrap();
    for figure in [Figure::Saved, Figure::Heads, Figure::Survivors] {
        let said = refused(figure, std::slice::from_ref(&off));
        assert_eq!(said, "run runs no heads: nothing is spent on exits and nothing saved");
    }
    let exits = "class,exit,samples,correct".to_owned();
    let at_the_end = (0..SMALL.classes * 4).fold(exits, |text, row| {
        let (class, exit) = (row / 4, row % 4 + 1);
        format!("{text}\n{class},{exit},{},0", if exit == 4 { 8 } else { 0 })
    });
    let samples = "sample,label,answer,exit,plain_answer,oracle_exit\n0,1,1,4,1,1\n1,2,1,4,2,1";
    let stay = run("run", SMALL, 1.0).with("exits.csv", &at_the_end).unwrap();
    let stay = stay.with("samples.csv", samples).unwrap();
    for figure in [Figure::ExitsPerHead, Figure::ExitsPerClass, Figure::ExitMap, Figure::EarlyAndLate] {
        let said = refused(figure, std::slice::from_ref(&stay));
        assert_eq!(said, "no sample leaves at a head: every sample runs to the end", "{}", figure.name());
    }
    let none = (1..=3).flat_map(|head| (0..SMALL.classes).map(move |class| (head, class)));
    let none = none.fold("head,class,excluded".to_owned(), |text, (h, c)| format!("{text}\n{h},{c},0"));
    let none = run("run", SMALL, 1.0).with("excluded.csv", &none).unwrap();
    assert_eq!(refused(Figure::Survivors, &[none]), "no head excludes a class: all are alive throughout");
    let more = run("more", Size { classes: 6, ..SMALL }, 1.0);
    let said = refused(Figure::Pareto, &[run("run", SMALL, 1.0), more]);
    assert_eq!(said, "run asks for 5 classes over 40 samples, more asks for 6 classes over 40 samples");
}

#[test]
fn many_classes_fit_a_page_in_blocks() {
    let many = [run("many", Size { heads: 6, classes: 94, samples: 900 }, 1.0)];
    for (figure, width) in [
        (Figure::ExitMap, Width::OneColumn),
        (Figure::ExitMap, Width::TwoColumns),
        (Figure::Survivors, Width::OneColumn),
        (Figure::Survivors, Width::TwoColumns),
    ] {
        let svg = figure.make(&many, ask(width, None)).unwrap().drawing.svg(Lettering::Text).unwrap();
        check_figure(&svg);
        assert!(size(&svg).1 < 16_000, "{} {:?}", figure.name(), size(&svg));
        let names = texts(&svg).iter().filter(|(text, _)| text.starts_with("class")).count();
        assert!(names >= 94, "{names} of 94 classes are named");
    }
}

/// CIE lightness, 0 to 100.
fn lightness(plotters::style::RGBColor(red, green, blue): plotters::style::RGBColor) -> f64 {
    let linear = |channel: u8| ((f64::from(channel) / 255.0 + 0.055) / 1.055).powf(2.4);
    116.0 * (0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)).cbrt() - 16.0
}

#[test]
fn colours_differ_in_greyscale_too() {
    let apart = |colours: Vec<plotters::style::RGBColor>, least: f64| {
        let mut all: Vec<f64> = colours.into_iter().map(lightness).collect();
        all.sort_by(f64::total_cmp);
        assert!(all.windows(2).all(|pair| pair[1] - pair[0] > least), "{all:?}");
    };
    apart(Cause::ALL.iter().map(|&cause| style::cause(cause)).collect(), 7.0);
    apart(Component::ALL.map(style::component).to_vec(), 6.0);
    apart(Part::ALL.map(style::design_part).to_vec(), 6.0);
    apart(style::depths(8), 7.0);
    apart(style::SAVED.to_vec(), 20.0);
    apart(style::VERDICTS.to_vec(), 6.0);
    let shades: Vec<f64> = (0..=20).map(|i| lightness(style::shade(f64::from(i) / 20.0))).collect();
    assert!(shades.windows(2).all(|pair| pair[0] - pair[1] > 1.0), "{shades:?}");
}

/// What a figure says of results that it cannot be drawn from.
fn refused(figure: Figure, results: &[Results]) -> String {
    let error = figure.make(results, ask(Width::OneColumn, None)).err().expect("refused");
    assert!(!error.remedy().is_empty());
    error.to_string()
}

#[test]
fn results_that_do_not_fit_are_refused() {
    let one = || run("run", SMALL, 1.0);
    assert_eq!(refused(Figure::Roofline, &[]), "no results to draw; a figure needs at least one");
    assert_eq!(refused(Figure::Roofline, &[one(), one()]), "roofline shows one run; 2 results were given");
    assert_eq!(refused(Figure::DesignMap, &[one()]), "run has no points.csv");
    assert_eq!(refused(Figure::Heads, &[Results::new("empty")]), "empty has no summary.json");
    let mut assumed = summary(SMALL, 1.0);
    assumed["scores"] = json!("assumed");
    let assumed = one().with("summary.json", &assumed.to_string()).unwrap();
    use Figure::{Bits, EarlyAndLate, ExitMap, ExitsPerClass, ExitsPerHead, Pareto, Survivors};
    for figure in [Pareto, EarlyAndLate, ExitsPerHead, ExitsPerClass, ExitMap, Survivors, Bits] {
        let said = refused(figure, std::slice::from_ref(&assumed));
        let why = "run assumes where samples leave: no answer is right or wrong, no class like another's";
        assert_eq!(said, why);
    }
    let many: Vec<Results> = (0..9).map(|_| one()).collect();
    assert_eq!(
        refused(Figure::Distribution, &many),
        "9 results are too many for a figure; draw at most 8 at a time"
    );
    let map = sweep("array.rows", &["8"]);
    assert_eq!(
        refused(Figure::DesignMap, &[map]),
        "design-map needs array.cols and array.rows to vary; the sweep varies array.rows"
    );
    let map = sweep("array.rows,array.cols,policy.rule", &["8,8,no-heads"]);
    assert_eq!(
        refused(Figure::DesignMap, &[map]),
        "no points with exits to draw; a figure needs at least one"
    );
    let column = Ask { column: Some("beauty"), ..ask(Width::OneColumn, None) };
    let error = Figure::DesignMap.make(&results_of(Figure::DesignMap), column).err().unwrap();
    assert_eq!(error.to_string(), "`beauty` is no column of results");
    assert!(error.remedy().contains("latency_s"));
}

#[test]
fn faulty_files_are_named_with_line_and_column() {
    let with = |file: &str, text: &str| run("run", SMALL, 1.0).with(file, text).unwrap();
    for value in ["NaN", "inf", "", "many"] {
        let parity = format!("source,case,reference_cycles,model_cycles\na,b,5,5\na,b,{value},1\n");
        assert_eq!(
            refused(Figure::Parity, &[with(PARITY, &parity)]),
            format!("run/parity.csv, line 3, column `reference_cycles`: `{value}` is no finite number")
        );
        let samples =
            format!("sample,cycles,energy_pj\n0,5,{}\n", if value.is_empty() { "x" } else { value });
        assert!(
            refused(Figure::Distribution, &[with("samples.csv", &samples)]).contains("column `energy_pj`")
        );
    }
    assert_eq!(
        refused(Figure::EarlyAndLate, &[with("samples.csv", "sample,label,answer\n0,1,1\n")]),
        "run/samples.csv has no column `exit`"
    );
    assert_eq!(
        refused(Figure::ExitMap, &[with("exits.csv", "class,exit,samples,correct\n0,2,5,5\n")]),
        "class `0` counts 0 exits where the first class counts 1"
    );
    let zeros: String = (0..SMALL.classes).map(|class| format!("\n{class},1,0,0")).collect();
    let zeros = format!("class,exit,samples,correct{zeros}");
    assert_eq!(
        refused(Figure::ExitMap, &[with("exits.csv", &zeros)]),
        "all numbers of samples are zero; there is nothing to draw"
    );
    let torn = Results::new("run").with("summary.json", "{ \"version\"").unwrap_err();
    assert!(torn.to_string().starts_with("run/summary.json: EOF"), "{torn}");
    let mut without = summary(SMALL, 1.0);
    without["sensitivity"] = Value::Null;
    assert_eq!(
        refused(Figure::Sensitivity, &[with("summary.json", &without.to_string())]),
        "summary.json of run has no `sensitivity.single.saved_net`, which takes --sensitivity"
    );
}

#[test]
fn results_of_another_version_are_refused() {
    let other = |text: &str, file: &str| Results::new("old").with(file, text).unwrap_err().to_string();
    let ours = env!("CARGO_PKG_VERSION");
    let expected = format!("old was written by exclusim 0.0.1; this is {ours}");
    assert_eq!(other("{ \"version\": \"0.0.1\" }", "summary.json"), expected);
    let old = points(Results::new("old"), "version,inputs,point\n0.0.1,x,0\n".into());
    assert_eq!(old.unwrap_err().to_string(), expected);
    assert!(other("{}", "summary.json").contains("an unknown version"));
}

//! `exclusim plot`: figures from results, without simulating.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::Failure;
use super::args::{Plot, PlotWidth};
use super::page::of_sweep;
use super::print::print;
use super::provenance::{self, Made, Provenance, Replaces};
use super::results::{self, Results as Files};
use crate::config::{Fault, Faults};
use crate::load::{self, InputFiles};
use crate::report::html;
use crate::report::plot::{
    Ask, FILES, Figure, INPUTS, Lettering, Made as Drawn, PARITY, POINTS, Page, PlotError, Results, Width,
    told_apart,
};

pub(super) fn plot(args: &Plot) -> Result<(), Failure> {
    let results = read(args)?;
    let made = Made::of(inputs(args)?);
    let origin = origin(args, &made);
    let mut written = Files::default();
    let mut told = String::new();
    let (figures, all) = match args.figure {
        Some(figure) => (vec![figure], false),
        None => (worth_trying(&results), true),
    };
    for figure in figures {
        match figure.make(&results, ask(args, figure)) {
            Ok(drawn) => {
                told += &add(&mut written, args, figure, drawn, &origin)
                    .map_err(|error| fault(figure, &error))?;
            }
            // Asked for whatever fits, the rest need not be told apart.
            Err(error) if all && error.is_absence() => {}
            Err(error) => return Err(fault(figure, &error).into()),
        }
    }
    if told.is_empty() {
        let help = "name a figure with --figure to hear what it lacks; `exclusim plot --help` lists them";
        return Err(Fault::new("no figure fits these results", help).into());
    }
    provenance::write(written, &out(args), made, Replaces::Same)?;
    print(&told)
}

/// What figures say of their origin: what made the results of one folder, or else this command.
fn origin(args: &Plot, made: &Made) -> String {
    let one = || match args.results.as_slice() {
        [one] => Provenance::of(one).made.first().map(|made| made.origin.clone()),
        _ => None,
    };
    one().unwrap_or_else(|| made.origin.clone())
}

/// The files that figures are drawn from.
fn inputs(args: &Plot) -> Result<InputFiles, Faults> {
    let mut inputs = InputFiles::default();
    for file in args.results.iter().flat_map(|path| files_of(path)) {
        inputs.add("results", &(&file).into())?;
    }
    Ok(inputs)
}

/// Figures that results may hold data for. One run alone makes no comparison; a sweep is one of many points.
fn worth_trying(results: &[Results]) -> Vec<Figure> {
    let alone = results.len() == 1 && results[0].is_run();
    Figure::ALL.into_iter().filter(|figure| !(alone && figure.compares_runs())).collect()
}

fn fault(figure: Figure, error: &PlotError) -> Fault {
    Fault::new(format!("figure {}: {error}", figure.name()), error.remedy())
}

fn ask(args: &Plot, figure: Figure) -> Ask<'_> {
    let width = match args.width {
        Some(PlotWidth::OneColumn) => Width::OneColumn,
        Some(PlotWidth::TwoColumns) => Width::TwoColumns,
        None => figure.usual_width(),
    };
    Ask { page: Page { width, title: args.title.as_deref(), note: None }, column: args.column.as_deref() }
}

/// SVG, PNG and data of a figure, to be written; what is told of them.
fn add(
    written: &mut Files,
    args: &Plot,
    figure: Figure,
    made: Drawn,
    origin: &str,
) -> Result<String, PlotError> {
    let drawing = made.drawing.of_origin(origin);
    let file = out(args).join(file_name(figure));
    let lettering = if args.editable { Lettering::Text } else { Lettering::Outlines };
    written.add(file.with_extension("svg"), drawing.svg(lettering)?);
    written.add(file.with_extension("png"), drawing.png()?);
    written.add(file.with_extension("csv"), made.data.as_str());
    Ok(format!("{}.svg, .png, .csv\n", file.display()))
}

/// The name of a figure's files, without an ending.
fn file_name(figure: Figure) -> String {
    figure.name().replace('-', "_")
}

fn out(args: &Plot) -> std::path::PathBuf {
    args.out.clone().unwrap_or_else(|| {
        let first = args.results.first().map_or(Path::new(""), |first| first.as_path());
        if first.is_dir() {
            first.join("plots")
        } else {
            first.parent().unwrap_or(Path::new("")).join("plots")
        }
    })
}

/// Every folder or table given; the faults of all of them at once.
fn read(args: &Plot) -> Result<Vec<Results>, Faults> {
    let (mut all, mut faults) = (Vec::new(), Faults::default());
    for path in &args.results {
        match read_one(path) {
            Ok(results) => all.push(results),
            Err(more) => faults.0.extend(more.0),
        }
    }
    if args.results.is_empty() {
        faults.0.push(Fault::new(
            "no results are given",
            "name a folder that exclusim run or exclusim sweep wrote",
        ));
    }
    told_apart(&mut all);
    faults.none(all)
}

/// All files of a folder that figures know, or one of them alone.
fn files_of(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let known = FILES.into_iter().chain([PARITY, POINTS, INPUTS]);
    known.map(|file| path.join(file)).filter(|file| file.exists()).collect()
}

/// A folder with all files that figures know, or one of them alone.
fn read_one(path: &Path) -> Result<Results, Faults> {
    let paths = files_of(path);
    if paths.is_empty() {
        let title = format!("{} holds no results", path.display());
        return Err(Fault::new(title, "name a folder that exclusim run or exclusim sweep wrote").into());
    }
    let named = path.file_stem().filter(|_| !path.is_dir()).or(path.file_name());
    let mut results = Results::new(named.unwrap_or(path.as_os_str()).to_string_lossy());
    for file in paths {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let told = |error: PlotError| Fault::new(error.to_string(), error.remedy());
        if name == POINTS {
            load::open(&file, "file of results")?;
            results = with_points(results, &file).map_err(told)?;
            continue;
        }
        let text = load::text(&file, "file of results")?;
        if !FILES.contains(&&*name) && name != PARITY && name != INPUTS {
            let found = load::what(&file).map_or("no file that figures are drawn from", |what| what.called());
            let title = format!("{} is {found}, not results", file.display());
            let help = "give a folder that exclusim run or exclusim sweep wrote: it has a summary.json or a points.csv";
            return Err(Fault::new(title, help).into());
        }
        results = results.with(&name, &text).map_err(told)?;
    }
    let provenance = Provenance::of(path);
    let mut inputs = provenance.made.iter().flat_map(|made| &made.inputs);
    Ok(
        match inputs.find(|input| input.role == "policy").and_then(|input| Path::new(&input.file).file_stem())
        {
            Some(policy) => results.of_policy(policy.to_string_lossy()),
            None => results,
        },
    )
}

/// Adds the points of a sweep, which may be more than memory holds.
fn with_points(results: Results, file: &Path) -> Result<Results, PlotError> {
    let file = file.to_owned();
    results.with_points(move || Ok(Box::new(std::fs::File::open(&file)?)))
}

/// Adds every figure that a run or a sweep holds data for, as it reads best, to what is written into its folder.
pub(super) fn add_all(
    written: &mut Files,
    folder: &Path,
    results: Results,
    origin: &str,
) -> Result<(), (Figure, PlotError)> {
    let mut results = [results];
    told_apart(&mut results);
    let draw = |figure: Figure| {
        let page = Page { width: figure.usual_width(), ..Page::default() };
        let made = figure.make(&results, Ask { page, column: None });
        match made.and_then(|made| made.drawing.of_origin(origin).svg(Lettering::Outlines)) {
            Ok(svg) => Ok(Some((figure, svg))),
            Err(error) if error.is_absence() => Ok(None),
            Err(error) => Err((figure, error)),
        }
    };
    let drawn = worth_trying(&results).into_par_iter().map(draw).collect::<Result<Vec<_>, _>>()?;
    for (figure, svg) in drawn.into_iter().flatten() {
        written.add(folder.join("plots").join(file_name(figure)).with_extension("svg"), svg);
    }
    Ok(())
}

/// Files of a sweep beside its figures.
const OF_A_SWEEP: [&str; 6] =
    ["points.csv", "pareto.csv", "skipped.csv", "inputs.csv", "settings.csv", "points.parquet"];

/// Writes the figures and the page of a finished sweep into its folder, if they are wanted, and what made all of it.
pub(super) fn finish_sweep(folder: &Path, name: &str, wanted: bool, made: Made) -> Result<(), Failure> {
    let failed = |error: PlotError| Fault::new(error.to_string(), error.remedy());
    let mut written = Files::default();
    let inputs = load::text(&folder.join(INPUTS), "file of results").unwrap_or_default();
    let made = made.of_sweep(name, &inputs);
    if wanted {
        let results = Results::new(name).with(INPUTS, &inputs).map_err(failed)?;
        let results = with_points(results, &folder.join(POINTS)).map_err(failed)?;
        add_all(&mut written, folder, results, &made.origin)
            .map_err(|(figure, error)| fault(figure, &error))?;
        results::remove_staged(&folder.join("plots"));
        results::remove_staged(folder);
        written.add(folder.join(html::FILE), of_sweep(folder, name, &inputs, &made)?);
    }
    let mut names: Vec<String> = OF_A_SWEEP.map(str::to_owned).to_vec();
    names.extend(written.hashes(folder).into_keys());
    written.write()?;
    Ok(provenance::note(folder, made, &names)?)
}

//! Are the pages right? Links and names of files lead somewhere, the tutorial's commands do what it shows, and every key of a result is described.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page for people, below the repository's root.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir()
                && !name.starts_with('.')
                && !["target", "reports", "node_modules"].contains(&name)
            {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The name by which a link finds a heading: lower case, blanks as hyphens, other signs left out.
fn anchor(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let kept = lower.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for piece in text.split("](").skip(1) {
            let target = piece.split(')').next().unwrap();
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').map_or((target, None), |(file, h)| (file, Some(h)));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            if !path.exists() || heading.is_some_and(|heading| !anchors(&path).contains(heading)) {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

/// Files and folders that a page names in code quotes, such as `src/map/fold.rs`; patterns are left out.
#[test]
fn every_file_that_is_named_exists() {
    let mut missing = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for named in text.split('`').skip(1).step_by(2) {
            let of_repository =
                ["src/", "tests/", "docs/", "arch/", "benches/"].iter().any(|start| named.starts_with(start));
            let plain = named.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
            if of_repository
                && plain
                && !named.contains("my-")
                && !named.contains("NAME")
                && !root().join(named).exists()
            {
                missing.push(format!("{}: {named}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "no such file:\n{}", missing.join("\n"));
}

/// A command of the tutorial and the lines that the page shows of what it prints; `...` stands for lines left out.
struct Shown {
    command: String,
    lines: Vec<String>,
}

/// A piece of the tutorial: text, a file to save, commands.
enum Piece {
    Text(String),
    File { name: String, text: String },
    Console(Vec<Shown>),
}

fn pieces(page: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, part) in page.split("```").enumerate() {
        // Every second part is within a fence; its first line says of which kind.
        let (kind, body) = part.split_once('\n').unwrap_or((part, ""));
        match (index % 2, kind) {
            (1, "toml") => {
                let name = body.lines().next().unwrap().trim_start_matches("# ").to_owned();
                pieces.push(Piece::File { name, text: body.to_owned() });
            }
            (1, "console") => {
                let mut shown = Vec::new();
                for line in body.lines() {
                    match line.strip_prefix("$ ") {
                        Some(command) => shown.push(Shown { command: command.to_owned(), lines: Vec::new() }),
                        None => shown.last_mut().unwrap().lines.push(line.to_owned()),
                    }
                }
                pieces.push(Piece::Console(shown));
            }
            (1, _) => pieces.push(Piece::Text(format!("```{part}```"))),
            _ => pieces.push(Piece::Text(part.to_owned())),
        }
    }
    pieces
}

/// What the page should show instead: of each line the next printed one that begins with the same word.
fn as_printed(shown: &[String], printed: &str) -> Vec<String> {
    let mut rest = printed.lines();
    let word = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let mut found = |line: &String| {
        if line == "..." {
            return line.clone();
        }
        let same = rest.clone().position(|printed| printed == line);
        let alike = rest.clone().position(|printed| word(printed) == word(line));
        let at = same.or(alike).unwrap_or_else(|| panic!("`{line}` is not printed:\n{printed}"));
        rest.nth(at).unwrap().to_owned()
    };
    shown.iter().map(&mut found).collect()
}

/// Runs a command of the page with the built tool, in a folder where a reader would be.
fn run(command: &str, folder: &Path) -> String {
    let tool = Path::new(env!("CARGO_BIN_EXE_exclusim")).parent().unwrap().display().to_string();
    let path = format!("{tool}:{}", std::env::var("PATH").unwrap());
    let output =
        Command::new("sh").args(["-c", command]).current_dir(folder).env("PATH", path).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command}\n{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// `EXCLUSIM_BLESS=1` writes the lines as they are printed now.
#[test]
fn the_tutorial_works() {
    let page = root().join("docs/tutorial.md");
    let text = fs::read_to_string(&page).unwrap();
    let folder = TempDir::new().unwrap();
    for needed in ["arch", "workloads/vgg-mini-fashion"] {
        copy(&root().join(needed), &folder.path().join(needed));
    }
    let mut now = String::new();
    for piece in pieces(&text) {
        match piece {
            Piece::Text(text) => now += &text,
            Piece::File { name, text } => {
                fs::write(folder.path().join(name), &text).unwrap();
                now += &format!("```toml\n{text}```");
            }
            Piece::Console(shown) => {
                let mut body = String::new();
                for Shown { command, lines } in shown {
                    let printed = run(&command, folder.path());
                    body += &format!("$ {command}\n");
                    as_printed(&lines, &printed).iter().for_each(|line| body += &format!("{line}\n"));
                }
                now += &format!("```console\n{body}```");
            }
        }
    }
    assert!(folder.path().join("figures/pareto.svg").exists(), "the page ends with a figure");
    if std::env::var_os("EXCLUSIM_BLESS").is_some() {
        fs::write(&page, now).unwrap();
    } else {
        assert!(
            now == text,
            "docs/tutorial.md is stale: EXCLUSIM_BLESS=1 cargo test --test suite docs::\n{now}"
        );
    }
}

/// Keys of results that stand for many, and so are described once: by action, cause, component, path or part.
const BY_MEMBER: [&str; 6] =
    ["actions", "cycles_by_cause", "area_by_component_mm2", "energy_by_component_pj", "path_ns", "by_part"];

fn keys(value: &serde_json::Value, into: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                into.insert(key.clone());
                if !BY_MEMBER.contains(&key.as_str()) {
                    keys(member, into);
                }
            }
        }
        serde_json::Value::Array(members) => members.iter().for_each(|member| keys(member, into)),
        _ => {}
    }
}

/// Runs with everything that adds a key to the summary.
#[test]
fn formats_describes_every_key_and_column_of_a_run() {
    let page = fs::read_to_string(root().join("docs/formats.md")).unwrap();
    let words: BTreeSet<&str> =
        page.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let out = TempDir::new().unwrap();
    let out = out.path().display();
    let poisson = "--set arrivals.process=poisson --set 'arrivals.rate=500 /s' --sensitivity";
    let commands = [
        format!(
            "exclusim run --samples 200 --out {out}/chip --set batch.size=2 {poisson} --against @workloads/vgg-mini-fashion/softmax.toml"
        ),
        format!("exclusim run arch/zcu104-16x16.toml --samples 200 --out {out}/fpga"),
    ];
    let mut found = BTreeSet::new();
    for command in commands {
        run(&command, root());
    }
    for folder in ["chip", "fpga"] {
        let summary = fs::read_to_string(format!("{out}/{folder}/summary.json")).unwrap();
        keys(&serde_json::from_str(&summary).unwrap(), &mut found);
    }
    for table in ["layers", "segments", "samples", "exits", "excluded"] {
        let text = fs::read_to_string(format!("{out}/chip/{table}.csv")).unwrap();
        let columns = text.lines().next().unwrap().split(',').map(str::to_owned);
        found.extend(columns.filter(|column| !column.starts_with("survivors_")));
    }
    let missing: Vec<&String> = found.iter().filter(|key| !words.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "docs/formats.md describes no {missing:?}");
}

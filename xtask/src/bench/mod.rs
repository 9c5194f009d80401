//! `cargo xtask bench ingest`: an investigation beside what any product must do at least.

mod baseline;
mod corpus;
mod machine;
mod measure;
mod product;
mod rules;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};

use crate::arguments::Arguments;
use crate::repository;
use baseline::{Done, Work};
use corpus::{Content, Corpus};
use machine::Machine;
use measure::Cost;
use product::Product;
use table::{Line, Results, RuleLine, ScaleLine};

/// The hidden command under which this binary runs one baseline as a child, to be measured.
pub(crate) const CONTESTANT: &str = "contestant";

/// What can be left out.
const PARTS: [&str; 4] = ["baseline", "investigate", "rules", "scale"];

/// Parts that need the product built.
const PRODUCT_PARTS: [&str; 3] = ["investigate", "rules", "scale"];

/// The smaller rule pack: as many rules as the first release was to have.
const RULES_FEW: usize = 45;

struct Options {
    smoke: bool,
    bytes: u64,
    seed: u64,
    threads: Vec<usize>,
    rules: usize,
    scales: Vec<usize>,
    rounds: u32,
    skip: Vec<String>,
    folder: PathBuf,
    json: PathBuf,
    binary: Option<PathBuf>,
}

impl Options {
    fn parse(words: &[&str], root: &Path) -> Result<Options> {
        let mut given = Arguments::parse(words, &["smoke"])?;
        let smoke = given.flag("smoke");
        let target = env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        let folder = given.value("dir")?.unwrap_or_else(|| root.join(target).join("bench"));
        let all = given.value("threads")?.unwrap_or_else(machine::cores);
        let mb: u64 = given.value("mb")?.unwrap_or(if smoke { 8 } else { 1_000 });
        let few = if smoke { vec![1, 2] } else { vec![1, 2, 4] };
        let options = Options {
            smoke,
            bytes: mb * 1_000_000,
            seed: given.value("seed")?.unwrap_or(1),
            threads: if all > 1 { vec![1, all] } else { vec![1] },
            rules: given.value("rules")?.unwrap_or(if smoke { 60 } else { 800 }),
            scales: given.list("scale")?.unwrap_or(few),
            rounds: given.value("rounds")?.unwrap_or(if smoke { 1 } else { 2 }),
            skip: given.list("skip")?.unwrap_or_default(),
            json: given.value("json")?.unwrap_or_else(|| folder.join("ingest.json")),
            binary: given.value("binary")?,
            folder,
        };
        given.finish()?;
        ensure!(options.bytes > 0, "--mb must be at least 1");
        ensure!(options.rounds > 0, "--rounds must be at least 1");
        ensure!(
            options.scales.iter().all(|scale| *scale > 0),
            "--scale takes whole numbers from 1"
        );
        if let Some(unknown) = options.skip.iter().find(|part| !PARTS.contains(&part.as_str())) {
            bail!("--skip {unknown}: there are {}", PARTS.join(", "));
        }
        Ok(options)
    }

    fn does(&self, part: &str) -> bool {
        !self.skip.iter().any(|skipped| skipped == part)
    }
}

/// Runs the benchmark; true unless it could not be run. Numbers are never judged here.
pub(crate) fn run(words: &[&str]) -> Result<bool> {
    let root = repository::root()?;
    let options = Options::parse(words, &root)?;
    let machine = Machine::here();
    let product = match &options.binary {
        _ if !PRODUCT_PARTS.iter().any(|part| options.does(part)) => None,
        Some(binary) => Some(Product::at(binary, &options.folder)?),
        None => Some(Product::build(&root, &options.folder)?),
    };
    let n_parts =
        if options.does("scale") { options.scales.iter().copied().max().unwrap_or(1) } else { 1 };
    fs::create_dir_all(&options.folder).context("cannot create the folder of the benchmark")?;
    let corpus =
        corpus::make(&options.folder.join("corpus"), options.bytes, options.seed, n_parts)?;
    let (_, content) = corpus.first(1);
    let mut results = Results::new(machine, content, baseline::FIELDS);
    results.lines = side_by_side(&options, product.as_ref(), &corpus)?;
    if let Some(product) = &product {
        if options.does("rules") {
            results.rules = rule_lines(&options, product, &corpus)?;
        }
        if options.does("scale") {
            results.scales = scale_lines(&options, product, &corpus)?;
        }
    }
    if options.smoke {
        println!("A smoke run: it shows that everything runs; its numbers mean nothing.\n");
    }
    println!("{}", results.markdown());
    fs::write(&options.json, serde_json::to_vec_pretty(&results)?)
        .with_context(|| format!("cannot write {}", options.json.display()))?;
    eprintln!("written: {}", options.json.display());
    Ok(true)
}

/// All contestants in turn, round by round, so that a busy minute hits all alike.
fn side_by_side(
    options: &Options,
    product: Option<&Product>,
    corpus: &Corpus,
) -> Result<Vec<Line>> {
    let (folders, content) = corpus.first(1);
    let mut lines: Vec<Line> = Vec::new();
    for round in 0..options.rounds {
        for &threads in &options.threads {
            let mut add = |work: &str, cost: Cost| {
                eprintln!(
                    "round {round}: {work}, {threads} threads: {:.1} CPU s, {:.1} s",
                    cost.cpu_secs, cost.wall_secs
                );
                match lines.iter_mut().find(|line| line.work == work && line.threads == threads) {
                    Some(line) => line.cost = table::better(line.cost, cost),
                    None => lines.push(Line { work: work.to_owned(), threads, cost }),
                }
            };
            if options.does("baseline") {
                for work in [Work::Decompress, Work::Parse] {
                    let name = name_of(work);
                    add(name, run_baseline(&folders, work, threads, &content, &options.folder)?);
                }
            }
            if let Some(product) = product.filter(|_| options.does("investigate")) {
                let done = product.investigate(&folders, &content, threads, &[])?;
                add(table::INVESTIGATE, done.cost);
            }
        }
    }
    Ok(lines)
}

fn name_of(work: Work) -> &'static str {
    match work {
        Work::Decompress => table::DECOMPRESS,
        Work::Parse => table::PARSE,
    }
}

fn run_baseline(
    folders: &[PathBuf],
    work: Work,
    threads: usize,
    content: &Content,
    folder: &Path,
) -> Result<Cost> {
    let mut command = Command::new(env::current_exe().context("cannot find myself")?);
    command.args(["bench", CONTESTANT, name_of(work), &threads.to_string()]).args(folders);
    let (cost, printed) = measure::run(&mut command, &folder.join("baseline"), None)?;
    let done: Done = serde_json::from_str(&printed).context("cannot read what a baseline did")?;
    ensure!(done.json_bytes == content.json_bytes, "the baseline did not read the whole corpus");
    let parsed = work == Work::Decompress || done.records == content.records;
    ensure!(parsed, "the baseline parsed {} of {} records", done.records, content.records);
    Ok(cost)
}

/// The child behind [`CONTESTANT`]: `WORK THREADS FOLDER...`.
pub(crate) fn contestant(words: &[&str]) -> Result<bool> {
    let [work, threads, folders @ ..] = words else { bail!("usage: WORK THREADS FOLDER...") };
    let work = match *work {
        table::DECOMPRESS => Work::Decompress,
        table::PARSE => Work::Parse,
        other => bail!("unknown work: {other}"),
    };
    let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    let done = baseline::run(&folders, work, threads.parse().context("not a number of threads")?)?;
    println!("{}", serde_json::to_string(&done)?);
    Ok(true)
}

/// The same corpus with few and with many rules, on one thread.
fn rule_lines(options: &Options, product: &Product, corpus: &Corpus) -> Result<Vec<RuleLine>> {
    let (folders, content) = corpus.first(1);
    let mut lines: Vec<RuleLine> = Vec::new();
    for n_rules in [RULES_FEW, options.rules] {
        let pack = options.folder.join(format!("rules-{n_rules}"));
        if pack.exists() {
            fs::remove_dir_all(&pack).context("cannot remove an old rule pack")?;
        }
        rules::write(&pack, n_rules)?;
    }
    for round in 0..options.rounds {
        for n_rules in [RULES_FEW, options.rules] {
            let pack = options.folder.join(format!("rules-{n_rules}")).display().to_string();
            let arguments = ["--no-default-rules", "--rules", &pack];
            let done = product.investigate(&folders, &content, 1, &arguments)?;
            eprintln!("round {round}: {n_rules} rules: {:.1} CPU s", done.cost.cpu_secs);
            match lines.iter_mut().find(|line| line.n_rules == n_rules) {
                Some(line) => line.cost = table::better(line.cost, done.cost),
                None => lines.push(RuleLine { n_rules, cost: done.cost }),
            }
        }
    }
    Ok(lines)
}

/// Once, twice, four times the evidence, on all threads.
fn scale_lines(options: &Options, product: &Product, corpus: &Corpus) -> Result<Vec<ScaleLine>> {
    let threads = options.threads.last().copied().unwrap_or(1);
    let mut lines = Vec::new();
    for &scale in &options.scales {
        let (folders, content) = corpus.first(scale);
        let done = product.investigate(&folders, &content, threads, &[])?;
        eprintln!("{scale}x: {:.1} CPU s, {} MiB", done.cost.cpu_secs, done.cost.peak_bytes >> 20);
        lines.push(ScaleLine {
            scale,
            json_bytes: content.json_bytes,
            case_bytes: done.case_bytes,
            cost: done.cost,
        });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_defaults_and_limits() {
        let root = Path::new("/nowhere");
        let options = Options::parse(&["--smoke"], root).unwrap();
        assert_eq!((options.bytes, options.rounds), (8_000_000, 1));
        let options = Options::parse(&["--threads", "1", "--scale=1,3"], root).unwrap();
        assert_eq!((options.threads, options.scales), (vec![1], vec![1, 3]));
        assert!(Options::parse(&["--skip", "lunch"], root).is_err());
        assert!(Options::parse(&["--scale", "0"], root).is_err());
        assert!(Options::parse(&["--mb", "0"], root).is_err());
    }
}

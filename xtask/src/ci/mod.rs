//! Everything CI runs, in order, stopping at the first failure.

mod example;
mod runner;
mod tools;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::{bench, repository, tidy};
use runner::Runner;
use tools::Tools;

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    Passed(String),
    Skipped(String),
    Failed(String),
}

impl State {
    fn of(passed: bool, hint: &str) -> State {
        if passed { State::Passed(String::new()) } else { State::Failed(hint.to_owned()) }
    }
}

struct Step {
    name: &'static str,
    what: &'static str,
    run: fn(&Context) -> Result<State>,
}

struct Context {
    root: PathBuf,
    tools: Tools,
    runner: Runner,
}

const STEPS: [Step; 10] = [
    Step { name: "tools", what: "rustc, C compiler, nextest, deny: what is here", run: step_tools },
    Step { name: "fmt", what: "cargo fmt --all --check", run: step_fmt },
    Step { name: "tidy", what: "cargo xtask tidy", run: step_tidy },
    Step {
        name: "clippy",
        what: "cargo clippy --release --workspace --all-targets -- -D warnings",
        run: step_clippy,
    },
    Step { name: "deny", what: "cargo deny check bans licenses sources", run: step_deny },
    Step { name: "test", what: "cargo nextest run --release --workspace", run: step_test },
    Step {
        name: "generated",
        what: "documents made by the product are current",
        run: step_generated,
    },
    Step {
        name: "readme",
        what: "README's first command, on a copy of the example",
        run: step_readme,
    },
    Step { name: "bench", what: "cargo xtask bench ingest --smoke", run: step_bench },
    Step { name: "fuzz", what: "every fuzz target for some seconds", run: step_fuzz },
];

/// Runs all steps; true if none failed.
pub(crate) fn run(words: &[&str]) -> Result<bool> {
    match words {
        [] => {}
        ["--list"] => {
            for step in &STEPS {
                println!("{:<10} {}", step.name, step.what);
            }
            return Ok(true);
        }
        _ => bail!("unexpected argument: {}; `ci` runs everything, `ci --list` names it", words[0]),
    }
    let root = repository::root()?;
    let tools = Tools::find(&root);
    let context = Context { runner: Runner::new(&root), root, tools };
    let began = Instant::now();
    let mut done: Vec<(&Step, State, Duration)> = Vec::new();
    for step in &STEPS {
        println!("\n== {}: {}", step.name, step.what);
        let started = Instant::now();
        let state =
            (step.run)(&context).unwrap_or_else(|error| State::Failed(format!("{error:#}")));
        let failed = matches!(state, State::Failed(_));
        done.push((step, state, started.elapsed()));
        if failed {
            break;
        }
    }
    print_summary(&done, began.elapsed());
    Ok(done.len() == STEPS.len())
        .map(|all| all && !matches!(done.last(), Some((_, State::Failed(_), _))))
}

fn print_summary(done: &[(&Step, State, Duration)], whole: Duration) {
    println!("\n{:<10} {:<8} {:>8}", "step", "result", "seconds");
    for (step, state, took) in done {
        let (result, note) = match state {
            State::Passed(note) => ("passed", note),
            State::Skipped(note) => ("skipped", note),
            State::Failed(note) => ("FAILED", note),
        };
        println!("{:<10} {result:<8} {:>8.1}  {note}", step.name, took.as_secs_f64());
    }
    for step in &STEPS[done.len()..] {
        println!("{:<10} {:<8}", step.name, "not run");
    }
    println!("{:<10} {:<8} {:>8.1}", "all", "", whole.as_secs_f64());
    if let Some((_, State::Passed(tests), _)) = done.iter().find(|(step, ..)| step.name == "test") {
        println!("\ntests: {tests}");
    }
    if let Some((step, State::Failed(hint), _)) = done.last() {
        println!("\nerror: step `{}` failed\nhint: {hint}", step.name);
    }
}

#[allow(clippy::unnecessary_wraps, reason = "has the shape of every step")]
fn step_tools(context: &Context) -> Result<State> {
    for line in context.tools.describe() {
        println!("{line}");
    }
    Ok(match context.tools.missing() {
        None => State::Passed(context.tools.rustc.clone().unwrap_or_default()),
        Some(hint) => State::Failed(hint),
    })
}

fn step_fmt(context: &Context) -> Result<State> {
    let passed = context.runner.cargo(&["fmt", "--all", "--check"])?;
    Ok(State::of(passed, "run `cargo fmt --all`"))
}

fn step_tidy(_: &Context) -> Result<State> {
    Ok(State::of(tidy::run()?, "each fault above says what to do"))
}

fn step_clippy(context: &Context) -> Result<State> {
    let passed = context.runner.cargo(&[
        "clippy",
        "--locked",
        "--release",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    let hint = "fix the warnings, or allow one where it stands with a reason; if Cargo.lock needs \
                updating, commit it";
    Ok(State::of(passed, hint))
}

fn step_deny(context: &Context) -> Result<State> {
    if context.tools.deny.is_none() {
        let hint = "cargo-deny is not installed; .ci/run installs it";
        println!("skipped: {hint}");
        return Ok(State::Skipped(hint.to_owned()));
    }
    let passed = context.runner.cargo(&["deny", "check", "bans", "licenses", "sources"])?;
    Ok(State::of(passed, "choose another crate, or say in deny.toml why this one is fine"))
}

fn step_test(context: &Context) -> Result<State> {
    let nextest = ["nextest", "run", "--locked", "--release", "--workspace"];
    let plain = ["test", "--locked", "--release", "--workspace", "--no-fail-fast"];
    let (passed, tests) = if context.tools.nextest.is_some() {
        context.runner.tests(&nextest)?
    } else {
        println!("cargo-nextest is not installed: running cargo test");
        context.runner.tests(&plain)?
    };
    Ok(match passed {
        true if tests == 0 => State::Failed("no test ran".to_owned()),
        true => State::Passed(format!("{tests} passed")),
        false => State::Failed(
            "the failures are listed above; run one with `cargo test --release -p CRATE -p \
             heptagon-cli NAME`"
                .to_owned(),
        ),
    })
}

/// Documents that the product prints: the arguments, and the file that must hold just that.
const GENERATED: [(&[&str], &str); 1] = [(&["rules", "docs"], "docs/rules.md")];

fn step_generated(context: &Context) -> Result<State> {
    let mut n_checked = 0;
    for (arguments, path) in GENERATED {
        let file = context.root.join(path);
        if !file.is_file() {
            println!("{path} is not in the repository: not checked");
            continue;
        }
        let made = context.runner.heptagon(arguments)?;
        if !made.success || made.stdout != std::fs::read_to_string(&file)? {
            let command = arguments.join(" ");
            let hint = format!("run `cargo run --release -- {command} > {path}` and commit it");
            return Ok(State::Failed(hint));
        }
        n_checked += 1;
    }
    for arguments in [["rules", "lint"], ["rules", "test"]] {
        let made = context.runner.heptagon(&arguments)?;
        print!("{}", runner::last_lines(&made.stdout, 5));
        if !made.success {
            return Ok(State::Failed(format!("see `heptagon {}`", arguments.join(" "))));
        }
    }
    Ok(State::Passed(format!("{n_checked} documents; rules linted and tested")))
}

fn step_readme(context: &Context) -> Result<State> {
    example::run(&context.root, &context.runner)
}

fn step_bench(_: &Context) -> Result<State> {
    let passed = bench::run(&["--smoke"])?;
    Ok(State::of(passed, "the benchmark must run, whatever its numbers; see the error above"))
}

fn step_fuzz(context: &Context) -> Result<State> {
    if !context.tools.can_fuzz() {
        let note = "cargo-fuzz with a nightly is not installed; the property tests ran instead";
        println!("skipped: {note}");
        return Ok(State::Skipped(note.to_owned()));
    }
    let targets = tools::fuzz_targets(&context.root)?;
    for target in &targets {
        let limit = ["--", "-max_total_time=10", "-rss_limit_mb=2048"];
        let arguments = ["+nightly", "fuzz", "run", target];
        if !context.runner.cargo(&[arguments.as_slice(), limit.as_slice()].concat())? {
            return Ok(State::Failed(format!("the input is in fuzz/artifacts/{target}")));
        }
    }
    Ok(State::Passed(format!("{} targets", targets.len())))
}

//! Everything CI runs, and the benchmarks.
//!
//! Job: `cargo xtask tidy` (rules about the repository that no compiler checks), `cargo xtask ci`
//! (every step of CI, in order) and `cargo xtask bench ingest` (speed and memory, side by side with
//! a fixed baseline). Place in the flow: outside the product. Invariants: it depends on none of our
//! crates, so that it builds in seconds and cannot be broken by what it checks; it changes nothing
//! in the working tree.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people at a terminal")]

mod arguments;
mod bench;
mod ci;
mod repository;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  tidy           rules about the repository that no compiler checks
  ci             everything CI runs, in order (tidy is part of it)
  ci --list      the steps, without running them
  bench ingest   speed and memory of an investigation beside a fixed baseline
                 [--mb 1000] [--threads N] [--rules N] [--scale 1,2,4] [--smoke] [--json FILE]
                 [--seed 1] [--dir DIR] [--skip baseline,investigate,rules,scale]
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["tidy"] => tidy::run(),
        ["ci", rest @ ..] => ci::run(rest),
        ["bench", "ingest", rest @ ..] => bench::run(rest),
        ["bench", bench::CONTESTANT, rest @ ..] => bench::contestant(rest),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(true)
        }
        _ => {
            eprintln!("error: unknown command: {}\n\n{USAGE}", arguments.join(" "));
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

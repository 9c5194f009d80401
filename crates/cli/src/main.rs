//! The heptagon command.
//!
//! Job: arguments, progress, printing, exit codes. Place in the flow: outermost; the only crate
//! that prints, reads the clock and the environment. Invariants: stdout is data, stderr is talk;
//! text from evidence is inert in every format; exit code 0 is done, 1 a negative answer a script
//! asked for, 2 a usage or environment error.

mod analyse;
mod args;
mod commands;
mod content;
mod failure;
mod print;
mod progress;
mod store;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::{Cli, Command};
use crate::failure::{Exit, Outcome};
use crate::print::Talk;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(2),
            };
        }
    };
    let talk = Talk::new(cli.quiet, cli.color);
    match run(cli.command, talk) {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Negative) => ExitCode::from(1),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "{failure}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, talk: Talk) -> Outcome {
    match command {
        Command::Investigate(args) => commands::investigate::run(&args, talk),
        Command::Answers(args) => commands::answers::run(&args, talk),
        Command::Findings(args) => commands::rows::findings(&args),
        Command::Timeline(args) => commands::timeline::run(&args),
        Command::Actors(args) => commands::rows::actors(&args),
        Command::Sources(args) => commands::rows::sources(&args),
        Command::Coverage(args) => commands::rows::coverage(&args),
        Command::Workload(args) => commands::workload::run(&args, talk),
        Command::Show(args) => commands::show::run(&args),
        Command::Attest(args) => commands::attest::run(&args, talk),
        Command::Sql(args) => commands::sql::run(&args, talk),
        Command::Report(args) => commands::report::run(&args, talk),
        Command::Verify(args) => commands::verify::run(&args, talk),
        Command::Rules(command) => commands::rules::run(command, talk),
        Command::Drill(command) => commands::drill::run(command, talk),
    }
}

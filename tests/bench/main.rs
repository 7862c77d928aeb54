//! How fast Aksara is, against the tools that people would use otherwise: `cargo bench --bench rows`.
//!
//! Each row of the table is one kind of work, done by Aksara and by its peer in turn, in one process run and on
//! equal copies of one repository of 10,000 files. What counts is the ratio of the two medians: the milliseconds
//! are the machine's. A row over its limit says `missed`, and is no failure; a row that could not be measured is.
//!
//! Not a test: nothing is promised here that a slow machine could break. Rows can be named, and another size of the
//! repository: `-- 3 4 --files=100000`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the table is what a benchmark is for")]

mod checkpoint;
mod dry_run;
mod framework;
mod measure;
mod plugin_call;
mod rollback;
mod run;
mod scratch;

use std::process::ExitCode;
use std::time::Instant;

use measure::{Measured, Outcome};
use scratch::Scratch;

/// Files of the repository of rows 1, 3 and 4, unless `--files=N` says otherwise.
const FILES: usize = 10_000;

/// The command of the same build.
const AKSARA: &str = env!("CARGO_BIN_EXE_aksara");

/// What makes the command the child that runs plugins.
const PLUGIN_HOST: &str = "__plugin-host";

/// One line of the table.
struct Row {
    name: &'static str,
    work: &'static str,
    measure: fn(&Scratch) -> Outcome<Measured>,
}

const ROWS: [Row; 8] = [
    Row { name: "1", work: "a plan of 20 steps x 2 files, landed (library)", measure: run::by_library },
    Row { name: "1c", work: "the same by the command, from a saved plan", measure: run::by_command },
    Row { name: "3", work: "one checkpoint of one file", measure: checkpoint::measure },
    Row { name: "4", work: "back to a run's checkpoint, one file", measure: rollback::of_a_run },
    Row { name: "4w", work: "the same on disk, in a run's worktree", measure: rollback::of_a_worktree },
    Row { name: "5", work: "cold `aksara ai plan ... --dry-run`", measure: dry_run::measure },
    Row { name: "7", work: "plugin call of 2 KB in process", measure: plugin_call::in_process },
    Row { name: "7c", work: "plugin call of 2 KB in a child", measure: plugin_call::in_child },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|a| a == "--bench") {
        // `cargo test --all-targets` starts benchmarks too, without optimisation.
        println!("skipped: run `cargo bench --bench rows`");
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let files = arguments.iter().find_map(|a| a.strip_prefix("--files=")).map(str::parse);
    let Ok(files) = files.unwrap_or(Ok(FILES)) else {
        eprintln!("error: --files takes a number, such as --files=100000");
        return ExitCode::FAILURE;
    };
    match table(&wanted, files) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures the wanted rows, all if none is named, and prints each when it is done. Says whether every one could
/// be measured.
fn table(wanted: &[&String], files: usize) -> Outcome<bool> {
    let began = Instant::now();
    let scratch = Scratch::new(files)?;
    println!("{:<4} {:>8} {:>8}        {:>10} {:>10}  work", "row", "ratio", "limit", "ours", "peer");
    let mut whole = true;
    for row in ROWS.iter().filter(|r| wanted.is_empty() || wanted.iter().any(|w| *w == r.name)) {
        match (row.measure)(&scratch) {
            Ok(measured) => println!("{:<4} {measured}  {}", row.name, row.work),
            Err(error) => {
                whole = false;
                println!("{:<4} failed: {}", row.name, row.work);
                eprintln!("row {}: {error}", row.name);
            }
        }
    }
    println!();
    println!("Medians, in turn with the peer; {files} files; scratch in {}.", scratch.kind());
    println!(
        "The limits of rows 3 and 4 are meant for 100,000 files, where the peer takes ten times as long."
    );
    println!(
        "Row 7: the whole call, the JSON work alone, and the difference, which is what the limit bounds."
    );
    println!("{:.0} s in all.", began.elapsed().as_secs_f64());
    Ok(whole)
}

//! `workpool-abi abi | stats`: prints a file of the TypeScript side. `scripts/abi.mjs` calls it.

use std::{env, process::ExitCode};

use workpool_abi::typescript::{write_abi, write_stats};

fn main() -> ExitCode {
    let mut text = String::new();
    let written = match env::args().nth(1).as_deref() {
        Some("abi") => write_abi(&mut text),
        Some("stats") => write_stats(&mut text),
        _ => {
            eprintln!("which file: abi or stats?");
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = written {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    print!("{text}");
    ExitCode::SUCCESS
}

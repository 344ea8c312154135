//! Simulates many seeds: `cargo xtask sim` runs it optimised.
//!
//! `--seeds N` (default 1,000), `--from S` (0), `--minutes M` (no bound), `--mode safety|liveness` (both in turn),
//! `--threads T` (all cores), `--history FILE` (of one seed, where there is a violation or only one seed).

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use leyline_testkit::history;
use leyline_testkit::sim::{Campaign, Mode, Tally, simulate};

fn main() -> ExitCode {
    match run() {
        Ok(tally) => {
            println!("{tally}");
            ExitCode::from(u8::from(tally.failed > 0))
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<Tally, String> {
    let options = options()?;
    let number = |name: &str, default: u64| match options.get(name) {
        Some(text) => text.parse().map_err(|_| format!("--{name} takes a number")),
        None => Ok(default),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let minutes = number("minutes", 0)?;
    let campaign = Campaign {
        from: number("from", 0)?,
        seeds: number("seeds", if minutes > 0 { u64::MAX } else { 1_000 })?,
        most: if minutes > 0 {
            Duration::from_secs(60 * minutes)
        } else {
            Duration::MAX
        },
        mode: match options.get("mode").map(String::as_str) {
            None => None,
            Some("safety") => Some(Mode::Safety),
            Some("liveness") => Some(Mode::Liveness),
            Some(_) => return Err("--mode is safety or liveness".to_owned()),
        },
        threads: number("threads", cores as u64)? as usize,
    };
    let tally = campaign.run();
    if let Some(path) = options.get("history") {
        let first = tally.failures.first();
        let (seed, mode) = first.map_or((campaign.from, campaign.mode), |failed| {
            (failed.seed, Some(failed.mode))
        });
        let outcome = simulate(seed, mode.unwrap_or(Mode::Safety));
        let file = std::fs::File::create(path).map_err(|error| format!("{path}: {error}"))?;
        history::write(std::io::BufWriter::new(file), &outcome.history).map_err(|error| error.to_string())?;
    }
    Ok(tally)
}

fn options() -> Result<BTreeMap<String, String>, String> {
    let mut arguments = std::env::args().skip(1);
    let mut options = BTreeMap::new();
    while let Some(name) = arguments.next() {
        let known = ["seeds", "from", "minutes", "mode", "threads", "history"];
        let name = name.strip_prefix("--").filter(|name| known.contains(name));
        let name =
            name.ok_or("options: --seeds N --from S --minutes M --mode MODE --threads T --history FILE")?;
        let value = arguments
            .next()
            .ok_or_else(|| format!("--{name} takes a value"))?;
        options.insert(name.to_owned(), value);
    }
    Ok(options)
}

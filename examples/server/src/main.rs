//! Reads the configuration, starts the server, runs it to an orderly end.

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use leyline_server::app::App;
use leyline_server::config::Config;
use leyline_server::{healthcheck, logs, shutdown};
use tracing::{error, info};

/// Exit code of a server that can't start as it is configured.
const MISCONFIGURED: u8 = 2;

fn main() -> ExitCode {
    let config = match Config::read(std::env::args_os()) {
        Ok(config) => config,
        Err(line) => return misconfigured(&line),
    };
    if config.healthcheck {
        return match healthcheck::ask(config.listen) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                say(&format!("not ready: {error}"));
                ExitCode::FAILURE
            }
        };
    }
    if let Err(line) = logs::install(config.log_format, &config.log) {
        return misconfigured(&line);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return misconfigured(&chain(&error)),
    };
    let code = runtime.block_on(serve(&config));
    // Blocking code that did not heed its signal must not keep the process.
    runtime.shutdown_background();
    code
}

async fn serve(config: &Config) -> ExitCode {
    let shutdown = match shutdown::on_signal() {
        Ok(shutdown) => shutdown,
        Err(error) => return misconfigured(&chain(&error)),
    };
    let app = match App::start(config, |builder| builder).await {
        Ok(app) => app,
        Err(error) => return misconfigured(&chain(&error)),
    };
    match app.run(shutdown).await {
        Ok(()) => {
            info!("ended in order");
            ExitCode::SUCCESS
        }
        Err(error) => {
            error!("ended early: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn misconfigured(line: &str) -> ExitCode {
    say(line);
    ExitCode::from(MISCONFIGURED)
}

/// A line on standard error, if anyone still reads it.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "leyline-server: {line}");
}

/// An error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        line = format!("{line}: {source}");
        cause = source.source();
    }
    line
}

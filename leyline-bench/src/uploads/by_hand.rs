//! What an expert would write: each thread writes, syncs, renames and syncs the folder; one writer thread inserts all rows
//! that have queued up in one transaction.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{AT_ONCE, EACH, content};
use crate::Result;

struct Row {
    name: String,
    size: usize,
    done: Sender<()>,
}

pub(super) fn round() -> Result<Duration> {
    let data = tempfile::tempdir()?;
    let files = data.path().join("files");
    fs::create_dir(&files)?;
    let connection = open(&data.path().join("rows.db"))?;
    let (rows, queue) = channel::<Row>();
    let began = Instant::now();
    let writer = std::thread::spawn(move || write_rows(&connection, &queue));
    let outcome: Result<Vec<()>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE)
            .map(|thread| {
                let (files, rows) = (files.as_path(), rows.clone());
                scope.spawn(move || upload(files, thread, &rows))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread panicked")?)
            .collect()
    });
    outcome?;
    drop(rows);
    writer.join().map_err(|_| "the writer panicked")??;
    let took = began.elapsed();
    Ok(took)
}

fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute(
        "CREATE TABLE files (name TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT",
        (),
    )?;
    Ok(connection)
}

fn upload(files: &Path, thread: usize, rows: &Sender<Row>) -> Result {
    let content = content();
    let (done, inserted) = channel();
    for n in 0..EACH {
        let name = format!("{thread}-{n}");
        let temporary = files.join(format!("{name}#"));
        let mut file = File::create(&temporary)?;
        file.write_all(&content)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&temporary, files.join(&name))?;
        File::open(files)?.sync_all()?;
        let row = Row {
            name,
            size: content.len(),
            done: done.clone(),
        };
        rows.send(row)?;
        inserted.recv()?;
    }
    Ok(())
}

fn write_rows(connection: &Connection, queue: &Receiver<Row>) -> Result {
    while let Ok(first) = queue.recv() {
        let group: Vec<Row> = std::iter::once(first).chain(queue.try_iter()).collect();
        connection.execute_batch("BEGIN IMMEDIATE")?;
        {
            let mut insert = connection.prepare_cached("INSERT INTO files (name, size) VALUES (?1, ?2)")?;
            for row in &group {
                insert.execute((&row.name, i64::try_from(row.size)?))?;
            }
        }
        connection.execute_batch("COMMIT")?;
        for row in group {
            row.done.send(())?;
        }
    }
    Ok(())
}

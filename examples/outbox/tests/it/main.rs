//! The program as it runs: what it says, and what it leaves in the database.

use std::path::Path;
use std::process::Command;

use leyline_store_sqlite::rusqlite::Connection;

fn run(database: &Path) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_leyline-outbox"))
        .arg(database)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn an_order_that_is_refused_leaves_neither_row_and_the_others_get_their_invoice() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("shop.db");
    let said = run(&database);
    assert!(said.contains(r#"completed "a lamp: 49.50""#), "{said}");
    assert!(
        said.contains("refused: CHECK constraint failed: costs_something"),
        "{said}"
    );
    assert!(said.contains(r#"completed "a chair: 129.00""#), "{said}");
    let conn = Connection::open(&database).unwrap();
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM shop_orders"), 2);
    assert_eq!(count("SELECT count(*) FROM task"), 2, "the gift has no task");
}

//! A server is stopped, killed, set back and followed.

use test_servers::{Mode, Postgres, PostgresOptions};

#[test]
fn each_test_has_a_database_of_its_own_on_one_server() {
    let Some(postgres) = Postgres::available() else {
        return;
    };
    let (one, other) = (postgres.database(), postgres.database());
    one.execute("CREATE TABLE notes (text text)");
    one.execute("INSERT INTO notes VALUES (E'a\\nb'), (NULL)");
    assert_eq!(
        one.query("SELECT text, 1 FROM notes ORDER BY 1"),
        [["a\nb", "1"], ["", "1"]]
    );
    let said = other.try_query("SELECT * FROM notes").unwrap_err();
    assert!(said.contains("42P01"), "{said}");
    assert!(std::ptr::eq(postgres, Postgres::shared()));
    let name = one.name().to_owned();
    drop(one);
    let there = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    assert!(postgres.query("postgres", &there).is_empty());
}

#[test]
fn nobody_comes_in_without_the_password() {
    let Some(postgres) = Postgres::start(PostgresOptions::default()) else {
        return;
    };
    let url = postgres.url("postgres");
    assert!(url.contains(postgres.password()) && !postgres.password().is_empty());
    let stored = "SELECT count(*) FROM pg_authid WHERE rolpassword LIKE 'SCRAM-SHA-256$%'";
    assert_eq!(postgres.query("postgres", stored), [["1"]]);
    let methods = "SELECT DISTINCT auth_method FROM pg_hba_file_rules";
    assert_eq!(postgres.query("postgres", methods), [["scram-sha-256"]]);
}

#[test]
fn a_server_comes_back_with_its_data_and_its_port_from_every_end() {
    let options = PostgresOptions::default()
        .durable()
        .setting("max_connections", "17");
    let Some(postgres) = Postgres::start(options) else {
        return;
    };
    let database = postgres.create_database("kept");
    let port = postgres.port();
    database.execute("CREATE TABLE notes (text text)");
    let settings = database.query("SELECT current_setting('fsync'), current_setting('max_connections')");
    assert_eq!(settings, [["on", "17"]]);

    let ends: [(&str, &dyn Fn()); 3] = [
        ("fast", &|| postgres.stop(Mode::Fast)),
        ("immediate", &|| postgres.stop(Mode::Immediate)),
        ("killed", &|| postgres.kill()),
    ];
    for (end, come) in ends {
        database.execute(&format!("INSERT INTO notes VALUES ('{end}')"));
        let before = postgres.pid().expect("it runs");
        come();
        assert_eq!(postgres.pid(), None);
        assert!(database.try_query("SELECT 1").is_err(), "{end}");
        postgres.start_again();
        assert_ne!(postgres.pid(), Some(before));
        assert_eq!(postgres.port(), port);
        let there = format!("SELECT count(*) FROM notes WHERE text = '{end}'");
        assert_eq!(database.query(&there), [["1"]], "{end}");
    }
    assert!(postgres.log().contains("was not properly shut down"));
}

#[test]
fn a_restored_backup_holds_what_was_there_and_nothing_later() {
    let Some(postgres) = Postgres::start(PostgresOptions::default()) else {
        return;
    };
    let database = postgres.database();
    database.execute("CREATE TABLE notes AS SELECT 'early' AS text");
    let backup = postgres.backup();
    database.execute("INSERT INTO notes VALUES ('late')");
    postgres.restore(&backup);
    assert_eq!(database.query("SELECT text FROM notes"), [["early"]]);

    let standby = postgres.standby();
    assert_eq!(
        standby.query(database.name(), "SELECT text FROM notes"),
        [["early"]]
    );
    let said = standby
        .try_query(database.name(), "DELETE FROM notes")
        .unwrap_err();
    assert!(said.contains("25006"), "{said}");
    assert_eq!(standby.password(), postgres.password());
}

#[test]
fn connections_are_ended_by_the_name_of_their_program() {
    let Some(postgres) = Postgres::start(PostgresOptions::default()) else {
        return;
    };
    assert_eq!(postgres.terminate_backends("%"), 0);
    let slept = std::thread::scope(|scope| {
        let sleeper = scope.spawn(|| {
            postgres.try_query(
                "postgres",
                "SET application_name = 'it''s me'; SELECT pg_sleep(60)",
            )
        });
        while postgres.terminate_backends("it's%") == 0 {
            assert!(!sleeper.is_finished(), "it sleeps");
        }
        sleeper.join().unwrap()
    });
    assert!(slept.unwrap_err().contains("57P01"));
}

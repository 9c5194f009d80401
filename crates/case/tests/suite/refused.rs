//! What SQL over a case must not do.

use heptagon_case::{CaseError, Session, Tables};

use super::support::{at, case, put, rows, tree};

#[test]
fn nothing_is_written_and_no_file_is_read() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    put(&case, &mut Tables::default(), "events", &[rows("events", at("2026-05-07"), 1, 0..9)]);
    let secret = root.path().join("secret.csv");
    std::fs::write(&secret, "a,b\n1,2\n").unwrap();
    let parquet = case.path().join(&case.tables().unwrap().files("events")[0].file);
    let (secret, parquet) = (secret.display(), parquet.display());
    let session = Session::open(&case, 64 << 20).unwrap();
    // What opening leaves behind (the spill folder) is not the statements' doing.
    let before = tree(root.path());

    let writes = [
        format!("COPY events TO '{secret}'"),
        format!("COPY (SELECT 1) TO '{secret}' STORED AS CSV"),
        "CREATE TABLE x AS SELECT 1".into(),
        "CREATE VIEW x AS SELECT 1".into(),
        "CREATE SCHEMA x".into(),
        "CREATE DATABASE x".into(),
        "CREATE FUNCTION f(int) RETURNS int RETURN $1".into(),
        format!("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '{secret}'"),
        format!("EXPLAIN CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '{secret}'"),
        format!("EXPLAIN ANALYZE COPY events TO '{secret}'"),
        "EXPLAIN ANALYZE INSERT INTO events SELECT * FROM events".into(),
        "INSERT INTO events SELECT * FROM events".into(),
        "INSERT INTO information_schema.tables VALUES (1)".into(),
        "UPDATE events SET account = 'x'".into(),
        "DELETE FROM events".into(),
        "TRUNCATE TABLE events".into(),
        "MERGE INTO events USING actors ON true WHEN MATCHED THEN DELETE".into(),
        "DROP TABLE events".into(),
        "DROP VIEW events".into(),
        "ALTER TABLE events ADD COLUMN x INT".into(),
        "SET datafusion.catalog.information_schema = false".into(),
        "RESET datafusion.execution.batch_size".into(),
        "SHOW TABLES; DROP TABLE events".into(),
        "SELECT 1; SELECT 2".into(),
        "BEGIN".into(),
        "COMMIT".into(),
        "PREPARE p AS SELECT 1".into(),
        "EXECUTE p".into(),
        "DEALLOCATE p".into(),
        "SELECT * INTO x FROM events".into(),
        "(SELECT * INTO x FROM events) UNION ALL SELECT * FROM events".into(),
        "WITH x AS (SELECT * INTO y FROM events) SELECT * FROM x".into(),
        "WITH x AS (INSERT INTO events SELECT * FROM events) SELECT 1".into(),
        "SELECT * FROM (DELETE FROM events)".into(),
        "SELECT * FROM events FOR UPDATE".into(),
        "USE x".into(),
        "ANALYZE TABLE events".into(),
        "CALL f()".into(),
        "LOAD DATA INPATH '/etc/passwd' INTO TABLE events".into(),
        "INSTALL x".into(),
        "ATTACH 'x' AS y".into(),
        "PRAGMA x".into(),
        String::new(),
        ";;".into(),
        "-- nothing".into(),
    ];
    for sql in &writes {
        let error = session.query(sql).map(|output| output.rows()).unwrap_err();
        assert!(matches!(error, CaseError::NotAQuery(_) | CaseError::Sql(_)), "{sql}: {error}");
    }
    // The frequent ones are refused by name, not by accident of the parser.
    for (sql, what) in [
        ("COPY events TO 'x'", "COPY"),
        ("CREATE TABLE x AS SELECT 1", "CREATE"),
        ("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION 'x'", "CREATE EXTERNAL TABLE"),
        ("INSERT INTO events SELECT * FROM events", "INSERT"),
        ("SET a.b = 1", "SET"),
        ("DROP TABLE events", "DROP"),
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("SELECT * INTO x FROM events", "SELECT INTO"),
        ("", "an empty statement"),
    ] {
        let error = session.query(sql).unwrap_err();
        assert_eq!(error.to_string(), format!("{what} is not allowed: the case is read-only"));
        assert!(error.hint().is_some());
    }

    let reads = [
        "SELECT * FROM '/etc/passwd'".to_owned(),
        format!("SELECT * FROM '{secret}'"),
        format!("SELECT * FROM \"{secret}\""),
        format!("SELECT * FROM 'file://{secret}'"),
        format!("SELECT * FROM '{parquet}'"),
        format!("SELECT * FROM read_csv('{secret}')"),
        format!("SELECT * FROM read_parquet('{parquet}')"),
        format!("SELECT * FROM read_json('{secret}')"),
        format!("SELECT * FROM parquet_metadata('{parquet}')"),
        "SELECT * FROM glob('/etc/*')".to_owned(),
        "SELECT read_file('/etc/passwd')".to_owned(),
        "SELECT pg_read_file('/etc/passwd')".to_owned(),
        "SELECT getenv('HOME')".to_owned(),
        "SELECT * FROM s3('bucket')".to_owned(),
        "DESCRIBE '/etc/passwd'".to_owned(),
    ];
    for sql in &reads {
        let error = session.query(sql).map(|output| output.rows()).unwrap_err();
        assert!(matches!(error, CaseError::Sql(_)), "{sql}: {error}");
        assert!(!error.to_string().contains("root:"), "{error}");
    }
    assert_eq!(session.query("SELECT count(*) FROM events").unwrap().rows(), 1);
    assert_eq!(tree(root.path()), before);
}

#[test]
fn the_functions_of_from_are_known_and_read_no_files() {
    let root = tempfile::tempdir().unwrap();
    let session = Session::open(&case(root.path()), 64 << 20).unwrap();
    // A new one must be looked at before it is added here.
    assert_eq!(session.table_functions(), ["generate_series", "range"]);
}

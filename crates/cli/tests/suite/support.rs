//! Running the binary, and comparing what it leaves.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The command under test.
pub(crate) const HEPTAGON: &str = env!("CARGO_BIN_EXE_heptagon");

/// Runs `heptagon` with arguments of any path-like type.
macro_rules! heptagon {
    ($($arg:expr),+ $(,)?) => {
        $crate::suite::support::run(&[$(std::ffi::OsString::from(&$arg)),+])
    };
}

/// A folder that goes when the test ends, with one for evidence in it, and where the case goes.
pub(crate) fn temp() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let evidence = temp.path().join("evidence");
    std::fs::create_dir(&evidence).unwrap();
    let case = temp.path().join("case");
    (temp, evidence, case)
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) args: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn new(args: &[OsString], output: &Output) -> Ran {
        let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
        Ran {
            args: args.join(" "),
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).expect("stdout is UTF-8"),
            err: String::from_utf8(output.stderr.clone()).expect("stderr is UTF-8"),
        }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "heptagon {}\n{}\n{}", self.args, self.out, self.err);
        self
    }

    /// Asserts a usage or environment error: exit code 2, nothing on stdout, one line and a hint.
    #[track_caller]
    pub(crate) fn refuses(self, error: &str, hint: &str) -> Ran {
        let ran = self.exits(2);
        assert_eq!(ran.out, "", "heptagon {}", ran.args);
        let lines: Vec<&str> = ran.err.lines().filter(|line| !line.is_empty()).collect();
        let errors: Vec<&&str> = lines.iter().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "one line says what is wrong: {}", ran.err);
        assert!(errors[0].contains(error), "{error:?} not in {}", ran.err);
        let last = lines.last().expect("there is an error line");
        assert!(last.starts_with("hint: ") && last.contains(hint), "{hint:?} not in {}", ran.err);
        ran
    }

    /// stdout as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{}: {e}", self.args))
    }

    /// stdout as one JSON document a line.
    #[track_caller]
    pub(crate) fn jsonl(&self) -> Vec<Value> {
        let line =
            |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}", self.args));
        self.out.lines().map(line).collect()
    }
}

/// Runs the command to its end.
pub(crate) fn run(args: &[OsString]) -> Ran {
    Ran::new(args, &command(args).output().expect("the binary runs"))
}

/// The help of a command, without blanks at the ends of lines.
pub(crate) fn heptagon_help(of: &[&str]) -> String {
    let mut args: Vec<OsString> = of.iter().map(OsString::from).collect();
    args.push("--help".into());
    let ran = run(&args).exits(0);
    assert_eq!(ran.err, "");
    ran.out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The command, not yet started.
pub(crate) fn command(args: &[OsString]) -> Command {
    let mut command = Command::new(HEPTAGON);
    command.args(args).stdin(Stdio::null()).env_remove("NO_COLOR");
    command
}

/// The example that is committed.
pub(crate) fn example() -> PathBuf {
    repository().join("examples/exposed-key")
}

/// What is true about it.
pub(crate) fn truth() -> PathBuf {
    repository().join("examples/truth/exposed-key.json")
}

fn repository() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).expect("it exists")
}

/// A case of the example, made once by this binary and shared by all tests and their processes;
/// nobody changes it.
pub(crate) fn example_case() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("example");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let case = folder.join("case");
    let stamp = folder.join("stamp");
    let age = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let made_by = format!("{:?} {:?}", age(Path::new(HEPTAGON)), age(&truth()));
    if fs::read_to_string(&stamp).is_ok_and(|found| found == made_by) {
        return case;
    }
    let _ = fs::remove_file(&stamp);
    let _ = fs::remove_dir_all(&case);
    investigate(&[example()], &case);
    fs::write(&stamp, made_by).unwrap();
    case
}

/// Investigates into a case and asserts that it worked.
#[track_caller]
pub(crate) fn investigate(evidence: &[PathBuf], case: &Path) -> Ran {
    investigate_with(evidence, case, &[])
}

/// The same, with more arguments.
#[track_caller]
pub(crate) fn investigate_with(evidence: &[PathBuf], case: &Path, more: &[&OsStr]) -> Ran {
    let mut args = vec![OsString::from("investigate")];
    args.extend(evidence.iter().map(OsString::from));
    args.extend([OsString::from("--case"), OsString::from(case)]);
    args.extend(more.iter().map(OsString::from));
    run(&args).exits(0)
}

/// Every file below a folder, by its relative path, sorted.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|e| panic!("{}: {e}", next.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(folder).expect("it was listed below");
                found.push(below.to_str().expect("our names are UTF-8").to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Copies the files of one folder that are asked for into another.
pub(crate) fn copy(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) {
    for file in files(from).iter().filter(|file| wanted(file)) {
        let target = to.join(file);
        fs::create_dir_all(target.parent().expect("below `to`")).unwrap();
        fs::copy(from.join(file), target).unwrap();
    }
}

/// What must be equal, byte for byte, for equal evidence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Result {
    /// Path and SHA-256 of every table file, of the table list and of the manifest.
    pub(crate) files: BTreeMap<String, String>,
    /// The answers without the case's id.
    pub(crate) answers: Value,
}

/// Reads what must be equal.
pub(crate) fn result(case: &Path) -> Result {
    let mut hashes = BTreeMap::new();
    for file in files(case) {
        if file.starts_with("tables/") || ["tables.json", "manifest.jsonl"].contains(&file.as_str())
        {
            hashes.insert(file.clone(), hash(&fs::read(case.join(&file)).unwrap()));
        }
    }
    Result { files: hashes, answers: answers(case) }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Asserts that two cases hold the same, and names the files that differ.
#[track_caller]
pub(crate) fn assert_same(case: &Path, expected: &Path) {
    let (found, expected) = (result(case), result(expected));
    let differ: Vec<_> = found
        .files
        .iter()
        .filter(|(name, hash)| expected.files.get(*name) != Some(hash))
        .map(|(name, _)| name)
        .chain(expected.files.keys().filter(|name| !found.files.contains_key(*name)))
        .collect();
    assert!(differ.is_empty(), "these differ: {differ:?}");
    assert_eq!(found.answers, expected.answers);
}

/// The answers without the case's id.
pub(crate) fn answers(case: &Path) -> Value {
    let mut answers = heptagon!("answers", "--case", case, "--format", "json").exits(0).json();
    answers.as_object_mut().expect("an object").remove("case").expect("the case's id");
    answers
}

/// Every answer of a set, by its question.
pub(crate) fn by_question(answers: &Value) -> BTreeMap<String, Value> {
    let elements = answers["elements"].as_array().expect("elements");
    elements
        .iter()
        .flat_map(|element| element["answers"].as_array().expect("answers"))
        .map(|answer| (answer["question_id"].as_str().expect("an id").to_owned(), answer.clone()))
        .collect()
}

/// The verdict of every question.
pub(crate) fn verdicts(case: &Path) -> BTreeMap<String, String> {
    by_question(&answers(case))
        .into_iter()
        .map(|(id, answer)| (id, answer["verdict"].as_str().expect("a verdict").to_owned()))
        .collect()
}

/// Asserts that every artifact's records are accounted for, and returns the rows of `sources`.
#[track_caller]
pub(crate) fn balanced_sources(case: &Path) -> Vec<Value> {
    let sources = heptagon!("sources", "--case", case, "--format", "jsonl").exits(0).jsonl();
    for source in &sources {
        let number =
            |name: &str| source[name].as_u64().unwrap_or_else(|| panic!("{name}: {source}"));
        assert_eq!(number("records"), number("parsed") + number("problems"), "{source}");
        let went = number("rows") + number("duplicates") + number("notices");
        assert_eq!(number("parsed"), went, "{source}");
    }
    sources
}

/// The sum of a number over rows.
pub(crate) fn sum(rows: &[Value], name: &str) -> u64 {
    rows.iter().map(|row| row[name].as_u64().expect("a number")).sum()
}

/// Rows of a query.
#[track_caller]
pub(crate) fn sql(case: &Path, query: &str) -> Vec<Value> {
    heptagon!("sql", query, "--case", case, "--format", "jsonl").exits(0).jsonl()
}

/// The problems of a case with a code.
#[track_caller]
pub(crate) fn problems(case: &Path, code: &str) -> Vec<Value> {
    sql(case, &format!("SELECT * FROM problems WHERE code = '{code}'"))
}

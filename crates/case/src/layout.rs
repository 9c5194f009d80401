//! The case folder: its files, its format version, its locks, its atomic changes.
//!
//! A case is written by one run at a time (`.lock`) and read by any number. A reader holds a shared
//! lock on `.readers`; files that are no longer listed are removed only while nobody else reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use heptagon_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CaseError, DayWriter, Tables};

/// The case format this build writes, and the newest it reads.
pub const FORMAT: u32 = 1;

/// What `case.toml` says; it stands outside of what must be equal for equal evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseMeta {
    /// The case format.
    pub format: u32,
    /// The case's id.
    pub id: String,
    /// When the case was made.
    pub created: Timestamp,
    /// Version of the tool that wrote it last.
    pub tool: String,
    /// Version or hash of the content that wrote it last.
    pub content: String,
    /// Nothing earlier was read, when set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Nothing later was read, when set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The evidence roots, as given.
    #[serde(default)]
    pub roots: Vec<String>,
    /// Other options of the run.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

/// A case on disk, opened for writing (one at a time) or reading.
#[derive(Debug)]
pub struct CaseDir {
    path: PathBuf,
    meta: CaseMeta,
    writer: Option<File>,
    readers: Option<File>,
}

impl CaseDir {
    /// Opens the case for writing, or makes it with `new` when the folder is empty or missing.
    /// What a killed run left behind is removed.
    pub fn create_or_open(path: &Path, new: &CaseMeta) -> Result<CaseDir, CaseError> {
        if path.join("case.toml").exists() {
            read_meta(path)?;
        } else {
            refuse_foreign_folder(path)?;
            make_private_dir(path)?;
        }
        let writer = Some(lock_exclusive(path)?);
        if !path.join("case.toml").exists() {
            make_private_dir(&path.join(".work"))?;
            write_meta_file(path, new)?;
        }
        let meta = read_meta(path)?;
        restrict(path)?;
        make_private_dir(&path.join(".work"))?;
        make_private_dir(&path.join("tables"))?;
        let case = CaseDir { path: path.to_owned(), meta, writer, readers: open_readers(path) };
        remove_all(&case.path.join(".work/parts"))?;
        case.sweep(&case.tables()?)?;
        Ok(case)
    }

    /// Opens the case for reading.
    pub fn open(path: &Path) -> Result<CaseDir, CaseError> {
        if !path.join("case.toml").exists() {
            return Err(CaseError::Missing(path.to_owned()));
        }
        let meta = read_meta(path)?;
        let readers = open_readers(path);
        if let Some(file) = &readers {
            // A writer holds it exclusively for the moment of a sweep only; without locks at all
            // (some network file systems) reading goes on.
            let _ = file.lock_shared();
        }
        Ok(CaseDir { path: path.to_owned(), meta, writer: None, readers })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What `case.toml` says.
    pub fn meta(&self) -> &CaseMeta {
        &self.meta
    }

    /// Whether this run may write.
    pub fn is_writer(&self) -> bool {
        self.writer.is_some()
    }

    /// Replaces `case.toml`.
    pub fn set_meta(&mut self, meta: CaseMeta) -> Result<(), CaseError> {
        self.require_writer()?;
        write_meta_file(&self.path, &meta)?;
        self.meta = meta;
        Ok(())
    }

    /// A private folder for half-done work, made when missing. Only `parts` and `sql` are swept
    /// here; the rest is its owner's to keep or remove.
    pub fn work_dir(&self, name: &str) -> Result<PathBuf, CaseError> {
        let path = self.path.join(".work").join(name);
        make_private_dir(&path)?;
        Ok(path)
    }

    /// The table list of now.
    pub fn tables(&self) -> Result<Tables, CaseError> {
        Tables::load(&self.path.join("tables.json"))
    }

    /// A writer for a table: day folders for sorted tables, one folder for the others.
    pub fn writer(&self, table: &str) -> Result<DayWriter, CaseError> {
        self.require_writer()?;
        DayWriter::new(self, table)
    }

    /// Makes `tables` the table list, at once and for good; then removes files no longer listed.
    pub fn commit(&self, tables: &Tables) -> Result<(), CaseError> {
        self.require_writer()?;
        let before = self.tables()?.paths();
        let mut dirs = BTreeSet::new();
        for file in tables.paths().difference(&before) {
            let path = self.path.join(file);
            File::open(&path).and_then(|f| f.sync_all()).map_err(CaseError::io("write", &path))?;
            dirs.extend(path.ancestors().skip(1).take(3).map(Path::to_owned));
        }
        for dir in dirs {
            sync_dir(&dir)?;
        }
        self.write_atomic("tables.json", tables.to_json().as_bytes())?;
        self.sweep(tables)
    }

    /// Replaces a file of the case: a reader sees the old one or the new one.
    pub fn write_atomic(&self, name: &str, bytes: &[u8]) -> Result<(), CaseError> {
        self.require_writer()?;
        write_atomic(&self.path, name, bytes)
    }

    fn require_writer(&self) -> Result<(), CaseError> {
        if self.is_writer() { Ok(()) } else { Err(CaseError::ReadOnly) }
    }

    /// Removes table files that are not listed, unless somebody else reads the case.
    fn sweep(&self, tables: &Tables) -> Result<(), CaseError> {
        if let Some(file) = &self.readers {
            let _ = file.unlock();
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                let _ = file.try_lock_shared();
                return Ok(());
            }
        }
        let swept = remove_all(&self.path.join(".work/sql"))
            .and_then(|()| sweep_dir(&self.path, &self.path.join("tables"), &tables.paths()));
        if let Some(file) = &self.readers {
            let _ = file.unlock();
            let _ = file.try_lock_shared();
        }
        swept.map(|_| ())
    }
}

/// Returns whether the folder is empty now.
fn sweep_dir(root: &Path, dir: &Path, keep: &BTreeSet<String>) -> Result<bool, CaseError> {
    let mut empty = true;
    for entry in fs::read_dir(dir).map_err(CaseError::io("list", dir))? {
        let entry = entry.map_err(CaseError::io("list", dir))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(CaseError::io("read", &path))?;
        if kind.is_dir() {
            if sweep_dir(root, &path, keep)? {
                fs::remove_dir(&path).map_err(CaseError::io("remove", &path))?;
            } else {
                empty = false;
            }
            continue;
        }
        let name = path.strip_prefix(root).ok().and_then(Path::to_str);
        if name.is_some_and(|name| keep.contains(name)) {
            empty = false;
        } else {
            fs::remove_file(&path).map_err(CaseError::io("remove", &path))?;
        }
    }
    Ok(empty)
}

fn remove_all(path: &Path) -> Result<(), CaseError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(CaseError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

fn refuse_foreign_folder(path: &Path) -> Result<(), CaseError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(CaseError::NotACase(path.to_owned()));
        }
        Err(error) => return Err(CaseError::io("list", path)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(CaseError::io("list", path))?;
        // What a run killed while it made the case leaves behind.
        if ![".lock", ".readers", ".work"].iter().any(|name| entry.file_name() == *name) {
            return Err(CaseError::NotACase(path.to_owned()));
        }
    }
    Ok(())
}

fn lock_exclusive(path: &Path) -> Result<File, CaseError> {
    let lock = path.join(".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock)
        .map_err(CaseError::io("write", &lock))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(CaseError::Busy(path.to_owned())),
        // A file system without locks: one writer is then the user's care.
        Err(TryLockError::Error(_)) | Ok(()) => Ok(file),
    }
}

fn open_readers(path: &Path) -> Option<File> {
    let readers = path.join(".readers");
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&readers)
        .or_else(|_| File::open(&readers))
        .ok()
}

fn read_meta(path: &Path) -> Result<CaseMeta, CaseError> {
    let file = path.join("case.toml");
    let text = fs::read_to_string(&file).map_err(CaseError::io("read", &file))?;
    let damaged = |error: toml::de::Error| CaseError::Damaged {
        path: file.clone(),
        reason: crate::text::one_line(error.message(), 200),
    };
    let format = toml::from_str::<FormatOnly>(&text).map_err(damaged)?.format;
    if format > FORMAT {
        return Err(CaseError::NewerFormat { found: format, known: FORMAT });
    }
    toml::from_str(&text).map_err(damaged)
}

fn write_meta_file(path: &Path, meta: &CaseMeta) -> Result<(), CaseError> {
    let text = toml::to_string(meta).map_err(|error| CaseError::Damaged {
        path: path.join("case.toml"),
        reason: error.to_string(),
    })?;
    write_atomic(path, "case.toml", text.as_bytes())
}

fn write_atomic(root: &Path, name: &str, bytes: &[u8]) -> Result<(), CaseError> {
    let temp = root.join(".work").join(format!("{}.new", name.replace('/', "-")));
    let target = root.join(name);
    let result = File::create(&temp).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = result {
        let _ = fs::remove_file(&temp);
        return Err(CaseError::io("write", &target)(error));
    }
    fs::rename(&temp, &target).map_err(CaseError::io("replace", &target))?;
    sync_dir(target.parent().unwrap_or(root))
}

fn sync_dir(dir: &Path) -> Result<(), CaseError> {
    if cfg!(unix) {
        File::open(dir).and_then(|f| f.sync_all()).map_err(CaseError::io("write", dir))?;
    }
    Ok(())
}

pub(crate) fn make_private_dir(path: &Path) -> Result<(), CaseError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(CaseError::io("create", path))
}

/// Takes the folder away from everybody else, also when it was there before.
fn restrict(path: &Path) -> Result<(), CaseError> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(path, mode).map_err(CaseError::io("restrict", path))?;
    }
    Ok(())
}

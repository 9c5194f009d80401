//! Where an exercise is written.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use flate2::{Compression, GzBuilder};

/// Takes the files of an exercise, one at a time, in the same order for the same options.
pub trait Output {
    /// Takes a file whole; `path` is relative, with `/` between its parts.
    fn file(&mut self, path: &str, content: &[u8]) -> io::Result<()>;
}

/// Writes files below a folder; a file appears whole or not at all.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Writes below `root`, which is made when it is missing.
    pub fn new(root: impl Into<PathBuf>) -> Folder {
        Folder { root: root.into() }
    }
}

impl Output for Folder {
    fn file(&mut self, path: &str, content: &[u8]) -> io::Result<()> {
        let target = self.root.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut name = target.as_os_str().to_owned();
        name.push(".part");
        let part = PathBuf::from(name);
        fs::write(&part, content)?;
        fs::rename(&part, &target)
    }
}

/// Keeps files in memory, for tests.
#[derive(Debug, Default)]
pub struct Memory {
    /// The files by path, in the order they came.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Output for Memory {
    fn file(&mut self, path: &str, content: &[u8]) -> io::Result<()> {
        self.files.push((path.to_owned(), content.to_vec()));
        Ok(())
    }
}

/// Compresses as the same bytes every time: no name, no time.
pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder =
        GzBuilder::new().mtime(0).write(Vec::with_capacity(content.len() / 6), Compression::new(6));
    encoder
        .write_all(content)
        .and_then(|()| encoder.finish())
        .expect("writing into memory does not fail")
}

//! The files of `content/`, embedded when the tool is built.

use std::fmt::Write;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

static CONTENT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../content");

static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for file in files("") {
        hasher.update(file.path.as_bytes());
        hasher.update([0]);
        hasher.update((file.text.len() as u64).to_le_bytes());
        hasher.update(file.text.as_bytes());
    }
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
});

/// The version of the content: it changes with the tool's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A file of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContentFile {
    /// Path inside `content/`, with `/` between the parts.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Every file under a folder of the content (`""` is all of it), sorted by path.
pub fn files(folder: &str) -> Vec<ContentFile> {
    let mut found = Vec::new();
    let mut folders = vec![&CONTENT];
    while let Some(dir) = folders.pop() {
        folders.extend(dir.dirs());
        found.extend(dir.files().map(|file| ContentFile {
            path: file.path().to_str().expect("the build checked that paths are text"),
            text: file.contents_utf8().expect("the build checked that files are UTF-8"),
        }));
    }
    found.retain(|file| {
        folder.is_empty()
            || file.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    });
    found.sort_unstable();
    found
}

/// The text of one file.
pub fn text(path: &str) -> Option<&'static str> {
    CONTENT.get_file(path)?.contents_utf8()
}

/// SHA-256 over all paths and texts, in hex; it goes into every case.
pub fn hash() -> &'static str {
    &HASH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_and_found_by_path() {
        let all = files("");
        assert!(all.is_sorted());
        for file in &all {
            assert_eq!(text(file.path), Some(file.text));
            assert!(!file.path.contains('\\'));
        }
        let rules = files("rules");
        assert!(rules.iter().all(|file| file.path.starts_with("rules/")));
        assert!(files("rule").is_empty());
    }

    #[test]
    fn the_hash_is_one_sha256() {
        assert_eq!(hash().len(), 64);
        assert!(hash().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}

//! SHA-256 of slices and files; SHA-NI is used where the processor has it.

use std::fs::File;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Bytes read at once when a file is hashed.
const BLOCK: usize = 256 << 10;

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The hash of what could be read, how much that was, and what ended it before the end.
pub(crate) struct Hashed {
    pub(crate) sha256: [u8; 32],
    pub(crate) bytes: u64,
    pub(crate) stopped: Option<io::Error>,
}

/// Hashes at most `limit` bytes from the reader's position.
pub(crate) fn sha256_of(file: &mut impl Read, limit: u64) -> Hashed {
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    let mut stopped = None;
    while bytes < limit && stopped.is_none() {
        let want = usize::try_from(limit - bytes).unwrap_or(BLOCK).min(BLOCK);
        match file.read(&mut block[..want]) {
            Ok(0) => break,
            Ok(count) => {
                hasher.update(&block[..count]);
                bytes += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => stopped = Some(error),
        }
    }
    Hashed { sha256: hasher.finalize().into(), bytes, stopped }
}

/// Hashes a whole file by path; a file that cannot be read to its end has no hash.
pub(crate) fn sha256_of_path(path: &std::path::Path) -> Option<[u8; 32]> {
    let hashed = sha256_of(&mut File::open(path).ok()?, u64::MAX);
    hashed.stopped.is_none().then_some(hashed.sha256)
}

pub(crate) fn hex(hash: &[u8; 32]) -> String {
    heptagon_model::ArtifactId(*hash).hex()
}

//! SHA-256 of slices and files; SHA-NI is used where the processor has it.

use std::fs::File;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Bytes read at once when a file is hashed.
const BLOCK: usize = 256 << 10;

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Hashes at most `limit` bytes from the reader's position; gives the hash and the count.
pub(crate) fn sha256_of(file: &mut impl Read, limit: u64) -> io::Result<([u8; 32], u64)> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut count = 0;
    while count < limit {
        let want = usize::try_from(limit - count).unwrap_or(BLOCK).min(BLOCK);
        match file.read(&mut block[..want]) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(&block[..read]);
                count += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((hasher.finalize().into(), count))
}

/// Hashes a whole file by path.
pub(crate) fn sha256_of_path(path: &std::path::Path) -> io::Result<[u8; 32]> {
    sha256_of(&mut File::open(path)?, u64::MAX).map(|(hash, _)| hash)
}

pub(crate) fn hex(hash: &[u8; 32]) -> String {
    heptagon_model::ArtifactId(*hash).hex()
}

//! Randomness that depends on nothing but the seed and a label.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of random numbers; the same label under the same seed is the same stream.
#[derive(Debug, Clone)]
pub(crate) struct Rng(ChaCha8Rng);

impl Rng {
    /// The stream of a label and numbers under a seed.
    pub(crate) fn derive(seed: u64, label: &str, numbers: &[i64]) -> Rng {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(label.as_bytes());
        for number in numbers {
            hash.update(number.to_le_bytes());
        }
        Rng(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// A number in `0..bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        // Multiply-shift: the bias is below 2^-32 for every bound used here.
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).unsigned_abs()) as i64
    }

    /// True `percent` times out of a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the items.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// A whole number around a mean given in thousandths: the fraction decides by chance,
    /// and larger means vary by a quarter.
    pub(crate) fn around(&mut self, mean_milli: u64) -> u64 {
        let varied = mean_milli * (875 + self.below(251)) / 1000;
        varied / 1000 + u64::from(self.below(1000) < varied % 1000)
    }

    /// Lower-case hex digits.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        self.letters(b"0123456789abcdef", digits)
    }

    /// Letters out of an alphabet.
    pub(crate) fn letters(&mut self, alphabet: &[u8], count: usize) -> String {
        let mut text = String::with_capacity(count);
        let (mut word, mut left) = (0, 0);
        for _ in 0..count {
            if left == 0 {
                (word, left) = (self.0.next_u64(), 10);
            }
            text.push(char::from(alphabet[(word % alphabet.len() as u64) as usize]));
            word /= alphabet.len() as u64;
            left -= 1;
        }
        text
    }

    /// A random (version 4) UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.0.next_u64(), self.0.next_u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48 & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// The unique part of an AWS id: `AKIA`, `ASIA`, `AROA`, ... and sixteen letters.
    pub(crate) fn aws_id(&mut self, prefix: &str) -> String {
        let mut id = prefix.to_owned();
        id.push_str(&self.letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 20 - prefix.len()));
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_label_is_the_same_stream() {
        let draw = |label| Rng::derive(1, label, &[2]).uuid();
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
        assert_ne!(Rng::derive(1, "a", &[3]).uuid(), draw("a"));
    }

    #[test]
    fn around_keeps_the_mean() {
        let mut rng = Rng::derive(1, "mean", &[]);
        let total: u64 = (0..10_000).map(|_| rng.around(2_500)).sum();
        assert!((24_000..26_000).contains(&total), "{total}");
    }
}

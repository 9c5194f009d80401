//! Seeded numbers: the same seed makes the same corpus on every machine.

/// SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// A stream of its own for each part of a corpus.
    pub(crate) fn new(seed: u64, part: u64) -> Random {
        let mut random = Random(seed ^ part.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        random.next();
        random
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// True in so many of a thousand cases.
    pub(crate) fn permille(&mut self, n: u64) -> bool {
        self.below(1_000) < n
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// A number below `end`, small ones much more often: busy users, busy keys.
    pub(crate) fn skewed(&mut self, end: u64) -> u64 {
        let limit = self.below(end) + 1;
        self.below(limit)
    }

    /// Appends characters of an alphabet of 16, 32 or 64.
    pub(crate) fn text(&mut self, alphabet: &[u8], length: usize, out: &mut String) {
        let bits = alphabet.len().ilog2();
        let mut pool = 0;
        let mut left = 0;
        for _ in 0..length {
            if left < bits {
                pool = self.next();
                left = 64;
            }
            out.push(char::from(alphabet[(pool & ((1 << bits) - 1)) as usize]));
            pool >>= bits;
            left -= bits;
        }
    }

    /// Appends a UUID.
    pub(crate) fn uuid(&mut self, out: &mut String) {
        for (index, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
            if index > 0 {
                out.push('-');
            }
            self.text(HEX, length, out);
        }
    }
}

/// Hexadecimal digits.
pub(crate) const HEX: &[u8; 16] = b"0123456789abcdef";
/// Base32 as in access keys.
pub(crate) const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Base64.
pub(crate) const BASE64: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let numbers = |seed| {
            let mut random = Random::new(seed, 3);
            (0..5).map(|_| random.next()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
    }

    #[test]
    fn text_is_of_its_alphabet() {
        let mut text = String::new();
        Random::new(1, 1).uuid(&mut text);
        assert_eq!(text.len(), 36);
        let mut text = String::new();
        Random::new(1, 1).text(BASE32, 100, &mut text);
        assert!(text.bytes().all(|b| BASE32.contains(&b)) && text.len() == 100);
    }
}

//! Killed at any moment, a run goes on where it stopped and ends with the same bytes.

use std::ffi::OsString;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::support::{assert_same, command, example, example_case};

/// A small generator with a fixed start: the same moments in every run of the test.
struct Moments(u64);

impl Moments {
    /// A number in `0..1`.
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

const KILLS: usize = 50;

#[test]
fn fifty_kills_lose_nothing() {
    let expected = example_case();
    let temp = tempfile::tempdir().unwrap();
    let case = temp.path().join("case");
    let args: Vec<OsString> =
        ["investigate".into(), example().into(), "--case".into(), case.clone().into()].to_vec();
    let spawn = || command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();

    let started = Instant::now();
    assert!(spawn().wait().unwrap().success());
    let whole = started.elapsed();
    assert_same(&case, &expected);
    fs::remove_dir_all(&case).unwrap();

    let mut moments = Moments(20_261_008);
    let (mut n_killed, mut n_ended, mut n_resumed) = (0, 0, 0);
    let mut in_a_row = 0;
    while n_killed < KILLS {
        let mut child = spawn();
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * 1.2 * moments.next()));
        let ended = child.try_wait().unwrap();
        if let Some(status) = ended {
            assert!(status.success(), "after {n_killed} kills");
            n_ended += 1;
            assert!(n_ended < 20 * KILLS, "runs end before they can be killed");
        } else {
            child.kill().unwrap();
            child.wait().unwrap();
            n_killed += 1;
            in_a_row += 1;
        }
        // What a reader meets at this moment is whole, or an error; never a crash.
        if n_killed % 5 == 0 {
            let read = heptagon!("sources", "--case", case, "--format", "jsonl");
            assert!(matches!(read.code, Some(0 | 2)), "{read:?}");
        }
        // Kill what goes on as well: up to three times before it may end.
        if ended.is_none() && in_a_row < 3 && moments.next() < 0.6 {
            continue;
        }
        if ended.is_none() {
            assert!(spawn().wait().unwrap().success(), "after {n_killed} kills");
            n_resumed += 1;
        }
        assert_same(&case, &expected);
        let ledger = heptagon!("verify", "--case", case, "--format", "json").exits(0).json();
        assert_eq!(ledger["ledger"], "ok");
        fs::remove_dir_all(&case).unwrap();
        in_a_row = 0;
    }
    assert!(n_resumed >= KILLS / 4, "{n_resumed} resumed to the end");
}

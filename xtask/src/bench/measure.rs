//! What a process cost: each contestant runs as a child, and the kernel counts.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use wait4::Wait4 as _;

/// What a process cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Cost {
    pub(crate) wall_secs: f64,
    /// User and system time of all threads.
    pub(crate) cpu_secs: f64,
    /// The most memory it held.
    pub(crate) peak_bytes: u64,
    /// The most it had held when a file appeared (see [`run`]).
    pub(crate) peak_until_bytes: Option<u64>,
}

/// Runs a command to its end; it must succeed. `until` is a file whose appearance splits its life.
/// stdout goes into a file beside `log`, whose text is returned.
pub(crate) fn run(
    command: &mut Command,
    log: &Path,
    until: Option<&Path>,
) -> Result<(Cost, String)> {
    let (stdout, stderr) = (log.with_extension("stdout"), log.with_extension("stderr"));
    let create = |path: &Path| File::create(path).context("cannot create a log file");
    command.stdin(Stdio::null()).stdout(create(&stdout)?).stderr(create(&stderr)?);
    let program = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run {program}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_until_bytes = None;
    let mut waiting = until;
    let used = loop {
        if let Some(used) =
            child.try_wait4().with_context(|| format!("cannot wait for {program}"))?
        {
            break used;
        }
        if let Some(file) = waiting {
            // Read first, so that nothing from after the file's appearance is counted.
            let peak = fs::read_to_string(&status).ok().and_then(|text| high_water(&text));
            if file.exists() {
                waiting = None;
            } else {
                peak_until_bytes = peak.or(peak_until_bytes);
            }
        }
        pause();
    };
    let wall_secs = started.elapsed().as_secs_f64();
    if !used.status.success() {
        let text = fs::read_to_string(&stderr).unwrap_or_default();
        let tail: Vec<&str> = text.lines().rev().take(5).collect();
        let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
        bail!("{program} failed ({}):\n{tail}", used.status);
    }
    let cost = Cost {
        wall_secs,
        cpu_secs: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        peak_bytes: used.rusage.maxrss,
        peak_until_bytes: peak_until_bytes.filter(|_| waiting.is_none() && until.is_some()),
    };
    Ok((cost, fs::read_to_string(&stdout).context("cannot read what it printed")?))
}

/// A child cannot be waited for and watched at once.
#[allow(clippy::disallowed_methods, reason = "polls a child; nothing depends on the interval")]
fn pause() {
    thread::sleep(Duration::from_millis(5));
}

/// The line `VmHWM: 123456 kB`, in bytes.
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_measured_and_its_failure_told() {
        let log = std::env::temp_dir().join(format!("xtask-measure-{}", std::process::id()));
        let mut good = Command::new("sh");
        let (cost, printed) = run(good.args(["-c", "echo 7"]), &log, None).unwrap();
        assert_eq!(printed, "7\n");
        assert!(cost.peak_bytes > 0 && cost.wall_secs > 0.0);
        let mut bad = Command::new("sh");
        let error = run(bad.args(["-c", "echo why >&2; exit 3"]), &log, None).unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
        for extension in ["stdout", "stderr"] {
            fs::remove_file(log.with_extension(extension)).unwrap();
        }
    }

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(high_water("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2 << 20));
        assert_eq!(high_water("Name:\tx\n"), None);
    }
}

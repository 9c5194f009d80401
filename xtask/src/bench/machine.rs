//! The machine a benchmark ran on: numbers without it mean nothing.

use std::fs;
use std::thread;

use serde::Serialize;

/// Processor, cores, memory, and how busy it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) system: String,
    pub(crate) load: String,
}

impl Machine {
    pub(crate) fn here() -> Machine {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let kib: u64 = value(&read("/proc/meminfo"), "MemTotal")
            .and_then(|text| text.split(' ').next()?.parse().ok())
            .unwrap_or(0);
        Machine {
            processor: value(&read("/proc/cpuinfo"), "model name").unwrap_or("unknown".to_owned()),
            cores: cores(),
            memory_gib: (kib + (1 << 19)) >> 20,
            system: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
            load: read("/proc/loadavg").split(' ').next().unwrap_or("unknown").to_owned(),
        }
    }

    pub(crate) fn describe(&self) -> String {
        let Machine { processor, cores, memory_gib, system, load } = self;
        format!(
            "{processor}, {cores} cores, {memory_gib} GiB, {system}; load average at the start {load}"
        )
    }
}

/// Processors this process may use.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The value of `key : value` or `key: value`.
fn value(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2.0\n";
        assert_eq!(value(text, "model name").as_deref(), Some("Some CPU @ 2.0"));
        assert_eq!(value("", "model name"), None);
    }
}

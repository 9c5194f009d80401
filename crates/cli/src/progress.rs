//! What is drawn on a terminal while a long command works.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use heptagon_ingest::Counters;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use crate::print::Talk;

/// Draws the counters until it is stopped.
pub(crate) struct Progress {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    pub(crate) fn start(counters: Arc<Counters>, talk: Talk) -> Progress {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = talk.progress.then(|| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || draw(&counters, &stop))
        });
        Progress { stop, thread }
    }

    pub(crate) fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn draw(counters: &Counters, stop: &AtomicBool) {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{spinner} {bar:24} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    let started = std::time::Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let now = counters.read();
        let secs = started.elapsed().as_secs_f64().max(0.001);
        if now.days_total > 0 {
            bar.set_length(now.days_total);
            bar.set_position(now.days);
            bar.set_message(format!(
                "merging day {} of {}, {} records",
                now.days.div_ceil(2),
                now.days_total / 2,
                HumanCount(now.records)
            ));
        } else {
            bar.set_length(now.bytes_total);
            bar.set_position(now.bytes);
            bar.set_message(format!(
                "{} of {}, {} records, {} rule matches, {} lost, {}/s",
                HumanBytes(now.bytes),
                HumanBytes(now.bytes_total),
                HumanCount(now.records),
                HumanCount(now.matches),
                HumanCount(now.problems),
                HumanBytes((now.bytes as f64 / secs) as u64),
            ));
        }
        bar.tick();
        std::thread::sleep(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}

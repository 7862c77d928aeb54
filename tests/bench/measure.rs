//! Doing things in turn, medians, and how a result is written.

use std::fmt;
use std::time::{Duration, Instant};

/// A benchmark's own result; what goes wrong is told and not handled.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What a row gave.
pub(crate) enum Measured {
    /// Against a peer: at most `limit` times its time.
    Ratio { ours: Duration, peer: Duration, limit: f64 },
    /// Above a floor: at most `limit` longer.
    Above { ours: Duration, floor: Duration, limit: Duration },
    /// Not measured, and why that is no fault.
    Skipped(String),
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = |met: bool| if met { "" } else { "missed" };
        match self {
            Measured::Ratio { ours, peer, limit } => {
                let ratio = ours.as_secs_f64() / peer.as_secs_f64();
                let verdict = verdict(ratio <= *limit);
                write!(f, "{ratio:>8.4} {limit:>8} {verdict:<6} {:>10} {:>10}", time(*ours), time(*peer))
            }
            Measured::Above { ours, floor, limit } => {
                let above = ours.saturating_sub(*floor);
                let verdict = verdict(above <= *limit);
                write!(f, "{:>8} {:>8} {verdict:<6} ", time(above), time(*limit))?;
                write!(f, "{:>10} {:>10}", time(*ours), time(*floor))
            }
            Measured::Skipped(why) => write!(f, "skipped: {why} "),
        }
    }
}

/// A time with three digits or so.
fn time(time: Duration) -> String {
    let us = time.as_secs_f64() * 1e6;
    match us {
        ..1e3 => format!("{us:.1} us"),
        ..1e5 => format!("{:.2} ms", us / 1e3),
        _ => format!("{:.0} ms", us / 1e3),
    }
}

/// How long `work` takes.
pub(crate) fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(Duration, T)> {
    let began = Instant::now();
    let result = work()?;
    Ok((began.elapsed(), result))
}

/// One way of doing the work: told the number of the repetition, it says how long the part that counts took.
pub(crate) type Method<'m> = &'m mut dyn FnMut(usize) -> Outcome<Duration>;

/// The methods' medians, measured in turn so that a slow moment of the machine meets all of them. A first
/// repetition, 0, is thrown away.
pub(crate) fn medians<const N: usize>(
    repetitions: usize,
    mut methods: [Method<'_>; N],
) -> Outcome<[Duration; N]> {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::with_capacity(repetitions));
    for repetition in 0..=repetitions {
        for (method, times) in methods.iter_mut().zip(&mut times) {
            let time = method(repetition)?;
            if repetition > 0 {
                times.push(time);
            }
        }
    }
    Ok(times.map(|mut times| {
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }))
}

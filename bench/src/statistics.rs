//! Summary statistics.

use std::fmt;
use std::time::Duration;

/// Measured times in milliseconds, sorted.
#[derive(Clone, Debug, Default)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The percentile `percent` (nearest rank); NaN if there are no times.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or(f64::NAN)
    }

    /// The median.
    pub fn median(&self) -> f64 {
        self.percentile(50)
    }
}

impl FromIterator<Duration> for Sample {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut times: Vec<f64> = times
            .into_iter()
            .map(|time| time.as_secs_f64() * 1000.0)
            .collect();
        times.sort_by(f64::total_cmp);
        Self(times)
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:8.2} {:8.2} {:8.2}",
            self.percentile(50),
            self.percentile(90),
            self.percentile(99)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_measured_times() {
        let sample: Sample = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(sample.count(), 100);
        assert!((sample.median() - 50.0).abs() < 1e-9);
        assert!((sample.percentile(99) - 99.0).abs() < 1e-9);
        assert!(Sample::default().median().is_nan());
    }
}

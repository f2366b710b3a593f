//! The report of `send all`: a line for each request, and how many of them failed.

use std::time::Duration;

use terminal_size::{Width, terminal_size};

use crate::output::{OutputError, say};

/// A line of the report.
pub(super) struct Row {
    /// The request.
    pub(super) title: &'static str,
    /// The status and the duration, if there was an answer.
    pub(super) answer: Option<(u16, Duration)>,
    /// What the answer means, or what is wrong with it.
    pub(super) result: Result<&'static str, String>,
}

/// The report so far.
pub(super) struct Report {
    /// The width of the titles; 0 if each is on a line of its own, because the terminal is narrow.
    title_width: usize,
    /// The number of requests.
    pub(super) requests: u32,
    /// The number of requests that failed.
    pub(super) failures: u32,
}

impl Report {
    /// Prints the heading.
    ///
    /// # Errors
    /// [`OutputError`] if standard output is closed or can't be written.
    pub(super) fn begin() -> Result<Self, OutputError> {
        let width = terminal_size().map_or(usize::MAX, |(Width(width), _)| usize::from(width));
        let title_width = if width < 90 { 0 } else { 56 };
        let report = Self {
            title_width,
            requests: 0,
            failures: 0,
        };
        report.print_line("STEP", "STATUS", "TIME", "RESULT")?;
        Ok(report)
    }

    /// Prints a line, and counts it.
    ///
    /// # Errors
    /// [`OutputError`] if standard output is closed or can't be written.
    pub(super) fn add(&mut self, row: &Row) -> Result<(), OutputError> {
        self.requests += 1;
        self.failures += u32::from(row.result.is_err());
        self.print(row)
    }

    /// Prints a line without counting it, because no request was sent.
    ///
    /// # Errors
    /// [`OutputError`] if standard output is closed or can't be written.
    pub(super) fn print(&self, row: &Row) -> Result<(), OutputError> {
        let (status, time) = match row.answer {
            Some((status, time)) => (status.to_string(), millis(time)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let result = match &row.result {
            Ok(result) => result,
            Err(problem) => problem.as_str(),
        };
        self.print_line(row.title, &status, &time, result)
    }

    fn print_line(
        &self,
        title: &str,
        status: &str,
        time: &str,
        result: &str,
    ) -> Result<(), OutputError> {
        let title_width = self.title_width;
        if title_width == 0 {
            say!("{title}\n{status:>6}{time:>12}  {result}")
        } else {
            say!("{title:title_width$}{status:>6}{time:>12}  {result}")
        }
    }
}

/// A duration in milliseconds, for people.
pub(super) fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

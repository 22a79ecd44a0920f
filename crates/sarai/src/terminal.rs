//! What the terminal can show, and the few ways in which something is shown there.
//!
//! Colour and movement only where a person watches: on a terminal, without `NO_COLOR`, and not on a `dumb` one. Text of
//! a model or a server never controls the terminal.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sarai_messages::Letters;
use sarai_types::Language;

const TICK: Duration = Duration::from_millis(120);
/// Spinners for terminals with and without Unicode. The last one stands still when it is done.
const TICKS: &[&str] = &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "];
const ASCII_TICKS: &[&str] = &["|", "/", "-", "\\", " "];

/// One line on standard output, which is for data.
///
/// # Errors
/// The output is closed or full.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// A sentence for the person, on standard error. There is nobody left to tell that it is closed.
pub(crate) fn sentence(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", plain(text));
}

/// A sentence that waits for an answer on its own line.
pub(crate) fn prompt(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{} ", plain(text)).and_then(|()| stderr.flush());
}

/// As [`sentence`], for a text of our own that may carry colours.
pub(crate) fn decorated(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The text without anything that could move the cursor, change colours or ring.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// Whether to decorate what goes to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Coloured,
}

impl Style {
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if stream.is_terminal() && !unwanted && !dumb { Self::Coloured } else { Self::Plain }
    }

    pub(crate) fn paint(self, paint: Paint, text: &str) -> String {
        match (self, paint) {
            (Self::Plain, _) => text.to_owned(),
            (Self::Coloured, Paint::Quiet) => format!("\x1b[2m{text}\x1b[0m"),
            (Self::Coloured, Paint::Strong) => format!("\x1b[1m{text}\x1b[0m"),
            (Self::Coloured, Paint::Good) => format!("\x1b[32m{text}\x1b[0m"),
            (Self::Coloured, Paint::Doubtful) => format!("\x1b[33m{text}\x1b[0m"),
            (Self::Coloured, Paint::Bad) => format!("\x1b[31m{text}\x1b[0m"),
        }
    }
}

/// What a colour means. It is never the only sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Quiet,
    Strong,
    Good,
    Doubtful,
    Bad,
}

/// A line on standard error that moves while something takes its time. Without a terminal it says its text once.
#[derive(Debug)]
pub(crate) struct Spinner {
    bar: ProgressBar,
    said: String,
}

impl Spinner {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, target());
        let style =
            ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style.tick_strings(ticks()));
        Self { bar, said: String::new() }
    }

    pub(crate) fn say(&mut self, text: &str) {
        if self.said == text {
            return;
        }
        text.clone_into(&mut self.said);
        if self.bar.is_hidden() {
            sentence(text);
        } else {
            self.bar.set_message(plain(text));
            self.bar.enable_steady_tick(TICK);
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Where progress is drawn: nowhere, unless standard error is a terminal that can move its cursor.
pub(crate) fn target() -> ProgressDrawTarget {
    match Style::of(&io::stderr()) {
        Style::Coloured => ProgressDrawTarget::stderr(),
        Style::Plain => ProgressDrawTarget::hidden(),
    }
}

/// The characters of a progress bar.
pub(crate) fn bar_chars() -> &'static str {
    if shows_unicode() { "━╸ " } else { "=> " }
}

fn ticks() -> &'static [&'static str] {
    if shows_unicode() { TICKS } else { ASCII_TICKS }
}

/// What a person can be shown: all letters but on a terminal whose locale is not UTF-8.
pub(crate) fn letters() -> Letters {
    let watched = io::stdout().is_terminal() || io::stderr().is_terminal();
    if watched && !shows_unicode() { Letters::Ascii } else { Letters::All }
}

/// By the locale, in the POSIX order.
fn shows_unicode() -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    let locale = locale.and_then(|value| value.into_string().ok()).unwrap_or_default().to_ascii_lowercase();
    locale.ends_with("utf-8") || locale.ends_with("utf8")
}

/// Columns, padded to line up, two spaces apart. The last one is not padded.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let width = |text: &String| text.chars().count();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..columns).map(|i| rows.iter().filter_map(|r| r.get(i)).map(width).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, column) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(column + 2 - width(cell)));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A number of bytes as a person says it, in decimal units: `1,1 GB`, `98 MB`.
pub(crate) fn size(bytes: u64, language: Language) -> String {
    const UNITS: [(u64, &str); 4] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"), (1, "B")];
    let (unit, name) = UNITS.into_iter().find(|(unit, _)| bytes >= *unit).unwrap_or((1, "B"));
    let tenths = bytes / (unit / 10).max(1);
    if unit == 1_000_000_000 {
        format!("{} {name}", decimal(tenths, language))
    } else {
        format!("{} {name}", bytes / unit)
    }
}

/// A number given in tenths, with the language's decimal mark.
pub(crate) fn decimal(tenths: u64, language: Language) -> String {
    let mark = match language {
        Language::Spanish => ',',
        Language::English => '.',
    };
    format!("{}{mark}{}", tenths / 10, tenths % 10)
}

/// A number with one digit after the language's decimal mark. Negative ones do not occur.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for a person to read; `as` saturates"
)]
pub(crate) fn rounded(value: f64, language: Language) -> String {
    decimal((value * 10.0).round() as u64, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        for (bytes, spanish, english) in [
            (0, "0 B", "0 B"),
            (999, "999 B", "999 B"),
            (98_362_432, "98 MB", "98 MB"),
            (1_117_320_768, "1,1 GB", "1.1 GB"),
            (u64::MAX, "18446744073,7 GB", "18446744073.7 GB"),
        ] {
            assert_eq!(size(bytes, Language::Spanish), spanish);
            assert_eq!(size(bytes, Language::English), english);
        }
        assert_eq!(rounded(33.34, Language::Spanish), "33,3");
        assert_eq!(rounded(f64::NAN, Language::English), "0.0");
    }

    #[test]
    fn text_of_others_never_controls_the_terminal() {
        assert_eq!(plain("a\x1b[31mñ\x07\r\n\tb\u{9b}2J"), "a[31mñ\n\tb2J");
    }

    #[test]
    fn columns_line_up_without_trailing_blanks() {
        let rows = [["año", "1"], ["b", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "año  1\nb\n");
        assert_eq!(table(&[]), "");
    }
}

//! Figures as a person reads them.

use sarai_messages::Messages;
use sarai_types::Language;

use super::server::ComponentSize;
use super::statistics::Interval;
use crate::terminal;

/// Stands where nothing was measured.
const NOTHING: &str = "–";

/// Rows of cells under a row of headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    messages: Messages,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With a message id for each column.
    pub(crate) fn new(messages: Messages, headings: &[&str]) -> Self {
        Self { messages, rows: vec![headings.iter().map(|id| messages.get(id)).collect()] }
    }

    /// More columns, whose headings are names and not sentences.
    pub(crate) fn add_headings(&mut self, names: impl IntoIterator<Item = String>) {
        if let Some(headings) = self.rows.first_mut() {
            headings.extend(names);
        }
    }

    /// A row that starts with the sentence of an id.
    pub(crate) fn row(&mut self, id: &str, cells: impl IntoIterator<Item = String>) {
        self.rows.push(std::iter::once(self.messages.get(id)).chain(cells).collect());
    }

    /// A row of figures alone.
    pub(crate) fn figures(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn rows(self) -> Vec<Vec<String>> {
        self.rows
    }
}

/// For a cell without a figure.
pub(crate) fn nothing() -> String {
    NOTHING.to_owned()
}

/// With one digit after the decimal mark.
pub(crate) fn number(value: Option<f64>, language: Language) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| terminal::rounded(value, language))
}

/// As `37,3 (35,0–39,1)`.
pub(crate) fn interval(interval: Option<Interval>, language: Language) -> String {
    let said = |i: Interval| {
        let [median, low, high] = [i.median, i.low, i.high].map(|value| terminal::rounded(value, language));
        format!("{median} ({low}–{high})")
    };
    interval.map_or_else(|| NOTHING.to_owned(), said)
}

/// A ratio with its interval, with two digits after the decimal mark: as `0,98 (0,95–1,02)`.
pub(crate) fn ratio(interval: Option<Interval>, language: Language) -> String {
    let two_digits = |value: f64| hundredths(Some(value), language);
    let said = |i: Interval| format!("{} ({}–{})", two_digits(i.median), two_digits(i.low), two_digits(i.high));
    interval.map_or_else(|| NOTHING.to_owned(), said)
}

/// The same with three digits, for a share near 1.
pub(crate) fn thousandths(interval: Option<Interval>, language: Language) -> String {
    let said = |i: Interval| {
        let [median, low, high] = [i.median, i.low, i.high].map(|value| marked(format!("{value:.3}"), language));
        format!("{median} ({low}–{high})")
    };
    interval.map_or_else(|| NOTHING.to_owned(), said)
}

/// With two digits after the decimal mark.
pub(crate) fn hundredths(value: Option<f64>, language: Language) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| marked(format!("{value:.2}"), language))
}

/// With the language's decimal mark.
fn marked(number: String, language: Language) -> String {
    match language {
        Language::Spanish => number.replace('.', ","),
        Language::English => number,
    }
}

pub(crate) fn count(value: Option<usize>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| value.to_string())
}

/// What the parts of our own server take.
pub(super) fn components(parts: &[ComponentSize], messages: Messages) -> Table {
    let mut table = Table::new(messages, &["bench-column-component", "bench-column-resident"]);
    for part in parts {
        let size = part.resident_bytes.map(|bytes| terminal::size(bytes, messages.language()));
        table.figures([part.name.clone(), size.unwrap_or_else(|| NOTHING.to_owned())]);
    }
    table
}

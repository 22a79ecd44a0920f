//! Sentences that are made of others: a list of days, a time in a date in a sentence.
//!
//! A [`Notice`] holds only values that need no translation. Here a value may be a sentence of its own, so that «cada lunes
//! y jueves a las 9:00» is put together in the person's language at the rim, and nowhere else.

use sarai_types::Notice;

/// A sentence with sentences in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    notice: Notice,
    inner: Vec<(&'static str, Inner)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inner {
    One(Sentence),
    /// «a, b y c».
    List(Vec<Sentence>),
}

impl Sentence {
    #[must_use]
    pub const fn new(notice: Notice) -> Self {
        Self { notice, inner: Vec::new() }
    }

    /// The same with another sentence as one of its values.
    #[must_use]
    pub fn with(mut self, name: &'static str, inner: Self) -> Self {
        self.inner.push((name, Inner::One(inner)));
        self
    }

    /// The same with another sentence as one of its values, or nothing in its place.
    #[must_use]
    pub fn with_optional(self, name: &'static str, inner: Option<Self>) -> Self {
        match inner {
            Some(inner) => self.with(name, inner),
            None => self.with_list(name, Vec::new()),
        }
    }

    /// The same with a list as one of its values.
    #[must_use]
    pub fn with_list(mut self, name: &'static str, items: Vec<Self>) -> Self {
        self.inner.push((name, Inner::List(items)));
        self
    }

    /// The text, given how a notice is rendered: `sentence.text(&|notice| messages.text(notice))`.
    pub fn text(&self, render: &dyn Fn(&Notice) -> String) -> String {
        let mut notice = self.notice.clone();
        for (name, inner) in &self.inner {
            let text = match inner {
                Inner::One(sentence) => sentence.text(render),
                Inner::List(items) => list(items.iter().map(|item| item.text(render)).collect(), render),
            };
            notice = notice.arg(name, text);
        }
        render(&notice)
    }
}

impl From<Notice> for Sentence {
    fn from(notice: Notice) -> Self {
        Self::new(notice)
    }
}

fn list(mut items: Vec<String>, render: &dyn Fn(&Notice) -> String) -> String {
    let Some(last) = items.pop() else { return String::new() };
    if items.is_empty() {
        return last;
    }
    render(&Notice::new("rules-list").arg("first", items.join(", ")).arg("last", last))
}

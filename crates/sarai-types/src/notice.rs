//! A sentence for a person, by name.

/// The name of a message in `messages/*.ftl` and the values that stand in it. Whoever stands before the person renders
/// it in that person's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub id: &'static str,
    pub args: Vec<(&'static str, String)>,
}

impl Notice {
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self { id, args: Vec::new() }
    }

    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }
}

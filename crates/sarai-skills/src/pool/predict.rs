//! What is likely to be wanted next.
//!
//! Two habits are learnt: what a person asks for in which hour of the day, and what they ask for after what. Both are
//! counts that fade, so a habit that was given up is forgotten in a few weeks of use. A guess is made only from a habit
//! that showed itself several times and more often than not: a wrong one costs memory and a start.

use std::collections::BTreeMap;

use super::ChildName;

/// An hour of the person's day, 0 to 23.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hour(u8);

impl Hour {
    /// None from 24 on.
    #[must_use]
    pub const fn new(hour: u8) -> Option<Self> {
        if hour < 24 { Some(Self(hour)) } else { None }
    }

    /// Of a clock that counts on after midnight.
    #[must_use]
    pub const fn of_day(hours: u8) -> Self {
        Self(hours % 24)
    }
}

/// Children whose use is remembered.
const CHILDREN_MAX: usize = 128;
/// When the counts of one row reach this, all of them are halved.
const ROW_MAX: u32 = 64;
/// How often something must have been seen before it is a habit.
const SEEN_MIN: u32 = 3;

/// What follows on something, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Row(BTreeMap<ChildName, u32>);

impl Row {
    fn add(&mut self, child: &ChildName) {
        if self.0.len() < CHILDREN_MAX || self.0.contains_key(child) {
            *self.0.entry(child.clone()).or_default() += 1;
        }
        if self.total() >= ROW_MAX {
            self.0.values_mut().for_each(|count| *count /= 2);
            self.0.retain(|_, count| *count > 0);
        }
    }

    fn total(&self) -> u32 {
        self.0.values().sum()
    }

    /// The child that followed more often than all others together.
    fn habit(&self) -> Option<&ChildName> {
        let (child, count) = self.0.iter().max_by_key(|(_, count)| **count)?;
        (*count >= SEEN_MIN && 2 * count > self.total()).then_some(child)
    }
}

/// The habits of one person. Learns from each request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Predictor {
    by_hour: BTreeMap<Hour, Row>,
    after: BTreeMap<ChildName, Row>,
    last: Option<ChildName>,
}

impl Predictor {
    #[must_use]
    pub const fn new() -> Self {
        Self { by_hour: BTreeMap::new(), after: BTreeMap::new(), last: None }
    }

    /// Somebody asked for `child`. Past use can be taught in the same way, in its order.
    pub fn learn(&mut self, hour: Hour, child: &ChildName) {
        self.by_hour.entry(hour).or_default().add(child);
        if let Some(last) = self.last.replace(child.clone())
            && (self.after.len() < CHILDREN_MAX || self.after.contains_key(&last))
        {
            self.after.entry(last).or_default().add(child);
        }
    }

    /// What is likely to be asked for after `child`: by what followed on it, else by the hour. Never the same child.
    #[must_use]
    pub fn next_after(&self, child: &ChildName, hour: Hour) -> Option<ChildName> {
        let followed = self.after.get(child).and_then(Row::habit);
        followed.or_else(|| self.by_hour(hour)).filter(|next| *next != child).cloned()
    }

    /// What is likely to be asked for in this hour; the shell may expect it when the hour begins.
    #[must_use]
    pub fn by_hour(&self, hour: Hour) -> Option<&ChildName> {
        self.by_hour.get(&hour).and_then(Row::habit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn child(name: &str) -> ChildName {
        ChildName::Skill(name.parse().unwrap())
    }

    fn learnt(names: &str) -> Predictor {
        let mut predictor = Predictor::new();
        names.split(' ').for_each(|name| predictor.learn(Hour(9), &child(name)));
        predictor
    }

    #[test]
    fn habits_are_what_happened_often_and_mostly() {
        let next =
            |names: &str, after: &str| learnt(names).next_after(&child(after), Hour(8)).map(|child| child.to_string());
        assert_eq!(next("a b a b", "a"), None, "twice is no habit");
        assert_eq!(next("a b a b a b", "a"), Some("b".to_owned()));
        assert_eq!(next("a b a b a b a c a c a c", "a"), None, "one half is not most");
        assert_eq!(next("a a a a a", "a"), None, "it is there already");
        assert_eq!(next("a b a b a b", "c"), None);
        assert_eq!(learnt("a a a b").by_hour(Hour(9)), Some(&child("a")));
        assert_eq!(learnt("a a a b").by_hour(Hour(10)), None);
        // The hour speaks where no habit of order does.
        assert_eq!(learnt("a a a a b").next_after(&child("b"), Hour(9)), Some(child("a")));
    }

    #[test]
    fn habits_fade_and_stay_small() {
        let mut predictor = Predictor::new();
        for round in 0..10_000 {
            predictor.learn(Hour(9), &child(&format!("s{}", round % 1000)));
        }
        assert!(predictor.after.len() <= CHILDREN_MAX);
        assert!(predictor.by_hour.values().all(|row| row.total() < ROW_MAX));
        let mut predictor = learnt("a ".repeat(100).trim_end());
        for _ in 0..ROW_MAX {
            predictor.learn(Hour(9), &child("b"));
        }
        assert_eq!(predictor.by_hour(Hour(9)), Some(&child("b")));
    }

    #[test]
    fn hours_are_of_a_day() {
        assert!(Hour::new(23).is_some() && Hour::new(24).is_none());
    }
}

//! What of a sentence is counted: its words, its pairs of neighbours, and what it begins with.

use std::collections::{BTreeMap, BTreeSet};

use super::text::Token;

/// Something that a sentence has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Feature {
    Word(String),
    Pair(String, String),
    First(String),
}

impl Feature {
    pub(super) fn stems(&self) -> impl Iterator<Item = &str> {
        let (one, other) = match self {
            Self::Word(stem) | Self::First(stem) => (stem, None),
            Self::Pair(one, other) => (one, Some(other)),
        };
        std::iter::once(one).chain(other).map(String::as_str)
    }
}

/// All that one sentence has, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Features(BTreeSet<Feature>);

impl Features {
    pub(super) fn of(tokens: &[Token]) -> Self {
        let stem = |token: &Token| token.stem.clone();
        let words = tokens.iter().map(|token| Feature::Word(stem(token)));
        let pairs = tokens.windows(2).map(|pair| Feature::Pair(stem(&pair[0]), stem(&pair[1])));
        let first = tokens.first().map(|token| Feature::First(stem(token)));
        Self(words.chain(pairs).chain(first).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Feature> {
        self.0.iter()
    }
}

/// In what share of some sentences each feature is.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Shares(BTreeMap<Feature, f64>);

impl Shares {
    /// Fewer sentences than `least` count as that many: three examples prove little.
    pub(super) fn of(sentences: &[Features], least: usize) -> Self {
        let mut counts: BTreeMap<Feature, f64> = BTreeMap::new();
        for feature in sentences.iter().flat_map(Features::iter) {
            *counts.entry(feature.clone()).or_default() += 1.0;
        }
        let total = sentences.len().max(least).max(1) as f64;
        counts.values_mut().for_each(|count| *count /= total);
        Self(counts)
    }

    pub(super) fn get(&self, feature: &Feature) -> f64 {
        self.0.get(feature).copied().unwrap_or(0.0)
    }

    pub(super) fn add(&mut self, feature: Feature, share: f64) {
        *self.0.entry(feature).or_default() += share;
    }

    pub(super) fn features(&self) -> impl Iterator<Item = &Feature> {
        self.0.keys()
    }
}

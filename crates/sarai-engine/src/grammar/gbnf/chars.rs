//! Sets of characters, and the bytes that they begin with.

use std::fmt::Write as _;

/// The last character of Unicode.
const LAST: u32 = 0x0010_FFFF;

/// Code points that are no characters, so that no text holds them.
const SURROGATES: (u32, u32) = (0xD800, 0xDFFF);

/// A set of characters as ranges: sorted, apart from each other, without surrogates.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Chars(Vec<(u32, u32)>);

impl Chars {
    pub(super) fn any() -> Self {
        Self::of(vec![(0, LAST)])
    }

    pub(super) fn one(c: u32) -> Self {
        Self::of(vec![(c, c)])
    }

    /// The characters of ranges in any order; surrogates are left out.
    pub(super) fn of(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges.into_iter().flat_map(without_surrogates).filter(|(low, high)| low <= high) {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Self(merged)
    }

    /// All the other characters.
    pub(super) fn negated(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for &(low, high) in &self.0 {
            if low > next {
                ranges.push((next, low - 1));
            }
            next = high + 1;
        }
        ranges.push((next, LAST));
        Self::of(ranges)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// Appends the set as a regular expression that matches one of its characters.
    pub(super) fn write_regex(&self, out: &mut String) {
        if let [(low, high)] = self.0[..]
            && low == high
        {
            write_char(low, out);
            return;
        }
        out.push('[');
        for &(low, high) in &self.0 {
            write_char(low, out);
            if high > low {
                out.push('-');
                write_char(high, out);
            }
        }
        out.push(']');
    }
}

/// Letters and digits as they are, all else by number, so that nothing means anything to whoever reads the expression.
fn write_char(c: u32, out: &mut String) {
    match char::from_u32(c) {
        Some(c) if c.is_ascii_alphanumeric() => out.push(c),
        _ => {
            let _ = write!(out, "\\x{{{c:X}}}");
        }
    }
}

fn without_surrogates((low, high): (u32, u32)) -> [(u32, u32); 2] {
    [(low, high.min(SURROGATES.0 - 1)), (low.max(SURROGATES.1 + 1), high)]
}

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bytes([u64; 4]);

impl Bytes {
    pub(super) fn add_all(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(mine, theirs)| mine & theirs != 0)
    }

    /// Adds the first byte of each character of a range, in UTF-8.
    pub(super) fn add_first_bytes(&mut self, (low, high): (u32, u32)) {
        // The last character of each length, and the first byte as (mark, bits that the further bytes carry).
        const LENGTHS: [(u32, u32, u32); 4] = [(0x7F, 0, 0), (0x7FF, 0xC0, 6), (0xFFFF, 0xE0, 12), (LAST, 0xF0, 18)];
        let mut first = 0;
        for (last, mark, bits) in LENGTHS {
            let (low, high) = (low.max(first), high.min(last));
            if low <= high {
                for byte in (mark | (low >> bits))..=(mark | (high >> bits)) {
                    self.0[(byte / 64) as usize] |= 1 << (byte % 64);
                }
            }
            first = last + 1;
        }
    }
}

//! Settings that are lists: in a file a list, in an environment variable one text with commas between the items.

use std::fmt;

use super::{Expects, Given, Setting};

/// The items, at most `count_max` of them.
fn items(given: &Given, count_max: usize) -> Option<Vec<&str>> {
    let items: Vec<&str> = match given {
        Given::List(items) => items.iter().map(String::as_str).collect(),
        Given::Text(text) => {
            let text = text.trim();
            let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
            if inner.trim().is_empty() { Vec::new() } else { inner.split(',').collect() }
        }
        Given::Nothing | Given::Nested => return None,
    };
    (items.len() <= count_max).then_some(items)
}

/// Names that clients may use for this computer: lower case, without a port, at most 16.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostNames(Vec<String>);

impl HostNames {
    const COUNT_MAX: usize = 16;
    /// RFC 1035, section 2.3.4.
    const NAME_LEN_MAX: usize = 253;

    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    fn name(text: &str) -> Option<String> {
        let name = text.trim().to_ascii_lowercase();
        let right = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let is_name = (1..=Self::NAME_LEN_MAX).contains(&name.len()) && name.chars().all(right);
        (is_name || name.parse::<std::net::Ipv6Addr>().is_ok()).then_some(name)
    }
}

impl Setting for HostNames {
    fn expects() -> Expects {
        Expects::Hosts { count_max: Self::COUNT_MAX }
    }

    fn read(given: &Given) -> Option<Self> {
        items(given, Self::COUNT_MAX)?.into_iter().map(Self::name).collect::<Option<_>>().map(Self)
    }
}

impl fmt::Display for HostNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0.join(", "))
    }
}

/// Files or folders of the owner's: absolute, or below the home folder as `~/…`; at most 16.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paths(Vec<String>);

impl Paths {
    const COUNT_MAX: usize = 16;
    const LEN_MAX: usize = 1024;

    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// A comma or a bracket could not be told from those of the list.
    fn path(text: &str) -> Option<String> {
        let text = text.trim();
        let rooted = text.starts_with('/') || text.starts_with("~/");
        let odd = |c: char| c.is_control() || matches!(c, ',' | '[' | ']');
        (rooted && text.len() <= Self::LEN_MAX && !text.contains(odd)).then(|| text.to_owned())
    }
}

impl Setting for Paths {
    fn expects() -> Expects {
        Expects::Paths { count_max: Self::COUNT_MAX }
    }

    fn read(given: &Given) -> Option<Self> {
        items(given, Self::COUNT_MAX)?.into_iter().map(Self::path).collect::<Option<_>>().map(Self)
    }
}

impl fmt::Display for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_at_their_boundary() {
        let read = |items: &[&str]| Paths::read(&Given::List(items.iter().map(ToString::to_string).collect()));
        assert_eq!(read(&[" ~/a b.db", "/c/ñ.db"]).unwrap().as_slice(), ["~/a b.db", "/c/ñ.db"]);
        assert_eq!(read(&[]).unwrap().as_slice(), [""; 0]);
        for wrong in ["a.db", "~a.db", "", "/a,b", "/a[b", "/a\nb"] {
            assert_eq!(read(&[wrong]), None, "{wrong:?}");
        }
        assert!(read(&["/a"; 16]).is_some() && read(&["/a"; 17]).is_none());
    }
}

//! Reads `/proc/self/mountinfo`.

use std::path::PathBuf;

/// One mount, as far as anybody here asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mounted {
    /// What of its file system is seen.
    pub(crate) root: String,
    pub(crate) point: PathBuf,
    pub(crate) options: Vec<String>,
    pub(crate) kind: String,
    pub(crate) super_options: Vec<String>,
}

impl Mounted {
    pub(crate) fn has(&self, option: &str) -> bool {
        self.options.iter().any(|own| own == option)
    }
}

/// Lines that are not understood are left out.
pub(crate) fn parse(text: &str) -> Vec<Mounted> {
    text.lines().filter_map(line).collect()
}

fn line(text: &str) -> Option<Mounted> {
    let (left, right) = text.split_once(" - ")?;
    let mut left = left.split(' ').skip(3);
    let (root, point, options) = (left.next()?, left.next()?, left.next()?);
    let mut right = right.split(' ');
    let (kind, _source) = (right.next()?, right.next()?);
    let list = |text: &str| text.split(',').map(str::to_owned).collect();
    Some(Mounted {
        root: unescape(root),
        point: PathBuf::from(unescape(point)),
        options: list(options),
        kind: kind.to_owned(),
        super_options: right.next().map(list).unwrap_or_default(),
    })
}

/// The kernel writes blanks, tabs, line ends and backslashes as three octal digits.
fn unescape(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(byte) if byte.is_ascii() => {
                out.push(char::from(byte));
                out.push_str(&part[3..]);
            }
            _ => {
                out.push('\\');
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;

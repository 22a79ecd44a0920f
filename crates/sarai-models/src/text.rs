//! Small words for people that are the same in both languages.

/// A size in bytes as whole megabytes or, from ten gigabytes on, whole gigabytes (powers of ten, rounded up, so that
/// "needed" never reads smaller than it is). No decimals: the two languages write them differently.
pub(crate) fn size(bytes: u64) -> String {
    const MB: u64 = 1_000_000;
    const GB: u64 = 1_000 * MB;
    if bytes >= 10 * GB { format!("{} GB", bytes.div_ceil(GB)) } else { format!("{} MB", bytes.div_ceil(MB)) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_rounded_up() {
        for (bytes, expected) in [(0, "0 MB"), (1, "1 MB"), (1_117_320_768, "1118 MB"), (12_000_000_001, "13 GB")] {
            assert_eq!(super::size(bytes), expected);
        }
    }
}

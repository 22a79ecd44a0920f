//! How much memory processes take: the kernel's proportional set size, in which what is shared counts by its share.

/// This process's.
pub(crate) fn own_bytes() -> Option<u64> {
    of("self")
}

/// A process's with all that it started, in bytes. What ends meanwhile, and what the kernel does not say, counts nothing.
pub(crate) fn tree_bytes(pid: u32) -> u64 {
    let children = fs_err::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let below: u64 = children.split_whitespace().filter_map(|child| child.parse().ok()).map(tree_bytes).sum();
    of(&pid.to_string()).unwrap_or_default().saturating_add(below)
}

fn of(process: &str) -> Option<u64> {
    let text = fs_err::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_not_there_takes_nothing() {
        assert_eq!(tree_bytes(u32::MAX), 0);
        assert!(own_bytes().unwrap() > 100_000);
        assert!(tree_bytes(std::process::id()) >= 100_000);
    }
}

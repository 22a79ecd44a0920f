//! What the kernel says: how many cores may be used, how much memory is in use.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

/// The threads to compute with: the cores that this process may run on, by affinity and cgroup quota, counting a core
/// with two hyper-threads once. Both halves of a core share its vector units, so a second thread there only waits.
pub(crate) fn compute_threads() -> u32 {
    let allowed = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let siblings = (0..1024u32).map_while(|cpu| {
        let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
        fs_err::read_to_string(path).ok()
    });
    let cores = distinct_cores(siblings);
    u32::try_from(if cores == 0 { allowed } else { allowed.min(cores) }).unwrap_or(1).max(1)
}

/// Each core lists all its hyper-threads, so equal lists are one core.
fn distinct_cores(siblings: impl Iterator<Item = String>) -> usize {
    siblings.map(|list| list.trim().to_owned()).collect::<BTreeSet<_>>().len()
}

/// How long all threads of this process together have stood in the run queue, ready and without a core. Zero where the
/// kernel does not say.
pub(crate) fn waited_for_cores() -> Duration {
    let Ok(tasks) = fs_err::read_dir("/proc/self/task") else { return Duration::ZERO };
    let waited = tasks.filter_map(|task| {
        let text = fs_err::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    Duration::from_nanos(waited.sum())
}

/// Proportional set size of this process, in bytes; 0 where the kernel does not say.
pub(crate) fn resident_bytes() -> u64 {
    fs_err::read_to_string("/proc/self/smaps_rollup").ok().and_then(|text| pss_bytes(&text)).unwrap_or(0)
}

fn pss_bytes(smaps_rollup: &str) -> Option<u64> {
    let line = smaps_rollup.lines().find_map(|l| l.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
}

/// A seed for a request that brings none.
pub(crate) fn random_seed() -> std::io::Result<u64> {
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(u64::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyper_threads_of_one_core_count_once() {
        let lists = |l: &[&str]| distinct_cores(l.iter().map(|s| format!("{s}\n")));
        assert_eq!(lists(&["0-1", "0-1", "2-3", "2-3"]), 2);
        assert_eq!(lists(&["0", "1"]), 2);
        assert_eq!(lists(&[]), 0);
        assert!(compute_threads() >= 1);
    }

    #[test]
    fn proportional_set_size_is_read_from_the_rollup() {
        let text = "55d0-7ffc ---p 0 00:00 0 [rollup]\nRss:  10 kB\nPss:            1234 kB\nPss_Dirty: 7 kB\n";
        assert_eq!(pss_bytes(text), Some(1234 * 1024));
        assert_eq!(pss_bytes("Rss: 1 kB"), None);
        assert!(resident_bytes() > 0);
    }
}

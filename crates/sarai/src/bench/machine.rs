//! Which computer was measured, by what the kernel says of it.

use serde::Serialize;

/// Files under `/proc` that are read here are shorter, but for the one that repeats itself for each processor.
const LINES_MAX: usize = 200;

/// The computer, as the report names it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Machine {
    /// The processor's own name; the architecture where it has none.
    pub(super) cpu: String,
    /// Those that this process may use.
    pub(super) cores: usize,
    pub(super) kernel: String,
    pub(super) memory_bytes: Option<u64>,
    /// How many tasks wanted to run in the minute before: a busy computer measures itself.
    pub(super) load_average_before: Option<f64>,
}

impl Machine {
    /// What cannot be read is left out.
    pub(super) fn look() -> Self {
        let read = |path: &str| fs_err::read_to_string(path).unwrap_or_default();
        Self {
            cpu: cpu_name(&read("/proc/cpuinfo")).unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            memory_bytes: memory_total(&read("/proc/meminfo")),
            load_average_before: load_average(&read("/proc/loadavg")),
        }
    }
}

fn cpu_name(cpuinfo: &str) -> Option<String> {
    value(cpuinfo, "model name").map(str::to_owned)
}

/// The file says kibibytes.
fn memory_total(meminfo: &str) -> Option<u64> {
    value(meminfo, "MemTotal")?.strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn load_average(loadavg: &str) -> Option<f64> {
    loadavg.split_whitespace().next()?.parse().ok()
}

fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .take(LINES_MAX)
        .filter_map(|line| line.split_once(':'))
        .find(|(key, value)| key.trim() == name && !value.trim().is_empty())
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_understood() {
        let x86 = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9B45\nmodel name\t: another\n";
        assert_eq!(cpu_name(x86).as_deref(), Some("AMD EPYC 9B45"));
        assert_eq!(cpu_name("processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\n"), None);
        assert_eq!(memory_total("MemTotal:       24689764 kB\nMemFree: 1 kB\n"), Some(24_689_764 * 1024));
        assert_eq!(memory_total("MemTotal: many\n"), None);
        assert_eq!(load_average("1.50 0.75 0.25 1/234 5678\n"), Some(1.5));
        assert_eq!(load_average(""), None);
    }

    #[test]
    fn this_computer_has_a_name() {
        let machine = Machine::look();
        assert!(!machine.cpu.is_empty() && machine.cores > 0 && !machine.kernel.is_empty(), "{machine:?}");
    }
}

//! What a model will take in memory, before it is loaded, and what the computer can still give.
//!
//! [`estimate`] and [`fits`] are pure; [`available`] reads `/proc` and `/sys`. The estimate errs on the high side: a
//! model that is refused can be tried with a shorter context, a computer that swaps cannot be used at all.

use std::io;
use std::path::Path;

use crate::catalog::Entry;
use crate::gguf::Header;

/// Bytes of one number in the KV cache (f16) and in a compute buffer (f32).
const KV_NUMBER_BYTES: u64 = 2;
const COMPUTE_NUMBER_BYTES: u64 = 4;
/// llama.cpp keeps each token of the vocabulary as text, in a hash map and with its merges.
const VOCABULARY_ENTRY_BYTES: u64 = 256;
/// The worker itself: code, gRPC, threads' stacks, allocator slack.
const PROCESS_BYTES: u64 = 32 << 20;
/// Files under `/proc` and `/sys` are short; more than this is not one of them.
const SYSTEM_FILE_BYTES_MAX: usize = 1 << 16;

/// How llama.cpp lays the weights out in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WeightLayout {
    /// As stored in the file, or interleaved for the matrix kernels.
    #[default]
    Once,
    /// Both: the mapped file, and beside it an interleaved copy of the tensors that the matrix kernels like better.
    /// Each has a cache and compute buffers of its own.
    Both,
}

/// How a model is going to be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadPlan {
    /// Tokens of context, over all conversations.
    pub n_ctx: u32,
    /// Tokens computed at a time.
    pub n_ubatch: u32,
    /// Tokens of one batch whose logits are kept.
    pub n_outputs_max: u32,
    pub layout: WeightLayout,
}

impl LoadPlan {
    /// llama.cpp's usual batch, and the 64 outputs that SARAi reserves.
    #[must_use]
    pub fn new(n_ctx: u32, layout: WeightLayout) -> Self {
        Self { n_ctx, n_ubatch: 512, n_outputs_max: 64, layout }
    }
}

/// Bytes that a loaded model takes, by what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryEstimate {
    /// The file.
    pub weights: u64,
    /// The second copy of some tensors, if there is one.
    pub repacked: u64,
    pub kv_cache: u64,
    pub compute: u64,
    /// Vocabulary and the process itself.
    pub process: u64,
}

impl MemoryEstimate {
    #[must_use]
    pub fn total(&self) -> u64 {
        [self.repacked, self.kv_cache, self.compute, self.process].into_iter().fold(self.weights, u64::saturating_add)
    }
}

/// What a model will take when it is loaded as planned.
///
/// - KV cache: `Σ over layers of kv_heads × (key_length + value_length) × 2 bytes × n_ctx`.
/// - Compute: `n_ubatch × (4 × embedding + 3 × feed_forward) × 4 bytes`, the activations alive at once in one layer
///   with flash attention, plus `n_ubatch × n_ctx × 2 bytes` of attention mask, plus `n_outputs_max × vocabulary × 4
///   bytes` of logits.
/// - Both layouts at once have two of each.
///
/// Models with a sliding window take less than this; none takes more for its window.
#[must_use]
pub fn estimate(header: &Header, file_bytes: u64, plan: &LoadPlan) -> MemoryEstimate {
    let product = |factors: &[u64]| factors.iter().fold(1_u64, |product, f| product.saturating_mul(*f));
    let [n_ctx, n_ubatch, n_outputs, vocabulary] =
        [plan.n_ctx, plan.n_ubatch, plan.n_outputs_max, header.vocabulary_size].map(u64::from);

    let contexts = match plan.layout {
        WeightLayout::Once => 1,
        WeightLayout::Both => 2,
    };
    let kv_heads: u64 = header.head_count_kv.iter().copied().map(u64::from).sum();
    let kv_length = u64::from(header.key_length) + u64::from(header.value_length);
    let activations = 4 * u64::from(header.embedding_length) + 3 * u64::from(header.feed_forward_length);
    let compute = [
        product(&[n_ubatch, activations, COMPUTE_NUMBER_BYTES]),
        product(&[n_ubatch, n_ctx, KV_NUMBER_BYTES]),
        product(&[n_outputs, vocabulary, COMPUTE_NUMBER_BYTES]),
    ];
    MemoryEstimate {
        weights: file_bytes,
        repacked: match plan.layout {
            WeightLayout::Once => 0,
            WeightLayout::Both => header.repackable_bytes,
        },
        kv_cache: product(&[contexts, kv_heads, kv_length, KV_NUMBER_BYTES, n_ctx]),
        compute: compute.into_iter().fold(0, u64::saturating_add).saturating_mul(contexts),
        process: product(&[vocabulary, VOCABULARY_ENTRY_BYTES]).saturating_add(PROCESS_BYTES),
    }
}

/// How large a model's file will be, if the catalogue does not know: about 0.64 bytes for each parameter.
#[must_use]
pub fn guessed_bytes(entry: &Entry) -> u64 {
    entry.provenance.bytes().unwrap_or_else(|| entry.parameters / 100 * 64)
}

/// What a model of the catalogue will take, told by its size alone, before its file is here: half as much again, which
/// is above [`estimate`] for a context of 8192 tokens.
#[must_use]
pub fn guess(entry: &Entry) -> u64 {
    let bytes = guessed_bytes(entry);
    bytes.saturating_add(bytes / 2)
}

/// Whether a model can be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    Fits,
    TooBig { needed: u64, available: u64 },
}

/// Compares in bytes.
#[must_use]
pub fn fits(estimate: &MemoryEstimate, available: u64) -> Fit {
    let needed = estimate.total();
    if needed <= available { Fit::Fits } else { Fit::TooBig { needed, available } }
}

/// Bytes that a new process may take without swapping: what the kernel says is available, or less where a control group
/// (a container, a service) sets a limit, of version 1 or 2, at any level.
///
/// # Errors
/// If `/proc/meminfo` cannot be read or understood. A control group that cannot be read sets no limit.
pub fn available() -> io::Result<u64> {
    available_under(Path::new("/proc"), Path::new("/sys/fs/cgroup"))
}

fn available_under(proc: &Path, cgroups: &Path) -> io::Result<u64> {
    let meminfo = read(&proc.join("meminfo"))?;
    let free = mem_available(&meminfo)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "meminfo states no MemAvailable"))?;
    let membership = read(&proc.join("self/cgroup")).unwrap_or_default();
    Ok(membership.lines().filter_map(|line| left_in_groups(cgroups, line)).fold(free, u64::min))
}

fn read(path: &Path) -> io::Result<String> {
    let text = fs_err::read_to_string(path)?;
    if text.len() > SYSTEM_FILE_BYTES_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

/// In bytes; the file says kibibytes.
fn mem_available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The names of the files in which one version of control groups states its figures, in bytes.
struct GroupFiles {
    limit: &'static str,
    usage: &'static str,
    /// The key in `memory.stat` of file cache that the kernel drops when memory is asked for.
    reclaimable: &'static str,
}

/// What is left in the group that a line of `/proc/self/cgroup` names, and in the groups around it. Inside a container
/// the path may not exist under the mount; then the mount itself is the group.
fn left_in_groups(cgroups: &Path, line: &str) -> Option<u64> {
    const V1: GroupFiles = GroupFiles {
        limit: "memory.limit_in_bytes",
        usage: "memory.usage_in_bytes",
        reclaimable: "total_inactive_file",
    };
    const V2: GroupFiles = GroupFiles { limit: "memory.max", usage: "memory.current", reclaimable: "inactive_file" };

    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, path) = (fields.next()?, fields.next()?);
    let (root, files) = match controllers {
        "" => (cgroups.to_owned(), V2),
        names if names.split(',').any(|name| name == "memory") => (cgroups.join("memory"), V1),
        _ => return None,
    };
    let group = root.join(path.trim_start_matches('/'));
    group.ancestors().take_while(|dir| dir.starts_with(&root)).filter_map(|dir| left_in(dir, &files)).min()
}

fn left_in(group: &Path, files: &GroupFiles) -> Option<u64> {
    let number = |name: &str| read(&group.join(name)).ok()?.trim().parse::<u64>().ok();
    // No number means no limit: version 2 writes `max`. Version 1 writes a number larger than any memory.
    let limit = number(files.limit)?;
    let stat = read(&group.join("memory.stat")).unwrap_or_default();
    let reclaimable =
        stat.lines().find_map(|line| line.strip_prefix(files.reclaimable)?.trim().parse::<u64>().ok()).unwrap_or(0);
    Some(limit.saturating_sub(number(files.usage)?.saturating_sub(reclaimable)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gguf::tests::Writer;

    fn qwen_1_5b() -> Header {
        let bytes = Writer::small().bytes();
        Header {
            embedding_length: 1536,
            feed_forward_length: 8960,
            head_count: 12,
            head_count_kv: vec![2; 28],
            key_length: 128,
            value_length: 128,
            vocabulary_size: 151_936,
            repackable_bytes: 610_000_000,
            ..Header::read(bytes.as_slice(), bytes.len() as u64).unwrap()
        }
    }

    #[test]
    fn the_kv_cache_is_two_numbers_for_each_layer_head_and_token() {
        let estimate = estimate(&qwen_1_5b(), 1_117_320_768, &LoadPlan::new(4096, WeightLayout::Once));
        assert_eq!(estimate.kv_cache, 2 * 28 * 2 * 128 * 2 * 4096);
        assert_eq!((estimate.weights, estimate.repacked), (1_117_320_768, 0));
    }

    /// Proportional set sizes of a worker after use: 1.36 GB in either layout, 2.17 GB with both.
    #[test]
    fn the_estimate_is_near_what_was_measured_and_not_below() {
        for (layout, measured) in [(WeightLayout::Once, 1.36e9), (WeightLayout::Both, 2.17e9)] {
            let total = estimate(&qwen_1_5b(), 1_117_320_768, &LoadPlan::new(4096, layout)).total();
            let ratio = total as f64 / measured;
            assert!((1.0..1.15).contains(&ratio), "{layout:?}: {total} against {measured}");
        }
    }

    #[test]
    fn the_guess_is_near_the_estimate_and_not_below() {
        let catalog = crate::catalog::Catalog::builtin();
        let guessed = guess(catalog.get(&"qwen2.5-coder-1.5b-instruct".parse().unwrap()).unwrap());
        let estimated = estimate(&qwen_1_5b(), 1_117_320_768, &LoadPlan::new(8192, WeightLayout::Once)).total();
        assert!((1.0..1.15).contains(&(guessed as f64 / estimated as f64)), "{guessed} against {estimated}");
        // Its catalogue knows no size.
        let guessed = guess(catalog.get(&"qwen3-4b".parse().unwrap()).unwrap());
        assert!((3_500_000_000..4_500_000_000).contains(&guessed), "{guessed}");
    }

    #[test]
    fn a_hostile_header_overflows_nothing() {
        let header = Header {
            embedding_length: u32::MAX,
            feed_forward_length: u32::MAX,
            head_count_kv: vec![u32::MAX; 4096],
            key_length: u32::MAX,
            value_length: u32::MAX,
            vocabulary_size: u32::MAX,
            repackable_bytes: u64::MAX,
            ..qwen_1_5b()
        };
        let plan =
            LoadPlan { n_ctx: u32::MAX, n_ubatch: u32::MAX, n_outputs_max: u32::MAX, layout: WeightLayout::Both };
        assert_eq!(estimate(&header, u64::MAX, &plan).total(), u64::MAX);
    }

    #[test]
    fn what_is_as_large_as_what_is_left_fits() {
        let estimate = MemoryEstimate { weights: 100, repacked: 20, kv_cache: 3, compute: 0, process: 0 };
        assert_eq!(fits(&estimate, 123), Fit::Fits);
        assert_eq!(fits(&estimate, 122), Fit::TooBig { needed: 123, available: 122 });
    }

    /// Writes files under a folder and asks what is available there.
    fn check(files: &[(&str, &str)], expected: Option<u64>) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        let found = available_under(&folder.path().join("proc"), &folder.path().join("cg"));
        assert_eq!(found.ok(), expected, "{files:?}");
    }

    #[test]
    fn the_tightest_limit_counts() {
        let meminfo = ("proc/meminfo", "MemTotal:  2000 kB\nMemAvailable:    1000 kB\n");
        let v2 = ("proc/self/cgroup", "0::/user/app\n");
        let v1 = ("proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/job\n0::/\n");
        check(&[meminfo], Some(1_024_000));
        check(&[], None);
        check(&[("proc/meminfo", "MemAvailable: many kB")], None);
        check(&[meminfo, v2, ("cg/user/app/memory.max", "max"), ("cg/user/app/memory.current", "9")], Some(1_024_000));
        check(
            &[
                meminfo,
                v2,
                ("cg/user/app/memory.max", "max\n"),
                ("cg/user/memory.max", "600000\n"),
                ("cg/user/memory.current", "200000\n"),
                ("cg/user/memory.stat", "anon 5\ninactive_file 50000\nactive_file 1\n"),
            ],
            Some(450_000),
        );
        // A container: the path is that of the host, the mount is the group.
        check(
            &[meminfo, v1, ("cg/memory/memory.limit_in_bytes", "5000"), ("cg/memory/memory.usage_in_bytes", "1000")],
            Some(4000),
        );
        check(
            &[
                meminfo,
                v1,
                ("cg/memory/job/memory.limit_in_bytes", "5000"),
                ("cg/memory/job/memory.usage_in_bytes", "6000"),
            ],
            Some(0),
        );
        // Version 1 without a limit.
        check(
            &[
                meminfo,
                v1,
                ("cg/memory/memory.limit_in_bytes", "9223372036854771712"),
                ("cg/memory/memory.usage_in_bytes", "1"),
            ],
            Some(1_024_000),
        );
    }

    #[test]
    fn this_computer_has_some_memory() {
        assert!(available().unwrap() > 0);
    }
}

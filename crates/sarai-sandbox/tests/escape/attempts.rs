//! Every attempt to get out, as data.
//!
//! An attempt is a command of `sarai-probe` with places in braces, which are other ones outside than inside:
//!
//! | place | outside | inside |
//! |---|---|---|
//! | `{rw}`, `{tmp}` | folders | a mount that may be written, `/tmp` |
//! | `{ro}` | the same kind of folder, writable | a mount that may only be read |
//! | `{mount}` | a read-only mount | the same as `{ro}` |
//! | `{init}`, `{program}` | copies of files | the jail's first program, and the probe itself |
//! | `{canary}`, `{outside}`, `{mark}` and the rest | the same in both: things that are outside |

use sarai_sandbox::Root;

/// How an attempt is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judge {
    /// By the probe's exit code.
    Code,
    /// The same, and the kernel may also have ended everything in the jail.
    CodeOrKilled,
    /// Somebody outside tries to come in meanwhile.
    Visited,
    /// By whether somebody lives on when the program has ended.
    Orphan,
    /// By whether it lives on when the launcher was asked to end, and then killed.
    Stubborn,
    /// By how much of the output arrives.
    Flood,
}

/// What shows that the attempt would work if nobody stopped it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// The same command outside.
    Same,
    /// The same as root. Without root: that system calls can be made by their number.
    Root,
    /// The same as root; some computers have no such thing, or let nobody do it. Then this other command, which is near
    /// to it, shows that it is not the probe that fails.
    RootOr(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) command: &'static str,
    pub(crate) control: Control,
    pub(crate) judge: Judge,
    pub(crate) root: Root,
}

/// A plain one: by the exit code, with an empty root.
const fn attempt(command: &'static str, control: Control) -> Attempt {
    Attempt { command, control, judge: Judge::Code, root: Root::Empty }
}

const fn judged(command: &'static str, judge: Judge) -> Attempt {
    Attempt { command, control: Control::Same, judge, root: Root::Empty }
}

/// One that needs programs of the computer's, and perhaps finds something there.
const fn among_programs(command: &'static str, control: Control) -> Attempt {
    Attempt { command, control, judge: Judge::Code, root: Root::System }
}

/// Where the kernel itself is what is missing: reading its log needs privileges, too.
const NO_SUCH_CALL: Control = Control::RootOr("kernel-log");
const SYSTEM_CALL: Control = Control::RootOr("system-call");

pub(crate) const ATTEMPTS: &[Attempt] = &[
    // Files outside.
    attempt("read {canary} {mark}", Control::Same),
    among_programs("read {canary} {mark}", Control::Same),
    among_programs("read /etc/passwd {passwd}", Control::Same),
    attempt("list-folder {outside} canary", Control::Same),
    attempt("symlink {rw} {canary} {mark}", Control::Same),
    attempt("hard-link {rw} {canary} {mark}", Control::Same),
    attempt("folder-above {rw} {above} {mark}", Control::Same),
    attempt("root-of self {canary} {mark}", Control::Same),
    attempt("root-of parent {canary} {mark}", Control::Same),
    attempt("handle {rw}", Control::Root),
    // Files that may only be read.
    attempt("overwrite {ro}/file", Control::Same),
    attempt("append {ro}/file", Control::Same),
    attempt("create {ro}", Control::Same),
    attempt("remove {ro}/file", Control::Same),
    attempt("move-here {rw} {ro}/file", Control::Same),
    attempt("hard-link-and-write {rw} {ro}/file", Control::Same),
    attempt("change-mode {ro}/file 600", Control::Same),
    attempt("change-time {ro}/file", Control::Same),
    attempt("create /", Control::Root),
    among_programs("create /usr", Control::Root),
    // They run, so nobody could write into them anyway; but their mode and time could be changed, or they be taken away.
    attempt("change-mode {init} 777", Control::Same),
    attempt("remove {init}", Control::Same),
    attempt("change-time {program}", Control::Same),
    attempt("move-here {rw} {program}", Control::Same),
    // The kernel's files.
    attempt("write-back /proc/sys/kernel/core_pattern", Control::Root),
    attempt("write-back /proc/sys/vm/swappiness", Control::Root),
    attempt("write-back /sys/module/printk/parameters/time", Control::Root),
    attempt("make-folder {cgroup}", Control::Root),
    attempt("read-beginning /proc/kallsyms", Control::Same),
    attempt(
        "open-device /dev/kmsg /dev/mem /dev/port /dev/fuse /dev/kvm /dev/net/tun /dev/loop-control",
        Control::Root,
    ),
    attempt("open-device /dev/vda /dev/sda /dev/nvme0n1 /dev/loop0", Control::RootOr("open-device /dev/null")),
    // Other processes.
    attempt("see-process {mark} victim", Control::Same),
    attempt("kill {victim}", Control::Same),
    attempt("own-environment SARAI_ESCAPE_LEAK {mark}", Control::Same),
    attempt("environment-of-others {mark}", Control::Same),
    attempt("memory-of-parent", Control::Root),
    attempt("read-parent", Control::Root),
    attempt("trace-parent", Control::Root),
    attempt("take-file-of-parent", Control::Root),
    attempt("compare-with-parent", NO_SUCH_CALL),
    attempt("move-pages-of-parent", NO_SUCH_CALL),
    attempt("file-of parent fd/0", Control::Same),
    attempt("file-of parent exe", Control::Same),
    attempt("file-of parent cwd", Control::Same),
    attempt("inherited-files", Control::Same),
    attempt("shared-memory {key} {mark}", Control::Same),
    // Namespaces.
    attempt("unshare-user", SYSTEM_CALL),
    attempt("unshare-others", Control::Root),
    attempt("clone-user", SYSTEM_CALL),
    attempt("clone3-user", SYSTEM_CALL),
    attempt("enter-opened parent", Control::Root),
    attempt("enter-inherited {namespace}", Control::Root),
    attempt("host-name", Control::Root),
    attempt("change-root {rw}", Control::Root),
    // The mount family.
    attempt("mount-memory {rw}", Control::Root),
    attempt("mount-proc {rw}", Control::Root),
    attempt("bind {ro} {rw}", Control::Root),
    attempt("remount-writable {mount}", Control::Root),
    attempt("unmount {mount}", Control::Root),
    attempt("pivot {mount}", Control::Root),
    attempt("clone-mount {mount} {rw}", Control::Root),
    attempt("new-file-system {rw}", Control::Root),
    attempt("mount-attributes {mount}", Control::Root),
    // Sockets.
    attempt("unix-socket {socket} {mark}", Control::Same),
    attempt("abstract-socket {abstract} {mark}", Control::Same),
    attempt("tcp-connect {tcp} {mark}", Control::Same),
    attempt("udp {udp} {mark}", Control::Same),
    judged("tcp-listen {rw}/port", Judge::Visited),
    attempt("raw-icmp", Control::Root),
    attempt("netlink", Control::Same),
    attempt("packet", Control::Root),
    attempt("vsock", Control::RootOr("netlink")),
    attempt("alg", Control::RootOr("netlink")),
    attempt("ring-setup", SYSTEM_CALL),
    attempt("ring-open {canary}", SYSTEM_CALL),
    attempt("ring-connect {tcp}", SYSTEM_CALL),
    // Running what nobody gave to be run.
    attempt("run-memory", Control::Same),
    attempt("run-copy {tmp}", Control::Same),
    attempt("run-copy {rw}", Control::Same),
    attempt("map-code {tmp}", Control::Same),
    attempt("map-code {rw}", Control::Same),
    among_programs("run-script {tmp}", Control::Same),
    among_programs("run-script {rw}", Control::Same),
    among_programs("run-by-loader {tmp}", Control::Same),
    among_programs("run-by-loader {rw}", Control::Same),
    attempt("run-set-id {ro}/set-id", Control::Root),
    attempt("change-mode {rw}/file 4755", Control::Same),
    // More power.
    attempt("become-root", Control::Root),
    attempt("gain-capability", Control::Root),
    attempt("make-device {rw}", Control::Root),
    attempt("real-time", Control::Root),
    attempt("raise-limit", SYSTEM_CALL),
    attempt("no-randomisation", Control::Same),
    attempt("readable-is-runnable", Control::Same),
    attempt("terminal-input", Control::RootOr("open-device /dev/ptmx")),
    // Other calls into the kernel.
    attempt("add-key", SYSTEM_CALL),
    attempt("request-key", SYSTEM_CALL),
    attempt("keyring", SYSTEM_CALL),
    attempt("bpf", Control::Root),
    attempt("perf", NO_SUCH_CALL),
    attempt("userfaultfd", NO_SUCH_CALL),
    attempt("set-clock", Control::Root),
    attempt("kernel-log", Control::Root),
    attempt("quota", NO_SUCH_CALL),
    attempt("load-kernel", NO_SUCH_CALL),
    attempt("load-module", NO_SUCH_CALL),
    attempt("ports", NO_SUCH_CALL),
    attempt("swap-on {ro}/file", NO_SUCH_CALL),
    attempt("restart", Control::Root),
    attempt("watch-all-files {rw}", NO_SUCH_CALL),
    // More of the computer than was given: each is beyond a limit of the policy.
    judged("many-processes 64", Judge::CodeOrKilled),
    judged("many-threads 64", Judge::CodeOrKilled),
    judged("much-memory 134217728", Judge::CodeOrKilled),
    judged("fill-folder {tmp} 4194304", Judge::Code),
    judged("many-files 256", Judge::Code),
    judged("big-file {rw} 8388608", Judge::Code),
    judged("flood 8388608", Judge::Flood),
    // Living on.
    judged("orphan {rw}/beat", Judge::Orphan),
    judged("stubborn {rw}/beat", Judge::Stubborn),
];

//! The system calls that a jailed program may make.
//!
//! A list of what is allowed, in groups, each with the reason why a program needs it. What is not here does not work:
//! it gives EPERM, and those of [`UNKNOWN`] give ENOSYS, as in a kernel that does not know them, because libraries then
//! use an older call that can be judged. Among what is missing on purpose: io_uring (a way around every rule about
//! sockets and files), ptrace and process_vm_* (other processes), the mount family, setns and unshare, keyctl, bpf,
//! perf_event_open, userfaultfd (kernel exploits' favourite), memfd_create and execveat (running what is in no file),
//! mknod, modules, kexec, clocks, quotas, handles, System V IPC and message queues.

use libc::c_long;

/// What an argument may be. Compared are 32 bits, as many as the kernel looks at, so that nothing hides above them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    /// One of these.
    OneOf(&'static [u64]),
    /// None of these bits.
    Without(u64),
}

/// Calls that are allowed, perhaps only with certain values of one argument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    /// What a program needs them for.
    #[allow(dead_code, reason = "for whoever reads or changes the list")]
    pub(crate) reason: &'static str,
    pub(crate) calls: &'static [c_long],
    /// The argument's place, from 0, and what it may be.
    pub(crate) only: Option<(u8, Test)>,
}

const fn group(reason: &'static str, calls: &'static [c_long]) -> Group {
    Group { reason, calls, only: None }
}

const fn only(reason: &'static str, calls: &'static [c_long], argument: u8, test: Test) -> Group {
    Group { reason, calls, only: Some((argument, test)) }
}

/// Bits of a mode that would make a file run as its owner, who outside is the person.
const SET_ID: u64 = 0o6000;
/// What makes a new namespace; CLONE_NEWTIME shares its bit with the exit signal of clone and is only for unshare.
const NEW_NAMESPACE: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u32 as u64;
/// Asks what a terminal is and how wide, how much can be read, and whether calls wait. Nothing that puts characters into
/// a terminal's input (TIOCSTI, TIOCLINUX), and nothing of devices or file systems.
#[rustfmt::skip]
const IOCTLS: &[u64] = &[
    libc::TCGETS, libc::TIOCGWINSZ, libc::TIOCGPGRP, libc::FIONREAD, libc::FIONBIO, libc::FIOCLEX, libc::FIONCLEX,
];
#[rustfmt::skip]
const PRCTLS: &[u64] = &[
    libc::PR_SET_NAME as u64, libc::PR_GET_NAME as u64, libc::PR_SET_PDEATHSIG as u64, libc::PR_GET_PDEATHSIG as u64,
    libc::PR_GET_DUMPABLE as u64, libc::PR_SET_DUMPABLE as u64, libc::PR_SET_NO_NEW_PRIVS as u64,
    libc::PR_GET_NO_NEW_PRIVS as u64, libc::PR_CAPBSET_READ as u64, libc::PR_SET_CHILD_SUBREAPER as u64,
    libc::PR_GET_CHILD_SUBREAPER as u64, libc::PR_SET_TIMERSLACK as u64, libc::PR_GET_TIMERSLACK as u64,
    libc::PR_SET_THP_DISABLE as u64, libc::PR_GET_THP_DISABLE as u64, libc::PR_SET_VMA as u64,
];
/// Linux as it is, and the question which one is on. Not the one that switches address randomisation off.
const PERSONALITIES: &[u64] = &[0, 0xffff_ffff];

#[rustfmt::skip]
pub(crate) const GROUPS: &[Group] = &[
    group("memory", &[
        libc::SYS_brk, libc::SYS_mmap, libc::SYS_munmap, libc::SYS_mremap, libc::SYS_mprotect, libc::SYS_madvise,
        libc::SYS_mincore, libc::SYS_msync, libc::SYS_mlock, libc::SYS_mlock2, libc::SYS_munlock, libc::SYS_mlockall,
        libc::SYS_munlockall, libc::SYS_membarrier, libc::SYS_mseal,
    ]),
    group("files that are open", &[
        libc::SYS_read, libc::SYS_write, libc::SYS_readv, libc::SYS_writev, libc::SYS_pread64, libc::SYS_pwrite64,
        libc::SYS_preadv, libc::SYS_pwritev, libc::SYS_preadv2, libc::SYS_pwritev2, libc::SYS_lseek, libc::SYS_close,
        libc::SYS_close_range, libc::SYS_dup, libc::SYS_dup3, libc::SYS_fcntl, libc::SYS_flock, libc::SYS_fsync,
        libc::SYS_fdatasync, libc::SYS_sync_file_range, libc::SYS_ftruncate, libc::SYS_fallocate,
        libc::SYS_fadvise64, libc::SYS_readahead, libc::SYS_sendfile, libc::SYS_copy_file_range, libc::SYS_splice,
        libc::SYS_getdents64, libc::SYS_fstat, libc::SYS_fstatfs, libc::SYS_fchdir, libc::SYS_fchown,
        libc::SYS_pipe2,
    ]),
    group("files by name", &[
        libc::SYS_newfstatat, libc::SYS_statx, libc::SYS_statfs, libc::SYS_faccessat, libc::SYS_faccessat2,
        libc::SYS_readlinkat, libc::SYS_getcwd, libc::SYS_chdir, libc::SYS_truncate, libc::SYS_unlinkat,
        libc::SYS_renameat, libc::SYS_renameat2, libc::SYS_linkat, libc::SYS_symlinkat, libc::SYS_fchownat,
        libc::SYS_utimensat, libc::SYS_umask, libc::SYS_getxattr, libc::SYS_lgetxattr, libc::SYS_fgetxattr,
        libc::SYS_listxattr, libc::SYS_llistxattr, libc::SYS_flistxattr, libc::SYS_inotify_init1,
        libc::SYS_inotify_add_watch, libc::SYS_inotify_rm_watch,
    ]),
    only("files that are made, without set-id bits", &[libc::SYS_openat], 3, Test::Without(SET_ID)),
    only("folders that are made, without set-id bits", &[libc::SYS_mkdirat], 2, Test::Without(SET_ID)),
    only("modes, without set-id bits", &[libc::SYS_fchmod], 1, Test::Without(SET_ID)),
    only("modes by name, without set-id bits", &[libc::SYS_fchmodat, libc::SYS_fchmodat2], 2, Test::Without(SET_ID)),
    group("waiting", &[
        libc::SYS_ppoll, libc::SYS_pselect6, libc::SYS_epoll_create1, libc::SYS_epoll_ctl, libc::SYS_epoll_pwait,
        libc::SYS_epoll_pwait2, libc::SYS_eventfd2, libc::SYS_timerfd_create, libc::SYS_timerfd_settime,
        libc::SYS_timerfd_gettime, libc::SYS_signalfd4,
    ]),
    group("processes and threads", &[
        libc::SYS_execve, libc::SYS_exit, libc::SYS_exit_group, libc::SYS_wait4, libc::SYS_waitid, libc::SYS_futex,
        libc::SYS_futex_waitv, libc::SYS_set_robust_list, libc::SYS_get_robust_list, libc::SYS_set_tid_address,
        libc::SYS_rseq, libc::SYS_gettid, libc::SYS_getpid, libc::SYS_getppid, libc::SYS_getpgid, libc::SYS_setpgid,
        libc::SYS_getsid, libc::SYS_setsid, libc::SYS_pidfd_open, libc::SYS_pidfd_send_signal,
        libc::SYS_restart_syscall,
    ]),
    only("new processes and threads, without namespaces", &[libc::SYS_clone], 0, Test::Without(NEW_NAMESPACE)),
    group("who it is; there is no way to become another", &[
        libc::SYS_getuid, libc::SYS_geteuid, libc::SYS_getgid, libc::SYS_getegid, libc::SYS_getresuid,
        libc::SYS_getresgid, libc::SYS_getgroups, libc::SYS_capget,
    ]),
    group("the scheduler, as far as it concerns itself", &[
        libc::SYS_sched_yield, libc::SYS_sched_getaffinity, libc::SYS_sched_setaffinity, libc::SYS_sched_getparam,
        libc::SYS_sched_setparam, libc::SYS_sched_getscheduler, libc::SYS_sched_setscheduler,
        libc::SYS_sched_get_priority_max, libc::SYS_sched_get_priority_min, libc::SYS_sched_rr_get_interval,
        libc::SYS_sched_getattr, libc::SYS_getpriority, libc::SYS_setpriority, libc::SYS_getcpu,
        libc::SYS_get_mempolicy,
    ]),
    group("limits, which can only become tighter, and what was used", &[
        libc::SYS_prlimit64, libc::SYS_getrlimit, libc::SYS_setrlimit, libc::SYS_getrusage, libc::SYS_times,
    ]),
    group("signals", &[
        libc::SYS_rt_sigaction, libc::SYS_rt_sigprocmask, libc::SYS_rt_sigreturn, libc::SYS_rt_sigsuspend,
        libc::SYS_rt_sigpending, libc::SYS_rt_sigtimedwait, libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo,
        libc::SYS_sigaltstack, libc::SYS_kill, libc::SYS_tkill, libc::SYS_tgkill,
    ]),
    group("time, to read and to wait for", &[
        libc::SYS_clock_gettime, libc::SYS_clock_getres, libc::SYS_clock_nanosleep, libc::SYS_nanosleep,
        libc::SYS_gettimeofday, libc::SYS_getitimer, libc::SYS_setitimer, libc::SYS_timer_create,
        libc::SYS_timer_settime, libc::SYS_timer_gettime, libc::SYS_timer_getoverrun, libc::SYS_timer_delete,
    ]),
    group("the computer, as far as it shows itself", &[
        libc::SYS_uname, libc::SYS_sysinfo, libc::SYS_getrandom,
    ]),
    only("Unix sockets, and no others", &[libc::SYS_socket, libc::SYS_socketpair], 0,
        Test::OneOf(&[libc::AF_UNIX as u64])),
    group("sockets that are there", &[
        libc::SYS_bind, libc::SYS_listen, libc::SYS_accept, libc::SYS_accept4, libc::SYS_connect,
        libc::SYS_getsockname, libc::SYS_getpeername, libc::SYS_getsockopt, libc::SYS_setsockopt,
        libc::SYS_sendto, libc::SYS_recvfrom, libc::SYS_sendmsg, libc::SYS_recvmsg, libc::SYS_sendmmsg,
        libc::SYS_recvmmsg, libc::SYS_shutdown,
    ]),
    only("questions to open files", &[libc::SYS_ioctl], 1, Test::OneOf(IOCTLS)),
    only("its own name and habits", &[libc::SYS_prctl], 0, Test::OneOf(PRCTLS)),
    only("which Linux it runs on", &[libc::SYS_personality], 0, Test::OneOf(PERSONALITIES)),
];

/// Older names of the same things, on the one platform that has them.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
pub(crate) const GROUPS_OF_PLATFORM: &[Group] = &[
    group("older calls for files", &[
        libc::SYS_stat, libc::SYS_lstat, libc::SYS_access, libc::SYS_readlink, libc::SYS_dup2, libc::SYS_pipe,
        libc::SYS_getdents, libc::SYS_rename, libc::SYS_rmdir, libc::SYS_unlink, libc::SYS_link, libc::SYS_symlink,
        libc::SYS_chown, libc::SYS_lchown, libc::SYS_utime, libc::SYS_utimes, libc::SYS_futimesat,
        libc::SYS_inotify_init,
    ]),
    only("older calls that make files, without set-id bits", &[libc::SYS_open], 2, Test::Without(SET_ID)),
    only("older calls that make or change, without set-id bits", &[libc::SYS_creat, libc::SYS_mkdir, libc::SYS_chmod],
        1, Test::Without(SET_ID)),
    group("older calls to wait", &[
        libc::SYS_poll, libc::SYS_select, libc::SYS_epoll_create, libc::SYS_epoll_wait, libc::SYS_eventfd,
        libc::SYS_signalfd, libc::SYS_alarm, libc::SYS_pause, libc::SYS_time,
    ]),
    group("older calls for processes, and its own registers", &[
        libc::SYS_fork, libc::SYS_vfork, libc::SYS_getpgrp, libc::SYS_arch_prctl,
    ]),
];
#[cfg(not(target_arch = "x86_64"))]
pub(crate) const GROUPS_OF_PLATFORM: &[Group] = &[];

/// What libraries try first and can do without: its arguments lie in memory, where no filter sees them, or it is too new
/// to be known well.
pub(crate) const UNKNOWN: &[c_long] = &[libc::SYS_clone3, libc::SYS_openat2];

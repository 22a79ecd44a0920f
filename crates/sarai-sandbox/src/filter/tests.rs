//! The compiled programs against the list, by a machine that runs them as the kernel does.

use std::collections::BTreeMap;

use proptest::prelude::*;
use seccompiler::sock_filter;

use super::*;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const PERM: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
const NOSYS: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
#[cfg(target_arch = "x86_64")]
const PLATFORM: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const PLATFORM: u32 = 0xc000_00b7;

/// One call as a filter sees it.
#[derive(Debug, Clone, Copy)]
struct Call {
    number: u32,
    platform: u32,
    arguments: [u64; 6],
}

impl Call {
    fn new(number: i64, arguments: [u64; 6]) -> Self {
        Self { number: u32::try_from(number).unwrap(), platform: PLATFORM, arguments }
    }

    fn word(&self, offset: u32) -> u32 {
        let mut record = Vec::new();
        record.extend(self.number.to_ne_bytes());
        record.extend(self.platform.to_ne_bytes());
        record.extend(0_u64.to_ne_bytes());
        record.extend(self.arguments.iter().flat_map(|argument| argument.to_ne_bytes()));
        let at = offset as usize;
        u32::from_ne_bytes(record[at..at + 4].try_into().unwrap())
    }
}

/// Runs a classic BPF program, as far as seccomp has it.
fn run(program: &[sock_filter], call: &Call) -> u32 {
    let (mut accumulator, mut at) = (0_u32, 0_usize);
    loop {
        let step = &program[at];
        at += 1;
        let jump = |taken: bool| usize::from(if taken { step.jt } else { step.jf });
        match step.code {
            0x20 => accumulator = call.word(step.k),
            0x54 => accumulator &= step.k,
            0x05 => at += step.k as usize,
            0x15 => at += jump(accumulator == step.k),
            0x25 => at += jump(accumulator > step.k),
            0x35 => at += jump(accumulator >= step.k),
            0x06 => return step.k,
            code => panic!("instruction {code:#x} is not known here"),
        }
    }
}

/// What the kernel makes of both: the answer that stands first in its order of strictness.
fn answer(call: &Call) -> u32 {
    let programs = programs().unwrap();
    // The newest is asked first.
    let mut answers = programs.iter().rev().map(|program| run(program, call));
    let first = answers.next().unwrap();
    answers.fold(first, |worst, next| if strictness(next) > strictness(worst) { next } else { worst })
}

fn strictness(answer: u32) -> u32 {
    match answer & libc::SECCOMP_RET_ACTION_FULL {
        libc::SECCOMP_RET_KILL_PROCESS => 2,
        libc::SECCOMP_RET_ERRNO => 1,
        libc::SECCOMP_RET_ALLOW => 0,
        other => panic!("nobody asked for {other:#x}"),
    }
}

/// What the list says, read directly.
fn table() -> BTreeMap<i64, Option<(u8, Test)>> {
    let groups = GROUPS.iter().chain(GROUPS_OF_PLATFORM);
    groups.flat_map(|group| group.calls.iter().map(|&call| (call, group.only))).collect()
}

fn expected(table: &BTreeMap<i64, Option<(u8, Test)>>, call: &Call) -> u32 {
    if call.platform != PLATFORM {
        return libc::SECCOMP_RET_KILL_PROCESS;
    }
    let number = i64::from(call.number);
    if UNKNOWN.contains(&number) {
        return NOSYS;
    }
    let fine = match table.get(&number) {
        None => false,
        Some(None) => true,
        Some(Some((place, test))) => {
            // The kernel looks at 32 bits of these arguments.
            let value = call.arguments[usize::from(*place)] & 0xffff_ffff;
            match test {
                Test::OneOf(values) => values.contains(&value),
                Test::Without(bits) => value & bits == 0,
            }
        }
    };
    if fine { ALLOW } else { PERM }
}

#[test]
fn every_number_is_answered_as_the_list_says() {
    let table = table();
    for number in (0..1024).chain(0x4000_0000..0x4000_0240) {
        for value in [0, 1, 2, 16, 40, 0o644, 0o4755, 0o2000, 0x1000_0000, 0x0004_0000, 0x5412, u64::MAX] {
            let call = Call::new(number, [value; 6]);
            assert_eq!(answer(&call), expected(&table, &call), "call {number} with {value:#x}");
        }
    }
}

#[test]
fn a_call_stands_in_one_group_only() {
    let groups = GROUPS.iter().chain(GROUPS_OF_PLATFORM);
    let all: Vec<i64> = groups.flat_map(|group| group.calls).chain(UNKNOWN).copied().collect();
    let mut once = all.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(all.len(), once.len());
    assert!(GROUPS.iter().all(|group| !group.reason.is_empty()));
}

#[test]
fn what_is_dangerous_is_denied() {
    let unix = libc::AF_UNIX as u64;
    let thread = (libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SIGHAND) as u64;
    for (number, arguments, wanted) in [
        (libc::SYS_io_uring_setup, [0; 6], PERM),
        (libc::SYS_ptrace, [0; 6], PERM),
        (libc::SYS_process_vm_readv, [0; 6], PERM),
        (libc::SYS_mount, [0; 6], PERM),
        (libc::SYS_open_tree, [0; 6], PERM),
        (libc::SYS_setns, [0; 6], PERM),
        (libc::SYS_unshare, [0; 6], PERM),
        (libc::SYS_bpf, [0; 6], PERM),
        (libc::SYS_userfaultfd, [0; 6], PERM),
        (libc::SYS_perf_event_open, [0; 6], PERM),
        (libc::SYS_keyctl, [0; 6], PERM),
        (libc::SYS_memfd_create, [0; 6], PERM),
        (libc::SYS_execveat, [0; 6], PERM),
        (libc::SYS_seccomp, [0; 6], PERM),
        (libc::SYS_mknodat, [0; 6], PERM),
        (libc::SYS_open_by_handle_at, [0; 6], PERM),
        (libc::SYS_clone3, [0; 6], NOSYS),
        (libc::SYS_clone, [thread, 0, 0, 0, 0, 0], ALLOW),
        (libc::SYS_clone, [libc::CLONE_NEWUSER as u64, 0, 0, 0, 0, 0], PERM),
        (libc::SYS_clone, [libc::CLONE_NEWNET as u64 | 17, 0, 0, 0, 0, 0], PERM),
        (libc::SYS_socket, [unix, 1, 0, 0, 0, 0], ALLOW),
        // The kernel does not see what is above the 32 bits, so it does not make the family another.
        (libc::SYS_socket, [unix | 1 << 40, 1, 0, 0, 0, 0], ALLOW),
        (libc::SYS_socket, [libc::AF_INET as u64, 1, 0, 0, 0, 0], PERM),
        (libc::SYS_socket, [libc::AF_INET as u64 | 1 << 40, 1, 0, 0, 0, 0], PERM),
        (libc::SYS_socket, [libc::AF_VSOCK as u64, 1, 0, 0, 0, 0], PERM),
        (libc::SYS_ioctl, [0, libc::TCGETS, 0, 0, 0, 0], ALLOW),
        (libc::SYS_ioctl, [0, libc::TIOCSTI, 0, 0, 0, 0], PERM),
        (libc::SYS_ioctl, [0, libc::TIOCSTI | 1 << 32, 0, 0, 0, 0], PERM),
        (libc::SYS_openat, [0, 0, 64, 0o644, 0, 0], ALLOW),
        (libc::SYS_openat, [0, 0, 64, 0o4755, 0, 0], PERM),
        (libc::SYS_fchmodat, [0, 0, 0o2755, 0, 0, 0], PERM),
        (libc::SYS_personality, [0xffff_ffff, 0, 0, 0, 0, 0], ALLOW),
        (libc::SYS_personality, [libc::ADDR_NO_RANDOMIZE as u64, 0, 0, 0, 0, 0], PERM),
        (libc::SYS_prctl, [libc::PR_SET_SECCOMP as u64, 0, 0, 0, 0, 0], PERM),
    ] {
        assert_eq!(answer(&Call::new(number, arguments)), wanted, "call {number} with {arguments:x?}");
    }
}

#[test]
fn a_call_of_another_platform_is_the_end() {
    let call = Call { platform: 0x4000_0003, ..Call::new(libc::SYS_read, [0; 6]) };
    assert_eq!(answer(&call), libc::SECCOMP_RET_KILL_PROCESS);
}

proptest! {
    #[test]
    fn any_call_is_answered_as_the_list_says(
        number in prop_oneof![0_u32..520, any::<u32>()],
        arguments in any::<[u64; 6]>(),
        small in any::<[u16; 6]>(),
        use_small in any::<bool>(),
    ) {
        let arguments = if use_small { small.map(u64::from) } else { arguments };
        let call = Call { number, platform: PLATFORM, arguments };
        prop_assert_eq!(answer(&call), expected(&table(), &call));
    }
}

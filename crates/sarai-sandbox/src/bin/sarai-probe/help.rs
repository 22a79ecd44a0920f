//! What attempts and their controls need besides the attempts: programs that do nothing wrong.

use std::ffi::CStr;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use crate::BROKEN;
use crate::outcome::{Arguments, End};
use crate::programs::{RAN, RAN_AS_ROOT};
use crate::sys::{self, Arg, call};

/// Ends with the code, if `name` is one of these.
pub(crate) fn run(name: &str, arguments: &mut Arguments) -> Option<u8> {
    match name {
        // Shows by its exit code that it was run, and as whom.
        "ran" => Some(RAN),
        "ran-as" => Some(if rustix::process::geteuid().is_root() { RAN_AS_ROOT } else { RAN }),
        // Does nothing for a while; a process to be found and killed.
        "victim" => {
            std::thread::sleep(std::time::Duration::from_secs(600));
            Some(0)
        }
        // Stands where a launcher would, without a jail: runs a program as its child and ends with its code.
        "stage" => Some(stage(arguments).unwrap_or(BROKEN)),
        "help-outside" => Some(match crate::outside::run(arguments) {
            Ok(()) => 0,
            Err(End::Blocked(why) | End::Broken(why)) => {
                crate::say(&format!("broken: {why}"));
                BROKEN
            }
        }),
        _ => None,
    }
}

/// A place for controls: what they mount and what they call the computer is theirs alone, as far as privileges allow, and
/// the folder that comes first is a read-only mount there.
fn stage(arguments: &mut Arguments) -> Option<u8> {
    let folder = sys::text(&arguments.text("a folder").ok()?).ok()?;
    let private = call(libc::SYS_unshare, [(libc::CLONE_NEWNS | libc::CLONE_NEWUTS).into()]);
    if private.is_ok() {
        let mount = |source: Arg<'_>, target: &CStr, flags: libc::c_ulong| {
            call(libc::SYS_mount, [source, target.into(), Arg::Null, flags.into(), Arg::Null])
        };
        mount(Arg::Null, c"/", libc::MS_REC | libc::MS_PRIVATE).ok()?;
        mount((&folder).into(), &folder, libc::MS_BIND).ok()?;
        mount(Arg::Null, &folder, libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY).ok()?;
    }
    let program = arguments.rest();
    let (program, arguments) = program.split_first()?;
    let status = Command::new(program).args(arguments).status().ok()?;
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    code.and_then(|code| u8::try_from(code).ok())
}

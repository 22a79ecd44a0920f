//! Living on when everybody thinks that it has ended.
//!
//! Whoever started it sees by a file that grows whether it lives.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use fs_err as fs;

use crate::Attempt;
use crate::outcome::{Arguments, Outcome, Step};
use crate::sys::{self, fork};

pub(crate) const ATTEMPTS: &[Attempt] = &[("orphan", orphan), ("stubborn", stubborn)];

const BEAT: Duration = Duration::from_millis(10);
/// Nobody stays for ever, even if all else fails.
const BEATS_MAX: usize = 6000;

/// Adds a byte to the file again and again, until the file is taken away.
fn beat(path: &Path) {
    for _ in 0..BEATS_MAX {
        let beaten = fs::OpenOptions::new().append(true).open(path).and_then(|mut file| file.write_all(b"."));
        if beaten.is_err() {
            return;
        }
        std::thread::sleep(BEAT);
    }
}

/// Leaves somebody behind who has left session, parent and terminal, and ends.
fn orphan(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a path")?;
    fs::write(&path, "").or_broken("make the file")?;
    let child = fork(|| {
        let grandchild = rustix::process::setsid().map_err(std::io::Error::from).and_then(|_| {
            fork(|| {
                sys::ignore(libc::SIGHUP);
                // The pipes must not show that somebody is left.
                for file in 0..3 {
                    let _ = sys::call(libc::SYS_close, [file.into()]);
                }
                beat(Path::new(&path));
                0
            })
        });
        u8::from(grandchild.is_err())
    });
    let status = rustix::process::waitpid(Some(child.or_broken("fork")?), rustix::process::WaitOptions::empty());
    status.or_broken("wait")?;
    for _ in 0..BEATS_MAX {
        if fs::metadata(&path).or_broken("look")?.len() > 0 {
            return Ok("left somebody behind".to_owned());
        }
        std::thread::sleep(BEAT);
    }
    Err(std::io::Error::other("it never came to life")).or_blocked("beat")
}

/// Does not hear of any wish that it should end.
fn stubborn(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a path")?;
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGUSR1] {
        sys::ignore(signal);
    }
    fs::write(&path, "").or_broken("make the file")?;
    beat(Path::new(&path));
    Ok("ended by itself".to_owned())
}

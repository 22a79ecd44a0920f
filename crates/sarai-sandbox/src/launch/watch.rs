//! Waits for whatever happens to a jail, while its output goes through.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::pump::Pump;
use super::signals::{News, Signals};
use crate::error::SandboxError;
use crate::launcher::LogLimit;
use crate::program::exit_code;

/// How long output may still take to get rid of when the program has ended and nobody reads.
const FLUSH_MS: u64 = 2_000;
/// What is kept of the first words on standard error: they say why a jail did not come to be.
const FIRST_WORDS_MAX: usize = 4096;

/// What has happened.
#[derive(Debug)]
pub(super) enum Event {
    /// Something came from init.
    Heard(Vec<u8>),
    /// Init will say nothing more.
    HungUp,
    Signal(News),
    /// The child has ended, and all its output is through. The code is as a shell would say it.
    Ended {
        code: u8,
    },
    Deadline,
}

pub(super) struct Watch {
    child: Pid,
    control: Option<OwnedFd>,
    signals: Signals,
    out: Pump,
    err: Pump,
    first_words: Vec<u8>,
    clock: Instant,
}

impl Watch {
    /// `outputs` are what the child writes to standard output and error.
    pub(super) fn new(
        child: Pid,
        outputs: [OwnedFd; 2],
        control: Option<OwnedFd>,
        signals: Signals,
        log: LogLimit,
    ) -> Self {
        let [out, err] = outputs.map(|output| Pump::new(output, log, 0));
        #[expect(clippy::disallowed_methods, reason = "the launcher is a shell: it waits")]
        let clock = Instant::now();
        Self { child, control, signals, out, err, first_words: Vec::new(), clock }
    }

    pub(super) fn child(&self) -> Pid {
        self.child
    }

    /// Has the child end; that it did is an event like any other.
    pub(super) fn kill(&self) {
        // It may have ended by itself.
        let _ = kill_process(self.child, Signal::KILL);
    }

    /// The child's end, when nothing else about it is of interest any more.
    pub(super) fn bury(&self) {
        let _ = waitpid(Some(self.child), WaitOptions::empty());
    }

    pub(super) fn control(&self) -> Option<&OwnedFd> {
        self.control.as_ref()
    }

    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The first that was written to standard error.
    pub(super) fn first_words(&self) -> String {
        String::from_utf8_lossy(&self.first_words).trim().to_owned()
    }

    pub(super) fn next(&mut self, deadline_ms: Option<u64>) -> Result<Event, SandboxError> {
        loop {
            let timeout = deadline_ms.map(|at| at.saturating_sub(self.now_ms()));
            let ready = self.wait(timeout)?;
            // What init says comes before the news that it has ended.
            if ready.control
                && let Some(event) = self.hear()?
            {
                return Ok(event);
            }
            if ready.signals
                && let Some(news) = self.signals.next()
            {
                if news != News::ChildChanged {
                    return Ok(Event::Signal(news));
                }
                if let Some(code) = self.ended()? {
                    self.flush()?;
                    return Ok(Event::Ended { code });
                }
            }
            if deadline_ms.is_some_and(|at| self.now_ms() >= at) {
                return Ok(Event::Deadline);
            }
        }
    }

    /// Waits and lets output through.
    fn wait(&mut self, timeout_ms: Option<u64>) -> Result<Ready, SandboxError> {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let mut files = vec![PollFd::from_borrowed_fd(self.signals.as_fd(), PollFlags::IN)];
        if let Some(control) = &self.control {
            files.push(PollFd::from_borrowed_fd(control.as_fd(), PollFlags::IN));
        }
        let out_at = self.out.wants(stdout.as_fd()).map(|file| push(&mut files, file));
        let err_at = self.err.wants(stderr.as_fd()).map(|file| push(&mut files, file));
        let timeout = timeout_ms.map(milliseconds);
        match poll(&mut files, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Ready::default()),
            Err(errno) => return Err(SandboxError::Start(format!("nothing can be waited for: {errno}"))),
        }
        let is_ready = |at: usize| !files[at].revents().is_empty();
        let (out, err) = (out_at.is_some_and(is_ready), err_at.is_some_and(is_ready));
        let ready = Ready { signals: is_ready(0), control: self.control.is_some() && is_ready(1) };
        let now = self.now_ms();
        if out {
            self.out.step(stdout.as_fd(), now);
        }
        if err && let Some(read) = self.err.step(stderr.as_fd(), now) {
            let room = FIRST_WORDS_MAX - self.first_words.len();
            self.first_words.extend_from_slice(&read[..read.len().min(room)]);
        }
        Ok(ready)
    }

    fn hear(&mut self) -> Result<Option<Event>, SandboxError> {
        let Some(control) = &self.control else { return Ok(None) };
        let mut bytes = [0; 4096];
        match rustix::io::read(control, &mut bytes) {
            Ok(count) if count > 0 => Ok(Some(Event::Heard(bytes[..count].to_vec()))),
            Err(Errno::INTR | Errno::AGAIN) => Ok(None),
            Ok(_) | Err(_) => {
                self.control = None;
                Ok(Some(Event::HungUp))
            }
        }
    }

    fn ended(&mut self) -> Result<Option<u8>, SandboxError> {
        let status = waitpid(Some(self.child), WaitOptions::NOHANG);
        let status = status.map_err(|errno| SandboxError::Start(format!("the child is lost: {errno}")))?;
        Ok(status.map(|(_, status)| exit_code(status)))
    }

    /// Lets through what is still in the pipes. All who could write to them have ended, unless the program has given
    /// its output away to somebody outside, so an empty pipe counts as the end.
    fn flush(&mut self) -> Result<(), SandboxError> {
        let until = self.now_ms() + FLUSH_MS;
        loop {
            let (stdout, stderr) = (io::stdout(), io::stderr());
            let mut done = true;
            for (pump, to) in [(&mut self.out, stdout.as_fd()), (&mut self.err, stderr.as_fd())] {
                let now = u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
                let reading = pump.is_empty();
                let patience = if reading { 0 } else { until.saturating_sub(now) };
                let Some(file) = pump.wants(to) else { continue };
                let moved = poll(&mut [file], Some(&milliseconds(patience))).is_ok_and(|count| count > 0);
                if moved {
                    pump.step(to, now);
                    done &= pump.is_done();
                }
            }
            if done {
                return Ok(());
            }
        }
    }
}

#[derive(Default)]
struct Ready {
    signals: bool,
    control: bool,
}

fn push<'a>(files: &mut Vec<PollFd<'a>>, file: PollFd<'a>) -> usize {
    files.push(file);
    files.len() - 1
}

fn milliseconds(count: u64) -> Timespec {
    let seconds = i64::try_from(count / 1000).unwrap_or(i64::MAX);
    Timespec { tv_sec: seconds, tv_nsec: i64::try_from(count % 1000).unwrap_or(0) * 1_000_000 }
}

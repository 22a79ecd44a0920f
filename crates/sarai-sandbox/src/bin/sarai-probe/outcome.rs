//! How an attempt ends, and what it is given.

use std::io;

/// What an attempt has achieved, in a few words.
pub(crate) type Outcome = Result<String, End>;

/// How an attempt ends otherwise.
#[derive(Debug)]
pub(crate) enum End {
    /// The step that was refused, and how.
    Blocked(String),
    /// Something that has nothing to do with the jail went wrong.
    Broken(String),
}

/// Says of a step's error what it means.
pub(crate) trait Step<T> {
    /// The jail may refuse it.
    fn or_blocked(self, step: &str) -> Result<T, End>;
    /// Preparation, which has to work in a jail too.
    fn or_broken(self, step: &str) -> Result<T, End>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn or_blocked(self, step: &str) -> Result<T, End> {
        self.map_err(|error| End::Blocked(format!("{step}: {}", name(&error.into()))))
    }

    fn or_broken(self, step: &str) -> Result<T, End> {
        self.map_err(|error| End::Broken(format!("{step}: {}", name(&error.into()))))
    }
}

/// Blocked unless `holds`.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), End> {
    if holds { Ok(()) } else { Err(End::Blocked(otherwise())) }
}

/// The short name of an error of the kernel, as the manuals have it.
fn name(error: &io::Error) -> String {
    let short = match number(error) {
        Some(libc::EPERM) => "EPERM",
        Some(libc::ENOENT) => "ENOENT",
        Some(libc::ESRCH) => "ESRCH",
        Some(libc::EIO) => "EIO",
        Some(libc::ENXIO) => "ENXIO",
        Some(libc::EBADF) => "EBADF",
        Some(libc::EAGAIN) => "EAGAIN",
        Some(libc::ENOMEM) => "ENOMEM",
        Some(libc::EACCES) => "EACCES",
        Some(libc::EBUSY) => "EBUSY",
        Some(libc::EXDEV) => "EXDEV",
        Some(libc::ENODEV) => "ENODEV",
        Some(libc::ENOTDIR) => "ENOTDIR",
        Some(libc::EINVAL) => "EINVAL",
        Some(libc::EMFILE) => "EMFILE",
        Some(libc::ENOTTY) => "ENOTTY",
        Some(libc::ETXTBSY) => "ETXTBSY",
        Some(libc::EFBIG) => "EFBIG",
        Some(libc::ENOSPC) => "ENOSPC",
        Some(libc::EROFS) => "EROFS",
        Some(libc::ENOSYS) => "ENOSYS",
        Some(libc::ENOEXEC) => "ENOEXEC",
        Some(libc::EOPNOTSUPP) => "EOPNOTSUPP",
        Some(libc::EPROTONOSUPPORT) => "EPROTONOSUPPORT",
        Some(libc::EAFNOSUPPORT) => "EAFNOSUPPORT",
        Some(libc::ENETUNREACH) => "ENETUNREACH",
        Some(libc::ECONNREFUSED) => "ECONNREFUSED",
        Some(libc::ECONNRESET) => "ECONNRESET",
        Some(libc::EDQUOT) => "EDQUOT",
        Some(other) => return format!("error {other}"),
        None => return error.to_string(),
    };
    short.to_owned()
}

/// The number of an error, which may stand only in the words of one that names the file.
fn number(error: &io::Error) -> Option<i32> {
    let in_words = || error.to_string().rsplit_once("(os error ")?.1.trim_end_matches(')').parse().ok();
    error.raw_os_error().or_else(in_words)
}

/// The command line behind the attempt's name.
pub(crate) struct Arguments(Box<dyn Iterator<Item = String>>);

impl Arguments {
    pub(crate) fn new(arguments: impl Iterator<Item = String> + 'static) -> Self {
        Self(Box::new(arguments))
    }

    pub(crate) fn text(&mut self, what: &str) -> Result<String, End> {
        self.0.next().ok_or_else(|| End::Broken(format!("it needs {what} as an argument")))
    }

    pub(crate) fn number<N: std::str::FromStr>(&mut self, what: &str) -> Result<N, End> {
        self.text(what)?.parse().map_err(|_| End::Broken(format!("{what} is not a number that fits")))
    }

    pub(crate) fn rest(&mut self) -> Vec<String> {
        self.0.by_ref().collect()
    }
}

//! What a service manager reads: a systemd user unit, or a supervisord file. Text out of values; nothing is run.
//!
//! Both tools cut, unquote and expand what they read, each in its own way, so every path goes through [`systemd_word`]
//! or [`supervisord_word`]. What neither could be told (control characters, bytes that are no UTF-8) is no [`Spec`].

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sarai_config::Folders;
use sarai_types::Notice;

use crate::ending::Told;

/// How our files begin: what begins otherwise is somebody else's.
pub(super) const MARK: &str = "Written by `sarai service install`; `sarai service uninstall` removes it.";

/// Variables that say where things are, and are kept for the service.
const PLACING: [&str; 6] =
    ["SARAI_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "SARAI_LLAMA_BIN", "SARAI_JAIL_BIN"];

/// A second more than `up` itself takes to let answers finish, and to end what does not.
const STOP_S: u32 = 60;

/// Keeps everything out of the service's reach that neither it nor the jails inside it need. Jails make namespaces and
/// mount a `/proc` of their own, so nothing here may forbid that or cover a part of `/proc`. `RestrictSUIDSGID` forbids
/// `openat2` as a whole, with which a jail looks at what it mounts; no privileges are to be had by such a file anyway.
const HARDENING: &str = "\
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
PrivateUsers=yes
CapabilityBoundingSet=
ProtectSystem=strict
PrivateTmp=yes
ProtectKernelModules=yes
RestrictRealtime=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap
SystemCallErrorNumber=EPERM
";

/// What a service is made of. Every text in it is one line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spec {
    program: String,
    variables: Vec<(&'static str, String)>,
    /// Folders that are written in.
    written: Vec<String>,
}

impl Spec {
    /// For a program and its folders. `get` looks a variable up; a `home` stands for all variables of folders.
    ///
    /// # Errors
    /// A path that cannot be written into such a file.
    pub(super) fn new(
        program: &Path,
        folders: &Folders,
        home: Option<&Path>,
        get: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Told> {
        let found = PLACING.into_iter().filter_map(|name| Some((name, PathBuf::from(get(name)?))));
        let placed = found.filter(|(name, path)| path.is_absolute() && (home.is_none() || name.ends_with("_BIN")));
        let variables = home.map(|home| ("SARAI_HOME", home.to_owned())).into_iter().chain(placed);
        Ok(Self {
            program: line(program)?,
            variables: variables.map(|(name, path)| Ok((name, line(&path)?))).collect::<Result<_, Told>>()?,
            written: [&folders.models, &folders.state].map(|path| line(path)).into_iter().collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn systemd(&self) -> String {
        let variables: String = self
            .variables
            .iter()
            .map(|(name, value)| format!("Environment={}\n", systemd_word(&format!("{name}={value}"))))
            .collect();
        format!(
            "# {MARK}\n\
             [Unit]\n\
             Description=SARAi, a private assistant\n\
             StartLimitIntervalSec=300\n\
             StartLimitBurst=5\n\
             \n\
             [Service]\n\
             Type=exec\n\
             ExecStart={}\n\
             {variables}{}\n\
             Restart=on-failure\n\
             RestartSec=5\n\
             RestartPreventExitStatus=2 64\n\
             KillMode=mixed\n\
             TimeoutStopSec={STOP_S}\n\
             OOMPolicy=continue\n\
             {HARDENING}\
             \n\
             [Install]\n\
             WantedBy=default.target\n",
            systemd_command(&self.program),
            self.write_line(),
        )
    }

    /// The line of a unit by which it is told whose it is.
    pub(super) fn write_line(&self) -> String {
        let written: Vec<String> = self.written.iter().map(|path| systemd_word(path)).collect();
        format!("ReadWritePaths={}", written.join(" "))
    }

    /// For a supervisord of this user's own. Everything beside the file is named by `%(here)s`, so that no path has to be
    /// quoted where there is no way to.
    pub(super) fn supervisord(&self) -> String {
        let variables: String = self
            .variables
            .iter()
            .map(|(name, value)| format!("{} ", supervisord_word(&format!("{name}={value}"))))
            .collect();
        format!(
            "; {MARK}\n\
             [supervisord]\n\
             pidfile=%(here)s/run/supervisord.pid\n\
             logfile=%(here)s/logs/supervisord.log\n\
             logfile_maxbytes=1MB\n\
             logfile_backups=1\n\
             childlogdir=%(here)s/logs\n\
             umask=077\n\
             \n\
             [unix_http_server]\n\
             file=%(here)s/run/supervisor.sock\n\
             chmod=0600\n\
             \n\
             [rpcinterface:supervisor]\n\
             supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\
             \n\
             [supervisorctl]\n\
             serverurl=unix://%(here)s/run/supervisor.sock\n\
             \n\
             [program:sarai]\n\
             command=/usr/bin/env {variables}{} up\n\
             autorestart=unexpected\n\
             exitcodes=0,2,64\n\
             startsecs=5\n\
             startretries=5\n\
             stopsignal=TERM\n\
             stopwaitsecs={STOP_S}\n\
             umask=077\n\
             redirect_stderr=true\n\
             stdout_logfile=AUTO\n\
             stdout_logfile_maxbytes=1MB\n\
             stdout_logfile_backups=1\n",
            supervisord_word(&self.program),
        )
    }
}

/// A path as one line of text.
fn line(path: &Path) -> Result<String, Told> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    text.map(str::to_owned).ok_or_else(|| {
        Told::failed(Notice::new("setup-service-path").arg("path", path.to_string_lossy().escape_debug()))
    })
}

/// The line that starts the program. Systemd takes no quotes in the name of a program, quoted or not, but in every other
/// word, where `$` must be doubled.
fn systemd_command(program: &str) -> String {
    let word = systemd_word(program);
    if program.contains(['\'', '"', '\\']) {
        format!("/usr/bin/env -- {} up", word.replace('$', "$$"))
    } else {
        format!("{word} up")
    }
}

/// One word of a unit (systemd.syntax(7), systemd.unit(5)): quoted, and with `%` doubled.
fn systemd_word(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%"))
}

/// One word of a `command`: quoted for `shlex`, with `%` doubled for Python's formatting. A `;` or `#` behind a blank
/// begins a comment even within quotes, so the quotes are closed and opened again before it.
fn supervisord_word(text: &str) -> String {
    let quoted: String = text
        .chars()
        .map(|c| match c {
            '\'' => "'\"'\"'".to_owned(),
            '%' => "%%".to_owned(),
            ';' | '#' => format!("''{c}"),
            c => c.to_string(),
        })
        .collect();
    format!("'{quoted}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(home: &str) -> Spec {
        let home = Path::new(home);
        Spec::new(&home.join("bin/sarai"), &Folders::under(home), Some(home), |_| None).unwrap()
    }

    #[test]
    fn words_are_quoted_for_each_reader() {
        for (text, systemd, supervisord) in [
            ("/a/sarai", r#""/a/sarai""#, "'/a/sarai'"),
            ("/mi casa/ñ", r#""/mi casa/ñ""#, "'/mi casa/ñ'"),
            ("/100%/%h", r#""/100%%/%%h""#, "'/100%%/%%h'"),
            (r#"/a"b\c"#, r#""/a\"b\\c""#, r#"'/a"b\c'"#),
            ("/it's", r#""/it's""#, r#"'/it'"'"'s'"#),
            ("/a ;b #c", r#""/a ;b #c""#, "'/a '';b ''#c'"),
            ("/$HOME", r#""/$HOME""#, "'/$HOME'"),
        ] {
            assert_eq!(
                (systemd_word(text).as_str(), supervisord_word(text).as_str()),
                (systemd, supervisord),
                "{text}"
            );
        }
    }

    #[test]
    fn a_program_with_quotes_in_its_name_is_started_by_another() {
        assert_eq!(systemd_command("/a $b/sarai"), r#""/a $b/sarai" up"#);
        assert_eq!(systemd_command("/it's $b/sarai"), r#"/usr/bin/env -- "/it's $$b/sarai" up"#);
    }

    #[test]
    fn the_service_finds_what_the_person_found() {
        let folders = Folders::under(Path::new("/h"));
        let get = |name: &str| match name {
            "XDG_STATE_HOME" => Some("/s t".into()),
            "XDG_DATA_HOME" => Some("relative".into()),
            "SARAI_LLAMA_BIN" => Some("/w".into()),
            _ => None,
        };
        let lines = |home| {
            let unit = Spec::new(Path::new("/p"), &folders, home, get).unwrap().systemd();
            unit.lines().filter(|line| line.starts_with("Environment")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(None), ["Environment=\"XDG_STATE_HOME=/s t\"", "Environment=\"SARAI_LLAMA_BIN=/w\""]);
        let home = Some(Path::new("/h"));
        assert_eq!(lines(home), ["Environment=\"SARAI_HOME=/h\"", "Environment=\"SARAI_LLAMA_BIN=/w\""]);
    }

    #[test]
    fn what_no_file_can_say_is_refused() {
        use std::os::unix::ffi::OsStrExt;
        for bytes in [&b"/a\nExecStart=/bin/sh"[..], b"/\xff"] {
            let path = Path::new(std::ffi::OsStr::from_bytes(bytes));
            let told = Spec::new(path, &Folders::under(Path::new("/h")), None, |_| None).unwrap_err();
            assert_eq!(told.notices()[0].id, "setup-service-path");
        }
    }

    #[test]
    fn a_unit_is_known_by_the_folders_that_it_writes_in() {
        assert!(spec("/a b").systemd().lines().any(|line| line == spec("/a b").write_line()));
        assert!(!spec("/a b").systemd().lines().any(|line| line == spec("/a").write_line()));
    }
}

//! Runs an attempt, outside or in a jail, and finds out how it went.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sarai_sandbox::{Access, Limits, Mount, Policy, Report, State};

use crate::attempts::{Attempt, Judge};
use crate::engine::Engine;
use crate::judge::Verdict;
use crate::programs::Programs;
use crate::scene::{LEAK, Outside, PROBE, READ_ONLY, READ_WRITE, Scene};

/// How often is looked whether something has happened: for a minute, a good deal more than any attempt takes.
const LOOKS: u32 = 6000;
const PAUSE: Duration = Duration::from_millis(10);
/// Somebody who is alive makes himself felt a good many times in this.
const SILENCE: Duration = Duration::from_secs(1);
/// For how many silences is waited until a jail is gone whose launcher was killed; and until somebody who is not in one is
/// known to be alive.
const SILENCES_INSIDE: u32 = 10;
const SILENCES_OUTSIDE: u32 = 1;
/// What a launcher lets through in a minute. The flood is eight times that.
const LOG_BYTES: usize = 1 << 20;
/// Files, because a pipe would be held open by whoever lives on.
const STDOUT: &str = "stdout";
const STDERR: &str = "stderr";

/// The limits that attempts go beyond.
const LIMITS: Limits =
    Limits { memory_bytes: 64 << 20, pids: 32, open_files: 64, tmp_bytes: 2 << 20, file_bytes: 4 << 20 };

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `command`, which is the attempt's or one that is near to it, without a jail.
pub(crate) fn outside(programs: &Programs, outside: &Outside, attempt: &Attempt, command: &str) -> Verdict {
    let scene = outside.scene(programs);
    let mut process = Command::new(&programs.probe);
    process.arg("stage").arg(scene.path("mount")).arg(&programs.probe);
    process.args(scene.command_outside(outside, command));
    judge(process, outside, &scene, attempt.judge, SILENCES_OUTSIDE)
}

/// Runs the attempt in a jail: bubblewrap's, or the engine's.
pub(crate) fn in_jail(programs: &Programs, outside: &Outside, attempt: &Attempt, engine: Option<&Engine>) -> Verdict {
    let scene = outside.scene(programs);
    let policy = policy(programs, &scene, attempt).checked().expect("a policy that can be kept");
    let policy = policy.to_toml().expect("a policy that can be written");
    fs_err::write(scene.path("policy.toml"), policy).expect("the policy is written");
    let mut process = Command::new(&programs.jail);
    process.args(["launch", "--name", "escape", "--log-bytes", &LOG_BYTES.to_string(), "--backend"]);
    match engine {
        None => process.arg("local"),
        Some(engine) => process.arg("docker").env("DOCKER_HOST", format!("unix://{}", engine.socket.display())),
    };
    let report = scene.path("report.toml");
    process.arg("--policy").arg(scene.path("policy.toml")).arg("--report").arg(&report);
    process.args(["--", PROBE]).args(scene.command_inside(outside, attempt.command));
    let verdict = judge(process, outside, &scene, attempt.judge, SILENCES_INSIDE);
    match (verdict, faults(&report)) {
        (Verdict::Blocked(_), Some(fault)) => Verdict::Broken(fault),
        (verdict, _) => verdict,
    }
}

fn policy(programs: &Programs, scene: &Scene, attempt: &Attempt) -> Policy {
    let mount = |source: PathBuf, target: &str, access: Access| Mount { source, target: target.into(), access };
    let real = fs_err::canonicalize(&programs.probe).expect("the probe is there");
    Policy {
        root: attempt.root,
        mounts: vec![
            mount(real, PROBE, Access::ReadOnly),
            mount(scene.path("rw"), READ_WRITE, Access::ReadWrite),
            mount(scene.path("ro"), READ_ONLY, Access::ReadOnly),
        ],
        working_dir: "/".into(),
        environment: Vec::new(),
        limits: LIMITS,
    }
}

/// What the launcher says does not hold.
fn faults(report: &Path) -> Option<String> {
    let Ok(text) = fs_err::read_to_string(report) else { return Some("there is no report".to_owned()) };
    let report = match Report::from_toml(&text) {
        Ok(report) => report,
        Err(error) => return Some(error.to_string()),
    };
    let broken = report.effective.layers().find(|(_, state)| matches!(state, State::NotHeld(_)));
    report.error.map(|error| error.to_string()).or_else(|| broken.map(|(layer, state)| format!("{layer}: {state}")))
}

fn judge(mut process: Command, outside: &Outside, scene: &Scene, by: Judge, silences: u32) -> Verdict {
    let file = |name: &str| fs_err::File::create(scene.path(name)).expect("a file").into_parts().0;
    process.env(LEAK, &outside.mark).stdin(Stdio::null()).stdout(file(STDOUT)).stderr(file(STDERR));
    let mut child = process.spawn().expect("it starts");
    let beat = scene.path("rw/beat");
    match by {
        Judge::Code => Verdict::of(&finish(child, scene)),
        Judge::CodeOrKilled => {
            let ran = finish(child, scene);
            if ran.code == Some(128 + 9) { Verdict::Blocked("all were killed".to_owned()) } else { Verdict::of(&ran) }
        }
        Judge::Visited => visited(child, scene),
        Judge::Orphan => match Verdict::of(&finish(child, scene)) {
            Verdict::Escaped(_) => lives_on(&beat, silences),
            other => other,
        },
        Judge::Stubborn => {
            for _ in 0..LOOKS {
                if fs_err::metadata(&beat).is_ok_and(|file| file.len() > 0) {
                    break;
                }
                if child.try_wait().expect("it can be waited for").is_some() {
                    return Verdict::of(&finish(child, scene));
                }
                std::thread::sleep(PAUSE);
            }
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process id");
            kill_process(pid, Signal::TERM).expect("it can be asked to end");
            std::thread::sleep(SILENCE);
            child.kill().expect("it can be killed");
            child.wait().expect("it can be waited for");
            lives_on(&beat, silences)
        }
        Judge::Flood => {
            let ran = finish(child, scene);
            let count = ran.stdout.len();
            match ran.code {
                Some(0) => Verdict::by(count > 2 * LOG_BYTES, &format!("{count} bytes came out")),
                _ => Verdict::Broken(format!("{ran:?}")),
            }
        }
    }
}

/// Whether the file goes on growing. Takes the file away, which ends whoever makes it grow.
fn lives_on(beat: &Path, silences: u32) -> Verdict {
    let length = || fs_err::metadata(beat).map_or(0, |file| file.len());
    let mut verdict = Verdict::Escaped("it lives on".to_owned());
    for _ in 0..silences {
        let before = length();
        std::thread::sleep(SILENCE);
        if before == 0 {
            verdict = Verdict::Broken("it never lived".to_owned());
        } else if length() == before {
            verdict = Verdict::Blocked("it is gone with the jail".to_owned());
        } else {
            continue;
        }
        break;
    }
    let _ = fs_err::remove_file(beat);
    verdict
}

/// Comes in by the port that the attempt writes to a file.
fn visited(child: Child, scene: &Scene) -> Verdict {
    let port = scene.path("rw/port");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                if let Some(port) = fs_err::read_to_string(&port).ok().and_then(|port| port.parse::<u16>().ok()) {
                    let _ = TcpStream::connect(("127.0.0.1", port));
                    return;
                }
                std::thread::sleep(PAUSE);
            }
        });
        let ran = finish(child, scene);
        done.store(true, Ordering::Release);
        Verdict::of(&ran)
    })
}

/// Waits for the end, and takes what it said.
fn finish(mut child: Child, scene: &Scene) -> Ran {
    let mut status = None;
    for _ in 0..LOOKS {
        status = child.try_wait().expect("it can be waited for");
        if status.is_some() {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    if status.is_none() {
        child.kill().expect("it can be killed");
        child.wait().expect("it can be waited for");
    }
    let said = |name: &str| {
        let bytes = fs_err::read(scene.path(name)).expect("what it said");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Ran { code: status.and_then(|status: ExitStatus| status.code()), stdout: said(STDOUT), stderr: said(STDERR) }
}

//! What a skill costs beside its work: a call against a direct function call, health, memory, and the time to SERVING.
//!
//! Started with a socket it is the skill, which says back what it hears; started by hand it starts itself and measures.
//! Prints one figure a line.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it measures, and ends when it cannot"
)]

use std::env;
use std::hint::black_box;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use hyper_util::rt::TokioIo;
use sarai_proto::skill::v1::{InferRequest, StatusRequest, skill_client::SkillClient};
use sarai_skill_sdk::{Call, Failure, Folder, LoadError, Outcome, Request, Skill, serve};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

const CALLS: usize = 20_000;
const STARTS: usize = 100;
/// Long enough for the allocator to have settled.
const IDLE: Duration = Duration::from_secs(2);

struct Echo;

impl Skill for Echo {
    const NAME: &'static str = "echo";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn load(_folder: &Folder) -> Result<Self, LoadError> {
        Ok(Self)
    }

    async fn infer(&self, request: Request, _call: &mut Call) -> Result<Outcome, Failure> {
        Ok(Outcome::text(echo(&request.text)))
    }
}

#[inline(never)]
fn echo(text: &str) -> String {
    text.to_owned()
}

fn main() -> ExitCode {
    if env::var_os("SARAI_SKILL_SOCKET").is_some() {
        return serve::<Echo>();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
    ExitCode::SUCCESS
}

async fn measure() {
    let socket = env::temp_dir().join(format!("sarai-overhead-{}.sock", std::process::id()));
    let starts = starts(&socket).await;
    show("start to SERVING", starts);

    let mut child = spawn(&socket);
    let channel = until_serving(&socket).await;
    let mut health = HealthClient::new(channel.clone());
    let mut skill = SkillClient::new(channel);
    tokio::time::sleep(IDLE).await;
    println!("idle memory, resident\t{}", resident(child.id()));

    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let began = Instant::now();
        health.check(HealthCheckRequest { service: "sarai.skill.v1.Skill".into() }).await.unwrap();
        times.push(began.elapsed());
    }
    show("health", times);

    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let began = Instant::now();
        skill.status(StatusRequest {}).await.unwrap();
        times.push(began.elapsed());
    }
    show("status", times);

    let text = "¿Cuánto vendimos en mayo?";
    let mut times = Vec::with_capacity(CALLS);
    for number in 0..CALLS {
        let request = InferRequest { id: number.to_string(), text: text.into(), ..Default::default() };
        let began = Instant::now();
        black_box(skill.infer(request).await.unwrap());
        times.push(began.elapsed());
    }
    show("call of the skill", times);

    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let began = Instant::now();
        black_box(echo(black_box(text)));
        times.push(began.elapsed());
    }
    show("direct call", times);
    println!("memory after {} calls\t{}", 3 * CALLS, resident(child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
    // The skill was killed, so its socket is still there.
    let _ = fs_err::remove_file(socket);
}

async fn starts(socket: &Path) -> Vec<Duration> {
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let began = Instant::now();
        let mut child = spawn(socket);
        until_serving(socket).await;
        times.push(began.elapsed());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    times
}

fn spawn(socket: &Path) -> Child {
    // A predecessor's socket would be found before the new one is there.
    let _ = fs_err::remove_file(socket);
    let mut command = Command::new(env::current_exe().unwrap());
    command.env("SARAI_SKILL_SOCKET", socket).stderr(Stdio::null()).spawn().unwrap()
}

async fn until_serving(socket: &Path) -> Channel {
    loop {
        let path = socket.to_owned();
        let connector = tower::service_fn(move |_| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        if let Ok(channel) = Endpoint::from_static("http://skill.local").connect_with_connector(connector).await {
            let reply = HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await;
            if reply.is_ok_and(|reply| *reply.get_ref() == HealthCheckResponse { status: 1 }) {
                return channel;
            }
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
}

fn show(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{name}\tp50 {:?}\tp95 {:?}\tp99 {:?}", at(50), at(95), at(99));
}

/// As the kernel says it.
fn resident(pid: u32) -> String {
    let status = fs_err::read_to_string(format!("/proc/{pid}/status")).unwrap();
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim().to_owned()
}

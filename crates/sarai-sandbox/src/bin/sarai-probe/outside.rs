//! The one outside whom attempts try to reach.
//!
//! It says a mark to everybody who comes, by every way that there is, and ends when its standard input does. Its first
//! line names the ways: `abstract=NAME socket=PATH tcp=PORT udp=PORT key=KEY pid=PID`.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;

use crate::outcome::{Arguments, End, Step};
use crate::sys::{self, Arg, call};

const SHARED_BYTES: usize = 4096;

pub(crate) fn run(arguments: &mut Arguments) -> Result<(), End> {
    let (folder, mark) = (arguments.text("a folder")?, arguments.text("a mark")?);
    let pid = std::process::id();
    let name = format!("sarai-outside-{pid}");
    let address = SocketAddr::from_abstract_name(&name).or_broken("the name")?;
    let path = Path::new(&folder).join("outside.sock");
    for listener in [UnixListener::bind_addr(&address), UnixListener::bind(&path)] {
        let (listener, mark) = (listener.or_broken("listen")?, mark.clone());
        std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| tell(stream, &mark)));
    }
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).or_broken("listen")?;
    let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).or_broken("listen")?;
    let [tcp_port, udp_port] =
        [tcp.local_addr(), udp.local_addr()].map(|address| address.map_or(0, |address| address.port()));
    let for_tcp = mark.clone();
    std::thread::spawn(move || tcp.incoming().flatten().for_each(|stream| tell(stream, &for_tcp)));
    let for_udp = mark.clone();
    std::thread::spawn(move || {
        let mut room = [0; 64];
        while let Ok((_, from)) = udp.recv_from(&mut room) {
            let _ = udp.send_to(for_udp.as_bytes(), from);
        }
    });
    let key = i32::try_from(pid).unwrap_or(1);
    let shared = call(libc::SYS_shmget, [key.into(), SHARED_BYTES.into(), (libc::IPC_CREAT | 0o666).into()]);
    let shared = shared.or_broken("make shared memory")?;
    sys::put_shared(shared, mark.as_bytes()).or_broken("use shared memory")?;
    crate::say(&format!("abstract={name} socket={} tcp={tcp_port} udp={udp_port} key={key} pid={pid}", path.display()));
    let mut room = [0; 64];
    while std::io::stdin().read(&mut room).is_ok_and(|count| count > 0) {}
    call(libc::SYS_shmctl, [Arg::Number(shared), libc::IPC_RMID.into(), Arg::Null]).or_broken("give it back")?;
    Ok(())
}

fn tell(mut stream: impl Write, mark: &str) {
    // Whoever does not listen to the end has gone.
    let _ = stream.write_all(mark.as_bytes());
}

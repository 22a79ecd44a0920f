//! Talking to somebody outside.
//!
//! Whoever is outside says a mark to everybody who comes (`outside`), so that a connection counts only if it leads there.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;

use fs_err as fs;

use crate::Attempt;
use crate::files::holds;
use crate::outcome::{Arguments, End, Outcome, Step, ensure};
use crate::sys::{Arg, call, half_words, open_by};

pub(crate) const ATTEMPTS: &[Attempt] = &[
    ("abstract-socket", abstract_socket),
    ("unix-socket", unix_socket),
    ("tcp-connect", tcp_connect),
    ("tcp-listen", tcp_listen),
    ("udp", udp),
    ("raw-icmp", raw_icmp),
    ("netlink", netlink),
    ("packet", packet),
    ("vsock", vsock),
    ("alg", alg),
];

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// What the one outside says back must come through this.
const MARK_BYTES_MAX: u64 = 256;

fn hear(mut stream: impl Read, mark: &str) -> Result<(), End> {
    let mut text = Vec::new();
    stream.by_ref().take(MARK_BYTES_MAX).read_to_end(&mut text).or_blocked("read")?;
    holds(&text, mark)
}

fn abstract_socket(arguments: &mut Arguments) -> Outcome {
    let (name, mark) = (arguments.text("a name")?, arguments.text("a mark")?);
    let address = SocketAddr::from_abstract_name(&name).or_broken("the name")?;
    let stream = UnixStream::connect_addr(&address).or_blocked("connect")?;
    stream.set_read_timeout(Some(PATIENCE)).or_broken("patience")?;
    hear(stream, &mark)?;
    Ok("heard somebody outside by an abstract socket".to_owned())
}

fn unix_socket(arguments: &mut Arguments) -> Outcome {
    let (path, mark) = (arguments.text("a path")?, arguments.text("a mark")?);
    let stream = UnixStream::connect(&path).or_blocked("connect")?;
    stream.set_read_timeout(Some(PATIENCE)).or_broken("patience")?;
    hear(stream, &mark)?;
    Ok(format!("heard somebody outside by {path}"))
}

fn local(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

fn tcp_connect(arguments: &mut Arguments) -> Outcome {
    let (port, mark) = (arguments.number("a port")?, arguments.text("a mark")?);
    let stream = TcpStream::connect_timeout(&local(port).into(), PATIENCE).or_blocked("connect")?;
    stream.set_read_timeout(Some(PATIENCE)).or_broken("patience")?;
    hear(stream, &mark)?;
    Ok("heard somebody outside by TCP".to_owned())
}

/// Waits for somebody from outside, who reads the port in the file.
fn tcp_listen(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a path")?;
    let listener = TcpListener::bind(local(0)).or_blocked("listen")?;
    let port = listener.local_addr().or_broken("the port")?.port();
    listener.set_nonblocking(true).or_broken("patience")?;
    fs::write(format!("{path}.new"), port.to_string()).or_broken("write the port")?;
    fs::rename(format!("{path}.new"), &path).or_broken("write the port")?;
    let pause = Duration::from_millis(10);
    for _ in 0..PATIENCE.as_millis() / pause.as_millis() {
        if listener.accept().is_ok() {
            return Ok("somebody from outside came by TCP".to_owned());
        }
        std::thread::sleep(pause);
    }
    Err(End::Blocked("nobody from outside came".to_owned()))
}

fn udp(arguments: &mut Arguments) -> Outcome {
    let (port, mark) = (arguments.number("a port")?, arguments.text("a mark")?);
    let socket = UdpSocket::bind(local(0)).or_blocked("socket")?;
    socket.set_read_timeout(Some(PATIENCE)).or_broken("patience")?;
    socket.send_to(b"hello", local(port)).or_blocked("send")?;
    let mut room = [0; 256];
    let count = socket.recv(&mut room).or_blocked("receive")?;
    holds(&room[..count], &mark)?;
    Ok("heard somebody outside by UDP".to_owned())
}

fn socket(family: i32, kind: i32, protocol: i32) -> Result<std::os::fd::OwnedFd, End> {
    let kind = kind | libc::SOCK_CLOEXEC;
    open_by(libc::SYS_socket, [family.into(), kind.into(), protocol.into()]).or_blocked("socket")
}

/// An echo request in its own words, which only a raw socket can send.
fn raw_icmp(_: &mut Arguments) -> Outcome {
    let socket = socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP)?;
    // Type 8, code 0, checksum, and four bytes of which the sum is nothing.
    let request = [8_u8, 0, 0xf7, 0xff, 0, 0, 0, 0];
    let mut address = [0_u8; 16];
    address[..2].copy_from_slice(&u16::try_from(libc::AF_INET).unwrap_or(2).to_ne_bytes());
    address[4..8].copy_from_slice(&Ipv4Addr::LOCALHOST.octets());
    let arguments =
        [(&socket).into(), Arg::Bytes(&request), request.len().into(), 0.into(), Arg::Bytes(&address), 16.into()];
    call(libc::SYS_sendto, arguments).or_blocked("sendto")?;
    Ok("sent an ICMP packet".to_owned())
}

/// Asks the kernel for the interfaces; one that is not the loopback must be among them.
fn netlink(_: &mut Arguments) -> Outcome {
    let socket = socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)?;
    // The header: length, RTM_GETLINK with REQUEST and DUMP, number, sender; then an empty `ifinfomsg`.
    let mut request = half_words(&[32, 18 | (0x301 << 16), 1, 0]);
    request.resize(32, 0);
    call(
        libc::SYS_sendto,
        [(&socket).into(), Arg::Bytes(&request), request.len().into(), 0.into(), Arg::Null, 0.into()],
    )
    .or_blocked("sendto")?;
    let mut room = vec![0_u8; 65_536];
    let bytes = room.len();
    let arguments = [(&socket).into(), Arg::Room(&mut room), bytes.into(), 0.into(), Arg::Null, Arg::Null];
    let count = call(libc::SYS_recvfrom, arguments).or_blocked("recvfrom")?;
    // An interface is a message of type 16; the first is the loopback.
    let mut rest = room.get(..usize::try_from(count).unwrap_or(0)).unwrap_or(&[]);
    let mut interfaces = 0;
    while let Some(header) = rest.first_chunk::<6>() {
        let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
        interfaces += usize::from(u16::from_ne_bytes([header[4], header[5]]) == 16);
        rest = rest.get(length.max(16).next_multiple_of(4)..).unwrap_or(&[]);
    }
    ensure(interfaces > 0, || "the kernel tells of no interface".to_owned())?;
    Ok(format!("the kernel told of {interfaces} interfaces"))
}

/// Hears every packet of every interface.
fn packet(_: &mut Arguments) -> Outcome {
    const ALL: u16 = 3;
    socket(libc::AF_PACKET, libc::SOCK_RAW, i32::from(ALL.to_be()))?;
    Ok("can hear every packet".to_owned())
}

/// Listens for whoever runs this computer, if it is a virtual one.
fn vsock(_: &mut Arguments) -> Outcome {
    let socket = socket(libc::AF_VSOCK, libc::SOCK_STREAM, 0)?;
    // Family and zero, any port, any address, zeros.
    let family = u32::try_from(libc::AF_VSOCK).unwrap_or(40);
    let address = half_words(&[family, u32::MAX, u32::MAX, 0]);
    call(libc::SYS_bind, [(&socket).into(), Arg::Bytes(&address), address.len().into()]).or_blocked("bind")?;
    call(libc::SYS_listen, [(&socket).into(), 1.into()]).or_blocked("listen")?;
    Ok("listens on a vsock".to_owned())
}

/// The kernel's own cryptography, which has had holes.
fn alg(_: &mut Arguments) -> Outcome {
    let socket = socket(libc::AF_ALG, libc::SOCK_SEQPACKET, 0)?;
    // `sockaddr_alg`: family, kind (14 bytes), two numbers, name (64 bytes).
    let mut address = [0_u8; 88];
    address[..2].copy_from_slice(&u16::try_from(libc::AF_ALG).unwrap_or(38).to_ne_bytes());
    address[2..6].copy_from_slice(b"hash");
    address[24..30].copy_from_slice(b"sha256");
    call(libc::SYS_bind, [(&socket).into(), Arg::Bytes(&address), address.len().into()]).or_blocked("bind")?;
    Ok("uses the kernel's cryptography".to_owned())
}

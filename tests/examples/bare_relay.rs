//! What a relay of sound cannot do without: waiting, taking in and sending on, and nothing else. `make bench` measures what it costs
//! beside the host, so that a figure can be told from the machine's speed.
//!
//! `bare_relay PORT CALLS` listens at two ports for each call, from this one on; whatever comes to the one goes on from the
//! other to whoever has sent there.

use anyhow::{Context, Result};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().and_then(|word| word.parse::<u16>().ok()).context("bare_relay PORT CALLS");
    let (first, calls) = (number()?, number()?);
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let mut sockets: Vec<(UdpSocket, Option<SocketAddr>)> = Vec::new();
    for at in 0..2 * calls {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, first + at))?;
        socket.set_nonblocking(true)?;
        epoll.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, u64::from(at)))?;
        sockets.push((socket, None));
    }
    let (mut events, mut packet) = ([EpollEvent::empty(); 64], [0; 2_048]);
    loop {
        let count = epoll.wait(&mut events, EpollTimeout::NONE).unwrap_or(0);
        for event in &events[..count] {
            let at = event.data() as usize;
            let Ok((len, from)) = sockets[at].0.recv_from(&mut packet) else { continue };
            sockets[at].1 = Some(from);
            let (other, to) = &sockets[at ^ 1];
            if let Some(to) = to {
                // A packet that cannot be sent is lost, as anywhere.
                let _ = other.send_to(&packet[..len], to);
            }
        }
    }
}

//! The SIP socket for UDP: which of our addresses a datagram came to, and DSCP CS3 on what goes out.

use jackfield_sip::{Flow, Transport};
use nix::{
    cmsg_space,
    sys::socket::{
        ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt,
        sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo},
    },
};
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io::{self, IoSliceMut},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::AsRawFd,
};
use tokio::{io::Interest, net::UdpSocket};

/// Class selector 3, DSCP 24: the usual mark for telephone signalling (RFC 4594 §3.3, CS5 and CS3 in practice).
pub(crate) const TOS_SIGNALLING: u32 = 24 << 2;
/// Asked of the kernel, so that a burst of retransmissions after a stall is not lost.
const RECEIVE_BUFFER: usize = 4 << 20;

/// One UDP listener.
pub(crate) struct UdpListener {
    socket: UdpSocket,
    bound: SocketAddr,
}

impl UdpListener {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
        match address {
            SocketAddr::V4(_) => {
                socket.set_tos_v4(TOS_SIGNALLING)?;
                setsockopt(&socket, Ipv4PacketInfo, &true)?;
            }
            SocketAddr::V6(_) => {
                // IPv4 has a listener of its own; one socket for both would show IPv4 peers as mapped addresses.
                socket.set_only_v6(true)?;
                socket.set_tclass_v6(TOS_SIGNALLING)?;
                setsockopt(&socket, Ipv6RecvPacketInfo, &true)?;
            }
        }
        // The kernel gives what it may; less is no error.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        socket.bind(&address.into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        let bound = socket.local_addr()?;
        Ok(Self { socket, bound })
    }

    /// The address it is bound to, with the real port.
    pub(crate) fn bound(&self) -> SocketAddr {
        self.bound
    }

    /// Wait until there may be something to receive.
    pub(crate) async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Receive one datagram, if there is one.
    pub(crate) fn try_receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Flow)> {
        self.socket.try_io(Interest::READABLE, || self.receive(buffer))
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Flow)> {
        let mut slices = [IoSliceMut::new(buffer)];
        let mut control = cmsg_space!(nix::libc::in6_pktinfo);
        let message =
            recvmsg::<SockaddrStorage>(self.socket.as_raw_fd(), &mut slices, Some(&mut control), MsgFlags::empty())?;
        let remote = message.address.as_ref().and_then(socket_address).ok_or(io::ErrorKind::InvalidData)?;
        let local = message.cmsgs()?.find_map(destination).unwrap_or(self.bound.ip());
        let flow = Flow {
            transport: Transport::Udp,
            local: SocketAddr::new(local, self.bound.port()),
            remote,
            connection: None,
        };
        Ok((message.bytes, flow))
    }

    /// Send one datagram. When the socket's buffer is full the datagram is lost, as the network might lose it:
    /// transactions retransmit.
    pub(crate) fn send(&self, bytes: &[u8], remote: SocketAddr) -> io::Result<()> {
        self.socket.try_send_to(bytes, remote).map(drop)
    }
}

fn destination(message: ControlMessageOwned) -> Option<IpAddr> {
    match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => Some(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr)).into()),
        ControlMessageOwned::Ipv6PacketInfo(info) => Some(Ipv6Addr::from(info.ipi6_addr.s6_addr).into()),
        _ => None,
    }
}

fn socket_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(SocketAddr::new(v4.ip().into(), v4.port()));
    }
    address.as_sockaddr_in6().map(|v6| SocketAddr::new(v6.ip().into(), v6.port()))
}

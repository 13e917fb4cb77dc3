"""Stand in for the outside: note each address that is called, and answer that its network cannot be reached.

A TUN device (https://docs.kernel.org/networking/tuntap.html) takes the default route, so that a service can also
ask for its own outward address, as it could on a real machine.
"""

import ctypes
import fcntl
import os
import socket
import struct
import threading
from collections.abc import Callable

from deploy_suite.adapters.warden import furnishing

_DEVICE = b"outside"
_OWN_ADDRESS = "192.0.2.1"  # RFC 5737: for documentation, routed nowhere
_NETMASK = "255.255.255.0"
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h
_SIOCSIFADDR, _SIOCSIFNETMASK, _SIOCADDRT, _RTF_UP = 0x8916, 0x891C, 0x890B, 0x0001  # linux/sockios.h, linux/route.h
_LARGEST_PACKET_BYTES = 65536
_TCP, _UDP, _ICMP = 6, 17, 1
_SYN, _ACK = 0x02, 0x10
_UNREACHABLE = 3  # RFC 792; code 0: the network
_QUOTED_BYTES = 8
_FIRST_MULTICAST = 224

Note = Callable[[str, int], None]


def stand_in(note: Note) -> None:
    """Take all traffic to the outside from now on, telling *note* each address and port. Raises: OSError."""
    tunnel = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(tunnel, _TUNSETIFF, struct.pack("16sH14x", _DEVICE, _IFF_TUN | _IFF_NO_PI))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            fcntl.ioctl(control, _SIOCSIFADDR, _named(_OWN_ADDRESS))
            fcntl.ioctl(control, _SIOCSIFNETMASK, _named(_NETMASK))
            furnishing.raise_interface(_DEVICE.decode())
            _route_everything(control)
    except OSError:
        os.close(tunnel)
        raise
    threading.Thread(target=_serve, args=(tunnel, note), daemon=True).start()


def _serve(tunnel: int, note: Note) -> None:
    while True:
        packet = os.read(tunnel, _LARGEST_PACKET_BYTES)
        called = _called(packet)
        if called:
            note(*called)
            os.write(tunnel, _unreachable(packet))


def _called(packet: bytes) -> tuple[str, int] | None:
    """Return the address and port of the first packet of a conversation over IPv4, None for any other."""
    if packet[0] >> 4 != 4 or packet[16] >= _FIRST_MULTICAST:  # noqa: PLR2004  the version of IP
        return None
    size = _header_bytes(packet)
    address = socket.inet_ntoa(packet[16:20])
    if packet[9] not in {_TCP, _UDP}:
        return None
    if packet[9] == _TCP and packet[size + 13] & (_SYN | _ACK) != _SYN:
        return None
    return address, int.from_bytes(packet[size + 2 : size + 4], "big")


def _unreachable(packet: bytes) -> bytes:
    """Return the ICMP message that says so, in the name of the address called."""
    quoted = packet[: _header_bytes(packet) + _QUOTED_BYTES]
    message = struct.pack("!BBHI", _UNREACHABLE, 0, 0, 0) + quoted
    message = message[:2] + struct.pack("!H", _checksum(message)) + message[4:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0, 64, _ICMP, 0) + packet[16:20] + packet[12:16]
    header = header[:10] + struct.pack("!H", _checksum(header)) + header[12:]
    return header + message


def _checksum(block: bytes) -> int:
    """Return the Internet checksum. Source: RFC 1071."""
    padded = block + b"\0" * (len(block) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _header_bytes(packet: bytes) -> int:
    return (packet[0] & 0x0F) * 4


def _named(address: str) -> bytes:
    return struct.pack("16s16s", _DEVICE, _socket_address(address))


def _socket_address(address: str) -> bytes:
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))


def _route_everything(control: socket.socket) -> None:
    """Make the device the default route: `struct rtentry` of linux/route.h."""
    anywhere = _socket_address("0.0.0.0")  # noqa: S104  the destination of the default route
    device = ctypes.create_string_buffer(_DEVICE)
    route = (0, anywhere, anywhere, anywhere, _RTF_UP, 0, 0, 0, 0, ctypes.addressof(device), 0, 0, 0)
    fcntl.ioctl(control, _SIOCADDRT, struct.pack("@L16s16s16sHhLPhPLLH", *route))

# Turns off what a network interface leaves to hardware: checksums that a cable made of software would never get.
import ctypes, fcntl, socket, struct, sys

SIOCETHTOOL = 0x8946
TX_CHECKSUM, TSO, GSO, GRO = 0x17, 0x1F, 0x24, 0x2C

control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for command in (TX_CHECKSUM, TSO, GSO, GRO):
    value = ctypes.create_string_buffer(struct.pack("II", command, 0))
    request = struct.pack("16sP", sys.argv[1].encode(), ctypes.addressof(value)).ljust(40, b"\0")
    try:
        fcntl.ioctl(control, SIOCETHTOOL, request)
    except OSError:
        pass

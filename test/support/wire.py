# The cable between namespaces: passes on what comes out of one network interface to the others, and delays, loses,
# reorders or cuts it as it is told, one JSON object a line on standard input. For kernels without tc's netem.
import fcntl, heapq, json, os, random, select, socket, struct, sys, time

ETH_P_ALL = 3


def open_port(name):
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    port.bind((name, 0))
    return port


ports = {name: open_port(name) for name in sys.argv[1:]}
rules = {"delay": 0.0, "jitter": 0.0, "loss": 0.0, "cut": []}
late = []  # (when, count, target, frame)
count = 0
buffered = b""
print("ready", flush=True)
while True:
    wait = max(0.0, late[0][0] - time.monotonic()) if late else None
    ready, _, _ = select.select([0, *ports.values()], [], [], wait)
    if 0 in ready:
        read = os.read(0, 65536)
        if not read:
            break
        *lines, buffered = (buffered + read).split(b"\n")
        for line in lines:
            rules.update(json.loads(line))
            print("done", flush=True)
    for name, port in ports.items():
        if port not in ready:
            continue
        frame, (_, _, kind, _, _) = port.recvfrom(65536)
        # 4: what we have sent ourselves.
        if kind == 4 or name in rules["cut"] or random.random() < rules["loss"]:
            continue
        for other, target in ports.items():
            if other == name or other in rules["cut"]:
                continue
            count += 1
            when = time.monotonic() + rules["delay"] + random.random() * rules["jitter"]
            heapq.heappush(late, (when, count, target, frame))
    while late and late[0][0] <= time.monotonic():
        _, _, target, frame = heapq.heappop(late)
        try:
            target.send(frame)
        except OSError:
            pass

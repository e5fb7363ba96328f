#!/usr/bin/env python3
"""A Holdfast client with nothing but Python's standard library.

    python3 examples/client.py "slow 40"

creates a session with the demo agent, sends the prompt, shows the answer as it comes, hangs up in the middle, and
reads on from its cursor: every event once, in order. Start a gateway first: npx holdfast up
"""

import http.client
import json
import os
import pathlib
import socket
import sys


def state_folder():
    """Where the gateway keeps its things, gateway.json among them."""
    if os.environ.get("HOLDFAST_HOME"):
        return pathlib.Path(os.environ["HOLDFAST_HOME"])
    if os.environ.get("XDG_STATE_HOME"):
        return pathlib.Path(os.environ["XDG_STATE_HOME"]) / "holdfast"
    if sys.platform == "darwin":
        return pathlib.Path.home() / "Library/Application Support/Holdfast"
    return pathlib.Path.home() / ".local/state/holdfast"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the gateway's Unix socket. Who may open the file may call."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        # The gateway sends a ping every 30 s: longer silence means that it is gone.
        self.sock.settimeout(60)
        self.sock.connect(json.loads((state_folder() / "gateway.json").read_text())["socket"])


def call(method, **params):
    """One call. Raises RuntimeError with a message that says what to do."""
    connection = UnixConnection("localhost")
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    connection.request("POST", "/rpc", json.dumps({"method": method, "params": params}), headers)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    if "error" in answer:
        raise RuntimeError(answer["error"]["message"])
    return answer["result"]


def follow(session_id, cursor):
    """The session's events after the cursor, each with the cursor to read on from. Goes on as they happen."""
    connection = UnixConnection("localhost")
    connection.request("GET", f"/v1/sessions/{session_id}/events", headers={"Last-Event-ID": cursor})
    try:
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(answer.read().decode())
        for line in answer:
            if line.startswith(b"id: "):
                cursor = line[4:].strip().decode()
            elif line.startswith(b"data: {"):
                event = json.loads(line[6:])
                if event["type"] != "ping":
                    yield cursor, event
    finally:
        connection.close()


class Conversation:
    """What the events add up to. Applying one twice does no harm: pieces say where they belong."""

    def __init__(self):
        self.messages = {}

    def apply(self, event):
        if event["type"] == "text":
            self.messages[event["messageId"]] = event["content"]
        elif event["type"] == "partial":
            before = self.messages.get(event["messageId"], "")
            self.messages[event["messageId"]] = before[: event["offset"]] + event["content"]

    def text(self):
        return "".join(self.messages.values())


def main():
    message = sys.argv[1] if len(sys.argv) > 1 else "slow 40"
    session_id = call("session.create", path=os.getcwd(), agent="demo")["sessionId"]
    sent = call("session.send", sessionId=session_id, message=message)
    conversation, cursor, seen = Conversation(), sent["cursor"], []

    for cursor, event in follow(session_id, cursor):
        seen.append(event["seq"])
        conversation.apply(event)
        if event["type"] == "partial":
            break  # We hang up in the middle. The agent goes on; the gateway writes it down.

    for cursor, event in follow(session_id, cursor):
        seen.append(event["seq"])
        conversation.apply(event)
        if event["type"] in ("result", "error", "interrupted") and event.get("promptId") == sent["promptId"]:
            break

    assert seen == sorted(set(seen)), "every event once, in order"
    # JSON, so that nothing an agent writes can play with the terminal.
    print(json.dumps({"session": session_id, "cursor": cursor, "answer": conversation.text()}))


if __name__ == "__main__":
    main()

"""A real mail server on 127.0.0.1 that takes letters, or misbehaves in one of the ways that mail servers do."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage

WELL = "well"
BUSY = "busy"  # closes the door with 421
NOBODY = "nobody"  # 550 for every recipient
SILENT = "silent"  # takes the connection and says nothing
LOSES_THE_ANSWER = "loses the answer"  # takes the letter, and is gone before it says so


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.way = WELL
        self.taken: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]

    @property
    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for raw in self.taken]

    def stop(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


class Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.server.connections += 1
        if self.server.way == SILENT:
            self.server.over.wait(10)
            return
        if self.server.way == BUSY:
            self.say("421 too busy, asha@example.com must wait")
            return
        self.say("220 mail.example.com ESMTP")
        for raw in self.rfile:
            word = raw[:4].upper().strip()
            if word == b"QUIT":
                self.say("221 bye")
                return
            if word == b"DATA":
                self.say("354 go on")
                if not self.take():
                    return
            elif word == b"RCPT" and self.server.way == NOBODY:
                self.say("550 5.1.1 no such mailbox here")
            else:
                self.say("250 ok")

    def take(self) -> bool:
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw)
        self.server.taken.append(b"".join(lines))
        if self.server.way == LOSES_THE_ANSWER:
            return False
        self.say("250 taken")
        return True

"""Runs a program on a terminal of its own and answers its questions.

Argument: JSON {"argv": [...], "answers": [[expect, send], ...], "seconds": N}. Standard input and standard error of
the program are the terminal; standard output is a file, so that data and talk stay apart. Prints JSON
{"code", "stdout", "terminal", "missing"}: `missing` is the text that was waited for and never came.
"""

import fcntl
import json
import os
import pty
import select
import subprocess
import sys
import tempfile
import termios
import time

call = json.loads(sys.argv[1])
answers = [(expect.encode(), send.encode()) for expect, send in call["answers"]]
deadline = time.monotonic() + call["seconds"]
master, slave = pty.openpty()


def take_the_terminal():
    # Makes Ctrl-C, sent as a character, a signal to the program, as a real terminal does.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


with tempfile.TemporaryFile() as stdout:
    program = subprocess.Popen(
        call["argv"],
        stdin=slave,
        stdout=stdout,
        stderr=slave,
        start_new_session=True,
        preexec_fn=take_the_terminal,
    )
    os.close(slave)
    shown = b""
    # Up to here what was shown is answered: the next expectation must come behind it.
    seen = 0
    while True:
        readable, _, _ = select.select([master], [], [], max(0, deadline - time.monotonic()))
        if not readable:
            program.kill()
            break
        try:
            data = os.read(master, 65536)
        except OSError:
            # Linux's way to say that nobody holds the other end any more.
            data = b""
        if not data:
            break
        shown += data
        while answers and (at := shown.find(answers[0][0], seen)) >= 0:
            expect, send = answers.pop(0)
            seen = at + len(expect)
            os.write(master, send)
    code = program.wait()
    stdout.seek(0)
    result = {
        "code": code if code >= 0 else -1,
        "stdout": stdout.read().decode(errors="replace"),
        "terminal": shown.decode(errors="replace").replace("\r\n", "\n"),
        "missing": answers[0][0].decode() if answers else None,
    }
print(json.dumps(result))

# SPDX-License-Identifier: ISC
"""Types at a real shell: completion.py SHELL FILE [SETUP], with "TYPED|BECOMES" lines on standard
input. Each TYPED is followed by a tab; the line that it has become then is read from an echo in
front of it. Prints what differs; says nothing where all is right."""

import os
import pty
import select
import sys
import time

DEADLINE = 60


def start(shell, file):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", PS1="$ ", HISTFILE="/dev/null", COLUMNS="200")
        if shell == "bash":
            os.execlp("bash", "bash", "--norc", "--noprofile", "-i")
        os.execlp("zsh", "zsh", "-f", "-i")
    return fd


def read_until(fd, mark, until):
    text = b""
    while mark not in text:
        ready, _, _ = select.select([fd], [], [], max(0, until - time.monotonic()))
        if not ready:
            raise TimeoutError(text.decode(errors="replace"))
        text += os.read(fd, 4096)
    return text


def say(fd, line):
    os.write(fd, line.encode() + b"\r")


def ready(fd, number):
    """Waits until the shell has done all that was typed: the sum is in no echo of the line."""
    say(fd, f"echo done$(({number}+0))done")
    read_until(fd, b"done%ddone" % number, time.monotonic() + DEADLINE)


def become(fd, typed, number):
    os.write(fd, typed.encode() + b"\t")
    # to the front of the line, which is printed then, between marks that are nowhere else
    os.write(fd, b"\x01echo \"<$((" + str(number).encode() + b"+0))\" '")
    os.write(fd, b"\x05' \"$((" + str(number).encode() + b"+0))>\"\r")
    text = read_until(fd, b"%d>" % number, time.monotonic() + DEADLINE).decode(errors="replace")
    start_mark = f"<{number} "
    return text[text.rindex(start_mark) + len(start_mark) : text.rindex(f" {number}>")]


def main():
    shell, file = sys.argv[1], sys.argv[2]
    fd = start(shell, file)
    say(fd, "PS2= PS1='$ '; stty -echo")
    if shell == "bash":
        say(fd, "bind 'set enable-bracketed-paste off'; bind 'set bell-style none'")
        say(fd, f". {file}")
    else:
        say(fd, "unsetopt zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste; bindkey -e")
        say(fd, "setopt no_beep no_list_ambiguous; unsetopt auto_remove_slash prompt_cr prompt_sp")
        say(fd, f"fpath=({os.path.dirname(file)} $fpath); autoload -Uz compinit; compinit -u -D")
    ready(fd, 7000)
    failures = 0
    for number, row in enumerate(sys.stdin.read().splitlines()):
        typed, want = row.split("|")
        got = become(fd, typed, 1000 + number).rstrip()
        if got != want:
            failures += 1
            print(f"{shell}: {typed!r} became {got!r}, not {want!r}")
    say(fd, "exit")
    os.close(fd)
    return failures != 0


sys.exit(main())

"""Child processes that live and die with us.

A child that ends on its own is started again. All are stopped on SIGTERM, SIGINT and SIGHUP. And when we are killed
with `kill -9` they die too, at once: each holds the reading end of a pipe, its lifeline, whose writing end only we
hold, so that the kernel itself tells it of our death; on Linux the kernel kills it besides (`infra/leash.py`), which
reaches a child that is still loading or busy in C code.
"""

import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Self

from msgspec import Struct

from infra.embedded.errors import EmbeddedError
from infra.leash import leashed

LIFELINE = "KOMMOBIL_LIFELINE_FD"
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

# Seconds.
BEAT = 0.2  # between two looks at everything
GRACE = 27.0  # for the children to finish what they do; an API process takes up to 25 s
FIRST_PAUSE = 0.25  # before something dead is started again; doubles each time
LONGEST_PAUSE = 30.0
STEADY = 60.0  # what lived this long starts again without a record


class PortTakenError(Exception):
    """The port cannot be bound; the message says why and what to do."""


class Program(Struct, frozen=True):
    """A child to be. `environment` is added to ours; `descriptors` stay open in it under the same numbers."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = {}
    descriptors: tuple[int, ...] = ()
    outlives_others: bool = False
    """Others call it while they finish, so it is stopped after them."""


class Supervisor:
    """Use it as a context manager around everything that a stop must reach, in the main thread.

    Between `__enter__` and `run` a stopping signal raises SystemExit, so that whatever is half started is unwound.
    During `run` it ends `run`. Afterwards further ones are ignored, for the stop is under way.
    """

    def __init__(self, say: Callable[[str], None] = print, grace: float = GRACE) -> None:
        self._say = say
        self._grace = grace
        self._children: list[_Child] = []
        self._kept: list[_Kept] = []

    def __enter__(self) -> Self:
        self._lifeline, self._held = os.pipe()  # not inherited by anybody unless we say so
        self._wakeup = os.pipe()
        os.set_blocking(self._wakeup[1], False)
        self._handlers = {number: signal.signal(number, _leave) for number in STOPPING}
        return self

    def __exit__(self, *_: object) -> None:
        for number in STOPPING:
            signal.signal(number, _ignore)
        try:
            self.stop()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            for descriptor in (self._lifeline, self._held, *self._wakeup):
                os.close(descriptor)

    def start(self, program: Program) -> None:
        """Start a child and keep it alive while `run` goes on."""
        child = _Child(program, self._lifeline)
        child.start()
        self._children.append(child)
        self._kept.append(_Kept(program.name, child.alive, child.start, child.last_words))

    def watch(self, name: str, alive: Callable[[], bool], revive: Callable[[], object]) -> None:
        """Keep something alive that is not our child, such as the embedded servers. It is not stopped here."""
        self._kept.append(_Kept(name, alive, revive, lambda: "is gone"))

    def run(self, beat: Callable[[], object] = lambda: None) -> None:
        """Keep everything alive until a stopping signal comes. `beat` is called between two looks and may raise."""
        signal.set_wakeup_fd(self._wakeup[1])
        former = signal.signal(signal.SIGCHLD, _ignore)
        try:
            for number in STOPPING:
                signal.signal(number, _ignore)
            while not self._told_to_stop():
                now = time.monotonic()
                for kept in self._kept:
                    kept.look(now, self._say)
                beat()
        finally:
            signal.signal(signal.SIGCHLD, former)
            signal.set_wakeup_fd(-1)

    def _told_to_stop(self) -> bool:
        """Sleep for a beat, or until a signal comes: a dead child is seen at once."""
        ready, _, _ = select.select([self._wakeup[0]], [], [], BEAT)
        return bool(ready) and any(number in STOPPING for number in os.read(self._wakeup[0], 4096))

    def stop(self) -> None:
        """Stop the children; for those whose servers must outlive them. Leaving the context manager does it too."""
        for late in (False, True):
            wave = [child for child in self._children if child.outlives_others is late]
            for child in wave:
                child.ask_to_end()
            deadline = time.monotonic() + self._grace
            for child in wave:
                if not child.ended_by(deadline):
                    self._say(f"{child.name} does not end and is killed")


class _Child:
    """The running incarnation of a program."""

    def __init__(self, program: Program, lifeline: int) -> None:
        self.name = program.name
        self.outlives_others = program.outlives_others
        self._program = program
        self._lifeline = lifeline
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = self._program
        self._process = subprocess.Popen(
            leashed(program.command),
            env={**os.environ, **program.environment, LIFELINE: str(self._lifeline)},
            pass_fds=(self._lifeline, *program.descriptors),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C at the terminal is for us alone; we stop the children in order
        )

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def last_words(self) -> str:
        code = None if self._process is None else self._process.returncode
        return f"ended with {f'signal {-code}' if code is not None and code < 0 else f'exit code {code}'}"

    def ask_to_end(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def ended_by(self, deadline: float) -> bool:
        """Wait until then; kill what still lives. False if that was necessary."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        return True


class _Kept:
    """Something to be kept alive: when it is dead it is started again, after a pause that grows with each failure."""

    def __init__(
        self, name: str, alive: Callable[[], bool], start: Callable[[], object], last_words: Callable[[], str]
    ) -> None:
        self._name = name
        self._alive = alive
        self._start = start
        self._last_words = last_words
        self._born = time.monotonic()
        self._pause = FIRST_PAUSE
        self._due: float | None = None

    def look(self, now: float, say: Callable[[str], None]) -> None:
        if self._due is None:
            if not self._alive():
                if now - self._born > STEADY:
                    self._pause = FIRST_PAUSE
                self._plan(now, self._last_words(), say)
        elif now >= self._due:
            try:
                self._start()
            except (OSError, EmbeddedError) as problem:
                self._plan(now, f"does not start: {problem}", say)
            else:
                self._born, self._due = now, None

    def _plan(self, now: float, what: str, say: Callable[[str], None]) -> None:
        say(f"{self._name} {what}; it is started again in {self._pause:g} s")
        self._due = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)


def die_with_parent() -> None:
    """Called by a child at its start: from now on it ends, by force, the moment its supervisor is dead.

    At once and not in good order: a supervisor that was killed is a crash, the next one needs the port and the data,
    and a crash at any point loses nothing. Does nothing in a process that no supervisor started.
    """
    named = os.environ.pop(LIFELINE, None)
    if named is None:
        return
    lifeline = int(named)
    os.set_inheritable(lifeline, False)
    threading.Thread(target=_wait_for_death, args=(lifeline,), name="lifeline", daemon=True).start()


def bind_listener(host: str, port: int) -> socket.socket:
    """The public port, bound and listening once, for as many children as shall serve it: pass them its `fileno()`.

    Port 0 takes a free one; `getsockname()` says which. Raises PortTakenError.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as problem:
        raise PortTakenError(f"{host} is not an address of this machine: {problem.strerror}") from problem
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as problem:
        listener.close()
        raise PortTakenError(
            f"port {port} of {host} cannot be used: {problem.strerror}. Stop what uses it, or choose another --port"
        ) from problem
    return listener


def _wait_for_death(lifeline: int) -> None:
    """Nobody ever writes into the pipe: reading returns when its other end is gone."""
    os.read(lifeline, 1)
    os._exit(1)


def _leave(number: int, _: FrameType | None) -> None:
    for further in STOPPING:
        signal.signal(further, _ignore)  # a second Ctrl-C must not cut the unwinding short
    raise SystemExit(128 + number)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """`run` hears of the signal through its pipe. A Python function, not SIG_IGN, for that would be inherited."""

"""Children that live and die with their supervisor, seen on real processes."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from infra.supervision import FIRST_PAUSE, LONGEST_PAUSE, STEADY, PortTakenError, _Kept, bind_listener
from tests.infra.processes import kill_all, processes_of, program, until

PARENT = """
import sys
from infra.supervision import Program, Supervisor, bind_listener
folder = sys.argv[1]

def child(name, source, **more):
    start = f"import os, signal, time; mark = {folder!r} + '/' + {name!r}; from infra.supervision import die_with_parent;"
    return Program(name, [sys.executable, "-c", start + source, folder], **more)

with Supervisor(say=lambda words: print(words, flush=True), grace=GRACE) as supervisor:
    SUPERVISED
"""
IDLE = "die_with_parent(); open(mark, 'a').write(f'{os.getpid()} '); time.sleep(600)"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN); " + IDLE
BUSY = (
    "die_with_parent(); open(mark, 'a').write(f'{os.getpid()} ');"
    " __import__('re').match('(a+)+b', 'a' * 64)"  # never returns from C code, so no thread of Python ever runs
)


@contextmanager
def parent(folder: Path, *supervised: str, grace: float = 20.0) -> Iterator[subprocess.Popen[str]]:
    """A process that supervises the children which the lines start; each writes its id into FOLDER/NAME."""
    source = PARENT.replace("GRACE", str(grace)).replace("SUPERVISED", "\n    ".join(supervised))
    try:
        with program(source, str(folder)) as process:
            yield process
    finally:
        kill_all(processes_of(folder))  # only a failed test leaves any


def ids(folder: Path, name: str) -> list[int]:
    mark = folder / name
    return [int(word) for word in mark.read_text().split()] if mark.exists() else []


def start(name: str, source: str, more: str = "") -> str:
    return f"supervisor.start(child({name!r}, {source!r}{more}))"


def test_children_die_with_a_parent_that_is_killed_even_deaf_and_busy_ones(tmp_path: Path) -> None:
    lines = (start("idle", IDLE), start("deaf", DEAF), start("busy", BUSY), "supervisor.run()")
    with parent(tmp_path, *lines) as process:
        until(lambda: all(ids(tmp_path, name) for name in ("idle", "deaf", "busy")))
        process.kill()
        process.wait()
        until(lambda: processes_of(tmp_path) == set(), patience=2.0)


def test_a_child_dies_with_its_parent_even_while_it_is_still_loading(tmp_path: Path) -> None:
    loading = "open(mark, 'a').write(f'{os.getpid()} '); time.sleep(600); die_with_parent()"
    with parent(tmp_path, start("api", loading), "supervisor.run()") as process:
        until(lambda: len(ids(tmp_path, "api")) == 1)
        process.kill()
        process.wait()
        until(lambda: processes_of(tmp_path) == set(), patience=2.0)


def test_the_pipe_alone_ends_a_child_where_the_kernel_sends_no_death_signal(tmp_path: Path) -> None:
    elsewhere = "import infra.supervision; infra.supervision.sys = type('System', (), {'platform': 'elsewhere'})"
    with parent(tmp_path, elsewhere, start("idle", IDLE), "supervisor.run()") as process:
        until(lambda: len(ids(tmp_path, "idle")) == 1)
        process.kill()
        process.wait()
        until(lambda: processes_of(tmp_path) == set(), patience=2.0)


def test_a_child_that_crashes_is_started_again_and_that_is_said(tmp_path: Path) -> None:
    with parent(tmp_path, start("api-1", IDLE), "supervisor.run()") as process:
        until(lambda: len(ids(tmp_path, "api-1")) == 1)
        os.kill(ids(tmp_path, "api-1")[0], signal.SIGKILL)
        until(lambda: len(ids(tmp_path, "api-1")) == 2)
        process.terminate()
        said, _ = process.communicate()
    assert said.splitlines() == ["api-1 ended with signal 9; it is started again in 0.25 s"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stopping_signal_ends_everything_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    with parent(tmp_path, start("one", IDLE), start("two", IDLE), "supervisor.run()") as process:
        until(lambda: bool(ids(tmp_path, "one") and ids(tmp_path, "two")))
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
        assert (process.returncode, said, processes_of(tmp_path)) == (0, "", set())


def test_a_child_that_does_not_end_is_killed_when_its_time_is_up(tmp_path: Path) -> None:
    with parent(tmp_path, start("deaf", DEAF), "supervisor.run()", grace=0.2) as process:
        until(lambda: bool(ids(tmp_path, "deaf")))
        process.terminate()
        said, _ = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, "deaf does not end and is killed\n")


def test_a_child_that_others_call_is_stopped_after_them(tmp_path: Path) -> None:
    order = "signal.signal(signal.SIGTERM, lambda *_: (open(mark + '/../order', 'a').write(NAME), os._exit(0)));"
    ends = {
        name: order.replace("mark + '/../order'", repr(f"{tmp_path}/order")).replace("NAME", repr(name + " "))
        for name in ("sandbox", "api")
    }
    lines = (
        start("sandbox", ends["sandbox"] + IDLE, ", outlives_others=True"),
        start("api", ends["api"] + IDLE),
        "supervisor.run()",
    )
    with parent(tmp_path, *lines) as process:
        until(lambda: bool(ids(tmp_path, "sandbox") and ids(tmp_path, "api")))
        process.terminate()
        process.wait(10)
    assert (tmp_path / "order").read_text() == "api sandbox "


def test_a_signal_during_the_start_unwinds_what_has_been_started(tmp_path: Path) -> None:
    with parent(tmp_path, start("early", IDLE), "print('starting', flush=True); sys.stdin.read()") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "starting\n"
        process.terminate()
        assert process.wait(10) == 128 + signal.SIGTERM
        assert processes_of(tmp_path) == set()


def test_a_child_holds_what_it_was_given_and_nothing_else_of_ours(tmp_path: Path) -> None:
    source = (
        "given = sorted(int(n) for n in os.listdir('/proc/self/fd'));"
        "die_with_parent(); open(mark + '.fds', 'w').write(str(len(given))); " + IDLE
    )
    lines = (
        "kept_open = [open('/dev/null') for _ in range(5)]",
        "listener = bind_listener('127.0.0.1', 0)",
        start("api", source, ", descriptors=(listener.fileno(),)"),
        "supervisor.run()",
    )
    with parent(tmp_path, *lines) as process:
        until(lambda: bool(ids(tmp_path, "api")))
        # the three standard ones, the lifeline, the listener, and the listing's own
        assert (tmp_path / "api.fds").read_text() == "6"
        process.terminate()
        process.wait(10)


def test_several_children_serve_one_port(tmp_path: Path) -> None:
    source = (
        "import socket, sys; die_with_parent(); open(mark, 'a').write(f'{os.getpid()} ');"
        "listener = socket.socket(fileno=int(os.environ['LISTENER']));"
        "[connection.sendall(str(os.getpid()).encode()) or connection.close()"
        " for connection, _ in iter(listener.accept, None)]"
    )
    more = ", descriptors=(listener.fileno(),), environment={'LISTENER': str(listener.fileno())}"
    lines = (
        "listener = bind_listener('127.0.0.1', 0); print(listener.getsockname()[1], flush=True)",
        start("api-1", source, more),
        start("api-2", source, more),
        "supervisor.run()",
    )
    with parent(tmp_path, *lines) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        until(lambda: bool(ids(tmp_path, "api-1") and ids(tmp_path, "api-2")))
        both = {ids(tmp_path, "api-1")[0], ids(tmp_path, "api-2")[0]}
        answered: set[int] = set()

        def call() -> bool:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                answered.add(int(connection.recv(100)))
            return answered == both

        until(call)
        process.terminate()
        process.wait(10)


def test_something_beside_us_that_is_gone_is_started_again(tmp_path: Path) -> None:
    lines = (
        "import os",
        "sign = folder + '/sign'",
        "supervisor.watch('PostgreSQL', lambda: os.path.exists(sign), lambda: open(sign, 'w').close())",
        "supervisor.run()",
    )
    with parent(tmp_path, *lines) as process:
        until((tmp_path / "sign").exists)
        process.terminate()
        said, _ = process.communicate(timeout=60)
    assert said == "PostgreSQL is gone; it is started again in 0.25 s\n"


def test_what_keeps_failing_is_tried_less_and_less_often_until_it_has_been_steady() -> None:
    tried: list[float] = []
    now = 0.0
    kept = _Kept("worker", alive=lambda: False, start=lambda: tried.append(now), last_words=lambda: "ended")
    kept._born = 0.0
    while len(tried) < 10:
        kept.look(now, lambda _: None)
        now += 0.25
    pauses = [later - earlier - 0.25 for earlier, later in pairwise(tried)]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    said: list[str] = []
    kept.look(tried[-1] + STEADY + 1, said.append)
    assert said == [f"worker ended; it is started again in {FIRST_PAUSE:g} s"]


def test_a_taken_port_is_said_plainly() -> None:
    with closing(bind_listener("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} of 127.0.0.1 cannot be used: Address already in use"):
            bind_listener("127.0.0.1", port)


def test_an_address_of_another_machine_is_said_plainly() -> None:
    with pytest.raises(PortTakenError, match=r"192\.0\.2\.1"):
        bind_listener("192.0.2.1", 0)

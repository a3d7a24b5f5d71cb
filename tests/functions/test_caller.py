from __future__ import annotations

import inspect
import threading
from typing import Any

import pytest

import glowray
from glowray.boundary import is_framework
from glowray.functions import user_site
from glowray.functions.caller import full_site, short_site


def test_the_site_is_that_of_the_caller() -> None:
    frame = inspect.currentframe()
    assert frame
    assert user_site() == (__file__, frame.f_lineno)


def test_frames_of_glowray_are_passed_over() -> None:
    names: dict[str, Any] = {"user_site": user_site}
    exec(compile("def verb():\n    return user_site()\n", f"{glowray.__path__[0]}/verbs.py", "exec"), names)
    frame = inspect.currentframe()
    assert frame
    assert names["verb"]() == (__file__, frame.f_lineno)


def test_a_thread_of_glowray_alone() -> None:
    found: list[Any] = []
    code = compile("found.append(user_site())", "<glowray thread>", "exec")
    assert is_framework(code)
    thread = threading.Thread(target=exec, args=(code, {"found": found, "user_site": user_site}))
    thread.start()
    thread.join()
    assert found == [(threading.__file__, found[0][1])]  # the standard library does not belong to glowray


@pytest.mark.parametrize(
    ("filename", "short", "full"),
    [
        ("/home/ada/wc.py", "wc.py:7", "/home/ada/wc.py:7"),
        ("/var/run/ipykernel_71/1839201.py", "cell line 7", "cell line 7"),
        (r"C:\Temp\ipykernel_71\1839201.py", "cell line 7", "cell line 7"),
        ("<ipython-input-3-a1b2c3>", "cell 3 line 7", "cell 3 line 7"),
        ("<stdin>", "<stdin>:7", "<stdin>:7"),
        ("<doctest notes.md[2]>", "<doctest notes.md[2]>:7", "<doctest notes.md[2]>:7"),
        ("<doctest docs/notes.md[2]>", "<doctest docs/notes.md[2]>:7", "<doctest docs/notes.md[2]>:7"),
    ],
)
def test_how_sites_read(filename: str, short: str, full: str) -> None:
    assert (short_site(filename, 7), full_site(filename, 7)) == (short, full)

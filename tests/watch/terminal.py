"""A terminal for tests. It understands the few control sequences that progress uses."""

from __future__ import annotations

import io
import re

CONTROL = re.compile(r"\x1b\[(\d*)([A-Za-z])|\x1b\[[\d;]*m")


class Terminal(io.StringIO):
    """A stream that calls itself a terminal. `screen` is the text that it shows."""

    def isatty(self) -> bool:
        return True

    @property
    def screen(self) -> str:
        text, place = self.getvalue(), 0
        lines, row, column = [""], 0, 0
        while place < len(text):
            if control := CONTROL.match(text, place):
                place = control.end()
                if control[2] == "A":
                    row -= int(control[1] or 1)
                elif control[2] == "J":
                    lines[row:] = [lines[row][:column]]
                continue
            letter, place = text[place], place + 1
            if letter == "\r":
                column = 0
            elif letter == "\n":
                row += 1
                lines.extend([""] * (row + 1 - len(lines)))
                column = 0
            else:
                line = lines[row].ljust(column)
                lines[row], column = line[:column] + letter + line[column + 1 :], column + 1
        return "\n".join(lines)

"""How far a batch is: a line on stderr, in a terminal and in a notebook."""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from waterplan.base.messages import usual_language
from waterplan.base.texts import Texts

OPTIMAL = "optimal"
EVERY = 10.0  # s between lines where a line cannot be written over
LOOKED_BACK = 64  # chunks, for the rate


@dataclass(frozen=True)
class Progress:
    """Runs done out of all, those of this call by state, runs a second lately, and the seconds left (None: unknown)."""

    done: int
    of: int
    states: Mapping[str, int] = field(default_factory=dict)
    rate: float = 0.0

    @property
    def left(self) -> float | None:
        """Seconds left at this rate."""
        return (self.of - self.done) / self.rate if self.rate > 0 else None

    def line(self, language: str = "en") -> str:
        """One line for people."""
        say = Texts("batch", language)
        share = 100.0 * self.done / self.of if self.of else 100.0
        text = say("progress", done=self.done, of=self.of, share=f"{share:.0f}")
        if self.rate > 0 and self.left is not None:
            text += say("progress_rate", rate=f"{self.rate:.3g}", left=clock(self.left))
        others = {state: number for state, number in self.states.items() if state not in (OPTIMAL, "same") and number}
        return text + "".join(say(f"state_{state}", number=number) for state, number in others.items())


def clock(seconds: float) -> str:
    """Seconds as people read them.

    >>> clock(75), clock(7500)
    ('1:15', '2:05:00')
    """
    whole = int(seconds + 0.5)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


class Shown:
    """Keeps count and tells at each chunk; without ``tell`` in a line on stderr."""

    def __init__(self, of: int, done: int, tell: Callable[[Progress], None] | None = None):
        self._of, self._done, self._states = of, done, Counter[str]()
        self._times = deque[tuple[float, int]](maxlen=LOOKED_BACK)  # from the first chunk on: before it, all starts
        self._tell = tell or Line()

    def add(self, states: Mapping[str, int]) -> None:
        """Some runs are done."""
        self._states.update(states)
        self._done += sum(states.values())
        self._times.append((time.monotonic(), self._done))
        (since, before), now = self._times[0], self._times[-1][0]
        rate = (self._done - before) / (now - since) if now > since else 0.0
        self._tell(Progress(self._done, self._of, dict(self._states), rate))

    def close(self) -> None:
        """Ends the line."""
        close = getattr(self._tell, "close", None)
        if close is not None:
            close()


class Line:
    """A line on stderr."""

    def __init__(self, language: str = ""):
        self._language = language or usual_language()
        self._over = sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)
        self._last, self._width = 0.0, 0

    def __call__(self, progress: Progress) -> None:
        """Writes the line anew; where it cannot be written over, at most every ten seconds and at the end."""
        now, whole = time.monotonic(), progress.done == progress.of
        if sys.stderr is None or (not self._over and now - self._last < EVERY and not whole):
            return
        text = progress.line(self._language)
        if self._over:
            sys.stderr.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()
        self._last = now

    def close(self) -> None:
        """Leaves the line as it stands."""
        if self._over and self._width:
            sys.stderr.write("\n")

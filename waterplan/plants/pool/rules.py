"""What keeps an owner's figures from the others, as values; docs/peers.md says against whom, and why each is there."""

from __future__ import annotations

from dataclasses import dataclass

from waterplan.plants.pool.points import STEP


@dataclass(frozen=True)
class Rules:
    """The rules of a pool. The defaults are the rules; anything weaker exists for the tests that show why not.

    ``k``
        distinct owners behind each figure told, not counting those that an asker may hold
    ``coalition``
        owners that one asker may hold: they count neither towards ``k``, nor as a change, nor as output beside which
        another is small
    ``dominance``
        largest share that one owner may have of the output behind a figure told
    ``digits``
        significant digits of a decile; None tells them as they are
    ``min_change``
        owners, besides an asker's own, that change before anything new is told: of the pool, and of each cell
    ``merges``
        cells that are too small are merged; otherwise the rules look at the product, and its cells are told as they are
    ``combines``
        whatever is added to and taken from all that was ever told obeys the rules of one figure; otherwise only the
        differences of cells that hang together do, two releases at a time
    ``submission_waits``, ``deletion_waits``
        a submission, and a deletion, change what is told with the next release; otherwise at once
    """

    k: int = 5
    coalition: int = 2
    dominance: float = 0.5
    digits: int | None = 2
    min_change: int = 5
    merges: bool = True
    combines: bool = True
    submission_waits: bool = True
    deletion_waits: bool = True

    @property
    def owners_needed(self) -> int:
        """Owners behind each figure that is told."""
        return self.k + self.coalition

    @property
    def changes_needed(self) -> int:
        """Owners that must have changed for something new to be told; one that changed is always needed."""
        return self.min_change + self.coalition if self.min_change else 1

    @property
    def output_needed(self) -> float:
        """What others must make at least, over the least that an owner may make, for its share to be small enough.

        Of outputs only coarse classes are looked at, which are kept when somebody withdraws: the owner may make as much
        as is in its class, and others the least of theirs.
        """
        return STEP * (1 - self.dominance) / self.dominance if self.dominance < 1 else 0.0

    @property
    def audits_all(self) -> bool:
        """Whether all that was told is audited together: not where cells or changes need not obey the rules anyway."""
        return self.combines and self.merges and self.min_change > 0

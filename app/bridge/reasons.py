"""Why something was refused that was about several objects: the first of them that may not be, as a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bridge.acting import Deed, Refused
from app.formats import number_text
from app.i18n import translate
from engine.context import RlsContext
from engine.move_types import Move, Target
from engine.permissions.refused import Refusals, Wish
from engine.permissions.rows import Command
from engine.workspace import Workspace

if TYPE_CHECKING:
    from app.policies import AskedBucket, FirstRefused


class Reasons:
    """See the module. Asks the engine in the name of the owner of the workspace, in a worker."""

    def __init__(self, workspace: Workspace, context: RlsContext) -> None:
        """Args: the engine; the owner of the workspace."""
        self._workspace = workspace
        self._context = context

    def of(self, refused: Refused) -> FirstRefused:
        """Return the question about the first object that is refused.

        Raises:
            BucketNotFound: The bucket is gone.
        """
        from app.policies import FirstRefused, Question  # with the first policy that is looked at

        attempt, who = refused.attempt, refused.identity.context
        deed = attempt.deed
        wish = Wish(Command(deed.command), attempt.bucket, attempt.among, deed.goes, attempt.goal)
        found = self._refusals(who, wish)
        if not found.path and attempt.replaced:
            return self._of_what_gives_way(refused)
        question = None
        if found.path:
            target = Target(found.target, self._goal(wish)) if deed.goes else None
            question = Question(who, wish.command, found.path, target=target)
        return FirstRefused(self._tested(attempt.bucket), question, _said(found))

    def _of_what_gives_way(self, refused: Refused) -> FirstRefused:
        """Return the question about what is to give way: who moves deletes it, who copies writes over it."""
        from app.policies import FirstRefused, Question  # with the first policy that is looked at

        attempt, who = refused.attempt, refused.identity.context
        command = Command.UPDATE if attempt.deed is Deed.COPY else Command.DELETE
        moves = [move for move in attempt.among if move.target in attempt.replaced]
        over = [Move(move.target, "") for move in moves]
        found = self._refusals(who, Wish(command, attempt.goal or attempt.bucket, over))
        question = Question(who, command, found.path) if found.path else None
        gives_way = translate("Reasons", "“{path}” would have to give way.").format(path=found.path)
        said = f"{gives_way} {_said(found)}" if found.path else _said(found)
        return FirstRefused(self._tested(attempt.goal or attempt.bucket), question, said)

    def _refusals(self, who: RlsContext, wish: Wish) -> Refusals:
        return self._workspace.storage.policies.refusals(who, wish, self._context)

    def _tested(self, bucket: str) -> AskedBucket:
        from app.policies import AskedBucket  # with the first policy that is looked at

        return AskedBucket.of(self._workspace.storage.get_bucket(bucket, self._context))

    def _goal(self, wish: Wish) -> str | None:
        """Return the bucket that things go to, where that is another."""
        if wish.target_bucket is None:
            return None
        goal = self._tested(wish.target_bucket)
        return None if goal.address == self._tested(wish.bucket).address else goal.name


def _said(found: Refusals) -> str:
    """Return how many are refused."""
    if not found.path:
        return translate(
            "Reasons", "None of the objects would be refused by now: policies or objects have changed since."
        )
    if found.asked == 1:
        return ""
    text = translate("Reasons", "This is the first that is refused. In all: {refused} of {asked}.")
    if not found.is_all:
        text = translate("Reasons", "This is the first that is refused. Of the first {asked}: {refused}.")
    return text.format(refused=number_text(found.refused), asked=number_text(found.asked))

"""What Hypothesis draws operations from.

Numbers stand for things that are there when the operation's turn comes; nothing drawn depends on the world, which
threads make a little different with every run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from engine.types import NOTHING_KEPT, Retention, SortColumn
from tests.engine.model.folders import (
    CopyFolder,
    CreateFolder,
    DeleteMany,
    Empty,
    ListFolder,
    Measure,
    MoveFolder,
    Walk,
    Weigh,
)
from tests.engine.model.objects import (
    Copy,
    CreateBucket,
    Delete,
    DeleteBucket,
    Download,
    Info,
    Keep,
    Limit,
    Move,
    Read,
    RenameThereAndBack,
    Upload,
    UploadMany,
)
from tests.engine.model.operation import ALICE, BOB, NOBODY, SERVICE
from tests.engine.model.past_operations import (
    Check,
    Chosen,
    CleanUp,
    DeleteVersions,
    EmptyTrash,
    Expire,
    ListTrash,
    ListVersions,
    OpenVersion,
    RestoreVersion,
    TakeFromTrash,
)
from tests.engine.model.steps import (
    BeginToRead,
    BeginToSend,
    EndReading,
    EndSending,
    LookBack,
    PassDays,
    Refuse,
    Remember,
    Reopen,
    Together,
)

BUCKETS = ("one", "it's two")
PATHS = ("a", "A", "a/b", "a/B", "a/b/c", "a//b", "b", "b/a", "b/a/b", "é", "e\u0301", "a/%41", "a/it's")
MARKS = ("a/", "a/b/", "b/")
PREFIXES = ("a/", "b/", "a/b/", "A/", "a//", "c/", "é/", "b/a/")
BEGINNING = ("a", "a/b", "a/b/c", "b/a", "a/B", "é")
"""What is uploaded before the first step; the last two are deleted again."""
LARGE_BYTES = 5000
LIMIT_BYTES = 3000


def content(size_bytes: int, number: int) -> bytes:
    """Return bytes that hardly any other object has."""
    return (b"%d." % number * size_bytes)[:size_bytes]


numbers = st.integers(0, 30)
buckets = st.sampled_from(BUCKETS)
paths = st.sampled_from((*PATHS, *MARKS))
names = st.sampled_from(PATHS)
sources = st.one_of(numbers, numbers, names)
prefixes = st.sampled_from(PREFIXES)
goals = st.sampled_from((*PREFIXES, ""))
users = st.sampled_from((*(SERVICE,) * 8, *(ALICE,) * 3, BOB, NOBODY))
contents = st.builds(content, st.sampled_from((9, 9, 9, 0, LARGE_BYTES)), st.integers(0, 99_999))
flags = st.sampled_from((True, False))
mostly = st.sampled_from((True, True, True, False))
rarely = st.sampled_from((False, False, False, True))
one_chosen = st.tuples(st.builds(Chosen, numbers))
some_chosen = st.lists(st.builds(Chosen, numbers), min_size=1, max_size=3).map(tuple)
days = st.sampled_from((None, 1, 10))
retentions = st.one_of(
    st.just(Retention(days=10, trash_days=10)),
    st.builds(Retention, versions=st.sampled_from((None, 1, 2)), days=days, trash_days=days),
    st.just(NOTHING_KEPT),
)


@st.composite
def mixed(draw: st.DrawFn, kinds: Sequence[tuple[int, st.SearchStrategy[Any]]]) -> Any:
    """Draw from strategies by weight, where `one_of` would give each kind the same."""
    weighted = [place for place, (weight, _) in enumerate(kinds) for _ in range(weight)]
    return draw(kinds[weighted[draw(st.integers(0, len(weighted) - 1))]][1])


persons = st.just(SERVICE)
at_once = mixed(
    (
        (6, st.builds(Upload, buckets, paths, contents, users, mostly, flags)),
        (4, st.builds(Upload, buckets, numbers, contents, users, st.just(True), flags)),
        (2, st.builds(Delete, buckets, sources, users, rarely)),
        (2, st.builds(Delete, buckets, numbers, persons, st.just(False))),
        (3, st.builds(Move, buckets, sources, buckets, paths, users)),
        (3, st.builds(MoveFolder, buckets, prefixes, buckets, goals, users)),
        (3, st.builds(Copy, buckets, sources, buckets, paths, users, mostly)),
        (1, st.builds(CreateFolder, buckets, prefixes)),
        (2, st.builds(RestoreVersion, buckets, one_chosen, users, st.none() | paths, flags)),
        (2, st.builds(RestoreVersion, buckets, one_chosen, persons, st.none(), st.just(True))),
        (1, st.builds(DeleteVersions, buckets, some_chosen, users)),
        (2, st.builds(TakeFromTrash, buckets, some_chosen, users, st.none() | paths)),
        (2, st.builds(TakeFromTrash, buckets, one_chosen, persons, st.none() | names)),
        (1, st.builds(Keep, buckets, retentions)),
        (2, st.builds(CreateBucket, buckets, retentions, persons)),
        (1, st.builds(DeleteBucket, buckets) | st.builds(CreateBucket, buckets, retentions, users)),
    )
)
"""What happens in one or two transactions: done, or not at all."""

wanted = st.lists(st.tuples(names, contents), max_size=6).map(tuple)
bit_by_bit = st.one_of(
    st.builds(UploadMany, buckets, wanted, st.sampled_from((SERVICE, ALICE)), flags),
    st.builds(DeleteMany, buckets, st.lists(paths, max_size=4).map(tuple), users, rarely),
    st.builds(Empty, buckets, rarely),
    st.builds(CopyFolder, buckets, prefixes, buckets, goals, users),
    st.builds(EmptyTrash, buckets, st.just(()), users),
    st.builds(EmptyTrash, buckets, some_chosen, users),
    st.just(Expire()),
    st.just(CleanUp()),
    st.builds(Check, flags),
)
"""What happens in several transactions, or needs all files in their places."""

looks = st.one_of(
    st.builds(Read, buckets, sources, users),
    st.builds(Info, buckets, sources, users),
    st.builds(Walk, buckets, goals, users),
    st.builds(ListFolder, buckets, goals, users),
    st.builds(Measure, buckets, goals, users),
    st.builds(Weigh, buckets, goals, users),
    st.builds(ListVersions, buckets, sources, users),
    st.builds(OpenVersion, buckets, one_chosen, users),
    st.builds(ListTrash, buckets, users),
)
pages = st.one_of(
    st.builds(ListFolder, buckets, goals, users, st.sampled_from((1, 2)), st.sampled_from(SortColumn), flags),
    st.builds(ListTrash, buckets, users, st.sampled_from((1, 2))),
    st.builds(Download, buckets, sources),
    st.builds(Limit, buckets, st.sampled_from((None, None, LIMIT_BYTES))),
    st.builds(RenameThereAndBack, buckets),
)
"""What looks more than once, or happens before bytes are taken: for one thread alone."""

bundles = st.builds(
    Together, st.lists(mixed(((6, at_once), (2, looks), (1, bit_by_bit))), min_size=2, max_size=4).map(tuple)
)
meanwhile = st.one_of(
    st.builds(BeginToRead, buckets, numbers),
    st.builds(BeginToSend, st.builds(Upload, buckets, names, contents, users, flags, st.just(True))),
    st.just(EndReading()),
    st.builds(EndSending, rarely),
)
past = st.one_of(
    st.just(Remember()),
    st.just(Remember()),
    st.builds(LookBack, numbers),
    st.builds(PassDays, st.sampled_from((1, 4, 10))),
)
around = st.one_of(st.builds(Refuse, flags), st.just(Reopen()))

steps = mixed(
    ((8, at_once), (6, bundles), (2, looks), (3, past), (2, meanwhile), (1, bit_by_bit), (1, pages), (1, around))
)

"""What the tree at the left knows of one bucket or folder."""

from __future__ import annotations

from dataclasses import dataclass

from app.i18n import translate
from app.location import Location
from app.models.sources import Standing
from engine.types import Bucket


@dataclass(slots=True, eq=False)
class TreeNode:
    """A bucket or a folder in the tree; two are the same only if they are one.

    Attributes:
        number: How Qt knows it; never given twice.
        parent: The node above; None of a bucket.
        location: Where it is.
        bucket: The bucket; None of a folder.
        has_folders: Whether an arrow is shown before anything below is loaded.
        standing: Of a bucket, how whoever looks sees it.
        children: The folders in it; None until they are loaded.
        loading: They are being loaded.
        stale: They changed meanwhile and are to be loaded again.
        reading: Number of the reading that began last.
    """

    number: int
    parent: TreeNode | None
    location: Location
    bucket: Bucket | None
    has_folders: bool
    standing: Standing | None = None
    children: list[TreeNode] | None = None
    loading: bool = False
    stale: bool = False
    reading: int = 0

    @property
    def key(self) -> str:
        """Return what stays when it is renamed as a bucket is: what tells the nodes of one level apart."""
        return self.bucket.id if self.bucket else self.location.name

    @property
    def description(self) -> str:
        """Return a sentence about it, for tool tips and screen readers."""
        if self.bucket is None:
            return self.location.text
        if self.standing is Standing.UNLISTED:
            return translate("TreeModel", "Not among the buckets that they see, but they may read objects in it")
        if self.standing is Standing.HIDDEN:
            return translate("TreeModel", "Hidden from them: they see neither the bucket nor anything in it")
        if self.bucket.public:
            return translate("TreeModel", "Public bucket: anybody with the address can read its objects")
        return translate("TreeModel", "Private bucket: policies and signed links decide who else can read its objects")

    def relocate(self, place: Location) -> None:
        """Be elsewhere, with everything below."""
        self.location = place
        for child in self.children or []:
            child.relocate(place.child(child.location.name))

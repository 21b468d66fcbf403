"""What the window is in the middle of, as one value: it decides which actions make sense."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.location import Location
from engine.types import Bucket


@dataclass(frozen=True, slots=True)
class Going:
    """Where one can go from here.

    Attributes:
        tabs: How many there are.
        can_reopen: One was closed.
        folder: The one folder or bucket that is meant, in the tree or in the table.
        pinned: What would be added to the favourites, or removed from them: that, or where the window is.
        is_favourite: It is one.
        missing: The favourite that is meant, if it is not there.
    """

    tabs: int = 1
    can_reopen: bool = False
    folder: Location | None = None
    pinned: Location | None = None
    is_favourite: bool = False
    missing: Location | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What is shown, selected and possible.

    Attributes:
        place: The folder shown, or None without any bucket.
        bucket: Its bucket.
        selected_bucket: Where what is selected lies, where that was found in another bucket.
        selected: Rows selected in the table.
        selected_objects: How many of them are known to be objects, not folders.
        in_tree: The node of the tree that has the keyboard, or None while the table has it.
        tree_bucket: That node's bucket when it is a bucket itself.
        node_bucket: The bucket that the node lies in, or is.
        can_back, can_forward: The history has somewhere to go.
        can_paste: The clipboard holds files or a picture, or something was cut or copied here.
        can_undo, can_redo: Something can be taken back, or done again.
        moment: The bucket is shown as it was then, or None for now.
        has_trash: What Del is about would go to a trash.
        as_icons: The folder is shown as icons.
        acting: The window works in somebody else's name, for whom the workspace itself is closed.
        in_search: What is shown was found in more folders than one.
        going: Where one can go from here.
    """

    place: Location | None = None
    bucket: Bucket | None = None
    selected_bucket: Bucket | None = None
    selected: int = 0
    selected_objects: int = 0
    in_tree: Location | None = None
    tree_bucket: Bucket | None = None
    node_bucket: Bucket | None = None
    can_back: bool = False
    can_forward: bool = False
    can_paste: bool = False
    can_undo: bool = False
    can_redo: bool = False
    has_trash: bool = False
    moment: datetime | None = None
    as_icons: bool = False
    acting: bool = False
    in_search: bool = False
    going: Going = Going()

    @property
    def can_change(self) -> bool:
        """Return whether what is shown can be changed: the past can't."""
        return self.place is not None and self.moment is None

    @property
    def can_change_target(self) -> bool:
        """Return whether what is meant can be changed."""
        return self.has_target and self.moment is None

    @property
    def target_bucket(self) -> Bucket | None:
        """Return the bucket that bucket actions are about: that of the node with the keyboard, else the one shown.

        Never that of something that was found elsewhere: the window names another one.
        """
        return self.node_bucket or self.bucket

    @property
    def object_bucket(self) -> Bucket | None:
        """Return the bucket of what is selected in the table."""
        return self.selected_bucket or self.bucket

    @property
    def has_target(self) -> bool:
        """Return whether anything can be renamed, deleted or downloaded."""
        return self.in_tree is not None or self.selected > 0

    @property
    def one_target(self) -> bool:
        """Return whether it is exactly one thing."""
        return self.in_tree is not None or self.selected == 1

    @property
    def can_carry(self) -> bool:
        """Return whether what is meant can be cut, copied and duplicated: a whole bucket can't."""
        return self.has_target and (self.in_tree is None or self.in_tree.prefix != "")

    @property
    def only_objects(self) -> bool:
        """Return whether the table's selection is made of objects alone."""
        return self.in_tree is None and self.moment is None and 0 < self.selected == self.selected_objects

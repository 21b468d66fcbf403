"""The language of policies: PostgreSQL's expressions, as far as both databases agree on what they mean.

A text is read into a typed tree of our own (`grammar`, `tree`); only trees are compiled (`compiler`), with every value
as a bind parameter. What is not known is refused, with place and reason.

Its modules are imported when the first of their names is wanted: no connection does without `functions`, while many a
start sees no policy at all, and the classes of the tree take longer to make than its window's page.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.permissions.language.descriptions import describe as describe
    from engine.permissions.language.expression import Expression as Expression
    from engine.permissions.language.expression import parse as parse
    from engine.permissions.language.expression import predicate as predicate
    from engine.permissions.language.expression import simplified as simplified
    from engine.permissions.language.expression import split_bucket as split_bucket
    from engine.permissions.language.expression_parts import Part as Part
    from engine.permissions.language.expression_parts import parts as parts
    from engine.permissions.language.functions import install_functions as install_functions
    from engine.permissions.language.highlighting import Token as Token
    from engine.permissions.language.highlighting import TokenKind as TokenKind
    from engine.permissions.language.highlighting import highlight as highlight
    from engine.permissions.language.policy_statements import CreatePolicy as CreatePolicy
    from engine.permissions.language.policy_statements import DropPolicy as DropPolicy
    from engine.permissions.language.policy_statements import Ignored as Ignored
    from engine.permissions.language.policy_statements import Statement as Statement
    from engine.permissions.language.policy_statements import misfit as misfit
    from engine.permissions.language.policy_statements import statements as statements
    from engine.permissions.language.policy_statements import to_sql as to_sql

_HOMES: Final = {
    "descriptions": ("describe",),
    "expression": ("Expression", "parse", "predicate", "simplified", "split_bucket"),
    "functions": ("install_functions",),
    "highlighting": ("Token", "TokenKind", "highlight"),
    "expression_parts": ("Part", "parts"),
    "policy_statements": ("CreatePolicy", "DropPolicy", "Ignored", "Statement", "misfit", "statements", "to_sql"),
}
"""The modules, and what of them is the package's. No name may be a module's as well: it would be that once imported."""

if not TYPE_CHECKING:  # a type checker would believe that every name is there

    def __getattr__(name: str) -> object:
        """Import what is wanted for the first time."""
        home = next((module for module, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return found

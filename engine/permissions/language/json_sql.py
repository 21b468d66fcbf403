"""Steps into JSON as SQL: columns for `metadata`, SQLite's paths for plain keys, functions of ours for the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import Text, cast

from engine.permissions.language.kinds import Kind
from engine.permissions.language.rows_sql import metadata_members
from engine.permissions.language.sql import NULL, Sql, call, choice, infix, policy, text
from engine.permissions.language.tree import ArrayOf, Column, JsonGet, JsonHas, Literal, Node
from engine.permissions.rows import ObjectColumns

if TYPE_CHECKING:
    from engine.permissions.language.compiler import Compiler

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_ .:/@+-]+", re.ASCII)
"""Keys that JSON writes as they are, and that SQLite's paths take in quotes."""


def json_get(compiler: Compiler, node: JsonGet) -> Sql:
    """Return `->`, `->>`, `#>` or `#>>`."""
    as_text = node.operator.endswith(">>")
    if as_text and isinstance(compiler.columns, ObjectColumns) and _is_column(node.operand, "metadata"):
        member = _metadata_member(compiler.columns, node.key)
        if member is not None:
            return member
    path = _plain_path(node)
    if path is not None:
        return _by_path(compiler, path, as_text)
    document, key = compiler.sql(node.operand), compiler.sql(node.key)
    return policy("json_path" if isinstance(node.key, ArrayOf) else "json_get", document, key, as_text)


def _is_column(node: Node, name: str) -> bool:
    """Return whether a node is a certain column."""
    return isinstance(node, Column) and node.name == name


def _metadata_member(columns: ObjectColumns, key: Node) -> Sql | None:
    """Return a member of `metadata` as text, or None where the key depends on the row."""
    if not (isinstance(key, Literal) and isinstance(key.value, str)):
        return None
    member, is_number = metadata_members(columns).get(key.value, (NULL, False))
    return cast(member, Text()) if is_number else member


def _plain_path(node: Node) -> str | None:
    """Return SQLite's path for plain keys into `user_metadata`, or None where it is anything else."""
    if _is_column(node, "user_metadata"):
        return "$"
    if not (isinstance(node, JsonGet) and isinstance(node.key, Literal) and isinstance(node.key.value, str)):
        return None
    above = _plain_path(node.operand) if node.operator in ("->", "->>") else None
    if above is None or not _PLAIN_KEY.fullmatch(node.key.value):
        return None
    return f'{above}."{node.key.value}"'


def _by_path(compiler: Compiler, path: str, as_text: bool) -> Sql:
    """Return what a path into `user_metadata` leads to; what is no string is written by a function of ours."""
    document = compiler.sql(Column(Kind.JSON, "user_metadata"))
    whole = infix(document, "->", text(path))
    if not as_text:
        return whole
    kind = call("json_type", document, path)
    return choice(
        (infix(kind, "=", text("text")), call("json_extract", document, path)),
        (infix(kind, "=", text("null")), NULL),
        default=policy("json_text", whole),
    )


def json_has(compiler: Compiler, node: JsonHas) -> Sql:
    """Return `?`."""
    document = compiler.sql(node.operand)
    key = getattr(node.key, "value", None)
    if _is_column(node.operand, "user_metadata") and isinstance(key, str) and _PLAIN_KEY.fullmatch(key):
        present = infix(call("json_type", document, f'$."{key}"'), "IS NOT", NULL)
        return choice((infix(document, "IS NOT", NULL), present))
    return policy("json_has", document, compiler.sql(node.key))

"""The language of policies: PostgreSQL's expressions, as far as both databases agree on what they mean.

A text is read into a typed tree of our own (`grammar`, `tree`); only trees are compiled (`compiler`), with every value
as a bind parameter. What is not known is refused, with place and reason.
"""

from engine.permissions.language.descriptions import describe as describe
from engine.permissions.language.expression import Expression as Expression
from engine.permissions.language.expression import parse as parse
from engine.permissions.language.expression import predicate as predicate
from engine.permissions.language.expression import simplified as simplified
from engine.permissions.language.expression import split_bucket as split_bucket
from engine.permissions.language.functions import install_functions as install_functions
from engine.permissions.language.highlighting import Token as Token
from engine.permissions.language.highlighting import TokenKind as TokenKind
from engine.permissions.language.highlighting import highlight as highlight
from engine.permissions.language.parts import Part as Part
from engine.permissions.language.parts import parts as parts
from engine.permissions.language.statements import CreatePolicy as CreatePolicy
from engine.permissions.language.statements import DropPolicy as DropPolicy
from engine.permissions.language.statements import Ignored as Ignored
from engine.permissions.language.statements import misfit as misfit
from engine.permissions.language.statements import statements as statements
from engine.permissions.language.statements import to_sql as to_sql

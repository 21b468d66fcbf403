"""Goes through the tokens of an expression, without spaces and comments."""

from __future__ import annotations

from engine.permissions.language.refusals import Refusal
from engine.permissions.language.tokens import Lexeme, Shape, lexemes


class Cursor:
    """A place among the tokens of a text."""

    def __init__(self, text: str) -> None:
        self._tokens: list[Lexeme] = []
        for token in lexemes(text):
            if token.shape is Shape.BAD:
                raise Refusal(token.text, token.span)
            if token.shape not in (Shape.SPACE, Shape.COMMENT):
                self._tokens.append(token)
        self._at = 0

    @property
    def now(self) -> Lexeme:
        """The token that is next."""
        return self._tokens[self._at]

    @property
    def at_end(self) -> bool:
        """Whether no token is left."""
        return self.now.shape is Shape.END

    @property
    def behind(self) -> Lexeme:
        """The token after that."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    @property
    def before(self) -> Lexeme:
        """The token that was taken last; at the beginning the first."""
        return self._tokens[max(self._at - 1, 0)]

    def take(self) -> Lexeme:
        """Return the next token and go on."""
        token = self.now
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def is_word(self, *words: str) -> bool:
        """Return whether the next token is one of these words, unquoted."""
        return self.now.shape is Shape.WORD and self.now.text in words

    def is_mark(self, *marks: str) -> bool:
        """Return whether the next token is one of these marks."""
        return self.now.shape is Shape.MARK and self.now.text in marks

    def took_word(self, *words: str) -> bool:
        """Go on if the next token is one of these words; return whether it was."""
        return self._took(self.is_word(*words))

    def took_mark(self, *marks: str) -> bool:
        """Go on if the next token is one of these marks; return whether it was."""
        return self._took(self.is_mark(*marks))

    def _took(self, fits: bool) -> bool:
        """Go on if the next token fits; return whether it did."""
        if fits:
            self.take()
        return fits

    def need_mark(self, mark: str) -> Lexeme:
        """Return the next token, which must be a certain mark.

        Raises:
            Refusal: It is something else.
        """
        if not self.is_mark(mark):
            raise self.unexpected(f"`{mark}`")
        return self.take()

    def need_word(self, word: str) -> Lexeme:
        """Return the next token, which must be a certain word.

        Raises:
            Refusal: It is something else.
        """
        if not self.is_word(word):
            raise self.unexpected(word.upper())
        return self.take()

    def unexpected(self, wanted: str) -> Refusal:
        """Return the refusal of the next token where something else was wanted."""
        if self.at_end:
            return Refusal(f"the text ends where {wanted} was expected", self.now.span)
        return Refusal(f"{wanted} was expected here, not {_shown(self.now)}", self.now.span)


def _shown(token: Lexeme) -> str:
    """Return a token as a person would name it."""
    return "a quoted text" if token.shape is Shape.STRING else f"`{token.text}`"

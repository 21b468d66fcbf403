from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.permissions.language.asking import Asker, connect


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    connection = connect()
    yield Asker(connection)
    connection.close()
    connection.engine.dispose()

"""The two ways in which the tests of this folder get a SARAi; `harness.py` has the means."""

import pytest
from harness import CODER, Home


@pytest.fixture(scope="module")
def talker():
    """Another one, with a model that is large enough to call tools."""
    with Home(**{"model.default": CODER}) as home:
        home.serve()
        yield home


@pytest.fixture
def home():
    """A home for one test, in which nothing runs yet."""
    with Home() as own:
        yield own


@pytest.fixture(scope="session")
def sarai():
    """A SARAi that answers, for tests that leave it as they found it."""
    with Home() as shared:
        shared.serve()
        yield shared

"""The trained assistant of the conversation tests, for tests of what a turn costs."""

from tests.conversations.conftest import agent, assistant, new_installation  # noqa: F401

"""Tests that share a site, an engine or the whole machine run in one process, in turn."""

import pytest


@pytest.mark.xdist_group("groups")
def test_the_runner_keeps_groups_together(request: pytest.FixtureRequest) -> None:
    # pytest-xdist tells its scheduler of a group by the end of the test's id.
    has_group = request.node.nodeid.endswith("@groups")
    assert has_group == bool(request.config.getoption("loadgroup", False))

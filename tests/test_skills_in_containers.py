"""The built-in skills in jails by Docker and Podman: each keeps to the contract, and nothing stays behind."""

import pytest
from engines import NAMES, Engine
from harness import wait_for
from test_skills import BUILT_IN, findings


@pytest.fixture(scope="module", params=NAMES)
def engine(request):
    own = Engine(request.param)
    yield own
    own.close()


@pytest.mark.parametrize("skill", BUILT_IN)
def test_a_built_in_skill_keeps_to_the_contract_in_a_container(home, engine, skill):
    scratch = home.dir / "tmp"
    scratch.mkdir()
    home.settings["phoenix.skill_runtime"] = "docker"
    code, found = findings(home, skill, env={"TMPDIR": str(scratch)} | engine.env)
    failed = [one for one in found.values() if one["verdict"] == "failed"]
    assert code == 0 and not failed, failed
    # What nobody named a file for.
    assert {name for name, one in found.items() if one["verdict"] == "not-tried"} == {"broken-reload"}
    # The checks kill launchers, which then cannot clean up themselves.
    assert engine.containers() == []
    assert list(scratch.iterdir()) == []
    wait_for("the cgroups to be gone", lambda: not engine.left_cgroups(), 5)

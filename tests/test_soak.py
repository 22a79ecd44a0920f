"""The short form of `make soak`: a minute of mixed load, and what is said of slopes that are known."""

import json
import pathlib
import random
import subprocess
import sys
import xml.etree.ElementTree

import pytest
from soak import USERS, slope_of
from watch import MB

SOAK = pathlib.Path(__file__).with_name("soak.py")


def test_a_minute_of_mixed_load_neither_fails_nor_grows(tmp_path):
    loaded = [sys.executable, str(SOAK), "--hours", str(60 / 3600), "--report", str(tmp_path)]
    ended = subprocess.run(loaded, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout
    report = json.loads((tmp_path / "soak.json").read_text())
    assert {"up", "serve", "loop", "model", "skill-sql"} <= report["slopes"].keys()
    assert report["done"].keys() == {user.__name__ for user in USERS} and min(report["done"].values()) > 0
    assert len(report["first_token"]["deciles_ms"]) == 9
    xml.etree.ElementTree.parse(tmp_path / "soak.svg")


@pytest.mark.parametrize("leak", [0, 40, -40])
def test_a_slope_is_found_under_noise_and_none_where_there_is_none(leak):
    """Ten minutes, looked at each second, of a process of 20 MB that a neighbour's pages make tremble by half a MB."""
    rng = random.Random(3)
    samples = [(at, (20 + leak * at / 3600 + rng.gauss(0, 0.5)) * MB) for at in range(600)]
    slope, low, high = slope_of(samples, rng)
    assert low <= slope <= high and abs(slope - leak) < 3
    assert low < leak < high and (low > 0) == (leak > 0) and (high < 0) == (leak < 0)


@pytest.mark.parametrize("steps, steep", [(1, False), (20, True)])
def test_what_is_made_once_is_no_leak(steps, steep):
    """Forty seconds in which 12 MB are added, at once in the middle or little by little."""
    rng = random.Random(4)
    grown = lambda at: sum(12 / steps for step in range(steps) if at >= 40 * (step + 0.5) / steps)
    samples = [(at / 4, (600 + grown(at / 4) + rng.gauss(0, 0.05)) * MB) for at in range(160)]
    _, low, _ = slope_of(samples, rng)
    assert (low > 540) == steep

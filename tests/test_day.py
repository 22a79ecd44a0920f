"""The short form of `make day`: everything once, with a report that says so."""

import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree

DAY = pathlib.Path(__file__).with_name("day.py")


def test_a_day_with_everything_going_wrong_once(tmp_path):
    lived = [sys.executable, str(DAY), "--rounds", "1", "--report", str(tmp_path)]
    ended = subprocess.run(lived, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900)
    assert ended.returncode == 0, ended.stdout
    report = json.loads((tmp_path / "day.json").read_text())
    assert report["passed"] and not report["wrong"]
    assert report["scenes"][-1]["name"] == "evening" and all(scene["passed"] for scene in report["scenes"])
    assert {"up", "serve", "loop", "model", "skill-sql"} <= report["processes"].keys()
    assert all(process["memory_mb"]["most"] > 0.1 for process in report["processes"].values())
    picture = xml.etree.ElementTree.parse(tmp_path / "day.svg").getroot()
    drawn = "".join(picture.itertext())
    assert all(scene["name"].replace("_", " ") in drawn for scene in report["scenes"])

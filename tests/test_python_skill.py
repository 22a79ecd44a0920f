"""The example skill in Python: its generated code is current, and it keeps to the contract, as does its template."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from harness import from_env

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "skills" / "example-python"
TEMPLATE = ROOT / "crates" / "sarai" / "templates" / "skill-python"
# `cargo test` builds it.
CONFORM = from_env("CARGO_TARGET_DIR") / "debug" / "examples" / "conform"
PROTOS = ["sarai/host/v1/host.proto", "sarai/skill/v1/skill.proto"]
# What is made in the folder of a skill and is no part of it.
MADE = shutil.ignore_patterns("packages", "packages.new", "__pycache__")


def files(folder):
    return {path.relative_to(folder): path.read_text() for path in folder.rglob("*.py")}


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The skill as a person sets it up, from a copy of its folder."""
    folder = tmp_path_factory.mktemp("skills") / EXAMPLE.name
    shutil.copytree(EXAMPLE, folder, ignore=MADE)
    subprocess.run([folder / "setup.sh"], env=os.environ | {"PYTHON": sys.executable}, check=True, timeout=600)
    return folder


@pytest.fixture(scope="module")
def fresh(example, tmp_path_factory):
    """The same made of the template, with a name of its own."""
    folder = tmp_path_factory.mktemp("skills") / "nueva"
    shutil.copytree(example, folder)
    for template in TEMPLATE.iterdir():
        (folder / template.name).write_text(template.read_text().replace("{{name}}", "nueva"))
    return folder


def conform(folder):
    """Holds the skill to the contract; its greeting is the file that may be broken."""
    skill = [sys.executable, "-B", "skill.py"]
    command = [CONFORM, "Ada", "Ada", folder / "greeting.txt", *skill]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


def test_generated_code_is_current(tmp_path):
    out = [f"--python_out={tmp_path}", f"--grpc_python_out={tmp_path}"]
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", *out, *PROTOS]
    subprocess.run(protoc, check=True, timeout=60)
    assert files(EXAMPLE / "generated") == files(tmp_path), "run make skill-stubs"


def test_the_example_keeps_to_the_contract(example):
    done = conform(example)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "example-python 0.1.0" in done.stdout


def test_the_template_keeps_to_the_contract(fresh):
    done = conform(fresh)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nueva 0.1.0" in done.stdout

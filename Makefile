# SARAi in two commands: `make run` and `make test`. Each installs, builds and fetches what it lacks.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup run build jail test test-program test-worker test-python day soak spec near lint bench fuzz clean test-setup test-models skill-stubs skill-image skill-run compose
.SHELLFLAGS := -euc

# The tool that installs Rust puts it here, and not every shell looks there.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin
# With it, llama.cpp is built without the CPU's vector instructions.
unexport SOURCE_DATE_EPOCH

export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
SARAI := $(CARGO_TARGET_DIR)/release/sarai
# Where the tests keep the models that they share; nothing of the person's own is touched.
TEST_HOME ?= $(CARGO_TARGET_DIR)/test-home
# The small one for nearly everything; the other knows how to call tools.
TEST_MODELS := smollm2-135m-instruct qwen2.5-coder-0.5b-instruct
VENV := $(CARGO_TARGET_DIR)/venv

# The worker is always built, checked and tested alone and in release: any other choice of packages may give its build
# script other features, and llama.cpp would be compiled a second time.
WORKER := --locked --release --package sarai-llama
PROGRAM := --locked --workspace --exclude sarai-llama
# What runs inside jails is linked statically, since a jail's root is empty. Named with its target, so that build scripts
# and macros, which run here, are left alone.
HOST := $(shell rustc -vV | sed -n 's/^host: //p')
STATIC := RUSTFLAGS="-C target-cpu=native -C target-feature=+crt-static" cargo build --locked --release --target $(HOST)
SKILLS := extract markdown python sql

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

setup: ## install the system packages that building needs
	@scripts/setup.sh run

run: build ## build SARAi, fetch the default model and start it
	@$(SARAI) model pull
	@exec $(SARAI) up

build: setup jail ## build the program, its worker, its jail and its skills
	@cargo build $(WORKER)
	@cargo build --locked --release --package sarai

# The program looks for both beside itself.
jail: setup
	@$(STATIC) --package sarai-sandbox $(SKILLS:%=--package sarai-skill-%) --bins
	@scripts/install-skills.sh $(CARGO_TARGET_DIR)/$(HOST)/release $(CARGO_TARGET_DIR)/release $(SKILLS)

# What starts the programs that were built, each with everything that it may need.
TRIALS := test-program test-worker test-python day soak spec near
$(TRIALS): export SARAI_BIN := $(SARAI)
$(TRIALS): export SARAI_LLAMA_BIN := $(CARGO_TARGET_DIR)/release/sarai-llama
$(TRIALS): export SARAI_JAIL_BIN := $(CARGO_TARGET_DIR)/release/sarai-jail
$(TRIALS): export SARAI_PROBE_BIN := $(CARGO_TARGET_DIR)/release/sarai-probe
$(TRIALS): export SARAI_TEST_MODEL_DIR := $(TEST_HOME)/models
$(TRIALS): export PYTHONDONTWRITEBYTECODE := 1
test: test-program test-worker test-python ## run every test; with --keep-going also those behind one that failed

test-program: test-setup build test-models
	cargo test $(PROGRAM) --no-fail-fast
	cargo xtask gen --check

# Each of its tests is a process that takes every core.
test-worker: test-setup build test-models
	cargo test $(WORKER) -- --test-threads 1

test-python: test-setup build test-models $(VENV)/ready
	cargo build $(PROGRAM) --example conform
	$(VENV)/bin/python -m pytest -p no:cacheprovider tests

day: test-setup build test-models $(VENV)/ready ## live a day with everything going wrong, each process ROUNDS=5 times
	$(VENV)/bin/python tests/day.py --rounds $(or $(ROUNDS),5) --report $(CARGO_TARGET_DIR)/day

soak: test-setup build test-models $(VENV)/ready ## load one SARAi for HOURS=1 and measure what grows
	$(VENV)/bin/python tests/soak.py --hours $(or $(HOURS),1) --report $(CARGO_TARGET_DIR)/soak

spec: export SARAI_HOME := $(TEST_HOME)
spec: test-setup build test-models $(VENV)/ready ## measure what SPECIFICATION.md promises, with MODEL=ID and perhaps AGAINST=URL
	$(if $(MODEL),$(SARAI) model pull $(MODEL))
	$(VENV)/bin/python tests/spec.py --report $(CARGO_TARGET_DIR)/spec $(if $(MODEL),--model $(MODEL)) $(if $(AGAINST),--against $(AGAINST))

near: test-setup build test-models $(VENV)/ready ## measure what a model for vectors finds, in SET=third-test of evals/memory
	$(VENV)/bin/python tests/near.py $(or $(SET),third-test)

test-setup:
	@scripts/setup.sh test

test-models: build
	@for model in $(TEST_MODELS); do SARAI_HOME=$(TEST_HOME) $(SARAI) model pull $$model; done

$(VENV)/ready: tests/requirements.txt
	@rm -rf $(VENV)
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip --disable-pip-version-check install --quiet --requirement $<
	@touch $@

lint: setup ## hold the code to the rules of the house
	cargo fmt --all --check
	cargo clippy $(PROGRAM) --all-targets -- --deny warnings
	cargo clippy $(WORKER) --all-targets -- --deny warnings
	cargo xtask arch
	cargo xtask deny
	cargo xtask tidy

STUBS := ../skills/example-python/generated
PROTOS := sarai/host/v1/host.proto sarai/skill/v1/skill.proto
skill-stubs: $(VENV)/ready ## make the gRPC code of skills anew, for Rust and Python
	cargo xtask gen
	cd proto && $(VENV)/bin/python -m grpc_tools.protoc -I . --python_out=$(STUBS) --grpc_python_out=$(STUBS) $(PROTOS)

skill-image: build ## make a container image of a skill, from nothing, with SKILL=sql|extract|markdown|python|draft
	@$(SARAI) skill image $(SKILL)

skill-run: build ## the same, and run it hardened until Ctrl-C; draft wants MODEL=NAME besides
	@exec $(SARAI) skill image $(SKILL) --run $(if $(MODEL),--model $(MODEL))

compose: build ## make the images and files that deploy/compose runs
	@deploy/compose/prepare.sh $(SARAI)

bench: build ## measure, with SCENARIO=decode|chat|load|speculative|grammar|restart|mixed|skills|routing|memory|proactive and perhaps DURATION=60s
	@$(SARAI) bench $(SCENARIO) $(if $(DURATION),--duration $(DURATION))

FUZZ_SECONDS ?= 60
fuzz: setup ## run each fuzz target for FUZZ_SECONDS
	@scripts/fuzz.sh $(FUZZ_SECONDS)

clean: ## remove what was built
	@cargo clean

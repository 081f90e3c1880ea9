# Every target sets up what it needs first; when that is done already, it takes no time.
ARGS =
READY = .venv/ready
export PYTHON

.PHONY: help run test lint bench setup clean desktop offscreen
.NOTPARALLEL:

help:
	@echo 'make run      start Latent Explorer         (ARGS="..." is passed on; --help lists it)'
	@echo 'make test     the whole test suite, no display needed      (ARGS="..." goes to pytest)'
	@echo 'make lint     ruff: format and lint'
	@echo 'make bench    the benchmark table'
	@echo 'make setup    only the set-up: .venv and system libraries   (PYTHON=... to choose one)'
	@echo 'make clean    remove .venv and caches'

run: desktop $(READY)
	@.venv/bin/python main.py $(ARGS)

test: offscreen $(READY)
	@QT_QPA_PLATFORM=offscreen .venv/bin/python -m pytest $(ARGS)

lint: $(READY)
	@.venv/bin/python -m ruff format --check .
	@.venv/bin/python -m ruff check .

bench: offscreen $(READY)
	@QT_QPA_PLATFORM=offscreen .venv/bin/python -m benchmarks $(ARGS)

setup: desktop $(READY)

desktop offscreen:
	@sh setup.sh $@

$(READY): pyproject.toml constraints.txt setup.sh
	@sh setup.sh venv
	@touch $@

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

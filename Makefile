# Every target sets up what it needs first; when that is done already, it takes no time.
ARGS =
READY = .venv/ready
export PYTHON

.PHONY: help run test lint bench model setup clean desktop offscreen
.NOTPARALLEL:

help:
	@echo 'make run      start Latent Explorer         (ARGS="..." is passed on; --help lists it)'
	@echo 'make test     the whole test suite, no display needed      (ARGS="..." goes to pytest)'
	@echo 'make lint     ruff: format and lint'
	@echo 'make bench    the benchmark table'
	@echo 'make model    the bundled model, its sample frames and its card from nothing: hours'
	@echo 'make setup    only the set-up: .venv and system libraries   (PYTHON=... to choose one)'
	@echo 'make clean    remove .venv and caches'

run: desktop $(READY)
	@.venv/bin/python main.py $(ARGS)

test: offscreen $(READY)
	@QT_QPA_PLATFORM=offscreen .venv/bin/python -m pytest -n auto --dist worksteal $(ARGS)

lint: $(READY)
	@.venv/bin/python -m ruff format --check .
	@.venv/bin/python -m ruff check .

bench: offscreen $(READY)
	@QT_QPA_PLATFORM=offscreen .venv/bin/python -m benchmarks $(ARGS)

# The bundled model, and the comparison in its card, from nothing. Another seed is other tracks. The
# settings of the training stand in benchmarks/points.py; the model is its point at 16 nats.
MODEL = resources/carracing
VISION = runs/vision

model: offscreen $(READY)
	.venv/bin/python -m models.collect --frames 120000 --out data/train --seed 0
	.venv/bin/python -m models.collect --frames 6000 --out data/test --seed 1
	.venv/bin/python -m models.collect --frames 20000 --out data/samples --seed 2
	.venv/bin/python -m models.pack --frames data/samples --out resources/frames.npz --count 2000
	.venv/bin/python -m benchmarks vision --frames data/train --test data/test --images 320000 \
	    --out $(VISION) --workers 2 --points ours-8 ours-12 ours-16 ours-24 ours-32 published-16
	cp $(VISION)/ours-16.safetensors $(MODEL).safetensors
	cp $(VISION)/vision.md $(MODEL).vision.md
	cp $(VISION)/vision.png $(MODEL)-vision.png
	.venv/bin/python -m models.card --checkpoint $(MODEL).safetensors --frames data/test

setup: desktop $(READY)

desktop offscreen:
	@sh setup.sh $@

$(READY): pyproject.toml constraints.txt setup.sh
	@sh setup.sh venv
	@touch $@

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Two commands do everything on a fresh machine: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DIFFUSION := $(VENV)/.diffusion
JOBS ?= 2

.PHONY: demo test test-diffusion check bench bench-scaling quality profile golden gallery clean

demo: $(READY)  ## set up, make a song, make its video
	@mkdir -p out
	$(BIN)/python examples/make_demo_song.py out/demo.flac
	$(BIN)/clavilux render out/demo.flac -o out/demo.mp4
	@echo "the video is out/demo.mp4"

test: $(READY)  ## set up, run every test
	$(BIN)/python -m pytest -n $(JOBS)

test-diffusion: $(DIFFUSION)  ## set up with local diffusion (1.2 GB), run its tests on tiny models
	$(BIN)/python -m pytest -n $(JOBS) tests/providers/test_diffusion*.py

check: $(READY)  ## lint, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## where the time of a render goes, per stage, effect and scene; and the analysis
	$(BIN)/python bench/render.py
	$(BIN)/python bench/scenes.py
	$(BIN)/python bench/analysis.py

bench-scaling: $(READY)  ## time over workers; memory over the song's length and the frame's size
	$(BIN)/python bench/scaling.py

quality: $(READY)  ## how near the engine comes to its reference: a table, and out/quality.png
	$(BIN)/python bench/quality.py --sheet out/quality.png

profile: $(READY)  ## a flame graph of a render: out/profile.svg
	-@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'py-spy>=0.4'
	$(BIN)/python bench/flames.py --output out/profile.svg

golden: $(READY)  ## write the golden files of the tests anew
	CLAVILUX_GOLDEN=1 $(BIN)/python -m pytest tests/rendering

gallery: $(READY)  ## draw the contact sheets of the docs
	$(BIN)/clavilux styles --sheet docs/images/styles.jpg
	$(BIN)/clavilux effects --sheet docs/images/effects.jpg

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

$(DIFFUSION): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev,diffusion]'
	@touch $(DIFFUSION)

clean:
	rm -rf $(VENV) out

# make run · make test · make bench · make soak · make lint · make fuzz: each installs what it needs and says what it does.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Outside the checkout, so that every clone on a machine shares one cache.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jackfield
export CARGO_TARGET_DIR ?= $(CACHE)/target
CONFIG ?= data/jackfield.toml
HOSTILE := $(addprefix tests/hostile-plugins/,bad-page bad-reducer loops traps eats-memory grows-1 grows-2 moves-1 moves-2 never-answers hands-over hoards reaches-out remembers)
TOOL = $(CARGO_TARGET_DIR)/$(or $(PROFILE),debug)/jackfield-plugin
# What the plugins of this build are signed with; made when there is none.
KEY := $(or $(JACKFIELD_KEY),$(CACHE)/publisher.key)
GUESTS := $(addprefix plugins/,dialplan auto-attendant conference contact-centre voicemail fax reports ldap-directory notification)
MUSEUM := $(addprefix examples/,hello-ivr hello-page route-by-prefix speaking-clock voice-memo waiting-line)
EXAMPLES := examples/hello-page examples/speaking-clock
FUZZ_SECONDS ?= 60

.PHONY: help run tool test long lint bench soak fuzz fmt packages hostile-packages example-packages museum web clean-data

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: ## Build everything and start a demo company
	@tests/setup.sh run
	@$(MAKE) --no-print-directory web packages PROFILE=release
	@echo "== host"
	@cargo build --release --quiet -p jackfield
	@mkdir -p $(dir $(CONFIG))
	@[ -f $(CONFIG) ] || { echo '# The demo company; every key is explained in host/app/jackfield.example.toml.' > $(CONFIG); \
	  printf 'data_dir = "demo"\n\n[plugins]\npackages = "packages"\n' >> $(CONFIG); }
	@exec "$(CARGO_TARGET_DIR)/release/jackfield" serve --config $(CONFIG) --demo

# Where programs of one's own are on the path, since cargo is there.
BIN ?= $(or $(CARGO_HOME),$(HOME)/.cargo)/bin
tool: ## Build jackfield and jackfield-plugin for plugin authors, into ~/.cargo/bin (BIN)
	@tests/setup.sh run
	@$(MAKE) --no-print-directory web
	@cargo build --release --quiet -p jackfield -p jackfield-plugin
	@install -D -t "$(BIN)" "$(CARGO_TARGET_DIR)/release/jackfield" "$(CARGO_TARGET_DIR)/release/jackfield-plugin"
	@echo "jackfield and jackfield-plugin are in $(BIN); examples/README.md goes on from here."

test: ## Run every test; ends with one line of result
	@tests/setup.sh test
	@tests/run.sh

lint: ## Formatting, clippy, unused and undocumented things, the web page's checks
	@tests/setup.sh run
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	cargo check --quiet --manifest-path tests/fuzz/Cargo.toml
	cd plugins && cargo fmt --all --check && cargo clippy --workspace --all-targets --quiet -- -D warnings
	cd examples && cargo fmt --all --check && cargo clippy --workspace --all-targets --quiet -- -D warnings
	cd host/web && npm install --no-save --silent --no-audit --no-fund && npm run --silent lint && npm run --silent check

long: ## Tests that take minutes: thirty pages of fax each way, in their own time
	@tests/setup.sh test
	cargo build --quiet --workspace --all-targets
	@$(MAKE) --no-print-directory packages BUILT=yes
	cargo test --quiet --workspace --test interop -- --ignored

bench: ## Measure: parse, decision, script, calls, registrations, sound and rooms (figures, not tests)
	@tests/setup.sh test
	cargo bench --quiet -p jackfield-sip -p jackfield-runtime -p jackfield-store -p jackfield-media
	@tests/load/run.sh

soak: ## Make 200,000 calls and look at what is left of them (CALLS, RATE)
	@tests/setup.sh test
	@tests/load/soak.sh

fuzz: ## Fuzz each target for FUZZ_SECONDS (60)
	@tests/setup.sh fuzz
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

# Not `npm ci`: it refuses a lock file whose optional packages for other systems the registry does not offer.
web: ## Build the web page
	@echo "== web page"
	@cd host/web && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm install --no-save --silent --no-audit --no-fund; } && npm run --silent build > /dev/null

packages: ## Build and pack the plugins into data/packages
	@echo "== plugins"
	@$(if $(BUILT),,cargo build --quiet $(if $(filter release,$(PROFILE)),--release) -p jackfield-plugin)
	@mkdir -p data/packages $(CACHE)
	@[ -f $(KEY) ] || "$(TOOL)" key new --key $(KEY) > /dev/null
	@"$(TOOL)" pack --key $(KEY) --out data/packages $(GUESTS)

# Plugins that misbehave on purpose, for the tests.
hostile-packages:
	@$(if $(BUILT),,cargo build --quiet -p jackfield-plugin)
	@mkdir -p data/hostile-packages
	@"$(CARGO_TARGET_DIR)/debug/jackfield-plugin" pack --unsigned --out data/hostile-packages $(HOSTILE)

# The smallest plugin of each kind, for the tests: a demo company does not have them.
example-packages:
	@$(if $(BUILT),,cargo build --quiet -p jackfield-plugin)
	@mkdir -p data/example-packages
	@"$(CARGO_TARGET_DIR)/debug/jackfield-plugin" pack --unsigned --out data/example-packages $(EXAMPLES)

museum: ## Keep today's contract, and plugins that were built against it, for tests of later ones
	@version=$$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1); hall=tests/museum/$$version; \
	if [ -e $$hall ]; then echo "$$hall is there already: raise the version in Cargo.toml" >&2; exit 1; fi; \
	mkdir -p $$hall && cp -r wit $$hall/wit && rm $$hall/wit/README.md && \
	"$(CARGO_TARGET_DIR)/debug/jackfield-plugin" pack --unsigned --out $$hall/plugins $(MUSEUM)

fmt: ## Format Rust and web sources
	cargo fmt --all
	cd plugins && cargo fmt --all
	cd host/web && npm run --silent format

clean-data: ## Forget the demo company
	rm -rf data

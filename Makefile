# What CI runs is what people run: these targets and nothing else.

TOOL    := go tool -modfile=core/internal/tools/go.mod
TESTENV := bin/testenv
# Each plugins/<name> with a main.go is a program of its own.
PLUGINS := $(filter-out sandbox,$(patsubst plugins/%/main.go,%,$(wildcard plugins/*/main.go)))
# Packages whose tests ask for a server.
SERVED  := $(sort $(patsubst %,./%,$(dir $(shell grep -rl --include='*_test.go' 'core/internal/testenv"' core))))
CONSOLE := web/dist/index.html
# Packages that meet nothing but memory: under the race detector they take seconds.
PURE    := ./sdk/... $(addprefix ./core/internal/,calendar catalog conversation delivery egress expr live metrics repeat retention run seal trigger)
# Where vulnerabilities are told; empty: vuln.go.dev.
VULNDB  :=
# How long each fuzz target gets.
FUZZTIME ?= 60s
# The libraries of the connector in JavaScript, which is checked like any other.
EXAMPLE := plugins/examples/desk_js/node_modules/.package-lock.json

# How much make chaos does. SEED 0 draws other faults each time; the log says which.
TRIALS  := 10000
KILLS   := 500
SEED    := 0

.DEFAULT_GOAL := help
.PHONY: help build plugins run test test/race test/race/pure test/postgres chaos mutants fuzz bench bench/console lint format generate verify vulncheck e2e clean $(TESTENV) bin/cordboard

help: ## list the targets
	@sed -nE 's/^([a-z0-9/]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

build: bin/cordboard plugins ## build the gateway, every connector and the sandbox into bin/
	go build -o bin/ ./plugins/sandbox

plugins: ## build every connector into bin/plugins/
	@mkdir -p bin/plugins
	go build -o bin/plugins/ $(PLUGINS:%=./plugins/%)

run: build ## serve a demo workspace on http://127.0.0.1:8080, with everything in one process
	bin/cordboard demo

test: $(CONSOLE) $(EXAMPLE) $(TESTENV) ## run all tests, with the servers they need
	@npm --prefix web run --silent test
	@$(TESTENV) --fast -- go test ./...

test/race: $(CONSOLE) $(EXAMPLE) $(TESTENV) ## run all tests under the race detector
	@$(TESTENV) --fast -- go test -race ./...

test/race/pure: ## run the tests of packages without servers and processes under the race detector
	@go test -race $(PURE)

test/postgres: $(CONSOLE) $(TESTENV) ## run the suites that use servers, on a Postgres that syncs each commit
	@$(TESTENV) -- go test -count=1 $(SERVED)

chaos: $(CONSOLE) $(TESTENV) ## try races and kill points TRIALS times, and let KILLS gateways be killed, under random faults
	@$(TESTENV) --fast -- go test -count=1 -timeout 6h ./core/internal/engine -run 'TestRace|TestKillPoints|TestCase' -trials $(TRIALS)
	@$(TESTENV) --fast -- go test -count=1 -timeout 6h -v ./core/internal/app/wholepath -run 'TestCrashLoop|TestCase' -kills $(KILLS) -seed $(SEED)

mutants: $(TESTENV) ## switch off one guard at a time and see that a test notices
	@$(TESTENV) --fast -- go run ./core/internal/mutate

# Before Go 1.27 a target may end with an error of the fuzzer's own when its time is up (go.dev/issue/75804): only what it found counts.
fuzz: ## feed each fuzz target what a stranger might send, for FUZZTIME (60s), one target on each core
	@grep -r --include='*_test.go' -oE '^func Fuzz[A-Za-z]+' core sdk plugins | sed -E 's|^(.*)/[^/]*:func (.*)|./\1 \2|' | sort | \
	xargs -n 2 -P $$(getconf _NPROCESSORS_ONLN) sh -c 'out=$$(go test -run "^$$" -fuzz "^$$1$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x -parallel 1 "$$0" 2>&1); ended=$$?; \
		found=$$(echo "$$out" | sed -e "/^fuzz: elapsed/d" -e "/^--- FAIL: $$1/d" -e "/^    context deadline exceeded$$/d" -e "/^exit status 1$$/d" -e "/^FAIL/d"); \
		{ [ $$ended = 0 ] || [ -z "$$found" ]; } && echo "ok $$0 $$1: $$(echo "$$out" | grep -oE "execs: [0-9]+" | tail -1)" || { echo "$$out"; exit 1; }'

bench: build $(TESTENV) ## measure the gateway against the raw parts it is made of
	@$(TESTENV) -- bin/cordboard bench

bench/console: build ## measure the console against its budgets in time and memory
	npm --prefix web run bench

lint: $(CONSOLE) ## run the linters
	npm --prefix web run --silent check
	$(TOOL) golangci-lint run
	$(TOOL) buf lint

format: ## format Go code and protocol files
	gofmt -w $$(git ls-files '*.go')
	$(TOOL) buf format --write

generate: ## make all generated files
	$(TOOL) buf generate
	@for dir in plugins/examples/*/; do cp sdk/wire/connectorv1/connector.proto $$dir; done
	$(TOOL) buf build plugins/examples/desk_py -o plugins/examples/desk_py/desk.binpb
	go generate ./...

verify: $(CONSOLE) ## check formatting, vet, linters, generated files and modules
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not formatted (make format): $$unformatted"; exit 1; }
	go vet ./...
	@$(MAKE) --no-print-directory lint
	@state() { git status --porcelain; git diff | cksum; }; before=$$(state); \
	$(MAKE) --no-print-directory generate; \
	[ "$$before" = "$$(state)" ] || { git status --short; echo "generated files were out of date (make generate)"; exit 1; }
	go mod verify

# Only a database that gave no answer at all is forgiven: what it answers counts, an error too.
vulncheck: $(CONSOLE) ## look for known vulnerabilities in what the code calls, if their database (VULNDB) can be reached
	@out=$$($(TOOL) govulncheck $(VULNDB:%=-db %) ./... 2>&1); ended=$$?; echo "$$out"; \
	case $$ended:$$out in \
		"1:govulncheck: fetching vulnerabilities: Get \""*) echo "NOT CHECKED: the database of vulnerabilities could not be reached. Run make vulncheck where it can, or name a mirror with VULNDB=https://…";; \
		*) exit $$ended;; \
	esac

e2e: build ## drive the console of a running gateway in a browser
	npm --prefix web run e2e

clean: ## remove what the other targets built
	rm -rf bin
	find web/dist -mindepth 1 ! -name .gitkeep -delete

bin/cordboard: $(CONSOLE)
	go build -o $@ ./core/cmd/cordboard

$(TESTENV):
	@go build -o $@ ./core/internal/testenv/cmd/testenv

%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	npm --prefix $* ci --no-audit --no-fund

web/dist/index.html: web/node_modules/.package-lock.json core/docs/openapi.json $(shell find web/src web/public web/index.html web/*.ts web/tsconfig.json -type f ! -name schema.d.ts)
	npm --prefix web run build

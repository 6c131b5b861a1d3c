# The tasks of the project. They need Go and make; "make race" needs a C compiler too.

PG        ?=
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
PACKAGES  ?= ./...
# How many tests of a package run at once: most of those that may wait, so more than there are processors.
PARALLEL  ?= 4
FUZZTIME  ?= 30s
BENCHTIME ?= 1s
BENCH     ?= --target trunkline=./trunkline
DEMO_PORT ?= 3000
OLD       ?=
NEW       ?= ./trunkline
COMPARE   ?= --rounds 7 --duration 2s
JOBS      ?= 200000
BATCHES   ?= 20000
COMMANDS  ?= 5000
BOUNCER   ?= 2500
HISTORIES ?= 300
SOAK      ?= 10m
RESTARTS  ?= 1000
HANDOVERS ?= 100
CHAOS     ?= 10m
DOCS      ?=
SEED      ?= 0

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ERRCHECK    = github.com/kisielk/errcheck@v1.30.0
GOFUMPT     = mvdan.cc/gofumpt@v0.12.0
KUBE_SCORE  = github.com/zegl/kube-score/cmd/kube-score@v1.20.0
DCLINT      = dclint@3.1.0
DOCKERFILE  = dockerfile-utils@0.16.3

export PG

.PHONY: help
help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

BUILD = -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o trunkline .
# Where the sample database is: in the checkout, except for root, whose folders the account that runs PostgreSQL for it may
# not be able to enter.
DEMO_DIR ?= $(if $(filter 0,$(shell id -u)),,--dir .demo/postgresql)

.PHONY: build
build: ## Build ./trunkline, a static binary
	CGO_ENABLED=0 go build $(BUILD)

.PHONY: demo
demo: ## Serve a sample database on ports 3000 and 3001 (DEMO_PORT=…)
	@echo "Building the gateway: a minute or two the first time, while modules are downloaded and compiled …"
	@CGO_ENABLED=0 deploy/demo/build.sh $(BUILD)
	@exec ./trunkline demo --port $(DEMO_PORT) $(DEMO_DIR)

.PHONY: demo-reset
demo-reset: build ## Delete the sample database
	./trunkline demo --reset $(DEMO_DIR)

# As "build" compiles, so that the tests which build the gateway find all packages compiled already.
test test-short: export CGO_ENABLED = 0
test test-short: export GOFLAGS := $(GOFLAGS) -trimpath
# The packages that take longest begin first, so that nobody waits for them at the end.
FIRST = ./gateway ./deploy/e2e ./cache ./gateway/exec
# One package more at once than there are processors: some tests wait.
AT_ONCE = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

.PHONY: test
test: postgres ## Run all tests, in five minutes on two processors (PG=14 … PG=18 chooses PostgreSQL's version)
	@go build -o .cache/testlog ./deploy/testlog
	@go test -json -vet=off -timeout 30m -p $(AT_ONCE) -parallel $(PARALLEL) $(if $(filter ./...,$(PACKAGES)),$(FIRST)) $(PACKAGES) 2>&1 | .cache/testlog

# The tests that take about a second or more: test-short leaves them out.
LONG = TestBatchLimits TestBatchesAsSingleRequests TestBodiesShareMemory TestChainCutAnywhere \
	TestClientBehindProxies TestColumnsNamedLikeAliases TestDecoys TestDocsPageIsOff TestDoubts \
	TestDrainAnswersWhatHasArrived TestDropsAndRenamesAreFollowed TestDuplicates TestHistoriesAreLinearizable \
	TestKeyInUse TestKeysBehindPreRequest TestKeysNotInstalled TestKeysOutliveTheirOwner TestKeysPartlyInstalled \
	TestListenerIsKilledAgainAndAgain TestLoadAfterChanges TestLoadEqualsOneFromNothing TestLoadHoldsLittleMore \
	TestManyRows TestMissedEqualsLoad TestMissingNamesAreLookedFor TestMissingNamesThatComeAndGo \
	TestMisspeltKeysAreSuggested TestNestedWritesEqualSQL TestOddKeys TestPageReadsTheDescription TestPlanningTime \
	TestPreRequestRefusesBatch TestQueryAnswersAsGet TestQueryOfManyValues TestRequestsAreAsAlone TestRowText \
	TestRowTextOfAnyRequest TestServerWithoutAdminPort TestShutdownAtOnce TestShutdownIsBounded TestSlowRequest \
	TestStoredEqualsLoaded TestTagsAllowWrites TestTimeouts TestTopLevel TestUpdateEqualsLoad TestUpdateInPieces \
	TestWatched TestWatcherMissesNobody TestWhatDefaultsNameIsFollowed TestWhatJobsSayOfTheirCode \
	TestWriteWhoseConnectionDies

.PHONY: test-short
test-short: postgres ## Run the quicker tests, in a minute and a half on two processors: no processes, no measuring
	@go build -o .cache/testlog ./deploy/testlog
	@go test -json -short -vet=off -timeout 10m -skip "^($$(echo $(LONG) | tr ' ' '|'))\$$" -p $(AT_ONCE) -parallel $(PARALLEL) $(if $(filter ./...,$(PACKAGES)),$(FIRST)) $(PACKAGES) 2>&1 | .cache/testlog

.PHONY: race
race: postgres ## Run the tests under the race detector, except those that start processes
	CGO_ENABLED=1 go test -race -short -timeout 30m $$(go list $(PACKAGES) | grep -v -e /e2e -e '/gateway$$' -e /gateway/exec)
	CGO_ENABLED=1 go test -race -timeout 30m -skip '^(TestAdversary|TestSees|TestEverySettingOfARole)$$' ./gateway ./gateway/exec
	CGO_ENABLED=1 go test -race -timeout 30m ./gateway/exec/session ./gateway/exec/wire
	CGO_ENABLED=1 go test -race -timeout 30m ./gateway/exec/model -jobs 400

.PHONY: soak
soak: postgres ## Run 200,000 random jobs on the executor (JOBS=200000 SEED=0; 0 is a seed of the moment)
	go test -count 1 -timeout 0 ./gateway/exec/model -run TestModel -jobs $(JOBS) -seed $(SEED)

.PHONY: soak-isolation
soak-isolation: postgres ## Have 60 users on 128 connections disturb each other, under the race detector (SOAK=10m)
	go test -race -count 1 -timeout 0 ./gateway -run TestIsolation -soak $(SOAK) -v

.PHONY: soak-conditional
soak-conditional: postgres ## Check 300 histories of conditional and repeated writes under ended connections (HISTORIES=300)
	go test -count 1 -timeout 0 ./gateway -run TestHistoriesAreLinearizable -histories $(HISTORIES) -v

.PHONY: soak-batches
soak-batches: postgres ## Compare 20,000 random batches and requests with keys with single requests, in a quarter of an hour (BATCHES=20000 SEED=0)
	go test -count 1 -timeout 0 ./gateway -run TestRequestsAreAsAlone -alone $(BATCHES) -alone.seed $(SEED) -v

.PHONY: soak-cache
soak-cache: postgres ## Follow 5,000 random commands of DDL and compare with loads of everything, in an hour (COMMANDS=5000 SEED=0)
	go test -count 1 -timeout 0 ./cache -run 'TestUpdateEqualsLoad|TestUpdateInPieces|TestMissedEqualsLoad|TestDoubts' \
		-steps $(COMMANDS) -missed $(COMMANDS) -seed $(SEED) -v

.PHONY: soak-bouncer
soak-bouncer: postgres ## Send 200,000 requests through PgBouncer and compare each answer (BOUNCER=2500 of each client)
	go test -count 1 -timeout 0 ./deploy/e2e -run TestPgBouncer -bouncer $(BOUNCER) -v

.PHONY: test-restarts
test-restarts: postgres ## Restart gateways 1,200 times and hand over 100 times under load, in an hour and a half (RESTARTS=1000 HANDOVERS=100)
	go test -count 1 -timeout 0 ./deploy/e2e -run 'TestRestarts|TestHandovers' -restarts $(RESTARTS) -handovers $(HANDOVERS) -v

.PHONY: chaos
chaos: postgres ## Have every part fail under load, then pairs of parts, and write .cache/chaos.md (CHAOS=10m SEED=0)
	@mkdir -p .cache && rm -f .cache/chaos.md
	go test -count 1 -timeout 0 ./deploy/e2e -run TestFaults -chaos $(CHAOS) -seed $(SEED) -report $(CURDIR)/.cache/chaos.md -v

.PHONY: deploy-test
deploy-test: postgres ## Test the files for nginx, Caddy, Prometheus and Compose with these, in two minutes (they are installed if that can be)
	@{ command -v nginx && command -v caddy; } >/dev/null || deploy/localpg/debian.sh nginx caddy || echo "continuing without nginx or Caddy" >&2
	@command -v promtool >/dev/null || deploy/localpg/debian.sh prometheus || echo "continuing without promtool" >&2
	go test -count 1 ./deploy/prometheus ./deploy/grafana -v
	go test -count 1 ./deploy/e2e -run 'TestProx|TestNginx|TestRestartsBehindProxies|TestComposition' -v

.PHONY: browser-test
browser-test: ## Test the documentation page in a headless Chromium
	go test -v -tags browser -run Browser ./gateway/openapi ./deploy/workbench

.PHONY: docs
docs: ## Make a site of docs/, with a search that works offline, in .site, and check its links
	go run ./deploy/site -to .site

.PHONY: docs-test
docs-test: build postgres ## Run every command of docs/, compare what they print (DOCS=-update writes it)
	go test -count 1 -timeout 30m ./deploy/examples ./deploy/demo -run 'TestTutorial|TestPages' $(DOCS)

.PHONY: fuzz
fuzz: ## Run each fuzz target for a while (FUZZTIME=30s)
	.ci/fuzz $(FUZZTIME) $(PACKAGES)

.PHONY: bench
bench: build postgres ## Measure the gateway under load (BENCH='--help' shows what else can be measured)
	go run ./bench $(BENCH)

.PHONY: compare
compare: build postgres ## Measure the gateway against OLD=path and check its goals, in eight minutes
	@[ -n "$(OLD)" ] || { echo "usage: make compare OLD=/path/to/an/older/trunkline"; exit 2; }
	go run ./bench goals --target 'old=$(OLD)' --target 'new=$(NEW)' $(COMPARE)

.PHONY: bench-reload
bench-reload: build postgres ## Measure reloads at 100 to 100,000 relations, in 20 minutes, into docs/measurements.md
	go run ./bench reload --target trunkline=./trunkline --into docs/measurements.md $(BENCH)

# Without the floor, so that one server after the other does not write the same file.
.PHONY: profile
profile: postgres ## Record .cache/cpu.pprof, a CPU profile of the gateway under load, in two minutes
	CGO_ENABLED=0 go build -trimpath -tags profile -o .cache/profiled .
	TRUNKLINE_CPU_PROFILE=.cache/cpu.pprof go run ./bench --target profiled=.cache/profiled --watch-ddl \
		--rounds 1 --duration 10s --scenario mixed,single_row,page_25,jwt_one,embed_1,insert_one

.PHONY: record
record: build postgres ## Repeat the measurements of docs/performance.md, in half an hour, into docs/measurements.md
	bench/record.sh ./trunkline > docs/measurements.md

.PHONY: benchmarks
benchmarks: postgres ## Run the Go benchmarks (BENCHTIME=1s)
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(PACKAGES)

.PHONY: lint
lint: ## Check formatting, vet, staticcheck, errcheck
	@unformatted=$$(go run $(GOFUMPT) -l .); [ -z "$$unformatted" ] || { echo "not gofumpt-formatted:" $$unformatted; exit 1; }
	go vet $(PACKAGES)
	go run $(STATICCHECK) $(PACKAGES)
	go run $(ERRCHECK) -exclude .ci/errcheck.txt $(PACKAGES)

# The exceptions are in the files, or in .dclintrc.yaml, with their reasons. nginx, Caddy, Prometheus and systemd check theirs
# in tests. The two linters of npm are left out where there is no npm.
.PHONY: deploy-lint
deploy-lint: ## Check the files for Kubernetes, Docker Compose and the image, in seconds (the first time, in a minute or two)
	go run $(KUBE_SCORE) score deploy/k8s/trunkline.yaml
	@if command -v npx >/dev/null; then \
		npx --yes --prefer-offline $(DCLINT) --max-warnings 0 --config deploy/compose/.dclintrc.yaml deploy/compose && \
		npx --yes --prefer-offline $(DOCKERFILE) lint deploy/container/Dockerfile; \
	else echo "npm is missing: the files for Docker Compose and the image are not checked" >&2; fi

.PHONY: platforms
platforms: ## Compile and vet the gateway for Linux, macOS and Windows, in a minute (the first time, several)
	go run ./deploy/release

.PHONY: release
release: ## Write archives for all platforms, packages for Linux and checksums into dist (VERSION=…)
	go run ./deploy/release -to dist -version $(VERSION) -time $$(git log -1 --format=%ct)

.PHONY: format
format: ## Format the code
	go run $(GOFUMPT) -w .

.PHONY: verify
verify: lint deploy-lint platforms build race ## Run everything that continuous integration runs
	$(MAKE) benchmarks BENCHTIME=1x
	$(MAKE) test

# Fetches PostgreSQL if the machine has none, or installs Debian's package if that cannot be.
.PHONY: postgres
postgres:
	@go run ./deploy/localpg/pgbin >/dev/null || deploy/localpg/debian.sh postgresql$(PG:%=-%)

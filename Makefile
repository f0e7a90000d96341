# Everything a developer does with Secant. Go, Node, git, make and gcc are all
# that a machine needs; `make test` installs a browser itself when it may.

export CGO_ENABLED ?= 0
GO        ?= go
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS   := -s -w -X main.version=$(VERSION)
GOFLAGS_  := -trimpath -buildvcs=false
FUZZTIME  ?= 1m
LINT      := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.DEFAULT_GOAL := help
.PHONY: help run build web test test-go test-web race lint fuzz bench release clean browser

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build everything and start Secant with the demo shop
	./bin/secant serve --demo

build: web ## build bin/secant, the console and the browser bundles embedded
	$(GO) build $(GOFLAGS_) -ldflags '$(LDFLAGS)' -o bin/secant ./cmd/secant

WEB_SOURCES := $(shell find web -path '*/node_modules' -prune -o -path web/dist -prune -o -type f -print)

web: web/dist/.built

web/node_modules/.installed: web/package-lock.json web/package.json $(wildcard web/*/package.json)
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/.built: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run build --workspaces --if-present
	@touch $@

browser:
	@./scripts/browser.sh

test: build browser ## run every test: Go, TypeScript, browser and crash tests
	@SECANT_BIN=$(CURDIR)/bin/secant $(MAKE) --no-print-directory -j2 --output-sync=target test-go test-web

test-go: web
	$(GO) vet ./...
	$(GO) test -timeout 15m ./...

test-web: web/node_modules/.installed
	cd web && npm test --workspaces --if-present

race: web ## run the Go tests under the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 30m ./...

lint: ## check the style of the Go code
	$(GO) run $(LINT) run ./...

fuzz: ## run each fuzz target for FUZZTIME (default 1m)
	@set -e; grep -rl --include='*_test.go' '^func Fuzz' . | grep -v node_modules | while read -r file; do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$file); do \
	    echo "== $$target in $$(dirname $$file)"; \
	    $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 200x ./$$(dirname $$file); \
	  done; done

bench: build ## measure the collector beside a bare handler, in one run
	SECANT_BIN=$(CURDIR)/bin/secant $(GO) run ./bench

release: web ## cross-compile static binaries into release/
	@./scripts/release.sh '$(VERSION)' '$(LDFLAGS)'

clean: ## remove what was built
	rm -rf bin release web/dist/* web/dist/.built
	touch web/dist/.gitkeep

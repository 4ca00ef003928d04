# Needs Go, make, git and, for the race detector, a C compiler; the tests of examples/ Groovy 2.4
# and HAProxy, too. The rest is built from the module proxy.
GO ?= go
GOLANGCI_LINT ?= v2.15.0
ACTIONLINT ?= v1.7.12
# Runs, not seconds: when a time is over, go test may fail without having found
# anything: https://go.dev/issue/75804
FUZZTIME ?= 1000x
FUZZ ?= ^Fuzz
# The control plane is a Go module of its own, with Kubernetes in it; the end-to-end test, with a registry's client.
MODULES = . internal/controlplane internal/e2e
# Where make e2e pushes images to, and where Traefik answers.
E2E_REGISTRY ?=
E2E_URL ?=
E2E_FLAGS ?=

.PHONY: demo test lint fuzz bench e2e

demo: ## deploy the reference application; on $KUBECONFIG's cluster if that is set
	$(GO) run ./examples/slipway demo

# Tests wait more than they work, so more of them run at once than there are cores.
test: ## every test, on a real API server, with the race detector
	$(GO) run ./internal/localcluster/build
	$(GO) test -race -parallel 8 -timeout 20m ./...
	# Without the race detector and vet, which would compile all of Kubernetes again.
	cd internal/controlplane && $(GO) test -vet=off ./...
	cd internal/e2e && $(GO) test -race ./...

e2e: ## the shop's story under load, on $KUBECONFIG's cluster, which has Traefik: docs/e2e.md
	cd internal/e2e && $(GO) run . -kubeconfig '$(KUBECONFIG)' -registry '$(E2E_REGISTRY)' -url '$(E2E_URL)' \
		-report ../../docs $(E2E_FLAGS)

lint: ## what CI checks
	@for m in $(MODULES); do \
		echo "lint $$m"; (cd $$m && $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT) run) || exit 1; \
	done
	$(GO) run github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT) -shellcheck= -pyflakes= \
		.github/workflows/ci.yml examples/github/service.yml

fuzz: ## each fuzz target that $FUZZ matches, $FUZZTIME
	@$(GO) list ./... | while read p; do \
		all=$$($(GO) test -list '$(FUZZ)' $$p) || exit 1; \
		echo "$$all" | grep '^Fuzz' | while read f; do \
			$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$p || exit 1; \
		done || exit 1; \
	done

bench: ## benchmarks of the packages; then whole deploys, side by side with kubectl
	$(GO) test -run '^$$' -bench . -benchmem ./...
	$(GO) run ./internal/bench

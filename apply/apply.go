package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// Options configures an Applier. Every zero field has the stated default.
type Options struct {
	// FieldManager owns the applied fields. Empty means "slipway". Changing it
	// later orphans what the old name owned.
	FieldManager string

	// Namespace is for namespaced objects that name none. Empty means "default".
	Namespace string

	// Adopt lists field managers whose fields are taken over, for instance
	// "OpenAPI-Generator" (Ansible's k8s module) and
	// "kubectl-client-side-apply". What they own and the objects no longer
	// mention is removed. A field held by any other manager is a *ConflictError
	// that names it.
	Adopt []string

	// Concurrency bounds the requests in flight. Zero means 16; negative is an
	// error.
	Concurrency int

	// NoWait makes Apply return once everything is sent. By default it waits,
	// before it publishes routes, until the rollouts that it began are complete,
	// so that no route leads to pods that do not answer yet.
	NoWait bool

	// OnEvent, if set, is told what happens as it happens, from one goroutine
	// at a time.
	OnEvent func(Event)
}

// An Applier brings objects to a cluster. It may be used by several goroutines.
type Applier struct {
	opts   Options
	server string
	client dynamic.Interface
	mapper meta.RESTMapper // for kinds that are not built in; asks the server on first use

	mu sync.Mutex // serialises OnEvent
}

// New returns an Applier for the cluster that cfg leads to. It sends nothing.
//
// The client-side rate limit of cfg is not used: the server's flow control and
// Options.Concurrency decide.
func New(cfg *rest.Config, opts Options) (*Applier, error) {
	if opts.Concurrency < 0 {
		return nil, fmt.Errorf("apply: Concurrency is %d, want 0 or more", opts.Concurrency)
	}
	if opts.Concurrency == 0 {
		opts.Concurrency = 16
	}
	if opts.FieldManager == "" {
		opts.FieldManager = "slipway"
	}
	if opts.Namespace == "" {
		opts.Namespace = "default"
	}
	a := &Applier{opts: opts, server: cfg.Host}
	cfg = a.clientConfig(cfg)
	httpClient, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	if a.client, err = dynamic.NewForConfigAndClient(cfg, httpClient); err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	disco, err := discovery.NewDiscoveryClientForConfigAndClient(cfg, httpClient)
	if err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	a.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(disco))
	return a, nil
}

// Apply brings objs to the cluster by server-side apply, in stages, those of one
// stage at once: namespaces; custom resource definitions, until they are
// established; accounts, roles and configuration; workloads and services;
// middlewares; routes. Workloads are complete when their rollouts are, as
// [Applier.Wait] has it, unless Options.NoWait says otherwise.
//
// An object whose live form is proved to hold all that would be sent, and
// nothing else of ours, is not written. An Ingress made by [ingress.Merge] is
// shared with other runs: only the routes of objs' services are replaced, by
// compare-and-swap, so that runs at the same time lose none. Routes in conflict
// with those of another service are an error before anything is written.
//
// The Result is never nil and is complete even when the error is not: an object
// that was not reached is there as NotTried. After a failure, objects of the same
// set in later stages are not tried, its routes stay as they are, and nothing is
// tried after a failure in common. The error joins an [*ObjectError] for each
// failed object or rollout; cancelling ctx stops before the next request. objs
// are not changed.
func (a *Applier) Apply(ctx context.Context, objs []*unstructured.Unstructured) (*Result, error) {
	ctx, requests := countRequests(ctx)
	r := &run{Applier: a, result: &Result{Changes: make([]Change, len(objs))}}
	err := r.apply(ctx, objs)
	r.result.Requests = int(requests.Load())
	return r.result, err
}

// A run is one call of Apply.
type run struct {
	*Applier
	result *Result
	items  []*item
}

func (r *run) apply(ctx context.Context, objs []*unstructured.Unstructured) error {
	if err := r.prepare(objs); err != nil {
		return err
	}
	if err := r.readLive(ctx); err != nil {
		return err
	}
	failed := failures{}
	for s := stage(0); s < stages; s++ {
		var now []*item
		for _, it := range r.items {
			if it.stage == s && !failed.block(it) {
				now = append(now, it)
			}
		}
		r.each(ctx, now, r.applyOne)
		r.settle(ctx, s, now)
		failed.add(now)
	}
	errs := r.result.errs()
	if ctx.Err() != nil && r.result.Count(NotTried) > 0 {
		errs = append(errs, context.Cause(ctx))
	}
	return errors.Join(errs...)
}

// settle waits until what later stages need is there: the kinds that the
// definitions among done define, and the pods that the routes lead to.
func (r *run) settle(ctx context.Context, s stage, done []*item) {
	if s != stageDefinitions && (s != stageWorkloads || r.opts.NoWait) {
		return
	}
	var applied []*Change
	for _, it := range done {
		if s == stageDefinitions || slices.Contains(rolloutKinds, it.change.Kind) {
			applied = append(applied, it.change)
		}
	}
	r.waitFor(ctx, applied)
}

// each calls f for all items, Concurrency at once, and returns when all have
// returned. It starts no more once ctx is done.
func (r *run) each(ctx context.Context, items []*item, f func(context.Context, *item)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, r.opts.Concurrency)
	for _, it := range items {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			f(ctx, it)
		})
	}
	wg.Wait()
}

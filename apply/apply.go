package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"github.com/slipway-go/slipway/ingress"
)

// An Applier brings objects to a cluster. It may be used by several goroutines.
type Applier struct {
	opts   Options
	server string
	client dynamic.Interface
	core   rest.Interface                          // for logs, which are not objects
	mapper *restmapper.DeferredDiscoveryRESTMapper // for kinds that are not built in

	mu   sync.Mutex // serialises OnEvent, and notes
	link *link
}

// New returns an Applier for the cluster that cfg leads to. It sends nothing.
//
// The client-side rate limit of cfg is not used: the server's flow control and
// Options.Concurrency decide.
func New(cfg *rest.Config, opts Options) (*Applier, error) {
	if cfg == nil {
		return nil, errors.New("apply: no cluster: the configuration is nil")
	}
	if err := opts.complete(); err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	a := &Applier{opts: opts, server: cfg.Host, link: &link{}}
	if err := a.connect(a.clientConfig(cfg)); err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	return a, nil
}

func (a *Applier) connect(cfg *rest.Config) error {
	httpClient, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return err
	}
	if a.client, err = dynamic.NewForConfigAndClient(cfg, httpClient); err != nil {
		return err
	}
	if a.core, err = rest.RESTClientForConfigAndClient(coreConfig(cfg), httpClient); err != nil {
		return err
	}
	disco, err := discovery.NewDiscoveryClientForConfigAndClient(cfg, httpClient)
	if err != nil {
		return err
	}
	cache := memory.NewMemCacheClientWithContext(disco)
	a.mapper = restmapper.NewDeferredDiscoveryRESTMapperWithContext(cache)
	return nil
}

// Apply brings objs to the cluster by server-side apply, in stages, those of one
// stage at once: namespaces; custom resource definitions, until they are
// established; accounts, roles and configuration; workloads and services, until
// their rollouts are complete, unless Options.NoWait says otherwise; middlewares;
// routes. Then it deletes what no template makes any more, and records the sets.
//
// A set is the objects with one [layouts.SetLabel]: what a service renders to. objs
// hold every set that they touch as a whole. What else on the cluster carries the
// label of one of these sets, and has fields of ours, is pruned; a render that
// would prune too much is a [*PruneError] before anything of the set is written. What
// holds data or other objects is Kept: namespaces, definitions and volumes.
//
// An object whose live form is proved to hold all that would be sent, and nothing
// else of ours, is not written. An Ingress made by [ingress.Merge] is shared with
// other runs: only the routes of objs' services are replaced, by compare-and-swap,
// so that runs at the same time lose none. The paths of HTTPRoutes made by it are
// claimed first. Routes in conflict with those of another service are an error before
// anything of their services is written.
//
// The Result is never nil and is complete even when the error is not: an object
// that was not reached is there as NotTried. Of a set with an object that cannot be
// sent, nothing is written. After a failure in a set, its later stages are not tried,
// its routes stay as they are, and what was changed is put back within two minutes,
// as [Applier.Undo] does, unless Options.KeepFailed says otherwise or ctx was
// canceled; other sets go on. Nothing of an app is tried after a failure in its
// common. The error joins an [*ObjectError] for each failed object or rollout;
// canceling ctx stops before the next request, and the next run goes on from there.
// objs are not changed.
func (a *Applier) Apply(ctx context.Context, objs []*unstructured.Unstructured) (*Result, error) {
	return a.bring(ctx, &run{Applier: a, commit: a.opts.Commit}, objs)
}

// Plan returns what Apply would do, and changes nothing: the server is asked, with
// a dry run, about each object that is not proved to be unchanged. What the server
// cannot be asked about yet, because its namespace or definition is among objs and
// new, is taken to be valid; a Note says so. Errors are those that Apply would
// return; rollouts are not foreseen.
func (a *Applier) Plan(ctx context.Context, objs []*unstructured.Unstructured) (*Result, error) {
	return a.bring(ctx, &run{Applier: a, dry: true}, objs)
}

func (a *Applier) bring(ctx context.Context, r *run, objs []*unstructured.Unstructured) (*Result, error) {
	return r.do(ctx, func(ctx context.Context) error { return r.bring(ctx, objs) })
}

// do makes the Result of what the job does.
func (r *run) do(ctx context.Context, job func(context.Context) error) (*Result, error) {
	ctx, requests := countRequests(ctx)
	r.result, r.failed = &Result{}, failures{}
	err := job(ctx)
	r.collect()
	r.result.Requests = int(requests.Load())
	return r.result, err
}

// A run is one call of Apply, Plan or Remove.
type run struct {
	*Applier
	dry     bool
	removal bool   // all members of the sets go
	others  int    // Ingresses of the app that a removal leaves alone
	only    string // the one set that is brought, of several that objs are of; "" for all
	commit  string
	result  *Result
	items   []*item
	shared  []*item // those of items that other runs share
	pruned  []*item // what no template makes any more
	sets    map[string]*set
	strays  []stray              // members of the sets that are no item's
	listed  map[place]bool       // where all members of the sets were seen
	ledgers map[string][]*ledger // of the claims of each set
	failed  failures
	secrets *secrets // of the items

	unfinished bool // what comes after the objects was left out, since the context ended
}

func (r *run) bring(ctx context.Context, objs []*unstructured.Unstructured) error {
	if err := r.prepare(ctx, objs); err != nil {
		return err
	}
	if err := r.read(ctx); err != nil {
		return err
	}
	if err := r.announce(ctx); err != nil {
		return err
	}
	for s := stage(0); s < stages; s++ {
		if s == stageDefinitions { // the namespaces are there
			r.claim(ctx)
		}
		r.runStage(ctx, s)
	}
	r.trim(ctx)
	r.prune(ctx)
	r.release(ctx)
	r.record(ctx)
	return r.err(ctx)
}

func (r *run) runStage(ctx context.Context, s stage) {
	var now, routes []*item
	for _, it := range r.items {
		if it.stage != s || it.hasFailed() || r.failed.blocks(it.set) || it.shared && !r.failed.spare(it) {
			continue
		}
		if ingress.Claiming(it.obj) {
			routes = append(routes, it)
			continue
		}
		now = append(now, it)
	}
	r.each(ctx, now, r.applyOne)
	r.applyRoutes(ctx, routes)
	r.giveUp(ctx)
	r.settle(ctx, s)
	r.giveUp(ctx)
}

// giveUp notes the sets in which something failed, and undoes what was done in them.
func (r *run) giveUp(ctx context.Context) {
	given := r.failed.add(r.items)
	if len(given) == 0 || r.dry || r.opts.KeepFailed || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	for _, name := range given {
		if s := r.sets[name]; s != nil {
			_ = r.undo(ctx, s.items) // told in the changes
			r.unclaim(ctx, s)
		}
	}
}

// undoTimeout bounds putting back what failed: the time that ctx allows may be over
// when that begins.
const undoTimeout = 2 * time.Minute

// collect makes the Result of what became of the items.
func (r *run) collect() {
	for _, it := range slices.Concat(r.items, r.pruned) {
		neverWas := it.shared && ingress.Derived(it.obj) && it.known && it.live == nil
		if neverWas && it.change.Live == nil && it.change.Err == nil {
			continue // made to let something go that was not there
		}
		it.change.Set = it.set
		r.result.Changes = append(r.result.Changes, *it.change)
	}
}

// err joins what went wrong: the causes first, then what could not be put back.
func (r *run) err(ctx context.Context) error {
	var causes, undos []error
	tried := !r.unfinished
	for _, it := range slices.Concat(r.items, r.pruned) {
		if isUndo(it.change.Err) {
			undos = append(undos, it.change.Err)
		} else {
			causes = append(causes, it.change.Err)
		}
		tried = tried && it.change.Action != NotTried
	}
	for _, s := range r.sortedSets() {
		causes = append(causes, s.err)
	}
	if ctx.Err() != nil && !tried {
		causes = append(causes, fmt.Errorf("%w: not everything was tried: run again to finish the job",
			ended(ctx)))
	}
	return errors.Join(append(causes, undos...)...)
}

// settle waits until what later stages need is there: the kinds that definitions
// define, and the pods that routes lead to.
func (r *run) settle(ctx context.Context, s stage) {
	if r.dry || s != stageDefinitions && (s != stageWorkloads || r.opts.NoWait) {
		return
	}
	var applied []*Change
	for _, it := range r.items {
		now := it.stage <= s && (it.stage == stageDefinitions) == (s == stageDefinitions)
		if now && !r.failed.blocks(it.set) {
			applied = append(applied, it.change)
		}
	}
	_ = r.waitFor(ctx, applied) // told in the changes
}

// each calls f for all items, Concurrency at once, and returns when all have
// returned. It starts no more once ctx is done.
func (r *run) each(ctx context.Context, items []*item, f func(context.Context, *item)) {
	parallel(ctx, r.opts.Concurrency, items, f)
}

func parallel[T any](ctx context.Context, limit int, all []T, f func(context.Context, T)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, limit)
	for _, one := range all {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			f(ctx, one)
		})
	}
	wg.Wait()
}

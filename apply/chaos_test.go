package apply_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/internal/localcluster"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
)

const (
	// seedVariable repeats the choices of an earlier run; how the processes then fare
	// with each other is chance.
	seedVariable  = "SLIPWAY_TEST_SEED"
	chaosServices = 40
	chaosRounds   = 60
	// chaosRestart is the round in which the API server is killed and started again.
	chaosRestart = chaosRounds / 2
	// chaosFull is how many rounds it is from one in which all services act to the next.
	chaosFull = 10
	// chaosReached is how many of the processes have reached it by then, at least.
	chaosReached = 6
)

// A wish is what a service is to be on the cluster. The zero wish is to be gone.
type wish struct {
	Version       int // of its objects, from 1; no two wishes for other ones have the same
	Path, Backend string
}

// A step is what one pipeline does: it makes the wish come true.
type step struct {
	Service string
	Wish    wish
}

func (s step) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and numbers
	}
	return string(text)
}

func parseStep(text string) step {
	var s step
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(err)
	}
	return s
}

func (s step) set() string { return "shop." + s.Service }

func (s step) do(t testing.TB, cfg *rest.Config, opts apply.Options) error {
	opts.PrunePercent = 100 // what several killed runs have left may be more than half
	opts.Concurrency = 0
	opts.Sequence = int64(s.Wish.Version)
	a := newApplier(t, cfg, opts)
	if s.Wish.Version == 0 {
		_, err := a.Remove(context.Background(), s.set())
		return err
	}
	_, err := a.Apply(context.Background(), append(s.objects(t), s.ingress(t)...))
	return err
}

// objects are a ConfigMap that every version has, one that no version shares with the
// next, and, in every other, a Service.
func (s step) objects(t testing.TB) []*unstructured.Unstructured {
	v := s.Wish.Version
	if v == 0 {
		return nil
	}
	const text = `
apiVersion: v1
kind: ConfigMap
metadata: {name: %[1]s}
data: {version: '%[2]d'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: %[1]s-%[3]d}
data: {version: '%[2]d'}`
	const service = `
---
apiVersion: v1
kind: Service
metadata: {name: %[1]s}
spec: {selector: {app: %[1]s}, ports: [{port: %[2]d}]}`
	all := fmt.Sprintf(text, s.Service, v, v%3)
	if v%2 == 0 {
		all += fmt.Sprintf(service, s.Service, 1000+v)
	}
	return objects(t, s.set(), all)
}

func (s step) ingress(t testing.TB) []*unstructured.Unstructured {
	if s.Wish.Version == 0 {
		return nil
	}
	return shopIngress(t, s.Service, s.Wish.Path, s.Wish.Backend)
}

// members returns what the set has on the cluster, as label does, and its record.
func (s step) members(t testing.TB) map[string]string {
	members := map[string]string{}
	for _, obj := range s.objects(t) {
		members[obj.GetKind()+" "+obj.GetName()] = label(s.set(), obj)
	}
	if len(members) > 0 {
		members["Secret slipway."+s.set()] = ""
	}
	return members
}

// label returns what tells the versions of a set's object apart.
func label(set string, obj *unstructured.Unstructured) string {
	switch obj.GetKind() {
	case "Service":
		ports, _, _ := unstructured.NestedSlice(obj.Object, "spec", "ports")
		return fmt.Sprint(ports[0].(map[string]any)["port"])
	case "Ingress":
		_, service, _ := strings.Cut(set, ".")
		return obj.GetAnnotations()[ingress.AnnotationPrefix+service]
	}
	version, _, _ := unstructured.NestedString(obj.Object, "data", "version")
	return version
}

// route returns the wish's line in liveRoutes; "" for none.
func (s step) route() string {
	if s.Wish.Version == 0 {
		return ""
	}
	return fmt.Sprintf("%s → %s:http by %s", s.Wish.Path, s.Wish.Backend, s.Service)
}

// A chaos is the model: for each service, what it may be.
type chaos struct {
	t       testing.TB
	cluster *localcluster.Cluster
	applier *apply.Applier // to read with
	dice    *rand.Rand
	may     map[string][]wish // the last is what was wanted last; one, unless it was killed
	version int               // the last that a wish got

	members   map[step]map[string]string          // see membersOf
	published map[step]*unstructured.Unstructured // see wantIngress

	round int

	steps, killed, refused, unreached, restarted, largest int
}

// Forty pipelines, each a process of its own, join, change and leave one app at random,
// are killed at random, and have an API server that is killed, too. No path is lost and
// none is left: after each round, the cluster is as the model says. They are load enough
// for the machine, so no other test runs beside them.
func TestChaos(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv(seedVariable), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("to make the same choices again: %s=%d", seedVariable, seed)
	c := &chaos{
		t: t, cluster: clustertest.Cluster(t), may: map[string][]wish{},
		dice:    rand.New(rand.NewPCG(seed, 0)),
		members: map[step]map[string]string{}, published: map[step]*unstructured.Unstructured{},
	}
	c.applier = newApplier(t, c.cluster.Config, apply.Options{})
	for i := range chaosServices {
		c.may[fmt.Sprintf("s%02d", i)] = []wish{{}}
	}
	for c.round = range chaosRounds {
		c.run(c.choose(), c.round == chaosRestart)
	}
	c.run(c.unfinished(), false)
	c.run(c.leaveAll(), false)
	t.Logf("%d processes, up to %d at once: %d killed, %d refused as too old, %d got over the restart of the API server, %d "+
		"did not reach it then", c.steps, c.largest, c.killed, c.refused, c.restarted, c.unreached)
}

// An act is a step, and how the process fares that does it.
type act struct {
	step
	when  string
	after time.Duration // until it is killed; 0 for never
	late  bool          // it is to be refused
}

func (c *chaos) services() []string { return slices.Sorted(maps.Keys(c.may)) }

// choose returns the acts of a round: those of services whose last was killed, and some
// others'; all, in the first round.
func (c *chaos) choose() []act {
	services := c.services()
	c.dice.Shuffle(len(services), func(i, j int) { services[i], services[j] = services[j], services[i] })
	slices.SortStableFunc(services, func(a, b string) int { return len(c.may[b]) - len(c.may[a]) })
	n := 1 + c.dice.IntN(6)
	switch {
	case c.round == chaosRestart:
		n = 2 * chaosReached
	case c.round%chaosFull == 0:
		n = len(services)
	}
	var acts []act
	for i, service := range services {
		states := c.may[service]
		switch {
		case i < n && len(states) == 1 && states[0].Version > 1 && c.dice.IntN(8) == 0:
			acts = append(acts, act{step: overdue(service, states[0]), when: "never", late: true})
		case i < n || len(states) > 1:
			acts = append(acts, c.fate(act{step: step{service, c.wish(service)}}))
		}
	}
	return acts
}

// overdue returns what a build does that is older than the live one.
func overdue(service string, live wish) step {
	return step{service, wish{Version: live.Version - 1, Path: "/" + service + "/late", Backend: service}}
}

// wish returns what a service wants next.
func (c *chaos) wish(service string) wish {
	states := c.may[service]
	last := states[len(states)-1]
	c.version++
	next := wish{Version: c.version, Path: last.Path, Backend: last.Backend}
	number := c.dice.IntN(3)
	switch dice := c.dice.IntN(10); {
	case (last.Version > 0 || len(states) > 1) && dice < 2: // the same again
		return last
	case last.Version > 0 && dice < 5:
		return wish{}
	case last.Version > 0 && dice < 6: // other objects only
	case last.Version > 0 && dice < 7:
		next.Backend = fmt.Sprintf("%s-%d", service, number)
	case dice < 8: // with others who do the same
		next.Path, next.Backend = "/shared", "shared"
	default:
		next.Path, next.Backend = fmt.Sprintf("/%s/%d", service, number), service
	}
	if next.Path == "/shared" {
		next.Backend = "shared" // or it would be a conflict
	}
	return next
}

// fate decides if and when a process is killed.
func (c *chaos) fate(a act) act {
	if c.round == chaosRestart {
		a.when = "slow:400ms" // or it would be over before
		return a
	}
	a.when = "never"
	switch c.dice.IntN(8) {
	case 0:
		a.when = fmt.Sprintf("before:%d", 1+c.dice.IntN(20))
	case 1:
		a.when = fmt.Sprintf("after:%d", 1+c.dice.IntN(20))
	case 2:
		a.after = 100*time.Millisecond + time.Duration(c.dice.IntN(1000))*time.Millisecond
	}
	return a
}

// unfinished returns acts that finish what was killed.
func (c *chaos) unfinished() []act {
	var acts []act
	for _, service := range c.services() {
		if states := c.may[service]; len(states) > 1 {
			acts = append(acts, act{step: step{service, states[len(states)-1]}, when: "never"})
		}
	}
	return acts
}

func (c *chaos) leaveAll() []act {
	var acts []act
	for _, service := range c.services() {
		if c.may[service][0].Version > 0 {
			acts = append(acts, act{step: step{Service: service}, when: "never"})
		}
	}
	return acts
}

// run does the acts at once, and checks what comes of it.
func (c *chaos) run(acts []act, restart bool) {
	c.t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var done []step
	reached := make(signal, len(acts))
	for _, a := range acts {
		wg.Go(func() {
			how := c.process(a, restart, reached)
			mu.Lock()
			defer mu.Unlock()
			if c.note(a.step, how); how == ended {
				done = append(done, a.step)
			}
		})
	}
	if restart {
		for range chaosReached {
			<-reached
		}
		mu.Lock()
		c.restarted = -len(done)
		mu.Unlock()
		if err := c.cluster.Restart(c.t.Context()); err != nil {
			c.t.Error(err)
		}
	}
	wg.Wait()
	if restart {
		c.restarted += len(done)
	}
	c.largest = max(c.largest, len(acts))
	if c.t.Failed() {
		c.t.FailNow()
	}
	c.check()
	for _, s := range done {
		c.checkRecord(s)
	}
}

// An outcome is how a process ended.
type outcome int

const (
	ended     outcome = iota // well
	killed                   // before that
	unreached                // since the API server was away
	refused                  // since a later build is live
	failed                   // as it should not
)

// A signal is a writer that tells when a process says that it has reached the server.
type signal chan struct{}

func (s signal) Write(text []byte) (int, error) {
	if string(text) == reachedText {
		s <- struct{}{} // there is room
	}
	return len(text), nil
}

// process runs an act. One that has reached the API server bears its restart.
func (c *chaos) process(a act, restart bool, reached signal) outcome {
	var stdout, stderr bytes.Buffer
	cmd := command(c.t, c.cluster.Kubeconfig, "default", a.when, a.String())
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&stdout, reached), &stderr
	err := cmd.Start()
	if err == nil {
		if a.after > 0 {
			timer := time.AfterFunc(a.after, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
		}
		err = cmd.Wait()
	}
	if stdout.Len() == 0 {
		_, _ = reached.Write([]byte(reachedText)) // it never will: do not wait for it
	}
	switch {
	case a.late && err != nil && strings.Contains(stderr.String(), "is superseded"):
		return refused
	case err == nil && !a.late:
		return ended
	case stderr.Len() == 0 && strings.Contains(err.Error(), "killed"):
		return killed
	case restart && stdout.Len() == 0 && strings.Contains(stderr.String(), "cannot be reached"):
		return unreached
	}
	c.t.Errorf("round %d: %s, %s: %v\n%s", c.round, a.step, a.when, err, &stderr)
	return failed
}

// note notes in the model what a process did.
func (c *chaos) note(s step, how outcome) {
	c.steps++
	switch how {
	case ended:
		c.may[s.Service] = []wish{s.Wish}
		return
	case refused:
		c.refused++
		return
	case killed:
		c.killed++
	case unreached:
		c.unreached++
	}
	states := slices.DeleteFunc(c.may[s.Service], func(w wish) bool { return w == s.Wish })
	c.may[s.Service] = append(states, s.Wish)
}

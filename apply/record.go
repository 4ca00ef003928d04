package apply

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
)

// The record of a set is a Secret in Options.Namespace: its objects show how the
// set is made, and few may read Secrets. It is a member of its set itself.
const (
	recordType   = "slipway/record"
	recordPrefix = "slipway." // the set's name follows
	placesKey    = "places"
	sequenceKey  = "sequence"
	revisionKey  = "revision." // the number follows
)

const (
	maxRevisions = 10
	// maxRecord bounds the record's data, in bytes: a Secret may hold 1 MiB, and
	// has to be sent in base64, which etcd takes 1.5 MiB of.
	maxRecord = 900 << 10
)

// A set is what is known of the objects with one layouts.SetLabel.
type set struct {
	name      string
	live      *unstructured.Unstructured // the record; nil if there is none
	places    map[place]bool             // where it has, or may have, members
	revisions []Revision                 // newest first
	sequence  int64                      // of the latest build that the record knows
	due       int64                      // what is to be recorded as that
	members   int                        // on the cluster, before the run
	items     []*item                    // of the run
	err       error                      // of pruning or recording as a whole
}

// records is where the records are.
func (a *Applier) records() place {
	return place{builtin[schema.GroupVersionKind{Version: "v1", Kind: "Secret"}], a.opts.Namespace}
}

func isRecord(obj *unstructured.Unstructured) bool {
	kind, _, _ := unstructured.NestedString(obj.Object, "type")
	return isSecret(obj) && kind == recordType
}

// readRecords takes the records out of what was listed. One that cannot be read
// blocks its set.
func (r *run) readRecords() {
	for _, found := range r.strays {
		obj := found.obj
		s := r.sets[setOf(obj)]
		if !isRecord(obj) || s == nil || obj.GetName() != recordPrefix+s.name {
			continue
		}
		if err := s.read(obj); err != nil {
			s.err = &RecordError{Set: s.name, Namespace: obj.GetNamespace(), Err: err}
		} else {
			s.err = r.superseded(s)
		}
		if s.err != nil {
			r.failed.block(s.name)
		}
	}
}

// storedPlace is a place as a record holds it.
type storedPlace struct {
	Group      string `json:"group,omitempty"`
	Version    string `json:"version"`
	Resource   string `json:"resource"`
	Namespace  string `json:"namespace,omitempty"`
	Namespaced bool   `json:"namespaced,omitempty"`
}

func (s *set) read(live *unstructured.Unstructured) error {
	s.live, s.places, s.revisions, s.sequence = live, map[place]bool{}, nil, 0
	data, _, err := unstructured.NestedStringMap(live.Object, "data")
	if err != nil {
		return err
	}
	for key, text := range data {
		value, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return fmt.Errorf("%s: not base64", key)
		}
		if err := s.readKey(key, value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	slices.SortFunc(s.revisions, func(a, b Revision) int { return b.Number - a.Number })
	return nil
}

func (s *set) readKey(key string, value []byte) error {
	if strings.HasPrefix(key, revisionKey) {
		revision, err := unpack(value)
		s.revisions = append(s.revisions, revision)
		return err
	}
	if key == sequenceKey {
		var err error
		s.sequence, err = strconv.ParseInt(string(value), 10, 64)
		return err
	}
	if key != placesKey {
		return nil
	}
	var stored []storedPlace
	if err := json.Unmarshal(value, &stored); err != nil {
		return err
	}
	for _, p := range stored {
		gvr := schema.GroupVersionResource{Group: p.Group, Version: p.Version, Resource: p.Resource}
		s.places[place{resource{gvr, p.Namespaced}, p.Namespace}] = true
	}
	return nil
}

// object returns the record as it is to be applied: with the newest revisions that
// there is room for.
func (s *set) object(namespace string) (*unstructured.Unstructured, error) {
	stored := make([]storedPlace, 0, len(s.places))
	for p := range s.places {
		stored = append(stored, storedPlace{
			p.resource.Group, p.resource.Version, p.resource.Resource, p.namespace, p.resource.namespaced,
		})
	}
	slices.SortFunc(stored, func(a, b storedPlace) int {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	places, err := json.Marshal(stored)
	if err != nil {
		return nil, err
	}
	data := map[string]any{placesKey: base64.StdEncoding.EncodeToString(places)}
	if sequence := max(s.sequence, s.due); sequence > 0 {
		data[sequenceKey] = base64.StdEncoding.EncodeToString(strconv.AppendInt(nil, sequence, 10))
	}
	size := 0
	for _, revision := range s.revisions[:min(len(s.revisions), maxRevisions)] {
		packed, err := pack(revision)
		if err != nil {
			return nil, err
		}
		if size += len(packed); size > maxRecord {
			break
		}
		data[revisionKey+strconv.Itoa(revision.Number)] = base64.StdEncoding.EncodeToString(packed)
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "Secret",
		"type":       recordType,
		"metadata": map[string]any{
			"name": recordPrefix + s.name, "namespace": namespace,
			"labels": map[string]any{layouts.SetLabel: s.name},
		},
		"data": data,
	}}, nil
}

// announceKinds records kinds that the records do not name yet, before the first
// object of them is written: a run that is killed leaves nothing behind that the
// next one would not find. A set without a record is sought everywhere anyway.
func (r *run) announceKinds(ctx context.Context) []error {
	var errs []error
	for _, s := range r.sortedSets() {
		if s.live == nil || r.failed.blocks(s.name) {
			continue
		}
		places := maps.Clone(s.places)
		maps.Copy(places, s.placesOfItems())
		if len(places) > len(s.places) {
			errs = append(errs, r.writeRecord(ctx, s, places, nil))
		}
	}
	return errs
}

// placesOf returns where the set has members, or may have since it was not possible
// to look.
func (r *run) placesOf(s *set) map[place]bool {
	places := s.placesOfItems()
	for p := range s.places {
		if !r.listed[p] {
			places[p] = true
		}
	}
	return places
}

func (s *set) placesOfItems() map[place]bool {
	places := map[place]bool{}
	for _, it := range s.items {
		if !it.shared {
			places[it.place()] = true
		}
		if ingress.Claiming(it.obj) {
			places[ledgers(it.obj.GetNamespace())] = true
		}
	}
	return places
}

// record writes the records of the sets that succeeded and that are not what was
// recorded last. So a run that finds nothing to do but was preceded by one that
// was killed completes that one's record.
func (r *run) record(ctx context.Context) {
	if r.dry || !r.listed[r.records()] {
		r.noteUnrecorded()
		return
	}
	routes := r.routesBySet()
	var due []*set
	for _, s := range r.sortedSets() {
		if !r.failed.blocks(s.name) && s.err == nil {
			due = append(due, s)
		}
	}
	if ctx.Err() != nil {
		r.unfinished = len(due) > 0
		return
	}
	parallel(ctx, r.opts.Concurrency, due, func(ctx context.Context, s *set) {
		next := r.revision(s, routes[s.name])
		places := r.placesOf(s)
		if r.ordered(s) {
			s.due = r.opts.Sequence
		}
		switch {
		case !s.newestIs(next):
			s.err = r.writeRecord(ctx, s, places, &next)
		case !maps.Equal(s.places, places) || s.due > s.sequence:
			s.err = r.writeRecord(ctx, s, places, nil)
		}
	})
}

func (r *run) noteUnrecorded() {
	if !r.dry && len(r.sets) > 0 {
		r.result.Notes = append(r.result.Notes, fmt.Sprintf("no history is kept: Secrets in namespace %s "+
			"may not be listed; what is no longer rendered is sought among the kinds that are",
			r.opts.Namespace))
	}
}

// routesBySet returns the shared Ingresses with the routes of each service alone.
func (r *run) routesBySet() map[string][]*unstructured.Unstructured {
	out := map[string][]*unstructured.Unstructured{}
	for _, it := range r.shared {
		if it.leavers != nil {
			continue
		}
		app, _, _ := strings.Cut(it.set, ".")
		parts, _ := ingress.Split(it.obj) // it was recomposed
		for owner, part := range parts {
			if name := layouts.Set(app, owner); owner != layouts.Common {
				out[name] = append(out[name], part)
			}
		}
	}
	return out
}

// revision returns what the run made of the set: its objects, and its routes.
func (r *run) revision(s *set, routes []*unstructured.Unstructured) Revision {
	now := time.Now().UTC().Truncate(time.Second)
	next := Revision{Time: now, Commit: r.commit, User: r.opts.User}
	for _, it := range s.items {
		if !it.shared {
			next.Objects = append(next.Objects, withoutSecrets(it.obj))
		}
	}
	next.Objects = append(next.Objects, routes...)
	next.Images = imagesOf(next.Objects)
	return next
}

// writeRecord writes the record of s by compare-and-swap, with next as its newest
// revision if there is one. Who may not write it does without.
func (r *run) writeRecord(ctx context.Context, s *set, places map[place]bool, next *Revision) error {
	for try := range publishTries {
		if err := backOff(ctx, try); err != nil {
			return err
		}
		again, err := r.swapRecord(ctx, s, places, next)
		if apierrors.IsForbidden(err) {
			r.noteForbidden(s)
			return nil
		}
		if _, overtaken := errors.AsType[*ingress.SupersededError](err); overtaken {
			return err
		}
		if err != nil {
			return r.unrecorded(s, err)
		}
		if !again {
			return nil
		}
	}
	return r.unrecorded(s, &ContentionError{publishTries})
}

// unrecorded returns err as the record's.
func (r *run) unrecorded(s *set, err error) error {
	it := &item{obj: &unstructured.Unstructured{Object: map[string]any{}}, resource: r.records().resource}
	it.obj.SetNamespace(r.opts.Namespace)
	it.change = &Change{Ref: Ref{"v1", "Secret", r.opts.Namespace, recordPrefix + s.name}}
	return &ObjectError{Ref: it.change.Ref, Err: r.explain(it, err)}
}

func (r *run) noteForbidden(s *set) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Notes = append(r.result.Notes, fmt.Sprintf("no history of %s is kept: Secrets in namespace %s "+
		"may not be written", s.name, r.opts.Namespace))
}

// swapRecord reports whether another run was faster; s then holds what it wrote.
func (r *run) swapRecord(ctx context.Context, s *set, places map[place]bool, next *Revision,
) (again bool, err error) {
	s.places = places
	if next != nil {
		next.Number = 1
		if len(s.revisions) > 0 {
			next.Number = s.revisions[0].Number + 1
		}
		s.revisions = append([]Revision{*next}, s.revisions...)
	}
	obj, err := s.object(r.opts.Namespace)
	if err != nil {
		return false, err
	}
	it := &item{obj: obj, resource: r.records().resource, change: &Change{Ref: refOf(obj)}}
	got, err := r.swapIn(ctx, it, s.live, obj)
	if err == nil {
		s.live = got
	}
	if !stale(err) {
		return false, err
	}
	live, err := r.get(ctx, it)
	if apierrors.IsNotFound(err) {
		*s = set{name: s.name, members: s.members, items: s.items, due: s.due}
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if err := s.read(live); err != nil {
		return false, err
	}
	if err := r.superseded(s); err != nil {
		return false, err // while this run was under way
	}
	maps.Copy(places, s.places) // what the other run announced stays
	return next == nil || !s.newestIs(*next) || s.due > s.sequence, nil
}

// routed returns what holds the set's routes in the newest revision.
func (s *set) routed() []*unstructured.Unstructured {
	if len(s.revisions) == 0 {
		return nil
	}
	var out []*unstructured.Unstructured
	for _, obj := range s.revisions[0].Objects {
		if ingress.Shared(obj) || ingress.Claiming(obj) {
			out = append(out, obj)
		}
	}
	return out
}

// newestIs reports whether the newest revision holds the same objects.
func (s *set) newestIs(revision Revision) bool {
	return len(s.revisions) > 0 && s.revisions[0].same(revision)
}

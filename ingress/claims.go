package ingress

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// ClaimsSet is the [layouts.SetLabel] of the ConfigMaps that hold claims. No set has this
// name, for it has no dot: so they are members of none, and what is removed with a set, or
// pruned, is never one of them.
const ClaimsSet = "claims"

// Claiming reports whether obj is an HTTPRoute that [Merge] made, whose routes are to be
// claimed before it is applied.
func Claiming(obj *unstructured.Unstructured) bool { return isHTTPRoute(obj) && marked(obj) }

// marked reports whether obj holds fragments.
func marked(obj *unstructured.Unstructured) bool {
	for name := range obj.GetAnnotations() {
		if isRegistry(name) {
			return true
		}
	}
	return false
}

// Incomplete reports whether obj, which is [Claiming], stands for all HTTPRoutes of its set:
// its routes could not be told, and those on the cluster are to stay.
func Incomplete(obj *unstructured.Unstructured) bool {
	reg, _ := readRegistry(obj.GetAnnotations())
	return slices.ContainsFunc(slices.Collect(maps.Values(reg)), func(f Fragment) bool { return f.Partial })
}

// TakenFrom returns the sets from which obj, which is [Claiming], may take routes.
func TakenFrom(obj *unstructured.Unstructured) []string {
	reg, _ := readRegistry(obj.GetAnnotations()) // told by Claims
	app, _, _ := strings.Cut(obj.GetLabels()[layouts.SetLabel], ".")
	var sets []string
	for _, fragment := range reg {
		for _, taken := range fragment.Takes {
			sets = append(sets, layouts.Set(app, taken.From))
		}
	}
	slices.Sort(sets)
	return slices.Compact(sets)
}

// A claim is what a set's claim of a route says, as JSON.
type claim struct {
	Owner  string `json:"owner"` // the set
	Host   string `json:"host,omitempty"`
	Type   string `json:"type"`
	Path   string `json:"path"`
	Source string `json:"src,omitempty"`
}

// Claims returns what the HTTPRoutes among objs that are [Claiming], all of one set, claim: for
// each host a ConfigMap, sorted by namespace and name, with an entry for each path. Applied by
// server-side apply, without force, under a field manager of the set's own, it is refused if
// another set has an entry of it. An entry names its set, so that no two are equal and would be
// shared. A [*RegistryError] reports an object that cannot be read.
func Claims(objs []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	ledgers := map[string]*unstructured.Unstructured{}
	for _, obj := range objs {
		if !Claiming(obj) {
			continue
		}
		reg, err := readRegistry(obj.GetAnnotations())
		if err != nil {
			return nil, err
		}
		for _, route := range reg.routes() {
			at := obj.GetNamespace() + "/" + ledgerName(route.Host)
			if ledgers[at] == nil {
				ledgers[at] = newLedger(obj.GetNamespace(), route.Host)
			}
			if err := enter(ledgers[at], obj.GetLabels()[layouts.SetLabel], route); err != nil {
				return nil, err
			}
		}
	}
	var out []*unstructured.Unstructured
	for _, at := range slices.Sorted(maps.Keys(ledgers)) {
		out = append(out, ledgers[at])
	}
	return out, nil
}

func ledgerName(host string) string { return "routes-" + digest(host)[:16] }

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

func newLedger(namespace, host string) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{},
	}}
	obj.SetName(ledgerName(host))
	obj.SetNamespace(namespace)
	obj.SetLabels(map[string]string{layouts.SetLabel: ClaimsSet})
	return obj
}

func enter(ledger *unstructured.Unstructured, set string, route Route) error {
	text, err := json.Marshal(claim{set, route.Host, route.PathType, route.Path, route.Source})
	if err != nil {
		return err
	}
	entry := strings.ToLower(route.PathType) + "." + digest(route.Host, route.Path)[:32]
	return unstructured.SetNestedField(ledger.Object, string(text), "data", entry)
}

// CheckClaims returns the entries of live, which may be nil, that mine, of the same name and
// made by [Claims], is to take over: those that belong to the sets takeFrom, by these. Where
// live has entries of yet other sets that mine has too, it returns a [*ConflictError]. Where an
// owner is of another app, its app is named too; what its routes lead to is not known.
func CheckClaims(mine, live *unstructured.Unstructured, takeFrom []string,
) (taken map[string]map[string]any, err error) {
	if live == nil {
		return nil, nil
	}
	entries, _, _ := unstructured.NestedStringMap(mine.Object, "data")
	theirs, _, _ := unstructured.NestedStringMap(live.Object, "data")
	taken = map[string]map[string]any{}
	var conflicts []Conflict
	for _, entry := range slices.Sorted(maps.Keys(entries)) {
		text, there := theirs[entry]
		if !there {
			continue
		}
		var a, b claim
		err := errors.Join(json.Unmarshal([]byte(entries[entry]), &b), json.Unmarshal([]byte(text), &a))
		switch {
		case err == nil && a.Owner == b.Owner:
		case err == nil && slices.Contains(takeFrom, a.Owner):
			if taken[a.Owner] == nil {
				taken[a.Owner] = map[string]any{}
			}
			taken[a.Owner][entry] = text
		default:
			a.Host, a.Type, a.Path = b.Host, b.Type, b.Path
			a.Owner = cmp.Or(a.Owner, "an entry that was not made by slipway")
			conflicts = append(conflicts, Conflict{a.route(b.Owner), b.route(b.Owner)})
		}
	}
	if conflicts == nil {
		return taken, nil
	}
	slices.SortStableFunc(conflicts, func(a, b Conflict) int {
		return cmp.Or(cmp.Compare(typeRank(a.B.PathType), typeRank(b.B.PathType)), comparePaths(&a.B, &b.B))
	})
	return nil, &ConflictError{Conflicts: conflicts, Exclusive: true}
}

// route returns the claimed route as far as it is known, the owner named as for the set.
func (c claim) route(set string) Route {
	app, _, _ := strings.Cut(set, ".")
	return Route{
		Host: c.Host, PathType: c.Type, Path: c.Path, Source: c.Source,
		Owner: strings.TrimPrefix(c.Owner, app+"."),
	}
}

// CheckSequence returns a [*SupersededError] if live, the HTTPRoute on the cluster, is of a
// later build than mine, both [Claiming]. live may be nil.
func CheckSequence(mine, live *unstructured.Unstructured) error {
	if live == nil {
		return nil
	}
	before, err := readRegistry(live.GetAnnotations())
	if err != nil {
		return err
	}
	now, err := readRegistry(mine.GetAnnotations())
	if err != nil {
		return err
	}
	_, err = before.replace(now)
	return err
}

// checkOwners returns a *ConflictError if routes, which are sorted, hold one that two owners
// have, or one that leads to two backends: of an HTTPRoute's route there is one.
func checkOwners(routes []Route) error {
	var conflicts []Conflict
	first := map[key]Route{}
	for _, route := range routes {
		other, taken := first[route.key()]
		if !taken {
			first[route.key()] = route
			continue
		}
		conflicts = append(conflicts, Conflict{other, route})
	}
	if conflicts == nil {
		return nil
	}
	return &ConflictError{Conflicts: conflicts, Exclusive: true}
}

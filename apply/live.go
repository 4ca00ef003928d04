package apply

import (
	"context"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/layouts"
)

// readLive fills in what is on the cluster: one LIST for each kind and
// namespace, or a GET where there is a single object. What may not be read stays
// unknown; it is then sent without comparison.
func (r *run) readLive(ctx context.Context) error {
	var groups [][]*item
	byPlace := map[string]int{}
	for _, it := range r.items {
		place := it.resource.GroupVersionResource.String() + "/" + it.obj.GetNamespace()
		if _, ok := byPlace[place]; !ok || it.set() == "" || shared(it) {
			byPlace[place] = len(groups)
			groups = append(groups, nil)
		}
		groups[byPlace[place]] = append(groups[byPlace[place]], it)
	}
	heads := make([]*item, len(groups))
	byHead := map[*item][]*item{}
	for i, group := range groups {
		heads[i] = group[0]
		byHead[group[0]] = group
	}
	errs := make(chan error, len(groups))
	r.each(ctx, heads, func(ctx context.Context, head *item) {
		errs <- r.readGroup(ctx, byHead[head])
	})
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (r *run) readGroup(ctx context.Context, group []*item) error {
	err := r.listGroup(ctx, group)
	if apierrors.IsForbidden(err) {
		return nil
	}
	if err != nil && !apierrors.IsNotFound(err) {
		r.fail(group[0], err)
		return group[0].change.Err
	}
	for _, it := range group {
		it.known = true
	}
	return r.checkRoutes(group[0])
}

// checkRoutes returns an error if it is a shared Ingress that could not be
// published, so that nothing is written.
func (r *run) checkRoutes(it *item) error {
	if !shared(it) || r.adoptable(it.live) {
		return nil
	}
	if _, err := r.recompose(it, it.live); err != nil {
		r.fail(it, err)
		return it.change.Err
	}
	return nil
}

func (r *run) listGroup(ctx context.Context, group []*item) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if len(group) == 1 {
		live, err := r.at(group[0]).Get(ctx, group[0].obj.GetName(), metav1.GetOptions{})
		if err == nil {
			group[0].live = live
		}
		return err
	}
	list, err := r.at(group[0]).List(ctx, metav1.ListOptions{LabelSelector: setSelector(setsOf(group))})
	if err != nil {
		return err
	}
	byName := map[string]*unstructured.Unstructured{}
	for i := range list.Items {
		byName[list.Items[i].GetName()] = &list.Items[i]
	}
	for _, it := range group {
		it.live = byName[it.obj.GetName()]
	}
	return nil
}

func setsOf(group []*item) []string {
	sets := make([]string, len(group))
	for i, it := range group {
		sets[i] = it.set()
	}
	return sets
}

// setSelector selects the members of the sets.
func setSelector(sets []string) string {
	sets = slices.Compact(slices.Sorted(slices.Values(sets)))
	return layouts.SetLabel + " in (" + strings.Join(sets, ",") + ")"
}

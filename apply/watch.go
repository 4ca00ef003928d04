package apply

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// A source sends what happens to the objects of one kind in one namespace.
type source struct {
	client    dynamic.ResourceInterface
	resource  resource
	namespace string
	selector  string
	fields    string     // a field selector
	revisions *revisions // for pods
	names     []string   // of the objects, if they are known beforehand
}

// run lists, then watches, and lists again when the watch ends, until ctx does.
// Errors are not the end of it, since the cluster may come back before ctx's
// deadline, but for one: who may not list or watch never will, and reads instead.
func (s source) run(ctx context.Context, updates chan<- update) {
	for try := 0; ctx.Err() == nil; try++ {
		err := s.follow(ctx, updates)
		switch {
		case err == nil || apierrors.IsResourceExpired(err):
			try = 0
		case apierrors.IsForbidden(err) && try > 0: // twice: rules are known late after a restart
			s.poll(ctx, updates)
			return
		}
		select {
		case <-time.After(min(time.Duration(try)*200*time.Millisecond, 5*time.Second)):
		case <-ctx.Done():
		}
	}
}

// pollInterval is how often objects are read by a role that may not watch.
const pollInterval = time.Second

// poll reads the objects one by one, until ctx ends or not even that is allowed.
func (s source) poll(ctx context.Context, updates chan<- update) {
	for ctx.Err() == nil {
		for _, name := range s.names {
			obj, err := s.client.Get(ctx, name, metav1.GetOptions{})
			switch {
			case apierrors.IsForbidden(err):
				s.deliver(ctx, updates, update{refused: err})
				return
			case apierrors.IsNotFound(err):
				obj = &unstructured.Unstructured{}
				obj.SetName(name)
				s.send(ctx, updates, sighting{obj: obj, deleted: true})
			case err == nil:
				s.send(ctx, updates, sighting{obj: obj})
			}
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
		}
	}
}

func (s source) follow(ctx context.Context, updates chan<- update) error {
	version, err := s.list(ctx, updates)
	if err != nil {
		return err
	}
	w, err := s.client.Watch(ctx, metav1.ListOptions{
		LabelSelector: s.selector, FieldSelector: s.fields,
		ResourceVersion: version, AllowWatchBookmarks: true,
	})
	if err != nil {
		return err
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		if event.Type == watch.Error {
			return apierrors.FromObject(event.Object)
		}
		obj, ok := event.Object.(*unstructured.Unstructured)
		if ok && event.Type != watch.Bookmark {
			s.send(ctx, updates, sighting{obj: obj, deleted: event.Type == watch.Deleted})
		}
	}
	return nil
}

func (s source) list(ctx context.Context, updates chan<- update) (string, error) {
	listCtx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	opts := metav1.ListOptions{LabelSelector: s.selector, FieldSelector: s.fields}
	list, err := s.client.List(listCtx, opts)
	if err != nil {
		return "", err
	}
	u := update{all: true}
	for i := range list.Items {
		u.seen = append(u.seen, s.mark(ctx, sighting{obj: &list.Items[i]}))
	}
	s.deliver(ctx, updates, u)
	return list.GetResourceVersion(), nil
}

// mark fills in the revision.
func (s source) mark(ctx context.Context, one sighting) sighting {
	if s.revisions != nil {
		one.revision = s.revisions.of(ctx, one.obj)
	}
	return one
}

func (s source) send(ctx context.Context, updates chan<- update, one sighting) {
	s.deliver(ctx, updates, update{seen: []sighting{s.mark(ctx, one)}})
}

func (s source) deliver(ctx context.Context, updates chan<- update, u update) {
	u.resource, u.namespace = s.resource, s.namespace
	select {
	case updates <- u:
	case <-ctx.Done():
	}
}

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
	revisions *revisions // for pods
}

// run lists, then watches, and lists again when the watch ends, until ctx does.
// Errors are not the end of it: the cluster may come back before ctx's deadline.
func (s source) run(ctx context.Context, updates chan<- update) {
	for try := 0; ctx.Err() == nil; try++ {
		if err := s.follow(ctx, updates); err == nil || apierrors.IsResourceExpired(err) {
			try = 0
		}
		select {
		case <-time.After(min(time.Duration(try)*200*time.Millisecond, 5*time.Second)):
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
		LabelSelector: s.selector, ResourceVersion: version, AllowWatchBookmarks: true,
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
			s.send(ctx, updates, update{obj: obj, deleted: event.Type == watch.Deleted})
		}
	}
	return nil
}

func (s source) list(ctx context.Context, updates chan<- update) (string, error) {
	listCtx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	list, err := s.client.List(listCtx, metav1.ListOptions{LabelSelector: s.selector})
	if err != nil {
		return "", err
	}
	names := map[string]bool{}
	for i := range list.Items {
		names[list.Items[i].GetName()] = true
		s.send(ctx, updates, update{obj: &list.Items[i]})
	}
	s.send(ctx, updates, update{names: names})
	return list.GetResourceVersion(), nil
}

func (s source) send(ctx context.Context, updates chan<- update, u update) {
	u.resource, u.namespace = s.resource, s.namespace
	if s.revisions != nil && u.obj != nil {
		u.revision = s.revisions.of(ctx, u.obj)
	}
	select {
	case updates <- u:
	case <-ctx.Done():
	}
}

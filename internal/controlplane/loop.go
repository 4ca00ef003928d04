package main

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

// loopWorkers is how many objects a loop syncs at once.
const loopWorkers = 8

// A syncFunc brings the world in line with an object, and returns after what time to
// look at it again; zero means when it changes.
type syncFunc func(context.Context, cache.ObjectName) (again time.Duration, err error)

// A loop calls sync for each object of an informer that is added, changed or
// deleted, and once more when sync asks for it or fails. It never calls it twice at
// once for one object.
type loop struct {
	sync  syncFunc
	queue workqueue.TypedRateLimitingInterface[cache.ObjectName]
}

func newLoop(informer cache.SharedInformer, sync syncFunc) (*loop, error) {
	l := &loop{sync: sync, queue: workqueue.NewTypedRateLimitingQueue(
		workqueue.DefaultTypedControllerRateLimiter[cache.ObjectName]())}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    l.enqueue,
		UpdateFunc: func(_, obj any) { l.enqueue(obj) },
		DeleteFunc: l.enqueue,
	})
	return l, err
}

func (l *loop) enqueue(obj any) {
	if last, ok := obj.(cache.DeletedFinalStateUnknown); ok {
		obj = last.Obj
	}
	if object, err := meta.Accessor(obj); err == nil {
		l.queue.Add(cache.MetaObjectToName(object))
	}
}

// run returns when ctx has ended and no sync runs any more.
func (l *loop) run(ctx context.Context) {
	context.AfterFunc(ctx, l.queue.ShutDown)
	var workers sync.WaitGroup
	for range loopWorkers {
		workers.Go(func() {
			for l.work(ctx) {
			}
		})
	}
	workers.Wait()
}

// work takes one object from the queue; false means that the queue is shut down.
func (l *loop) work(ctx context.Context) bool {
	name, shutdown := l.queue.Get()
	if shutdown {
		return false
	}
	defer l.queue.Done(name)
	again, err := l.sync(ctx, name)
	if err != nil {
		klog.InfoS("Not synced", "object", name, "err", err)
		l.queue.AddRateLimited(name)
		return true
	}
	l.queue.Forget(name)
	if again > 0 {
		l.queue.AddAfter(name, again)
	}
	return true
}

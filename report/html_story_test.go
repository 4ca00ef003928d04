package report_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/examples/shoppingapp"
	"github.com/slipway-go/slipway/ingress"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/report"
)

// A story is a deploy, or a plan, of the reference application with many services, as a
// Reporter sees it.
type story struct {
	services int
	plan     bool
	fresh    bool // nothing was there
	fails    int  // how many rollouts fail
}

// objects renders the services with the image.
func (s story) objects(t *testing.T, image string) *ingress.Result {
	t.Helper()
	tree := fstest.MapFS{}
	for _, name := range []string{"each/deployment.yml", "each/service.yml", "ingress.yml", "vars.yml"} {
		data, err := fs.ReadFile(shoppingapp.Tree(), shoppingapp.App+"/common/"+name)
		if err != nil {
			t.Fatal(err)
		}
		tree["shop/common/"+name] = &fstest.MapFile{Data: data}
	}
	for i := range s.services {
		tree[fmt.Sprintf("shop/service-%03d/ingress.yml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, `
apiVersion: networking.k8s.io/v1
kind: Ingress
spec:
  rules:
  - http:
      paths:
      - path: /service-%d
        pathType: Prefix
        backend: {service: {name: "{{ service_name }}", port: {name: http}}}
`, i)}
	}
	d := slipway.Deployer{Root: tree, App: "shop", Values: map[string]any{"image_id": image}}
	rendered, err := d.Render(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rendered
}

// outcome is what comes of it: Deployments have another image, and Services are as they
// were, unless all is fresh.
func (s story) outcome(t *testing.T) report.Outcome {
	t.Helper()
	before, after := s.objects(t, "shop/any:21"), s.objects(t, "shop/any:22")
	result := &slipway.Result{Routes: after.Routes}
	result.Requests = 3 * s.services
	o := report.Outcome{
		Verb: "deploy", App: "shop", Result: result, Plan: s.plan, Namespace: "shop",
		Sequence: 22, Commit: "0c1ffee", User: "ci",
	}
	failed := 0
	var errs []error
	for i, obj := range after.Objects {
		c := newChange(obj)
		switch {
		case s.fresh:
			c.Action = apply.Created
		case obj.GetKind() == "Service", obj.GetKind() == "Ingress":
			c.Action = apply.Unchanged
		default:
			c.Action, c.Before = apply.Configured, newChange(before.Objects[i]).Live
		}
		if obj.GetKind() == "Deployment" && failed < s.fails {
			failed++
			c.Action = apply.Undone
			c.Fields = []apply.FieldChange{{Path: ".spec.template.spec.containers[name=\"app\"].image", Old: "shop/any:21", New: "shop/any:22"}}
			c.Err = rolloutError(c)
		}
		errs = append(errs, c.Err)
		result.Changes = append(result.Changes, c)
	}
	o.Err = errors.Join(errs...)
	if s.plan {
		o.Verb = "plan"
	}
	return o
}

func newChange(obj *unstructured.Unstructured) apply.Change {
	annotations := obj.GetAnnotations()
	c := apply.Change{
		Ref: apply.Ref{
			APIVersion: obj.GetAPIVersion(), Kind: obj.GetKind(), Namespace: "shop", Name: obj.GetName(),
		},
		Source: annotations[layouts.SourceAnnotation], Set: obj.GetLabels()[layouts.SetLabel], Live: obj,
	}
	delete(annotations, layouts.SourceAnnotation)
	obj.SetAnnotations(annotations)
	return c
}

func rolloutError(c apply.Change) error {
	return &apply.ObjectError{Ref: c.Ref, Source: c.Source, Err: &apply.RolloutError{
		Progress: "Available: 1/2", Pods: []apply.PodFailure{{
			Pod: c.Name + "-5d9f", Container: c.Name, Reason: "CrashLoopBackOff", ExitCode: 1, More: 1,
			Log: []string{"listening on :5000", "\x1b[31mpanic:\x1b[0m dial tcp: lookup db: no such host"},
		}},
	}}
}

// tell returns the page of the run, which takes about half a minute.
func (s story) tell(t *testing.T) string {
	t.Helper()
	var page strings.Builder
	o := s.outcome(t)
	synctest.Test(t, func(t *testing.T) {
		r, err := report.New(report.Options{Out: io.Discard, Log: io.Discard, HTML: &page})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range o.Result.Changes {
			r.Event(apply.Event{Kind: apply.EventPlanned, Ref: c.Ref, Source: c.Source, Action: apply.NotTried})
		}
		if !s.plan {
			s.play(r, o.Result.Changes)
		}
		if err := r.End(o); err != nil {
			t.Errorf("End() error = %v", err)
		}
	})
	return page.String()
}

func (s story) play(r *report.Reporter, changes []apply.Change) {
	var rollouts []apply.Change
	for _, c := range changes {
		if c.Action == apply.Unchanged {
			continue
		}
		r.Event(apply.Event{Kind: apply.EventSent, Ref: c.Ref})
		time.Sleep(4 * time.Millisecond)
		r.Event(apply.Event{Kind: apply.EventApplied, Ref: c.Ref, Action: apply.Configured})
		if c.Kind == "Deployment" {
			rollouts = append(rollouts, c)
		}
	}
	for done := range 2 {
		for _, c := range rollouts {
			r.Event(apply.Event{
				Kind: apply.EventWaiting, Ref: c.Ref, Done: done, Total: 2,
				Message: fmt.Sprintf("Available: %d/2", done),
			})
		}
		time.Sleep(3 * time.Second)
	}
	for i, c := range rollouts {
		time.Sleep(20 * time.Second / time.Duration(len(rollouts)))
		if c.Err == nil {
			r.Event(apply.Event{Kind: apply.EventReady, Ref: c.Ref, Message: "Deployment is available. Replicas: 2"})
			continue
		}
		r.Event(apply.Event{Kind: apply.EventFailed, Ref: c.Ref, Err: c.Err})
		if i == s.fails-1 {
			time.Sleep(time.Second)
			for _, c := range rollouts[:s.fails] {
				r.Event(apply.Event{Kind: apply.EventUndone, Ref: c.Ref})
			}
		}
	}
}

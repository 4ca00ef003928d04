package report_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/report"
)

// Diffs are left out when the page is full; what has none is not said to be left out.
func TestHTMLFull(t *testing.T) {
	t.Parallel()
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"a": strings.Repeat("a", 30<<10)},
	}}
	result := &slipway.Result{}
	for i := range 40 {
		for _, c := range []apply.Change{
			{Action: apply.Created, Live: object}, {Action: apply.Unchanged, Live: object},
			{Action: apply.Undone, Live: object, Notes: []string{"put back"}},
		} {
			c.Ref = ref("ConfigMap", fmt.Sprintf("%s-%d", c.Action, i))
			result.Changes = append(result.Changes, c)
		}
	}
	root := parse(t, pageOf(t, report.Outcome{Verb: "deploy", App: "a", Namespace: "shop", Result: result}))
	diffs, text := len(root.all("ins")), root.text()
	if left := strings.Count(text, "The diff is left out"); diffs != 12 || left != 28 {
		t.Errorf("the page has %d diffs, and %d are left out; want 12 and 28", diffs, left)
	}
	if list := strings.Count(text, "ConfigMap unchanged-39"); list != 1 ||
		!strings.Contains(text, "As before: ConfigMap unchanged-0, ConfigMap unchanged-1, ") {
		t.Errorf("the page does not list what is as before:\n%s", text[len(text)-2000:])
	}
}

// A quoted is an error with lines of a template.
type quoted struct {
	error
	lines string
}

func (q quoted) Excerpt() string { return q.lines }

// Lines of templates have no more room than other texts, each and together.
func TestHTMLLongLines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ errs, length, want int }{{1, 1 << 20, 0}, {100, 40 << 10, 9}} {
		var errs []error
		for i := range tt.errs {
			errs = append(errs, quoted{fmt.Errorf("error %d", i), strings.Repeat("x", tt.length)})
		}
		text := pageOf(t, report.Outcome{
			Verb: "deploy", App: "a", Result: &slipway.Result{}, Err: errors.Join(errs...),
		})
		got := strings.Count(text, strings.Repeat("x", tt.length))
		left := strings.Count(text, "(left out, since the page would be too long)")
		if got != tt.want || left != tt.errs-got {
			t.Errorf("of %d excerpts of %d bytes the page has %d, and %d are left out; want %d",
				tt.errs, tt.length, got, left, tt.want)
		}
		if last := fmt.Sprintf("error %d</p>", tt.errs-1); !strings.Contains(text, last) {
			t.Errorf("the page lacks %q", last)
		}
	}
}

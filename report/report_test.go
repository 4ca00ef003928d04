package report_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/report"
)

func ref(kind, name string) apply.Ref {
	return apply.Ref{APIVersion: "v1", Kind: kind, Namespace: "shop", Name: name}
}

// outcome is that of a deploy of two services, one of which failed.
func outcome() report.Outcome {
	failure := &apply.ObjectError{
		Ref: ref("Deployment", "kids"), Source: "shop/kids/deployment.yml:7",
		Err: &apply.RolloutError{Progress: "0 of 1: 100%", Pods: []apply.PodFailure{{
			Pod: "kids-1", Reason: "CrashLoopBackOff", Log: []string{"no database"},
		}}},
	}
	return report.Outcome{Verb: "deploy", App: "shop", Err: failure, Result: &slipway.Result{
		Warnings: []string{"shop/common/ingress.yml:1: no class"},
		Result: apply.Result{Requests: 7, Changes: []apply.Change{
			{Ref: ref("Service", "home"), Source: "shop/home/service.yml:1", Action: apply.Created},
			{Ref: ref("Deployment", "kids"), Source: failure.Source, Action: apply.Undone, Err: failure},
			{Ref: ref("Ingress", "shop"), Source: "shop/common/ingress.yml:1", Action: apply.NotTried},
			{Ref: ref("Service", "kids"), Action: apply.Unchanged, Notes: []string{"::error::noticed"}},
		}},
	}}
}

// play lets the reporter see a run of six seconds, and returns what it wrote.
func play(t *testing.T, opts report.Options, o report.Outcome) (out, log string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var result, progress strings.Builder
		opts.Out, opts.Log = &result, &progress
		r, err := report.New(opts)
		if err != nil {
			t.Fatal(err)
		}
		kids := ref("Deployment", "kids")
		for _, e := range []apply.Event{
			{Kind: apply.EventPlanned, Ref: ref("Service", "home"), Action: apply.NotTried},
			{Kind: apply.EventPlanned, Ref: kids, Action: apply.NotTried},
			{Kind: apply.EventSent, Ref: kids},
			{Kind: apply.EventApplied, Ref: ref("Service", "home"), Action: apply.Created},
			{Kind: apply.EventApplied, Ref: kids, Action: apply.Configured},
			{Kind: apply.EventWaiting, Ref: kids, Message: "Available: 0/2", Total: 2},
			{Kind: apply.EventWaiting, Ref: kids, Message: "Available: 1/2", Done: 1, Total: 2},
		} {
			r.Event(e)
		}
		time.Sleep(6 * time.Second)
		r.Event(apply.Event{Kind: apply.EventFailed, Ref: kids, Err: o.Err})
		if err := r.End(o); err != nil {
			t.Errorf("End() error = %v", err)
		}
		out, log = result.String(), progress.String()
	})
	return out, log
}

func TestText(t *testing.T) {
	t.Parallel()
	out, log := play(t, report.Options{Heartbeat: 5 * time.Second}, outcome())
	wantOut := `created      Service shop/home
undone       Deployment shop/kids
not tried    Ingress shop/shop
unchanged    Service shop/kids
1 created, 1 undone, 1 unchanged, 1 not tried (7 requests, 6s)
`
	wantLog := `waiting      Deployment shop/kids: Available: 0/2
waiting      Deployment shop/kids: Available: 1/2
still        Deployment shop/kids: Available: 1/2 (5s)
failed       Deployment shop/kids
warning: shop/common/ingress.yml:1: no class
note: Service shop/kids: ::error::noticed
slipway: ` + strings.ReplaceAll(outcome().Err.Error(), "\n", "\nslipway: ") + "\n"
	if diff := cmp.Diff(wantOut, out); diff != "" {
		t.Errorf("Out mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantLog, log); diff != "" {
		t.Errorf("Log mismatch (-want +got):\n%s", diff)
	}
}

func TestQuiet(t *testing.T) {
	t.Parallel()
	out, log := play(t, report.Options{Quiet: true, Heartbeat: time.Second}, outcome())
	for _, unwanted := range []string{"unchanged    Service", "waiting", "still"} {
		if strings.Contains(out+log, unwanted) {
			t.Errorf("a quiet report says %q:\n%s%s", unwanted, out, log)
		}
	}
	if !strings.Contains(log, "no database") {
		t.Errorf("a quiet report does not say why it failed:\n%s", log)
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	object := func(value string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"a": value},
		}}
	}
	o := report.Outcome{Verb: "plan", Plan: true, Result: &slipway.Result{Result: apply.Result{
		Changes: []apply.Change{{
			Ref: ref("ConfigMap", "m"), Action: apply.Configured, Before: object("one"), Live: object("two"),
			Adopted: []apply.Adoption{{
				Manager: "OpenAPI-Generator",
				Dropped: []apply.FieldChange{{Path: ".data.b", Old: "three"}},
			}},
		}, {Ref: ref("Service", "s"), Action: apply.Unchanged}},
	}}}
	out, _ := play(t, report.Options{ColorOut: true}, o)
	want := "\x1b[33mconfigured  \x1b[0m ConfigMap shop/m\n" +
		"\x1b[1mdiff LIVE/v1.ConfigMap.shop.m MERGED/v1.ConfigMap.shop.m\x1b[0m\n" +
		"\x1b[1m--- LIVE/v1.ConfigMap.shop.m\x1b[0m\n\x1b[1m+++ MERGED/v1.ConfigMap.shop.m\x1b[0m\n" +
		"\x1b[36m@@ -1,4 +1,4 @@\x1b[0m\n apiVersion: v1\n data:\n" +
		"\x1b[31m-  a: one\x1b[0m\n\x1b[32m+  a: two\x1b[0m\n kind: ConfigMap\n" +
		"  taken over from OpenAPI-Generator\n  \x1b[31m.data.b: \"three\" → none\x1b[0m\n" +
		"plan: 1 configured, 1 unchanged (0 requests, 6s)\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("Out mismatch (-want +got):\n%s", diff)
	}
}

// Every line of JSONL is a document, the last one the same as that of JSON.
func TestJSON(t *testing.T) {
	t.Parallel()
	var docs [2]report.Document
	for i, format := range []report.Format{report.JSON, report.JSONL} {
		out, log := play(t, report.Options{Format: format}, outcome())
		if !strings.Contains(log, "slipway: shop/kids/deployment.yml:7: ") {
			t.Errorf("%s: log %q lacks the error", format, log)
		}
		last := out
		if format == report.JSONL {
			all := strings.SplitAfter(strings.TrimRight(out, "\n"), "\n")
			last = all[len(all)-1]
			var event report.Line
			decode(t, all[6], &event)
			want := report.Line{Type: "event", Time: event.Time, Event: apply.EventWaiting, Object: report.Object{
				APIVersion: "v1", Kind: "Deployment", Namespace: "shop", Name: "kids",
			}, Message: "Available: 1/2", Done: 1, Total: 2}
			if diff := cmp.Diff(want, event); diff != "" || event.Time.IsZero() {
				t.Errorf("event mismatch (-want +got):\n%s", diff)
			}
		}
		decode(t, last, &docs[i])
	}
	if diff := cmp.Diff(docs[0], docs[1]); diff != "" {
		t.Errorf("JSON and JSONL differ (-json +jsonl):\n%s", diff)
	}
	d := docs[0]
	if d.OK || d.Class != slipway.ClassRollout || !d.Changed || d.Requests != 7 || d.Seconds != 6 {
		t.Errorf("document %+v, want a rollout that failed after 7 requests and 6 s", d)
	}
	kids := d.Changes[1]
	if kids.Class != slipway.ClassRollout || kids.Action != apply.Undone || kids.Seconds != 6 {
		t.Errorf("change %+v, want one that was undone since its rollout failed in 6 s", kids)
	}
	want := []report.Problem{{
		Message: outcome().Err.Error(), Class: slipway.ClassRollout,
		File: "shop/kids/deployment.yml", Line: 7, Object: "Deployment shop/kids",
	}}
	if diff := cmp.Diff(want, d.Errors); diff != "" {
		t.Errorf("errors mismatch (-want +got):\n%s", diff)
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	o := outcome()
	o.Err = errors.Join(o.Err, errors.New("shop: <nothing> else"))
	out, _ := play(t, report.Options{Format: report.JUnit}, o)
	type testcase struct {
		Name    string `xml:"name,attr"`
		Class   string `xml:"classname,attr"`
		File    string `xml:"file,attr"`
		Time    string `xml:"time,attr"`
		Failure *struct {
			Type    string `xml:"type,attr"`
			Message string `xml:"message,attr"`
		} `xml:"failure"`
		Skipped *struct{} `xml:"skipped"`
	}
	var got struct {
		Suite struct {
			Tests    int        `xml:"tests,attr"`
			Failures int        `xml:"failures,attr"`
			Skipped  int        `xml:"skipped,attr"`
			Cases    []testcase `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	s := got.Suite
	if s.Tests != 5 || s.Failures != 2 || s.Skipped != 1 || len(s.Cases) != 5 {
		t.Fatalf("suite %+v, want 5 cases, 2 of which failed and 1 was skipped", s)
	}
	kids, rest := s.Cases[1], s.Cases[4]
	if kids.Name != "Deployment shop/kids" || kids.Class != "shop" || kids.Time != "6.000" ||
		kids.File != "shop/kids/deployment.yml" || kids.Failure == nil || kids.Failure.Type != "rollout" {
		t.Errorf("case %+v, want the rollout that failed", kids)
	}
	if rest.Name != "deploy" || rest.Failure == nil || rest.Failure.Message != "shop: <nothing> else" {
		t.Errorf("case %+v, want the error that is about no object", rest)
	}
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	out, log := play(t, report.Options{Format: report.GitHub, Root: "deploy/k8s"}, outcome())
	if !strings.HasPrefix(out, "created      Service shop/home\n") {
		t.Errorf("Out = %q, want text", out)
	}
	for _, want := range []string{
		"::warning file=deploy/k8s/shop/common/ingress.yml,line=1::shop/common/ingress.yml:1: no class\n",
		"::error file=deploy/k8s/shop/kids/deployment.yml,line=7,title=Deployment shop/kids::" +
			"shop/kids/deployment.yml:7: Deployment shop/kids: rollout failed: 0 of 1: 100%25: ",
		"%0A",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("Log lacks %q:\n%s", want, log)
		}
	}
}

// What comes from a template or a pod is never a workflow command.
func TestGitHubIsHarmless(t *testing.T) {
	t.Parallel()
	o := outcome()
	o.Result.Notes = []string{"first\n  ::add-mask::x\n##[error]y"}
	o.Err = errors.New("one\n::set-output name=a::b")
	_, log := play(t, report.Options{Format: report.GitHub}, o)
	for line := range strings.Lines(log) {
		command := strings.HasPrefix(strings.TrimSpace(line), "::")
		ours := strings.HasPrefix(line, "::warning file=") || strings.HasPrefix(line, "::error::one%0A::set")
		if command && !ours || strings.Contains(line, "##[") {
			t.Errorf("line %q is a workflow command", line)
		}
	}
}

// On a terminal the block is drawn in place: what is left is what comes after it.
func TestLive(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {200, 50}, {20, 3}, {1, 1}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			_, log := play(t, report.Options{Terminal: func() (int, int) { return size[0], size[1] }}, outcome())
			screen, widest, tallest := draw(log)
			if want := "warning: shop/common/ingress.yml:1: no class"; len(screen) == 0 || screen[0] != want {
				t.Errorf("the screen begins with %q, want %q", screen, want)
			}
			if widest >= max(size[0], 2) || tallest > max(size[1], 2) {
				t.Errorf("the block is %d×%d, want it within %v", widest, tallest, size)
			}
		})
	}
}

// draw plays what was written to a terminal of any size, as far as the block needs it. It
// returns what is then on the screen, and the size of the largest block.
func draw(log string) (screen []string, widest, tallest int) {
	for _, piece := range strings.SplitAfter(log, "\x1b[J") {
		text, drawn := strings.CutSuffix(piece, "\r\x1b[J")
		lines := strings.Split(text, "\n")
		screen = append(screen, lines[:len(lines)-1]...)
		if !drawn {
			continue
		}
		up, err := strconv.Atoi(strings.Trim(lines[len(lines)-1], "\x1b[A"))
		if err != nil {
			panic(err) // the block is not erased as it is written
		}
		tallest = max(tallest, up)
		for _, line := range screen[len(screen)-up:] {
			widest = max(widest, len([]rune(line)))
		}
		screen = screen[:len(screen)-up]
	}
	return screen, widest, tallest
}

func TestLiveBlock(t *testing.T) {
	t.Parallel()
	_, log := play(t, report.Options{Terminal: func() (int, int) { return 60, 24 }}, outcome())
	want := "+ Service shop/home     created\n" +
		"~ Deployment shop/kids  waiting    1/2 5s  Available: 1/2\n" +
		"1 of 2 done, 5s"
	if !strings.Contains(log, want) {
		t.Errorf("the log lacks\n%s\nit is %q", want, log)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := report.New(report.Options{Format: "xml"})
	if want := `format "xml": want text, json, jsonl, junit, github`; err == nil || err.Error() != want {
		t.Errorf("New(xml) error = %v, want %s", err, want)
	}
}

// Several deploys may share a Reporter.
func TestReporterIsSafe(t *testing.T) {
	t.Parallel()
	var out, log strings.Builder
	r, err := report.New(report.Options{Out: &out, Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			r.Event(apply.Event{Kind: apply.EventWaiting, Ref: ref("Deployment", fmt.Sprint(i)), Message: "m"})
		})
	}
	wg.Wait()
	r.Close()
	r.Close()
	if got := strings.Count(log.String(), "waiting"); got != 8 {
		t.Errorf("the log has %d lines, want 8:\n%s", got, log.String())
	}
}

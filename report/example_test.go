package report_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/report"
)

// A Reporter listens to the events of a run; End writes the result.
func ExampleReporter() {
	reporter, err := report.New(report.Options{Out: os.Stdout, Log: os.Stdout, Format: report.GitHub, Root: "k8s"})
	if err != nil {
		fmt.Println(err)
		return
	}
	d := slipway.Deployer{App: "shop", Apply: apply.Options{OnEvent: reporter.Event}}
	home := apply.Ref{Kind: "Deployment", Namespace: "shop", Name: "home"}
	d.Apply.OnEvent(apply.Event{Kind: apply.EventWaiting, Ref: home, Message: "Available: 1/2"})
	// Here, it is d.Deploy that sends events and returns the result.
	result := &slipway.Result{}
	failed := &apply.ObjectError{
		Ref: home, Source: "shop/home/deployment.yml:7", Err: &apply.QuotaError{Reason: "no room"},
	}
	if err := reporter.End(report.Outcome{Verb: "plan", App: d.App, Plan: true, Result: result, Err: failed}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// waiting      Deployment shop/home: Available: 1/2
	// ::error file=k8s/shop/home/deployment.yml,line=7,title=Deployment shop/home::shop/home/deployment.yml:7: Deployment shop/home: quota: no room: ask for less, or have the quota raised
}

// With HTML, the run is told on a page, too: here, that of a plan that found nothing.
func ExampleReporter_hTML() {
	var page strings.Builder
	reporter, err := report.New(report.Options{Out: os.Stdout, Log: os.Stdout, HTML: &page})
	if err != nil {
		fmt.Println(err)
		return
	}
	d := slipway.Deployer{App: "shop", Apply: apply.Options{OnEvent: reporter.Event}}
	// Here, d.Plan sends events and returns the result.
	outcome := report.Outcome{Verb: "plan", App: d.App, Plan: true, Result: &slipway.Result{}}
	if err := reporter.End(outcome); err != nil {
		fmt.Println(err)
	}
	for line := range strings.Lines(page.String()) {
		if strings.HasPrefix(line, "<title>") {
			fmt.Print(line)
		}
	}
	// Output: <title>plan shop: nothing to change</title>
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
)

// tableFlag is the form of what is no run: a table for people, or JSON.
type tableFlag string

func (f *tableFlag) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP((*string)(f), "output", "o", "text", "text or json")
}

func (f *tableFlag) check() error {
	if !slices.Contains([]string{"text", "json"}, string(*f)) {
		return usagef("-o %q: want text or json", *f)
	}
	return nil
}

// write writes the value as JSON, or else what text writes to a table.
func (f *tableFlag) write(cmd *cobra.Command, value any, text func(io.Writer)) error {
	if *f == "json" {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		return enc.Encode(value)
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 3, ' ', 0)
	text(table)
	return table.Flush()
}

func newStatus() *cobra.Command {
	var (
		d       slipway.Deployer
		cluster clusterFlags
		form    tableFlag
		timeout timeoutFlag
	)
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is deployed, and how it is",
		Long: `Show what is deployed of an app, or of all apps in the namespace: each service's newest
revision, objects and routes, and how they are. No tree is needed.

Exit status: as of deploy; 8 if something is not as it is to be.`,
		Example: `  slipway status
  slipway status --app shoppingapp -n shop
  slipway status --app shoppingapp --service shoppingapp-home -o json`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if len(d.Services) > 0 && d.App == "" {
				return usagef("no app: name one with --app")
			}
			if err := form.check(); err != nil {
				return err
			}
			if d.Cluster, d.Apply.Namespace, err = cluster.load(); err != nil {
				return err
			}
			ctx, cancel, err := timeout.context(cmd)
			if err != nil {
				return err
			}
			defer cancel()
			all, err := d.Status(ctx)
			if err != nil && len(all) == 0 {
				return err // what is there is not known
			}
			writeErr := form.write(cmd, all, func(w io.Writer) { writeStatus(w, d.App, all) })
			return errors.Join(err, writeErr, notReady(all))
		},
	}
	cluster.register(cmd)
	form.register(cmd)
	timeout.register(cmd, "limit for all requests")
	cmd.Flags().StringVar(&d.App, "app", "", "app to show; default all")
	cmd.Flags().StringArrayVar(&d.Services, "service", nil,
		"service of the app; may be repeated; default all")
	return cmd
}

func writeStatus(w io.Writer, app string, all []*apply.Status) {
	for _, s := range all {
		if len(s.Objects)+len(s.Routes) == 0 {
			continue // common, whose Ingress is told with the services' routes
		}
		fmt.Fprintf(w, "%s   %s\n", s.Set, revisionLine(s.Newest))
		for _, o := range s.Objects {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", o.Ref, o.State, detail(o))
		}
		for _, route := range s.Routes {
			fmt.Fprintf(w, "  route %s\t→ %s\n", route, route.Backend)
		}
	}
	if len(all) == 0 {
		of := ""
		if app != "" {
			of = " of " + app
		}
		fmt.Fprintf(w, "nothing%s is deployed in this namespace: -n names another\n", of)
	}
}

// detail says more of an object: of one that is well, how many pods there are.
func detail(o apply.ObjectStatus) string {
	var parts []string
	if o.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d/%d", o.Done, o.Total))
	}
	if !o.Ready() {
		parts = append(parts, o.Message)
	}
	return strings.Join(parts, "  ")
}

func revisionLine(r *apply.Revision) string {
	if r == nil {
		return "no revision is recorded"
	}
	parts := []string{fmt.Sprintf("revision %d of %s", r.Number, r.Time.Format(time.RFC3339))}
	parts = append(parts, r.Images...)
	for _, more := range []struct{ word, text string }{{"commit", r.Commit}, {"by", r.User}} {
		if more.text != "" {
			parts = append(parts, more.word+" "+more.text)
		}
	}
	return strings.Join(parts, ", ")
}

// A notReadyError names sets that are not as they are to be.
type notReadyError struct{ sets []string }

func (e *notReadyError) Error() string {
	return "not ready: " + strings.Join(e.sets, ", ") + ": kubectl describe tells more of an object"
}

// Unwrap makes it a failure of rollouts.
func (e *notReadyError) Unwrap() error { return &apply.RolloutError{} }

func notReady(all []*apply.Status) error {
	var sets []string
	for _, s := range all {
		if !s.Ready() {
			sets = append(sets, s.Set)
		}
	}
	if sets == nil {
		return nil
	}
	return &notReadyError{sets}
}

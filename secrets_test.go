package slipway_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/internal/localcluster/clustertest"
	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/report"
)

// decrypted returns what stands for a vault: it puts secret where a file has "!vault x".
func decrypted(secret string) func(layouts.File) (layouts.File, error) {
	return func(f layouts.File) (layouts.File, error) {
		f.Data = bytes.ReplaceAll(f.Data, []byte("!vault x"), []byte(secret))
		return f, nil
	}
}

const (
	secretMap = `apiVersion: v1
kind: ConfigMap
metadata: {name: home}
data:
  plain: one
  password: {{ password }}
  url: db://user:{{ password }}@db/shop
`
	secretCrash = `apiVersion: apps/v1
kind: Deployment
metadata: {name: home}
spec:
  selector: {matchLabels: {app: home}}
  template:
    metadata:
      labels: {app: home}
      annotations:
        slipway.test/fail: crash-loop
        slipway.test/log: cannot log in with s3cret-of-a-Secret
    spec:
      containers:
      - name: app
        image: shop/home:21
        args: ["--password={{ password }}"]
---
apiVersion: v1
kind: Secret
metadata: {name: home}
stringData: {token: s3cret-of-a-Secret}
`
	secretInvalid = `apiVersion: v1
kind: Service
metadata: {name: home}
spec:
  selector: {app: home}
  type: {{ password }}
  externalIPs: [{{ password }}]
  ports: [{name: "{{ password }}", port: 80}]
`
)

// What was encrypted is in nothing that a run tells: neither in what changes, nor in the
// server's words, nor in those of pods.
func TestRunsHideWhatWasEncrypted(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, before, after, want string }{
		{"a change", secretMap, strings.ReplaceAll(secretMap, "plain: one", "plain: two"),
			".data.password: \"(hidden)\" → \"(hidden)\""},
		{"what the server refuses", "", secretInvalid, "invalid: "},
		{"the words of a pod", "", secretCrash, "cannot log in with ***"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, ns := clustertest.Namespace(t)
			var told bytes.Buffer
			run := func(text, secret string, do func(*slipway.Deployer, context.Context) (*slipway.Result, error)) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				rep, err := report.New(report.Options{Format: report.JSONL, Out: &told, Log: &told, HTML: &told})
				if err != nil {
					t.Fatal(err)
				}
				d := &slipway.Deployer{
					App: "shop", Cluster: cfg, Decrypt: decrypted(secret),
					Root: fstest.MapFS{
						"shop/home/x.yml":    {Data: []byte(text)},
						"shop/home/vars.yml": {Data: []byte("password: !vault x\n")},
					},
					Apply: apply.Options{Namespace: ns, OnEvent: rep.Event, KeepFailed: true},
				}
				result, err := do(d, ctx)
				if end := rep.End(report.Outcome{Verb: "deploy", App: "shop", Result: result, Err: err}); end != nil {
					t.Error(end)
				}
				fmt.Fprintf(&told, "%v\n%+v\n%+v\n", err, err, result.Notes)
				for _, c := range result.Changes {
					fmt.Fprintf(&told, "%v %v %v %v\n%s", c.Ref, c.Fields, c.Err, c.Notes, c.Diff())
				}
			}
			if tt.before != "" {
				run(tt.before, "hunter1-of-old", (*slipway.Deployer).Deploy)
			}
			run(tt.after, "hunter2-of-now", (*slipway.Deployer).Plan)
			for try := 0; try == 0 || try < 5 && !strings.Contains(told.String(), tt.want); try++ {
				run(tt.after, "hunter2-of-now", (*slipway.Deployer).Deploy) // again, until a pod has said something
			}
			for _, secret := range []string{"hunter1", "hunter2", "s3cret"} {
				if i := strings.Index(told.String(), secret); i >= 0 {
					t.Errorf("told: %s, want nothing of %s", around(told.String(), i), secret)
				}
			}
			if !strings.Contains(told.String(), tt.want) {
				t.Errorf("told: …%s\nwant %s", told.String()[max(0, told.Len()-3000):], tt.want)
			}
		})
	}
}

func around(text string, i int) string { return text[max(0, i-300):min(len(text), i+100)] }
